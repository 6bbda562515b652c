"""The worker process: runs one Worker on one loop, from the fork to the last reply.

    fork ─> load user code ─> Loaded ─> (Serve) ─> accept ─> (Retire: hand over, finish) or (Stop: finish) ─> exit

Lost control socket: the session is gone, so the host leaves at once. What the host is told comes as messages of
`protocol.control`; what it gives to its heir, as messages of `protocol.handover` (see `host.succession`).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import signal
import socket
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

from pywrangler.errors import LoadError, Problem, PywranglerError
from pywrangler.host import blocking, event_loop, loader, search_path
from pywrangler.host.application import Application
from pywrangler.host.environment import build_environment, loopbacks
from pywrangler.host.http import HttpServer
from pywrangler.host.link import BUFFER_LIMIT_BYTES, MessageLink
from pywrangler.host.memory import Memory
from pywrangler.host.output import LogWriter
from pywrangler.host.ownership import Ownership
from pywrangler.packages import sdk
from pywrangler.protocol import control
from pywrangler.protocol import descriptors as descriptors_left
from pywrangler.runtime import context, invocations
from pywrangler.runtime.channels.router import ChannelRouter
from pywrangler.runtime.clock import SystemClock
from pywrangler.runtime.exports import Exports
from pywrangler.runtime.js import http_client
from pywrangler.runtime.links import RESTART_CODE
from pywrangler.runtime.state_lock import StateLock
from pywrangler.runtime.tasks import make_task
from pywrangler.runtime.worker import WorkerRuntime

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.host.debugger import TerminalDebugger
    from pywrangler.host.testing.desk import Desk
    from pywrangler.packages.vendored import Vendored
    from pywrangler.runtime.channels.server import ChannelServer
    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.objects import ObjectHost
    from pywrangler.runtime.ports import Face, Target
    from pywrangler.runtime.traces.tail import TailReceiver

GOING_AWAY_CODE = 1001
FLUSH_SECONDS = 2.0
SIGNAL_SECONDS = 0.5
REQUEST_LOG_DELAY_SECONDS = 0.01
IMPORTS_SETTLE_SECONDS = 0.3
ACCEPT_PAUSE_SECONDS = 0.5
REPORTERS = (
    "pywrangler.host.missing",
    "pywrangler.runtime.error_page",
    "pywrangler.runtime.js.url",
    "pywrangler.runtime.tracebacks",
)
"""Imported when first used, which takes a descriptor: too late to report that none is left."""


class Host:
    """One Worker in this process."""

    def __init__(
        self, settings: control.HostSettings, descriptors: Sequence[int], preloaded: Collection[str] = ()
    ) -> None:
        self._settings = settings
        self._config = settings.worker
        self._preloaded = preloaded
        self._loop = asyncio.get_running_loop()
        self._private = socket.socket(fileno=descriptors[1])
        self._private.setblocking(False)
        self._public = [socket.socket(fileno=descriptor) for descriptor in descriptors[2:]]
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._link = MessageLink(
            socket.socket(fileno=descriptors[0]),
            decode=control.unpack,
            descriptors_of=_descriptors_of,
            received=self._received,
            closed=self._session_lost,
        )
        self._dropped = 0
        self._imported = 0
        """How many modules there were when the session was told, or is about to be."""
        self._inherited = next(reversed(sys.modules))
        self._vendored: list[Vendored] = []
        self._missing: set[control.Missing] = set()
        self._leaving: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[None] | None = None
        self._channels: ChannelServer | None = None
        self._debugger: TerminalDebugger | None = None
        self._made_parts: Parts | None = None
        self._clock: Clock = SystemClock()
        self._desk: Desk | None = None
        self._tail: TailReceiver | None = None
        self._ownership: Ownership | None = None
        if settings.testing:
            from pywrangler.host.testing.desk import Desk

            self._desk = Desk(settings, self._link.send)
            self._clock = self._desk.clock

    # ---- the session --------------------------------------------------------------------------------------

    def _received(self, message: control.Message, descriptors: list[int]) -> None:
        if isinstance(message, control.Serve):
            handover = descriptors.pop(0) if message.heir else None
            self._serving = self._loop.create_task(self._serve(handover, descriptors[0] if descriptors else None))
        elif isinstance(message, control.Retire) and self._leaving is None:
            self._leaving = self._loop.create_task(self._retire(message.grace_seconds, descriptors[0]))
        elif isinstance(message, control.Ask) and self._desk is not None:
            self._desk.take(message)
        elif isinstance(message, control.Fetched) and self._desk is not None:
            self._desk.fetched(message)
        elif isinstance(message, control.Stop) and self._leaving is None:
            self._leaving = self._loop.create_task(self._stop(message.grace_seconds))

    def _session_lost(self) -> None:
        self._end(1)

    def _end(self, status: int) -> None:
        if not self._ended.done():
            self._ended.set_result(status)

    def _log(self, level: Any, text: str) -> None:
        if self._link.buffered_bytes > BUFFER_LIMIT_BYTES:
            self._dropped += 1
            return
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._link.send(control.Log("warn", f"{dropped} lines of output were dropped; nobody read them in time"))
        self._link.send(control.Log(level, text))

    def _report(self, problem: BaseException, prefix: str = "") -> None:
        from pywrangler.runtime.tracebacks import format_for_terminal

        if context.was_shown(problem):
            return
        self._log("error", format_for_terminal(problem, self._config.root, prefix))
        from pywrangler.host.missing import missing_in

        missing = missing_in(problem, self._vendored)
        if missing is not None and missing not in self._missing:
            self._missing.add(missing)
            self._link.send(control.Lacks(missing))

    def _notice(self, problem: Problem) -> None:
        self._link.send(control.Notice(problem))

    def _logged_request(self, method: str, path: str, status: int, reason: str, milliseconds: float) -> None:
        self._note_imports()
        if not path.startswith("/cdn-cgi/") and self._link.buffered_bytes < BUFFER_LIMIT_BYTES:
            line = control.Request(method, path, status, reason, milliseconds)
            self._link.send(line, delay_seconds=REQUEST_LOG_DELAY_SECONDS)

    def _logged_batch(self, queue: str, acknowledged: int, total: int, milliseconds: float) -> None:
        self._note_imports()
        if self._link.buffered_bytes < BUFFER_LIMIT_BYTES:
            line = control.QueueBatch(queue, acknowledged, total, milliseconds)
            self._link.send(line, delay_seconds=REQUEST_LOG_DELAY_SECONDS)

    def _note_imports(self) -> None:
        """Tell the session soon if there are new modules: many are imported by the first event that needs them."""
        if len(sys.modules) != self._imported:
            self._imported = len(sys.modules)
            self._loop.call_later(IMPORTS_SETTLE_SECONDS, self._tell_imports)

    def _tell_imports(self) -> None:
        self._imported = len(sys.modules)
        modules, files = loader.imported(self._config, self._settings.packages, self._inherited)
        self._link.send(control.Imported(modules, files))

    def _break(self, *_arguments: Any, **_options: Any) -> None:
        """`breakpoint()` in user code; the debugger is imported by the first one."""
        if self._debugger is None:
            from pywrangler.host.debugger import TerminalDebugger

            self._debugger = TerminalDebugger(self._link.tell)
        self._debugger.set_trace(sys._getframe(1))

    # ---- start --------------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Load, wait for orders, serve; returns the exit status."""
        context.set_log_sink(self._log)
        context.set_reporter(self._report)
        sys.stdout = LogWriter("log", 1)
        sys.stderr = LogWriter("stderr", 2)
        if "PYTHONBREAKPOINT" not in os.environ:
            sys.breakpointhook = self._break
        memory = Memory(self._loop)
        self._loop.set_task_factory(memory.counting(make_task))
        self._loop.set_exception_handler(self._unhandled)
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._loop.add_signal_handler(number, self._told_to_end, number)
        os.register_at_fork(after_in_child=_forget_signals)
        try:
            self._build()
            exports, problems = self._load()
        except LoadError as problem:
            from pywrangler.host.missing import awaited, missing_in

            missing = missing_in(problem, self._vendored)
            _modules, files = loader.imported(self._config, self._settings.packages, self._inherited)
            place = () if problem.problem.place is None else (problem.problem.place.path,)
            files = loader.with_targets((*files, *place, *awaited(missing)))
            self._link.send(control.Failed(problem.problem, files, missing))
            await asyncio.wait_for(self._link.drain(), 5)
            return 3
        self._worker.exports = exports
        memory.begin()
        modules, files = loader.imported(self._config, self._settings.packages, self._inherited)
        self._link.send(
            control.Loaded(
                tuple(exports.objects),
                tuple(exports.entrypoints) + (("default",) if exports.handlers else ()),
                exports.default_handlers,
                modules,
                files,
                tuple(problems),
            )
        )
        status = await self._ended
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._link.drain(), 1)
        return status

    def _build(self) -> None:
        """Wire the parts together; nothing runs yet, and nothing is exported before user code is loaded."""
        import workers._face as face
        import workers._releases as releases

        config = self._config
        exports = Exports()
        self._worker = self._make_worker(exports, face.FACE)
        self._worker.take("tail", self._take_tail)
        self._worker.take(invocations.KIND, lambda *given: invocations.run(self._worker, *given))
        self._router = ChannelRouter(
            config.name,
            self._worker,
            self._settings.registry_directory,
            lambda name, connected: self._link.send(control.Connection(name, connected)),
            adopt_wire=lambda *given: self._http.adopt_socket(*given),  # noqa: PLW0108 - the server is made after it
            queues=frozenset(consumer.queue for consumer in config.queue_consumers),
            runs_handlers="service_binding_extra_handlers" in config.compat.flags,
        )
        env, assets = build_environment(self._settings, self._router, self._parts)
        self._worker.bind(env, self._router)
        if assets is not None:
            self._worker.assets = assets.answers(has_worker=config.main is not None)
        self._worker.offer_loopbacks(lambda: loopbacks(config, self._worker.exports, self._router))
        if config.queue_consumers:
            from pywrangler.bindings.queues import outbox_of
            from pywrangler.runtime.queues.broker import QueueBroker

            QueueBroker(self._worker, outbox_of(self._parts()), self._clock, self._logged_batch)
        # User code may use `from workers import env` at module level.
        packages = self._settings.packages
        vendored = (directory for directory, _ in packages.vendored)
        version = sdk.effective(config.compat, vendored, packages.site_packages)
        face.configure(config.compat, env, version)
        if not config.compat.jsnull:
            from pyodide import _older as older_pyodide

            from pywrangler.runtime.js import null_as_none

            null_as_none.install()
            older_pyodide.install()
        releases.install(version, config.compat.date)
        self._http = HttpServer(
            Application(
                self._worker,
                config.root,
                self._report,
                config.name,
                state_root=self._settings.state_root,
                test_scheduled=self._settings.test_scheduled,
                host=config.dev.host or config.first_route_host,
            ),
            on_request=self._logged_request,
        )
        http_client.sign(config.zone)
        self._http.on_full = lambda text: self._log("warn", text)

    def _parts(self) -> Parts:
        """What bindings with local data are made of; asked for when a config has one."""
        if self._made_parts is None:
            from pywrangler.bindings.catalogue import Parts
            from pywrangler.bindings.stores import Stores

            root = self._settings.state_root
            shared = {(plugin, name): place for plugin, name, place in self._settings.shared_data}
            stores = Stores(root, self._notice, shared)
            self._made_parts = Parts(self._config, self._router, self._worker, self._clock, stores, root)
        return self._made_parts

    def _make_worker(self, exports: Exports, face: Face) -> WorkerRuntime:
        """Make the Worker; only one with tail consumers pays for traces."""
        if not self._config.tail_consumers:
            return WorkerRuntime(self._config, exports, face, self._make_objects, report=self._report)
        from pywrangler.runtime.traces.worker import TracedWorker

        worker = TracedWorker(self._config, exports, face, self._make_objects, report=self._report)
        worker.trace_to_consumers(self._clock)
        return worker

    async def _take_tail(self, target: Target, payload: Mapping[str, Any]) -> None:
        if self._tail is None:
            from pywrangler.runtime.traces.tail import TailReceiver

            self._tail = TailReceiver(self._worker, self._report)
        await self._tail.take(target, payload)

    def _make_objects(self) -> ObjectHost:
        from pywrangler.runtime.objects import ObjectHost

        host = ObjectHost
        if self._config.tail_consumers:
            from pywrangler.runtime.traces.objects import TracedObjectHost

            host = TracedObjectHost
        return host(
            self._config,
            self._worker.exports,
            self._worker.face,
            state_root=self._settings.state_root,
            clock=self._clock,
            notice=self._notice,
            report=self._report,
            strict_limits=self._settings.strict_limits,
        )

    def _load(self) -> tuple[Exports, list[Problem]]:
        if self._config.main is None:
            return Exports(), []
        own = self._config.main.parent
        self._vendored, problems = search_path.install(self._settings.packages, own, self._preloaded)
        self._inherited = next(reversed(sys.modules))
        _module, exports, more = loader.load(self._config)
        loader.load_mocks(self._config, self._worker.env)
        return exports, problems + more

    # ---- serving ------------------------------------------------------------------------------------------

    async def _serve(self, handover: int | None, lock: int | None) -> None:
        if lock is not None:
            self._worker.state_lock = StateLock(
                lock, self._config.name, f"unix:{self._private.getsockname()}", self._settings.public_url
            )
        if self._desk is not None:
            stores = None if self._made_parts is None else self._made_parts.stores
            self._desk.open(self._worker, self._router, self._http, self._end_channels, stores)
        heir = None
        if handover is not None:
            from pywrangler.host.succession import Heir

            heir = Heir(socket.socket(fileno=handover), self._http, self._worker.objects)
        for listener in self._public:
            await self._http.listen(listener)
        self._loop.add_reader(self._private.fileno(), self._accept_channel)
        self._ownership = Ownership(self._worker, self._notice)
        if heir is None:
            self._ownership.predecessor_gone()
            self._begin()
        else:
            # Said when the predecessor has let go of what does not run: then all that is new meets the new code.
            heir.when_announced(self._begin)
            heir.when_gone(self._ownership.predecessor_gone)

    def _begin(self) -> None:
        assert self._ownership is not None
        self._ownership.begin()
        self._link.send(control.Serving())

    def _accept_channel(self) -> None:
        try:
            connection, _ = self._private.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as problem:
            if not descriptors_left.is_exhaustion(problem):
                raise
            self._accept_later()
            return
        if self._channels is None:
            from pywrangler.runtime.channels.server import ChannelServer

            self._channels = ChannelServer(self._worker, self._http.adopt_socket, worker=self._config.name)
        self._channels.adopt(connection)

    def _accept_later(self) -> None:
        """No descriptor is left for a caller, who waits: look again in a moment."""
        self._log("warn", f"A call of another Worker waits, as {descriptors_left.told()}. {descriptors_left.REMEDY}")
        self._loop.remove_reader(self._private.fileno())

        def go_on() -> None:
            if self._leaving is None:
                self._loop.add_reader(self._private.fileno(), self._accept_channel)

        self._loop.call_later(ACCEPT_PAUSE_SECONDS, go_on)

    async def _end_channels(self) -> None:
        """End the connections of other hosts, and those that nobody has accepted yet."""
        channels, self._channels = self._channels, None
        if channels is not None:
            await channels.close()
        with contextlib.suppress(BlockingIOError, InterruptedError, ConnectionAbortedError):
            while True:
                self._private.accept()[0].close()

    def _stop_accepting(self) -> None:
        if self._ownership is not None:
            self._ownership.end()
        self._http.stop_accepting()
        self._loop.remove_reader(self._private.fileno())

    # ---- leaving ------------------------------------------------------------------------------------------

    async def _retire(self, grace_seconds: float, handover: int) -> None:
        """Give everything to the heir, finish what runs, exit."""
        from pywrangler.host.succession import Testator

        deadline = time.monotonic() + grace_seconds
        try:
            self._stop_accepting()
            testator = Testator(socket.socket(fileno=handover), self._http, self._worker.objects)
            testator.announce()
            self._router.retire(f"unix:{self._private.getsockname()}")
            self._worker.leaves_at = self._loop.time() + grace_seconds
            for companion in self._worker.companions:
                companion.retire()
            if self._channels is not None:
                self._channels.retire()
            async with asyncio.timeout(grace_seconds + FLUSH_SECONDS):
                await asyncio.gather(testator.hand_over(deadline), self._finish(deadline))
                if self._ownership is not None:
                    await self._ownership.sole()  # a host before this one may still run
                await testator.end()
        except TimeoutError:
            self._log("warn", f"What still ran {grace_seconds:g} s after a reload was cancelled")
        finally:
            await self._close(RESTART_CODE)
            self._end(0)

    def _told_to_end(self, number: int) -> None:
        """End as the session says, whose group has got the signal, too; or alone, if it was for this process."""

        def end() -> None:
            if self._leaving is None:
                self._leaving = self._loop.create_task(self._stop(SIGNAL_SECONDS, 128 + number))

        self._loop.call_later(SIGNAL_SECONDS, end)

    async def _stop(self, grace_seconds: float, status: int = 0) -> None:
        """Finish what runs and exit."""
        deadline = time.monotonic() + grace_seconds
        self._worker.is_ending = True
        try:
            self._stop_accepting()
            if self._worker.has_objects:
                self._worker.objects.stop()
            if self._channels is not None:
                self._channels.retire()
            await asyncio.gather(self._http.drain(deadline), self._finish(deadline))
        finally:
            await self._close(GOING_AWAY_CODE)
            self._end(status)

    async def _finish(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic) for calls and what `waitUntil` was given."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                if self._channels is not None:
                    await self._channels.drain()
                while self._worker.pending:
                    await asyncio.wait(set(self._worker.pending))

    async def _close(self, code: int) -> None:
        self._http.close_sockets(code, "", report=False)
        if self._worker.has_objects:
            objects = self._worker.objects
            objects.stop()
            for actor in list(objects.actors.values()):
                actor.evict()
            objects.close()
        for companion in self._worker.companions:
            companion.close()
        if self._made_parts is not None:
            self._made_parts.stores.close()
        if self._channels is not None:
            await self._channels.close()
        self._router.close()

    def _unhandled(self, loop: asyncio.AbstractEventLoop, details: dict[str, Any]) -> None:
        """Report what no task took: user code's failed tasks in the user's terms, everything else as our bug."""
        problem = details.get("exception")
        if isinstance(problem, Exception):
            self._report(problem)
        elif problem is None:
            loop.default_exception_handler(details)


def _descriptors_of(message: control.Message) -> int:
    if isinstance(message, control.Retire):
        return 1
    return message.heir + message.locked if isinstance(message, control.Serve) else 0


def _forget_signals() -> None:
    """Let a process that the Worker forks end by signals as others do; the wake-up pipe is the host's."""
    with contextlib.suppress(ValueError):  # forked in a thread
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)


def run(settings: control.HostSettings, descriptors: Sequence[int], preloaded: Collection[str] = ()) -> int:
    """Be the host of one Worker; returns the exit status. `preloaded` are third-party modules that exist already."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptors_left.raise_limit()
    if descriptors_left.are_few():
        for name in REPORTERS:
            importlib.import_module(name)
    os.chdir(settings.worker.root)

    async def serve() -> int:
        host = Host(settings, descriptors, preloaded)
        return await host.run()

    blocking.install()
    event_loop.install()
    try:
        with asyncio.Runner(loop_factory=event_loop.HostLoop) as runner:
            return runner.run(serve())
    except PywranglerError:
        traceback.print_exc(file=sys.__stderr__)
        return 1
    finally:
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
