"""Futures with the methods of promises, as Pyodide's: the tasks of user code have `then`, `catch` and `finally_`."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

from pywrangler.runtime.user_code import runs_user_code

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class PyodideFuture(asyncio.Future[_T]):
    """A future; reactions run in tasks of their own, and what they return is awaited."""

    def then(
        self, onfulfilled: Callable[[_T], Any] | None, onrejected: Callable[[BaseException], Any] | None = None
    ) -> PyodideFuture[Any]:
        """Return the future of what the reaction to the result, or to the exception, comes to."""

        def react(settled: asyncio.Future[_T]) -> Any:
            problem = settled.exception()
            if problem is None:
                return settled.result() if onfulfilled is None else onfulfilled(settled.result())
            if onrejected is None:
                raise problem
            return onrejected(problem)

        return _reaction(self, react)

    def catch(self, onrejected: Callable[[BaseException], Any]) -> PyodideFuture[Any]:
        """React to an exception only."""
        return self.then(None, onrejected)

    def finally_(self, onfinally: Callable[[], Any]) -> PyodideFuture[_T]:
        """Return the same outcome, after `onfinally()`; a failure of that takes its place."""

        async def react(settled: asyncio.Future[_T]) -> _T:
            await _resolved(onfinally())
            return settled.result()

        return _reaction(self, react)


class PyodideTask(asyncio.Task[_T], PyodideFuture[_T]):
    """A task with these methods."""


def _reaction(source: asyncio.Future[Any], react: Callable[[asyncio.Future[Any]], Any]) -> PyodideFuture[Any]:
    result: PyodideFuture[Any] = PyodideFuture(loop=source.get_loop())

    @runs_user_code
    async def run() -> None:
        try:
            value = await _resolved(react(source))
        except asyncio.CancelledError:
            result.cancel()
        except Exception as problem:
            if not result.done():
                result.set_exception(problem)
        else:
            if not result.done():
                result.set_result(value)

    source.add_done_callback(lambda _done: asyncio.ensure_future(run()))
    return result


async def _resolved(value: Any) -> Any:
    while inspect.isawaitable(value):
        value = await value
    return value
