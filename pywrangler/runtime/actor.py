"""One Durable Object: its instance, its gates, its events.

Rules (spec/durable-objects.md, section 2): at most one instance per id; the constructor ends before any event is
delivered; an exception in the constructor, in `blockConcurrencyWhile` or in a commit resets the object, an exception
in a handler does not; after a reset everything in flight fails with the reason, sockets drop, and the next event makes
a new instance from committed storage.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context, gates
from pywrangler.runtime.alarms import run_alarm
from pywrangler.runtime.cancellation import Limit, interrupt
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.object_state import DurableObjectState
from pywrangler.runtime.sync_bridge import run_in_greenlet
from pywrangler.runtime.tasks import as_failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pywrangler.errors import Problem
    from pywrangler.runtime.alarms import AlarmInfo
    from pywrangler.runtime.objects import ObjectHost
    from pywrangler.runtime.sockets import HibernationSet
    from pywrangler.runtime.storage import ObjectStorage

BLOCK_LIMIT_SECONDS = 30.0
BLOCK_TOO_LONG = (
    "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable "
    "Object was reset."
)
ABORTED = "Application called abort() to reset Durable Object."
REPLACED = "Durable Object reset because its code was updated."


class Actor:
    """A live object. Made when an event for its id arrives, forgotten when it was idle or reset."""

    __slots__ = (
        "__weakref__", "_arrived", "_ends", "_has_left", "_references", "_running", "broken", "class_name",
        "constructing", "host", "inputs", "instance", "last_active", "name", "object_id", "outputs", "retries_alarm",
        "sockets", "state", "storage", "streams", "stubs", "tasks",
    )  # fmt: skip

    def __init__(
        self, host: ObjectHost, class_name: str, object_id: str, name: str | None, sockets: HibernationSet
    ) -> None:
        self.host = host
        self.class_name = class_name
        self.object_id = object_id
        self.name = name
        self.sockets = sockets
        self.storage: ObjectStorage = host.storage_for(self)
        self.inputs = gates.InputGate()
        self.outputs = gates.OutputGate(self.storage.commit, self.reset_by)
        self.state: DurableObjectState = DurableObjectState.new(self)
        self.instance: Any = None
        self.constructing = False
        self.broken: JsException | None = None
        self.tasks: set[asyncio.Future[Any]] = set()
        self.last_active = host.clock.now()
        self._running = 0
        self._arrived = 0
        """Events that were submitted and did not begin yet."""
        self._references = 0
        self._has_left = False
        self.retries_alarm = True
        self.stubs = 0
        """Functions and RpcTargets of the instance that somebody elsewhere holds."""
        self.streams = 0
        """Streams of the instance that somebody else still reads."""
        self._ends: list[asyncio.Future[None]] = []

    # ---- events -------------------------------------------------------------------------------------------

    def submit(self, work: Callable[[Any], Any]) -> asyncio.Future[Any]:
        """Deliver an event: `work(instance)` is called in its turn; returns the future of its result.

        Events start in the order of the calls. The future fails with the handler's exception, or with the reason of
        a reset.
        """
        self._running += 1
        self._arrived += 1
        task = asyncio.get_running_loop().create_task(self._handle(work))
        task.add_done_callback(self._finished)
        self.tasks.add(task)
        return task

    async def _handle(self, work: Callable[[Any], Any]) -> Any:
        self._arrived -= 1
        token = context.enter(context.EventContext(self.host.worker, self.host.env, self.state, self.outputs, self))
        try:
            if self.inputs.is_closed:
                await self.inputs.admission()
            if self.broken is not None:
                raise self.reason()
            if self.instance is None:
                place = self.inputs.ticket()
                await self._construct()
                if self.inputs.is_blocked:  # those who came meanwhile wait behind the event that made the instance
                    await self.inputs.admission(place)
                if self.broken is not None:
                    raise self.reason()
            result = await gates.drive(run_in_greenlet(lambda: work(self.instance)), self.inputs, self.outputs)
            if self.outputs.dirty:
                await self._commit()
        except BaseException as problem:
            if self.broken is not None:
                raise self.reason() from None
            self.outputs.end_turn()
            if self.broken is not None:
                raise self.reason() from None
            if isinstance(problem, (SystemExit, KeyboardInterrupt)):
                raise as_failure(problem) from problem
            raise
        else:
            if self.broken is not None:
                raise self.reason()
            return result
        finally:
            context.leave(token)

    async def _commit(self) -> None:
        """End the turn. With more events about to start in this round of the loop, their writes join this commit:
        what each of them answers waits for it, so callers see no difference but the time.
        """
        if self._arrived:
            await self.outputs.settled()
        else:
            self.outputs.end_turn()

    async def _construct(self) -> None:
        """Make the instance; everybody else waits, also while the constructor itself waits by `run_sync`."""
        self.constructing = True
        token = self.inputs.block()
        undo = gates.hold_tokens(gates.holding(token))
        try:
            await gates.drive(run_in_greenlet(self._make_instance), self.inputs, self.outputs)
        except BaseException as problem:
            self.reset_by(problem)
            raise
        finally:
            gates.drop_tokens(undo)
            self.inputs.release(token)
            self.constructing = False

    def _make_instance(self) -> None:
        self.instance = self.host.construct(self.class_name, self.state)

    def _finished(self, task: asyncio.Future[Any]) -> None:
        self.tasks.discard(task)
        self._running -= 1
        self._settle()

    def _settle(self) -> None:
        if self._running:
            return
        self.last_active = self.host.clock.now()
        if self._ends:
            ends, self._ends = self._ends, []
            for end in ends:
                if not end.done():
                    end.set_result(None)

    def run_alarm(
        self, info: AlarmInfo, *, now: float | None = None, report: Callable[[BaseException], None] | None = None
    ) -> asyncio.Future[Any]:
        """Deliver the alarm if it is due at `now`; the result is its `AlarmOutcome`, a failure goes to `report`."""
        host = self.host
        name = host.handler_name("alarm")

        def work(instance: Any) -> Any:
            def handler(info: AlarmInfo) -> Any:
                shown = to_js_value(
                    {"retryCount": info.retry_count, "isRetry": info.is_retry, "scheduledTime": info.scheduled_ms}
                )
                method = getattr(instance, name, None)
                if method is None:
                    advice = host.exports.advice(type(instance), "alarm")
                    raise type_error(f"Method {name} does not exist. {advice}".removesuffix(". "))
                return host.face.call(method, (shown,), relaxed=True)

            moment = host.clock.now() if now is None else now
            return run_alarm(self.storage, info, handler, report or host.report, moment)

        return self.submit(work)

    def await_predecessor(self, cleared: Awaitable[None]) -> None:
        """Hold back everything until the previous host let go of the object."""
        token = self.inputs.block()

        async def wait() -> None:
            await cleared
            self.inputs.release(token)

        task = asyncio.get_running_loop().create_task(wait())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # ---- liveness -----------------------------------------------------------------------------------------

    @property
    def is_reset(self) -> bool:
        """Whether the instance was killed, rather than left."""
        return self.broken is not None and not self._has_left

    @property
    def is_running(self) -> bool:
        """Whether an event, a block or something that `waitUntil` was given is under way."""
        return self._running > 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nothing outside refers to the instance."""
        return not self._running and not self._references

    def retain(self) -> None:
        """Keep the instance in memory: a plain socket, a stream or a stub refers to it."""
        self._references += 1

    def release(self) -> None:
        """Undo one `retain`."""
        self._references -= 1
        self._settle()

    def retain_stub(self) -> None:
        """Somebody elsewhere holds a function or RpcTarget of the instance."""
        self.stubs += 1
        self.retain()

    def release_stub(self) -> None:
        """Undo one `retain_stub`."""
        self.stubs -= 1
        self.release()

    def adopt(self, future: asyncio.Future[Any]) -> None:
        """Keep the instance in memory while `future` (a task of user code, a timer) is pending; a reset cancels it."""
        if self.broken is None:
            self.tasks.add(future)
            self._references += 1
            future.add_done_callback(self._left)

    def _left(self, future: asyncio.Future[Any]) -> None:
        self.tasks.discard(future)
        self.release()

    async def idle(self, stub_seconds: float = 0.0) -> None:
        """Wait until nothing runs any more; and for so long, at most, until nobody holds a stub."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + stub_seconds
        while self._running or (self.stubs and loop.time() < deadline):
            end = loop.create_future()
            self._ends.append(end)
            await asyncio.wait((end,), timeout=None if self._running else deadline - loop.time())

    def wait_until(self, awaitable: Awaitable[Any]) -> None:
        """Keep the object alive until `awaitable` is done; its failure is logged."""
        task = asyncio.ensure_future(awaitable)
        if task is not awaitable:  # what exists already may be somebody else's: a reset does not end it
            self.tasks.add(task)
        self._running += 1
        task.add_done_callback(self._waited)

    def _waited(self, task: asyncio.Future[Any]) -> None:
        self._finished(task)
        if not task.cancelled() and (problem := task.exception()) is not None and self.broken is None:
            self.host.report(problem)

    def perform(self, function: Callable[[], Any], report: Callable[[BaseException], None]) -> None:
        """Deliver an event that nobody waits for (a timer): `function` may return an awaitable; failures are told."""

        def ended(task: asyncio.Future[Any]) -> None:
            if not task.cancelled() and (problem := task.exception()) is not None and self.broken is None:
                report(problem)

        self.submit(lambda _instance: function()).add_done_callback(ended)

    # ---- gates --------------------------------------------------------------------------------------------

    def block(self, function: Callable[[], Any]) -> asyncio.Future[Any]:
        """`blockConcurrencyWhile(function)`: nothing but `function` runs until it ends; a failure resets the object."""
        task = self._hold_others_back(lambda token: self._blocked(function, token))
        # The platform tells the remote caller, never the code inside; nobody needs to await the result.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def _blocked(self, function: Callable[[], Any], token: object) -> Any:
        clock = self.host.clock
        try:
            with Limit(lambda end: clock.call_at(clock.now() + BLOCK_LIMIT_SECONDS, end)) as limit:
                result = await gates.drive(run_in_greenlet(function), self.inputs, self.outputs)
            self.outputs.end_turn()
        except TimeoutError as problem:
            self.reset_by(error(BLOCK_TOO_LONG) if limit.is_over else problem)
            raise self.reason() from None
        except BaseException as problem:
            if self.broken is None:
                self.reset_by(problem)
            raise self.reason() from None
        self.inputs.release(token)
        return result

    def exclusive(self, function: Callable[[], Awaitable[Any]]) -> asyncio.Future[Any]:
        """Run `function` while everybody else waits, from now on, as `transaction` needs; failures stay failures."""
        return self._hold_others_back(lambda token: self._excluded(function, token))

    async def _excluded(self, function: Callable[[], Awaitable[Any]], token: object) -> Any:
        try:
            result = await gates.drive(run_in_greenlet(function), self.inputs, self.outputs)
            self.outputs.end_turn()
        except BaseException as problem:
            if self.broken is not None:
                raise self.reason() from None
            if isinstance(problem, (SystemExit, KeyboardInterrupt)):
                raise as_failure(problem) from problem
            raise
        finally:
            self.inputs.release(token)
        if self.broken is not None:
            raise self.reason()
        return result

    def _hold_others_back(self, begin: Callable[[object], Any]) -> asyncio.Future[Any]:
        """Close the gate for others and run the coroutine `begin(token)`, which is to release the token."""
        token = self.inputs.block()
        undo = gates.hold_tokens(gates.holding(token))
        try:
            task = asyncio.get_running_loop().create_task(begin(token))
        finally:
            gates.drop_tokens(undo)
        self._running += 1
        self.tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    # ---- the storage's owner --------------------------------------------------------------------------------

    def wrote(self) -> None:
        """Storage has the first uncommitted write of a turn."""
        self.outputs.wrote()

    def has_alarm_handler(self) -> bool:
        """Whether the class has an `alarm` method (or `on_alarm` in the old layout)."""
        return self.host.has_method(self.class_name, "alarm")

    def notice(self, problem: Problem) -> None:
        """Show a problem that stops nothing."""
        self.host.notice(problem)

    # ---- reset --------------------------------------------------------------------------------------------

    def reset_by(self, problem: BaseException) -> None:
        """Reset the object because of `problem`."""
        if isinstance(problem, JsException):
            self.reset(problem)
        else:
            self.reset(error(self.host.error_text(problem)).with_cause(problem))

    def reset(self, reason: JsException, *, retries_alarm: bool = True) -> None:
        """Kill the instance: uncommitted writes are lost, sockets drop, everything in flight fails with `reason`.

        `retries_alarm` says whether an alarm that runs now is delivered again.
        """
        if self.broken is not None:
            return
        self.retries_alarm = retries_alarm
        self.broken = reason.mark(durableObjectReset=True)
        self.outputs.discard()
        self.storage.rollback()
        self.storage.close()
        self.sockets.drop_all()
        self.host.forget(self)
        current = asyncio.current_task()
        for task in list(self.tasks):
            if task is not current:
                interrupt(task)
        self.inputs.open_all()
        self.instance = None

    def reason(self) -> BaseException:
        """Return a fresh copy of the reason of the reset, so that tracebacks do not pile up on one object."""
        if self.broken is None:
            return error(ABORTED, durableObjectReset=True)
        return self.broken.copy()

    def evict(self) -> None:
        """Drop the instance because it was idle; hibernated sockets and storage stay."""
        self._leave(error("The Durable Object was evicted."))

    def hand_over(self) -> None:
        """Drop the instance, for another host goes on with the object; what it was still sending goes on here."""
        if self.broken is not None:
            return
        self._leave(error(REPLACED, durableObjectReset=True))
        for future in list(self.tasks):
            if not self.streams or not isinstance(future, asyncio.Task):
                interrupt(future)

    def _leave(self, reason: JsException) -> None:
        self.outputs.end_turn()
        if self.broken is not None:
            return
        self.storage.close()
        self.sockets.instance_gone()
        self.host.forget(self)
        self.broken = reason
        self._has_left = True
        self.instance = None
