"""Takes the tasks of tests and answers them: deliveries to entrypoints and objects, the clock, the beginning anew."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Any

from pywrangler.host.testing import time_of_day
from pywrangler.host.testing.clock import MovableClock
from pywrangler.host.testing.functions import Functions
from pywrangler.host.testing.outbound import Outbound
from pywrangler.protocol import control
from pywrangler.protocol import testing as protocol
from pywrangler.runtime import ids
from pywrangler.runtime.alarms import AlarmInfo, AlarmOutcome
from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.js import cache, timers
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.ports import Event, Target
from pywrangler.runtime.queues.batch import Message, MessageBatch, run_batch
from pywrangler.runtime.tracebacks import format_for_terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pywrangler.bindings.stores import Stores
    from pywrangler.host.http import HttpServer
    from pywrangler.protocol.control import HostSettings
    from pywrangler.runtime.actor import Actor
    from pywrangler.runtime.channels.router import ChannelRouter
    from pywrangler.runtime.worker import WorkerRuntime

UNWIND_SECONDS = 1.0
ENDED = "The test that this belongs to has ended."


class Desk:
    """One per host; `take` and `fetched` are its inbox, `clock` is the host's."""

    def __init__(self, settings: HostSettings, send: Callable[[control.Message], None]) -> None:
        self.clock = MovableClock()
        time_of_day.install(self.clock)
        cache.caches.tell_time(self.clock.now)
        self._outbound = Outbound(send)
        self._outbound.install()
        self._send = send
        self._settings = settings
        self._functions = Functions()
        self._tasks: set[asyncio.Task[None]] = set()
        self._overlaid: dict[str, Any] = {}
        self._worker: WorkerRuntime
        self._router: ChannelRouter
        self._http: HttpServer
        self._end_channels: Callable[[], Awaitable[None]]
        self._stores: Stores | None = None
        self._ours: set[asyncio.Task[Any]] = set()

    def open(
        self,
        worker: WorkerRuntime,
        router: ChannelRouter,
        http: HttpServer,
        end_channels: Callable[[], Awaitable[None]],
        stores: Stores | None,
    ) -> None:
        """Begin, when user code is loaded; what runs by now is the host's own."""
        self._worker = worker
        self._router = router
        self._http = http
        self._end_channels = end_channels
        self._stores = stores
        self._ours = asyncio.all_tasks()

    # ---- the inbox ----------------------------------------------------------------------------------------

    def take(self, ask: control.Ask) -> None:
        """Begin a task; tasks begin in the order in which they come."""
        task = asyncio.get_running_loop().create_task(self._answer(ask))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def fetched(self, message: control.Fetched) -> None:
        """Take the answer to a `fetch` of user code."""
        self._outbound.answered(message)

    async def _answer(self, ask: control.Ask) -> None:
        try:
            answer = control.Answer(ask.number, await self._perform(protocol.unpack_task(ask.task)))
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            failure = protocol.Failure(
                problem.name if isinstance(problem, JsException) else type(problem).__name__,
                problem.message if isinstance(problem, JsException) else str(problem),
                format_for_terminal(problem, self._settings.worker.root),
            )
            answer = control.Answer(ask.number, protocol.pack(failure), failed=True)
        self._send(answer)

    async def _perform(self, task: protocol.Tasks) -> bytes:
        match task:
            case protocol.Call(to, path, arguments):
                return _clone(await self._worker.call(self._target(to), path, deserialize(arguments)), ".".join(path))
            case protocol.Fetch():
                return protocol.pack(await self._fetch(task))
            case protocol.Scheduled(cron, moment):
                when = self.clock.now() * 1000 if moment is None else moment
                event = Event("scheduled", {"cron": cron, "time": float(round(when))})
                return protocol.pack(await self._worker.deliver(self._default, event))
            case protocol.Queue():
                return protocol.pack(await self._queue(task))
            case protocol.Workflow(request):
                answer = await self._worker.deliver(self._default, Event("workflow", request))
                return protocol.pack(protocol.WorkflowAnswer(answer, self.clock.is_stopped))
            case protocol.Email():
                return protocol.pack(await self._email(task))
            case protocol.Tail(events):
                from pywrangler.runtime.traces import tail

                await tail.deliver(self._worker, self._default, deserialize(events))
            case protocol.ExecuteSql(binding, sql, given):
                from pywrangler.host.testing import databases

                return await databases.execute(self._worker.env, binding, sql, given)
            case protocol.MigrateDatabase(binding):
                from pywrangler.host.testing import databases

                return protocol.pack(await databases.migrate(self._settings.worker, self._worker.env, binding))
            case protocol.Run():
                return await self._run(task)
            case protocol.RunAlarm(to):
                return protocol.pack(await self._run_alarm(to))
            case protocol.ListObjects(class_name):
                return protocol.pack(self._worker.objects.ids(class_name))
            case protocol.SetVariables(values):
                self._overlay(deserialize(values))
            case protocol.Variables():
                return serialize({**self._settings.variables, **self._overlaid})
            case protocol.Freeze(at):
                self.clock.stop(at)
            case protocol.HoldSleeps():
                self.clock.holds_sleeps = True
            case protocol.Advance(to):
                return protocol.pack(await self.clock.advance(to, self._alarms_running))
            case protocol.Flush():
                sys.stdout.flush()
                sys.stderr.flush()
            case protocol.Quiesce():
                await self._quiesce()
            case protocol.Reset():
                await self._reset()
        return b""

    # ---- deliveries ---------------------------------------------------------------------------------------

    @property
    def _default(self) -> Target:
        return Target(self._settings.worker.name, "entrypoint")

    def _target(self, to: protocol.Address) -> Target:
        worker = self._settings.worker.name
        if to.kind == "entrypoint":
            return Target(worker, "entrypoint", to.name)
        if to.object_id is not None:
            return Target(worker, "object", to.name, ids.id_from_string(worker, to.name, to.object_id))
        name = to.object_name or ""
        return Target(worker, "object", to.name, ids.id_from_name(worker, to.name, name), name)

    def _actor(self, to: protocol.Address) -> Actor:
        target = self._target(to)
        return self._worker.objects.actor(target.name, target.object_id, target.object_name)

    async def _fetch(self, task: protocol.Fetch) -> protocol.Reply:
        init = {"method": task.method, "headers": to_js_value([list(pair) for pair in task.headers])}
        if task.body is not None:
            init["body"] = task.body
        response = await self._worker.fetch(self._target(task.to), Request.new(task.url, **init))
        body = await response.read_bytes()
        return protocol.Reply(response.status, response.statusText, tuple(map(tuple, response.pairs())), body)

    async def _queue(self, task: protocol.Queue) -> protocol.BatchOutcome:
        now = self.clock.now() * 1000
        messages = [
            Message.new(item.id, now if item.time is None else item.time, deserialize(item.body, "js"), item.attempts)
            for item in task.messages
        ]
        failure = await run_batch(self._worker, self._default, MessageBatch.new(task.queue, messages))
        if failure is not None:
            raise failure
        return protocol.BatchOutcome(
            tuple(item.id for item in messages if item.decision == "ack"),
            {item.id: item.delay or 0.0 for item in messages if item.decision == "retry"},
        )

    async def _email(self, task: protocol.Email) -> protocol.EmailOutcome:
        from pywrangler.bindings.email.event import incoming

        message = incoming(self._worker, self._settings.state_root, task.sender, task.recipient, task.raw)
        await self._worker.handle(self._default, "email", (message,))
        outcome = message.outcome
        return protocol.EmailOutcome(
            outcome.rejection,
            tuple(protocol.Forward(item.recipient, item.headers, item.message_id) for item in outcome.forwards),
            tuple(protocol.MailReply(item.message_id, item.sender, item.raw) for item in outcome.replies),
        )

    async def _run(self, task: protocol.Run) -> bytes:
        function = self._functions.find(task.function, task.search)
        arguments = deserialize(task.arguments)
        actor = self._actor(task.to)
        result = await actor.submit(
            lambda instance: function(instance, getattr(instance, "ctx", actor.state), *arguments)
        )
        return _clone(result, task.function.name)

    async def _run_alarm(self, to: protocol.Address) -> bool:
        actor = self._actor(to)
        entry = self._worker.objects.alarm_of(actor.class_name, actor.object_id)
        if entry is None:
            return False
        problems: list[BaseException] = []
        info = AlarmInfo(entry.time // 1_000_000)
        moment = max(self.clock.now(), entry.time / 1e9 + 0.001)
        outcome = await actor.run_alarm(info, now=moment, report=problems.append)
        if problems:
            raise problems[0]
        return outcome is AlarmOutcome.DONE

    def _alarms_running(self) -> set[asyncio.Future[Any]]:
        alarms = self._worker.objects.alarms_running() if self._worker.has_objects else set()
        return {*alarms, *self._worker.driven}

    # ---- the environment ----------------------------------------------------------------------------------

    def _overlay(self, values: dict[str, Any]) -> None:
        self._overlaid.update(values)
        self._show_variables(values)

    def _show_variables(self, values: dict[str, Any]) -> None:
        """Change `env` in place; objects that are idle come again with the new one."""
        shown = vars(self._worker.env)
        for name, value in values.items():
            shown[name] = to_js_value(value)
        if self._worker.has_objects:
            for actor in list(self._worker.objects.actors.values()):
                if actor.is_idle:
                    actor.evict()

    def _restore_variables(self) -> None:
        shown = vars(self._worker.env)
        for name in self._overlaid:
            shown.pop(name, None)
        self._show_variables(
            {name: self._settings.variables[name] for name in self._overlaid.keys() & self._settings.variables.keys()}
        )
        self._overlaid.clear()

    # ---- beginning anew -----------------------------------------------------------------------------------

    async def _quiesce(self) -> None:
        """End whatever user code has started, wherever it waits; twice over, for what the ending itself starts."""
        for connection in list(self._http.connections):
            connection.abort()
        for link in list(self._http.links):
            link.abort()
        await self._end_channels()
        self._router.close()
        if self._worker.has_objects:
            self._worker.objects.drop_all(error(ENDED, durableObjectReset=True))
        for timer in list(timers._timers.values()):
            timer.finish()
        own = {*self._ours, *self._tasks}
        left = asyncio.all_tasks() - own
        for task in left:
            interrupt(task, ENDED)
        if left:
            await asyncio.wait(left, timeout=UNWIND_SECONDS)
        self._worker.pending.clear()

    async def _reset(self) -> None:
        await self._quiesce()
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
        if self._worker.has_objects:
            self._worker.objects.forget_all()
        for companion in self._worker.companions:
            companion.reset()
        if self._stores is not None:
            self._stores.forget_all()
        self.clock.run()
        cache.caches.clear()
        self._restore_variables()
        with contextlib.suppress(ValueError):
            sys.stdout.flush()


def _clone(result: Any, what: str) -> bytes:
    """Return a copy of a result for the test; TypeError if it is no data."""
    try:
        return serialize(result)
    except (JsException, TypeError) as problem:
        text = problem.message if isinstance(problem, JsException) else str(problem)
        kind = type(result).__name__
        raise TypeError(
            f"What {what} returned cannot be handed to a test, which takes copies of data only ({kind}: {text})"
        ) from None
