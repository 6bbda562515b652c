"""`Promise`, the constructor and its combinators (https://tc39.es/ecma262/#sec-promise-constructor).

`Promise.new(executor)` calls `executor(resolve, reject)` at once. A rejection with something that is no exception
becomes an Error with that text, because Python can only raise exceptions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.timers import running_loop
from pywrangler.runtime.js.values import JsObject


class PromiseConstructor(JsProxy, js_name="Function"):
    """The value of `js.Promise`."""

    name = "Promise"
    typeof = "function"

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        raise TypeError("Promise constructor cannot be invoked without 'new'")

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, JsPromise)

    def new(self, executor: Any = None) -> JsPromise:
        """`new Promise(executor)`."""
        if not callable(executor):
            raise type_error(f"Promise resolver {to_string(executor)} is not a function")
        future: asyncio.Future[Any] = running_loop().create_future()

        def resolve(value: Any = None) -> None:
            if future.done():
                return
            if hasattr(value, "__await__"):
                following = asyncio.ensure_future(value)
                following.add_done_callback(lambda done: _follow(done, future))
            else:
                future.set_result(value)

        def reject(reason: Any = None) -> None:
            if not future.done():
                future.set_exception(as_exception(reason))
                future.exception()  # an unhandled rejection is no news for the loop

        try:
            executor(resolve, reject)
        except Exception as problem:
            reject(problem)
        promise: JsPromise = JsPromise.new(future)
        return promise

    def resolve(self, value: Any = None) -> JsPromise:
        """Return a promise for a value or for what an awaitable gives."""
        if isinstance(value, JsPromise):
            return value
        return JsPromise.start(value) if hasattr(value, "__await__") else JsPromise.resolved(value)

    def reject(self, reason: Any = None) -> JsPromise:
        """Return a rejected promise."""
        return JsPromise.rejected(as_exception(reason))

    def all(self, values: Any) -> JsPromise:
        """Promise of an array of all results; rejected with the first rejection."""

        async def combine(promises: list[JsPromise]) -> Any:
            return array(await asyncio.gather(*promises))

        return JsPromise.start(combine(self._each(values)))

    def allSettled(self, values: Any) -> JsPromise:
        """Promise of an array of `{status, value}` and `{status, reason}`."""

        async def combine(promises: list[JsPromise]) -> Any:
            results = await asyncio.gather(*promises, return_exceptions=True)
            return array(
                JsObject.new(status="rejected", reason=result)
                if isinstance(result, BaseException)
                else JsObject.new(status="fulfilled", value=result)
                for result in results
            )

        return JsPromise.start(combine(self._each(values)))

    def race(self, values: Any) -> JsPromise:
        """Promise that follows the first one that is settled."""

        async def combine(promises: list[JsPromise]) -> Any:
            tasks = [asyncio.ensure_future(promise) for promise in promises]
            if not tasks:
                await running_loop().create_future()
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.add_done_callback(_retrieve)
            first = next(task for task in tasks if task in done)
            for task in done:
                _retrieve(task)
            return first.result()

        return JsPromise.start(combine(self._each(values)))

    def any(self, values: Any) -> JsPromise:
        """Promise that follows the first one that is fulfilled; AggregateError if none is."""

        async def combine(promises: list[JsPromise]) -> Any:
            failures: dict[int, BaseException] = {}
            waiting = {asyncio.ensure_future(promise): position for position, promise in enumerate(promises)}
            while waiting:
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=lambda task: waiting[task]):
                    problem = task.exception()
                    if problem is None:
                        for other in waiting:
                            other.add_done_callback(_retrieve)
                        return task.result()
                    failures[waiting.pop(task)] = problem
            raise JsException(
                "AggregateError",
                "All promises were rejected",
                properties={"errors": array(failures[i] for i in sorted(failures))},
            )

        return JsPromise.start(combine(self._each(values)))

    def withResolvers(self) -> JsObject:
        """Return `{promise, resolve, reject}`."""
        taken: list[Any] = []
        promise = self.new(lambda resolve, reject: taken.extend((resolve, reject)))
        return JsObject.new(promise=promise, resolve=taken[0], reject=taken[1])  # type: ignore[no-any-return]

    def try_(self, function: Any, *arguments: Any) -> JsPromise:
        """Call a function and return the promise of its result or failure."""
        try:
            return self.resolve(function(*arguments))
        except Exception as problem:
            return self.reject(problem)

    def _each(self, values: Any) -> list[JsPromise]:
        if not isinstance(values, Iterable):
            raise type_error(f"{to_string(values)} is not iterable (cannot read property Symbol(Symbol.iterator))")
        return [self.resolve(value) for value in values]


Promise: PromiseConstructor = object.__new__(PromiseConstructor)


def as_exception(reason: Any) -> BaseException:
    """Return a rejection's reason as something to raise."""
    if isinstance(reason, BaseException):
        return reason
    return JsException("Error", "" if reason is None or reason is jsnull else to_string(reason))


def _follow(done: asyncio.Future[Any], future: asyncio.Future[Any]) -> None:
    if future.done():
        return
    if done.cancelled():
        future.cancel()
    elif (problem := done.exception()) is not None:
        future.set_exception(problem)
    else:
        future.set_result(done.result())


def _retrieve(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


__all__ = ["Promise", "as_exception"]
