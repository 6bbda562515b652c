"""`pipeTo` and `pipeThrough` (https://streams.spec.whatwg.org/#readable-stream-pipe-to)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.js.errors import fresh, type_error
from pywrangler.runtime.js.primitives import truthy
from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.js.readable import face
from pywrangler.runtime.js.stream_sources import as_exception
from pywrangler.runtime.js.webidl import absent
from pywrangler.runtime.js.writable import WritableStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pywrangler.runtime.js.readable import ReadableStream


def pipe(source: ReadableStream, destination: Any, given: Mapping[str, Any]) -> JsPromise:
    """Write all of `source` to `destination` and close it; errors pass both ways unless prevented.

    Options: preventClose, preventAbort, preventCancel, signal. Both streams are locked until it is done.
    """
    if not isinstance(destination, WritableStream):
        return JsPromise.rejected(type_error("pipeTo() requires a WritableStream."))
    try:
        source.acquire("pipe")
        try:
            destination.acquire()
        except Exception:
            source.release()
            raise
    except Exception as error:  # a locked stream: that is how the promise ends
        return JsPromise.rejected(error)
    task = asyncio.ensure_future(_run(source, destination, given))
    task.add_done_callback(_observe)
    return JsPromise.new(task)  # type: ignore[no-any-return]


def _observe(task: asyncio.Task[None]) -> None:
    """An unobserved pipe is no unhandled error: both streams carry it."""
    if not task.cancelled():
        task.exception()


async def _run(source: ReadableStream, destination: WritableStream, given: Mapping[str, Any]) -> None:
    copying = asyncio.ensure_future(_copy(source, destination, prevent_close=truthy(given.get("preventClose"))))

    def stop(_event: Any = None) -> None:
        interrupt(copying)

    destination.on_failure(stop)
    signal: Any = given.get("signal")
    if not absent(signal):
        if signal.aborted:
            stop()
        else:
            signal.addEventListener("abort", stop)
    problem: BaseException | None = None
    try:
        await asyncio.wait((copying,))
        aborted = not absent(signal) and signal.aborted
        problem = as_exception(signal.reason) if aborted else _outcome(copying, destination)
        if problem is None:
            return
        problem = fresh(problem)
        if destination.failure is None and not truthy(given.get("preventAbort")):
            await destination.give_up(problem)
        if not truthy(given.get("preventCancel")):
            source.stop(problem)
        raise problem
    finally:
        problem = None  # it has passed this frame
        interrupt(copying)
        source.release()
        destination.release()


def _outcome(copying: asyncio.Task[BaseException | None], destination: WritableStream) -> BaseException | None:
    """Return why a copy ended early, or None."""
    if destination.failure is not None:
        return destination.failure
    return copying.result()


async def _copy(source: ReadableStream, destination: WritableStream, *, prevent_close: bool) -> BaseException | None:
    """Copy until the end; return the error of the source. It is interrupted when the destination fails."""
    try:
        while True:
            await destination.ready_promise()
            try:
                chunk = await source.take()
            except Exception as problem:  # handed to the destination by the caller
                return problem
            if chunk is None:
                break
            destination.put(face(chunk))
        if not prevent_close:
            await destination.finish()
    except asyncio.CancelledError:
        return None  # not raised: a task keeps its cancellation, and with that the frames and the chunk
    return None
