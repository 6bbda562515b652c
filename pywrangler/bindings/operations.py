"""Operations of bindings that are no storage of an object: they leave it, so they pass its output gate.

An operation starts at the call, not at the await, and its promise settles in a later turn: other events may run while
user code waits for it. At module level, where no event is handled, operations are refused.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.js.timers import refuse_in_global_scope
from pywrangler.runtime.references import start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def operation(work: Callable[[], Any]) -> JsPromise:
    """Begin `work` now, a function or a coroutine function without arguments; return the promise of its outcome."""
    promise: JsPromise = JsPromise.new(start(lambda: _begun(work)))
    return promise


def _begun(work: Callable[[], Any]) -> Awaitable[Any]:
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Any] = loop.create_future()
    try:
        refuse_in_global_scope()
        result = work()
    except Exception as problem:
        # The border to the caller: it gets the exception from the promise.
        loop.call_soon(_settle, outcome.set_exception, problem)
        return outcome
    if inspect.isawaitable(result):
        return asyncio.ensure_future(result)
    loop.call_soon(_settle, outcome.set_result, result)
    return outcome


def _settle(settle: Callable[[Any], None], value: Any) -> None:
    if not settle.__self__.done():  # type: ignore[attr-defined]
        settle(value)
