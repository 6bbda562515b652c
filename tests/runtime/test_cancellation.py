"""The platform ends code, never what the code waits for."""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pyodide.ffi import run_sync

from pywrangler.host import event_loop
from pywrangler.runtime import alarms, context
from pywrangler.runtime.actor import BLOCK_LIMIT_SECONDS
from pywrangler.runtime.cancellation import Limit, interrupt
from pywrangler.runtime.context import EventContext
from pywrangler.runtime.js.abort import AbortController
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.writable import WritableStream
from pywrangler.runtime.objects import _limited
from pywrangler.runtime.sync_bridge import bridged, run_in_greenlet
from pywrangler.runtime.tasks import make_task
from tests.runtime.harness import ID, Objects, settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

Shared = asyncio.Future[str]


def wait_for(shared: Awaitable[str], timeout: float | None) -> Any:
    """`asyncio.wait_for` as hosts have it."""
    if sys.version_info < (3, 12):
        return event_loop._in_the_same_task(asyncio.wait_for)(shared, timeout)
    return asyncio.wait_for(shared, timeout)


async def directly(shared: Shared) -> str:
    return await shared


async def gathered(shared: Shared) -> Any:
    return await asyncio.gather(shared, asyncio.sleep(0))


async def waited(shared: Shared) -> Any:
    return await asyncio.wait((shared,))


async def first_completed(shared: Shared) -> Any:
    return [await it for it in asyncio.as_completed([shared])]


async def shielded(shared: Shared) -> str:
    return await asyncio.shield(shared)


async def bounded(shared: Shared) -> str:
    return await wait_for(shared, 60)


async def unbounded(shared: Shared) -> str:
    return await wait_for(shared, None)


async def under_a_timeout(shared: Shared) -> str:
    async with asyncio.timeout(60):
        return await shared


async def in_a_task_group(shared: Shared) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(directly(shared))
        group.create_task(bounded(shared))


async def in_a_group_of_groups(shared: Shared) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(in_a_task_group(shared))


async def in_another_task(shared: Shared) -> str:
    return await asyncio.create_task(directly(shared))


async def by_a_promise(shared: Shared) -> str:
    return await JsPromise.new(shared)


async def by_a_reaction(shared: Shared) -> str:
    return await JsPromise.new(shared).then(lambda value: value)


async def by_an_iterator(shared: Shared) -> list[str]:
    async def values() -> Any:
        yield await shared

    return [value async for value in values()]


async def synchronously(shared: Shared) -> str:
    return run_sync(shared)


async def synchronously_by_a_coroutine(shared: Shared) -> str:
    return run_sync(directly(shared))


async def synchronously_by_an_iterator(shared: Shared) -> Any:
    async def values() -> Any:
        yield await shared

    return run_sync(anext(values()))


async def by_a_stream(shared: Shared) -> Any:
    async def values() -> Any:
        yield await shared

    return await ReadableStream.from_(values()).getReader().read()


async def by_a_pipe(shared: Shared) -> None:
    async def values() -> Any:
        yield await shared

    await ReadableStream.from_(values()).pipeTo(WritableStream.new())


async def while_it_cleans_up(shared: Shared) -> None:
    try:
        await shared
    finally:
        cleaning = asyncio.create_task(directly(shared))
        await asyncio.sleep(0)
        cleaning.cancel()


WAYS = [
    directly, gathered, waited, first_completed, shielded, bounded, unbounded, under_a_timeout, in_a_task_group,
    in_a_group_of_groups, in_another_task, by_a_promise, by_a_reaction, by_an_iterator, synchronously,
    synchronously_by_a_coroutine, synchronously_by_an_iterator, by_a_stream, by_a_pipe, while_it_cleans_up,
]  # fmt: skip


async def work(gate: asyncio.Event) -> str:
    await gate.wait()
    return "done"


def begin_event() -> None:
    """Run what follows as user code of an event, in tasks as hosts make them."""
    asyncio.get_running_loop().set_task_factory(make_task)
    context.enter(EventContext(None, None, None))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", ["task", "future"])
def test_an_interrupted_task_leaves_what_it_waits_for(run_async: Any, way: Callable[..., Any], kind: str) -> None:
    async def main() -> None:
        begin_event()
        gate = asyncio.Event()
        shared: Shared = asyncio.get_running_loop().create_future()
        if kind == "task":
            shared = asyncio.create_task(work(gate))
        handler, other = asyncio.create_task(way(shared)), asyncio.create_task(directly(shared))
        await settle()
        interrupt(handler)
        await asyncio.wait((handler,))
        await settle()
        assert (handler.cancelled(), shared.done(), other.done()) == (True, False, False)
        gate.set()
        if kind == "future":
            shared.set_result("done")
        assert await other == "done"

    run_async(main())


async def _semaphore() -> Any:
    held = asyncio.Semaphore(1)
    await held.acquire()
    return held.acquire, held.release


async def _bounded_semaphore() -> Any:
    held = asyncio.BoundedSemaphore(1)
    await held.acquire()
    return held.acquire, held.release


async def _lock() -> Any:
    held = asyncio.Lock()
    await held.acquire()
    return held.acquire, held.release


async def _condition() -> Any:
    condition = asyncio.Condition()

    async def wait() -> None:
        async with condition:
            await condition.wait()

    async def notify() -> None:
        async with condition:
            condition.notify()

    return wait, notify


async def _queue() -> Any:
    queue: asyncio.Queue[int] = asyncio.Queue()
    return queue.get, lambda: queue.put(1)


async def _full_queue() -> Any:
    queue: asyncio.Queue[int] = asyncio.Queue(1)
    queue.put_nowait(1)
    return lambda: queue.put(2), queue.get


@pytest.mark.parametrize("at_once", [False, True], ids=["later", "at once"])
@pytest.mark.parametrize(
    "make", [_semaphore, _bounded_semaphore, _lock, _condition, _queue, _full_queue], ids=lambda make: make.__name__
)
def test_a_lock_lets_one_in_for_one_that_leaves_it(run_async: Any, make: Any, *, at_once: bool) -> None:
    async def let_in_after(end: Callable[[asyncio.Task[Any]], Any]) -> tuple[bool, bool]:
        enter, leave = await make()
        first, second, third = [asyncio.create_task(_entering(enter)) for _ in range(3)]
        await settle()
        end(first)
        if not at_once:
            await settle()
        if inspect.isawaitable(leaving := leave()):
            await leaving
        await settle()
        assert first.cancelled()
        third.cancel()
        return second.done(), third.done()

    async def main() -> None:
        begin_event()
        let_in = await let_in_after(interrupt)
        assert let_in[0]
        # From Python 3.13 on, one that leaves a condition wakes another in any case.
        assert let_in == await let_in_after(asyncio.Task.cancel)

    run_async(main())


async def _entering(enter: Callable[[], Awaitable[Any]]) -> None:
    await enter()


@pytest.mark.parametrize("way", [in_a_task_group, in_a_group_of_groups], ids=lambda way: way.__name__)
def test_children_of_a_task_group_end_with_it(run_async: Any, way: Callable[..., Any]) -> None:
    async def main() -> None:
        begin_event()
        before = asyncio.all_tasks()
        shared: Shared = asyncio.get_running_loop().create_future()
        handler = asyncio.create_task(way(shared))
        await settle()
        interrupt(handler)
        await asyncio.wait((handler,))
        assert asyncio.all_tasks() == before

    run_async(main())


def test_what_user_code_cancels_is_cancelled(run_async: Any) -> None:
    async def main() -> None:
        begin_event()
        shared: Shared = asyncio.get_running_loop().create_future()
        handler = asyncio.create_task(directly(shared))
        await settle()
        handler.cancel()
        await asyncio.wait((handler,))
        assert shared.cancelled()

        shared = asyncio.get_running_loop().create_future()
        with pytest.raises(TimeoutError):
            await asyncio.create_task(wait_for(shared, 0.001))
        assert shared.cancelled()

    run_async(main())


@pytest.mark.parametrize("moment", ["before it began", "while it runs", "when it is about to wake", "twice"])
def test_a_task_can_be_interrupted_at_any_moment(run_async: Any, moment: str) -> None:
    async def main() -> None:
        begin_event()
        shared: Shared = asyncio.get_running_loop().create_future()

        async def handle() -> None:
            if moment == "while it runs":
                interrupt(asyncio.current_task())  # type: ignore[arg-type]
            await shared

        handler = asyncio.create_task(handle())
        if moment != "before it began":
            await settle()
        if moment == "when it is about to wake":
            shared.set_result("done")
        if moment != "while it runs":
            interrupt(handler)
        if moment == "twice":
            interrupt(handler)
            handler.cancel()
        await asyncio.wait((handler,))
        assert handler.cancelled()
        assert not shared.cancelled()

    run_async(main())


def test_a_limit_raises_timeout_error_and_the_task_goes_on(run_async: Any) -> None:
    async def main() -> Any:
        shared: Shared = asyncio.get_running_loop().create_future()
        with pytest.raises(TimeoutError), Limit.of(0.001):
            await bridged(directly(shared))
        assert not shared.done()
        asyncio.get_running_loop().call_soon(shared.set_result, "done")
        with Limit.of(60) as limit:
            assert await bridged(directly(shared)) == "done"
        assert not limit.is_over
        # What comes after it is cancelled as ever.
        never: Shared = asyncio.get_running_loop().create_future()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await never
        assert never.cancelled()

    run_async(main())


def test_a_pipe_that_is_aborted_leaves_what_its_source_waits_for(run_async: Any) -> None:
    async def main() -> None:
        begin_event()
        shared: Shared = asyncio.get_running_loop().create_future()

        async def values() -> Any:
            yield await shared

        controller = AbortController.new()
        piping = ReadableStream.from_(values()).pipeTo(WritableStream.new(), signal=controller.signal)
        await settle()
        controller.abort()
        with pytest.raises(JsException):
            await piping
        assert not shared.done()

    run_async(main())


# ---- the borders ----------------------------------------------------------------------------------------


class Waiting:
    """An object that waits for something that the whole module shares."""

    shared: Shared
    seen: list[str]

    def __init__(self, ctx: Any, _env: Any) -> None:
        self.ctx = ctx

    async def wait(self) -> None:
        await type(self).shared

    async def block(self) -> None:
        await self.ctx.blockConcurrencyWhile(self.wait)

    async def outlive(self) -> None:
        self.ctx.waitUntil(type(self).shared)

    async def abort(self) -> None:
        self.ctx.abort("enough")


async def _reset(objects: Objects) -> None:
    waiting = objects.call("Waiting", "wait")
    await settle()
    with pytest.raises(JsException, match="enough"):
        await objects.call("Waiting", "abort")
    with pytest.raises(JsException, match="enough"):
        await waiting


async def _reset_what_waits_until(objects: Objects) -> None:
    await objects.call("Waiting", "outlive")
    with pytest.raises(JsException, match="enough"):
        await objects.call("Waiting", "abort")


async def _block_too_long(objects: Objects) -> None:
    waiting = objects.call("Waiting", "block")
    await settle()
    await objects.clock.advance(BLOCK_LIMIT_SECONDS)
    with pytest.raises(JsException, match="waited for too long"):
        await waiting


async def _drop_all(objects: Objects) -> None:
    waiting = objects.call("Waiting", "wait")
    await settle()
    objects.host.drop_all(JsException("Error", "over"))
    with pytest.raises(JsException, match="over"):
        await waiting


@pytest.mark.parametrize(
    "end", [_reset, _reset_what_waits_until, _block_too_long, _drop_all], ids=lambda end: end.__name__[1:]
)
def test_an_object_that_ends_leaves_what_others_wait_for(tmp_path: Path, run_async: Any, end: Any) -> None:
    async def main() -> None:
        objects = Objects(tmp_path, Waiting)
        shared = Waiting.shared = asyncio.get_running_loop().create_future()
        other = objects.call("Waiting", "wait", object_id=ID[::-1]) if end is not _drop_all else None
        await settle()
        await end(objects)
        await settle()
        assert not shared.done()
        shared.set_result("done")
        if other is not None:
            await other

    run_async(main())


@pytest.mark.parametrize("limited", ["alarm", "socket"])
def test_a_handler_that_takes_too_long_leaves_what_it_waits_for(
    run_async: Any, monkeypatch: pytest.MonkeyPatch, limited: str
) -> None:
    class Storage:
        class alarm:  # noqa: N801
            @staticmethod
            def begin(_now: float) -> float:
                return 1.0

            @staticmethod
            def end(*, remove: bool) -> None:
                pass

    async def main() -> None:
        shared: Shared = asyncio.get_running_loop().create_future()
        problems: list[BaseException] = []
        if limited == "alarm":
            monkeypatch.setattr(alarms, "LIMIT_SECONDS", 0.001)
            info = alarms.AlarmInfo(0)
            await run_in_greenlet(
                lambda: alarms.run_alarm(Storage, info, lambda _info: directly(shared), problems.append, 1.0)  # type: ignore[arg-type]
            )
            assert len(problems) == 1
        else:
            with pytest.raises(JsException, match="allows it 1 ms"):
                await run_in_greenlet(lambda: _limited(directly(shared), "webSocketMessage()", 1))
        assert not shared.done()

    run_async(main())
