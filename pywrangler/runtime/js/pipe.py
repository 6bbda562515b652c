"""`pipeTo` and `pipeThrough` (https://streams.spec.whatwg.org/#readable-stream-pipe-to)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import type_error
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
            destination.acquire("pipe")
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
    signal: Any = given.get("signal")
    aborted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    watched = None if absent(signal) else aborted

    def on_abort(_event: Any = None) -> None:
        if not aborted.done():
            aborted.set_result(None)

    if not absent(signal):
        if signal.aborted:
            on_abort()
        else:
            signal.addEventListener("abort", on_abort)
    try:
        await _copy(source, destination, given, watched)
        if aborted.done():
            reason = as_exception(signal.reason)
            if not truthy(given.get("preventAbort")):
                await destination.give_up(reason)
            if not truthy(given.get("preventCancel")):
                source.stop(reason)
            raise reason
    finally:
        aborted.cancel()
        source.release()
        destination.release()


async def _copy(
    source: ReadableStream, destination: WritableStream, given: Mapping[str, Any], aborted: asyncio.Future[None] | None
) -> None:
    while not _is_done(aborted):
        if destination.failure is not None:
            if not truthy(given.get("preventCancel")):
                source.stop(destination.failure)
            raise destination.failure
        await _either(destination.ready_promise(), aborted)
        if _is_done(aborted):
            return
        if destination.failure is not None:
            continue
        try:
            chunk = await _either(source.take(), aborted)
        except Exception as error:
            if not truthy(given.get("preventAbort")):
                await destination.give_up(error)
            raise
        if _is_done(aborted):
            return
        if chunk is None:
            if not truthy(given.get("preventClose")):
                await destination.finish()
            return
        write = destination.put(face(chunk))
        if write._future is not None:
            write._future.add_done_callback(_observe_write)


def _observe_write(future: asyncio.Future[Any]) -> None:
    """A failed write shows as the destination's failure at the next step."""
    if not future.cancelled():
        future.exception()


def _is_done(aborted: asyncio.Future[None] | None) -> bool:
    return aborted is not None and aborted.done()


async def _either(work: Any, aborted: asyncio.Future[None] | None) -> Any:
    """Await `work`, or return None as soon as `aborted` is done."""
    if aborted is None:
        return await work
    task = asyncio.ensure_future(_awaited(work))
    await asyncio.wait((task, aborted), return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        return task.result()
    task.cancel()
    return None


async def _awaited(work: Any) -> Any:
    return await work
