"""Pyodide's event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

_T = TypeVar("_T")
_S = TypeVar("_S")

WebLoop = asyncio.AbstractEventLoop

class PyodideFuture(asyncio.Future[_T]):
    """A future with the methods of promises."""

    @overload
    def then(
        self,
        onfulfilled: Callable[[_T], Awaitable[_S]],
        onrejected: Callable[[BaseException], Awaitable[_S]] | None = None,
    ) -> PyodideFuture[_S]: ...
    @overload
    def then(
        self, onfulfilled: Callable[[_T], _S], onrejected: Callable[[BaseException], _S] | None = None
    ) -> PyodideFuture[_S]: ...
    @overload
    def then(self, onfulfilled: None, onrejected: Callable[[BaseException], Any] | None = None) -> PyodideFuture[Any]:
        """Return the future of what the reaction comes to."""
    def catch(self, onrejected: Callable[[BaseException], Any]) -> PyodideFuture[Any]:
        """React to an exception only."""
    def finally_(self, onfinally: Callable[[], Any]) -> PyodideFuture[_T]:
        """Return the same outcome, after a call."""

class PyodideTask(asyncio.Task[_T], PyodideFuture[_T]):
    """A task of a Worker's code."""

class WebLoopPolicy(asyncio.DefaultEventLoopPolicy):  # pyright: ignore[reportDeprecated]
    """The policy of the platform."""
