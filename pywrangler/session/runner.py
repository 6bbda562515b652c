"""The shell around the machine: performs its actions, and turns what happens into its events."""

from __future__ import annotations

import os
import signal
import sys
import time
import uuid
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pywrangler.config.resolve import shared_data
from pywrangler.descendants import adopt_orphans, start_apart
from pywrangler.errors import ConfigError, Problem, PywranglerError, StartError
from pywrangler.protocol import control
from pywrangler.protocol.registry import HEARTBEAT_SECONDS, Entry
from pywrangler.session import actions as do
from pywrangler.session import events as on
from pywrangler.session import reports as say
from pywrangler.session.environment_watch import EnvironmentWatch
from pywrangler.session.machine import RETIRE_GRACE_SECONDS, Machine
from pywrangler.session.packages import packages_of
from pywrangler.session.processes import Processes
from pywrangler.session.reactor import Reactor
from pywrangler.session.stand_in import StandInServer
from pywrangler.session.state_locks import StateLocks
from pywrangler.session.watch import Watcher

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pywrangler.config.model import Resolved
    from pywrangler.session.build import BuildRun
    from pywrangler.session.keyboard import Keyboard
    from pywrangler.session.ports import PublicPort
    from pywrangler.session.reactor import TimerHandle
    from pywrangler.session.registry import Registry
    from pywrangler.session.spawn import NurseryProcess
    from pywrangler.session.state import Plan

REGISTRY_CHECK_SECONDS = 2.0
ENVIRONMENT_CHECK_SECONDS = 0.5
HINT_SECONDS = 1.0
"""From the first answer of a Worker to the hint about what Cloudflare will not run: it must not slow the start."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCONT)


class Screen(Protocol):
    """Where reports are shown; `cli.render` has the real one."""

    def show(self, report: say.Report) -> None:
        """Show it; BrokenPipeError if nobody reads any more."""


class Guest(Protocol):
    """Somebody who uses a session from within its process: `pywrangler run`, and tests.

    All methods are called in the session's thread. A session with a guest ends when a Worker cannot be run.
    """

    def arrive(self, session: Runner) -> None:
        """The session begins; `session.post`, `session.order` and `session.end` work from now on."""

    def begin(self, urls: Mapping[str, str]) -> None:
        """Every Worker answers: their URLs by name, the primary's first."""

    def answered(self, worker: int, message: control.Message) -> None:
        """A host says something that only its guest understands."""

    def lost(self, worker: int) -> None:
        """The host of a Worker is gone, and with it whatever it was asked."""

    def leave(self) -> None:
        """The session is about to end."""


@dataclass(frozen=True, slots=True)
class Berth:
    """What one Worker has for the whole session, whatever host serves it."""

    plan: Plan
    port: PublicPort
    private: socket.socket
    private_path: Path
    state_root: Path


@dataclass(frozen=True, slots=True)
class Setup:
    """A session that is ready to run."""

    directory: Path
    berths: Sequence[Berth]
    registry: Registry
    reread: Callable[[int], Resolved]
    """Read the settings of a Worker again; raises ConfigError."""
    spawn: Callable[[], NurseryProcess]
    read_at: float
    """When the settings were read, seconds since the epoch."""
    strict_limits: bool = False
    test_scheduled: bool = False
    with_keys: bool = False
    guest: Guest | None = None
    is_fixed: bool = False
    """Files are not followed: what was there at the start is what runs."""
    in_main_thread: bool = True
    """Signals can be caught here."""
    testing: bool = False
    """Hosts do what tests ask of them."""


class Runner:
    """Runs one session to its end."""

    def __init__(self, setup: Setup, screen: Screen) -> None:
        self._setup = setup
        self._screen = screen
        self._reactor = Reactor()
        self._guest = setup.guest
        plans = [berth.plan for berth in setup.berths]
        self._machine = Machine(plans, setup.directory, is_hosting=setup.guest is not None)
        self._processes = Processes(
            self._reactor, self._emit, self._on_output, setup.spawn, self._explain, is_adopting=setup.in_main_thread
        )
        self._serving: dict[int, int] = {}
        """The current host of each Worker."""
        self._worker_of: dict[int, int] = {}
        self._watcher = Watcher(self._reactor, self._on_files, self._look_at_registry, setup.registry.directory)
        self._events: deque[on.Event] = deque()
        self._is_busy = False
        self._exit_code = 1
        self._timers: dict[tuple[str, int], TimerHandle] = {}
        self._stand_ins: dict[int, StandInServer] = {}
        self._builds: dict[int, BuildRun] = {}
        self._state_locks = StateLocks()
        self._keyboard: Keyboard | None = None
        self._instance = str(uuid.uuid4())
        self._started = time.time()
        self._is_followed = False
        self._environments = EnvironmentWatch([plan.resolved.worker.root for plan in plans])
        self._resolved = [berth.plan.resolved for berth in setup.berths]
        """The settings of each Worker as they were read last."""
        self._next_beat = self._reactor.now() + HEARTBEAT_SECONDS
        several = len(setup.berths) > 1
        self._labels = [berth.plan.resolved.worker.name if several else "" for berth in setup.berths]

    def run(self) -> int:
        """Run until the end; return the exit code. Nothing of the session is left afterwards."""
        try:
            if self._setup.in_main_thread:  # and so the process is the session's alone
                adopt_orphans()
                self._reactor.on_signals(SIGNALS, self._on_signal)
            self._open_keyboard()
            if self._guest is not None:
                self._guest.arrive(self)
            self._emit(on.Started(self._setup.registry.peers()))
            self._reactor.call_later(REGISTRY_CHECK_SECONDS, self._tend_registry)
            self._reactor.run()
        finally:
            self._close()
        return self._exit_code

    # ---- for the guest

    def post(self, callback: Callable[[], None]) -> None:
        """Call back soon in the session's thread; from any thread."""
        self._reactor.post(callback)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back once after `seconds`; in the session's thread only."""
        return self._reactor.call_later(seconds, callback)

    def order(self, worker: int, message: control.Message) -> bool:
        """Send a message to the host of a Worker; false if there is none. In the session's thread only."""
        host = self._serving.get(worker)
        if host is None:
            return False
        self._processes.order(host, message)
        return True

    def end(self, code: int) -> None:
        """End the session with this exit code; in the session's thread only."""
        self._emit(on.Ended(code))

    # ---- events in, actions out

    def _emit(self, event: on.Event) -> None:
        if isinstance(event, on.HostLost | on.Exited):
            self._note_loss(event.host)
        self._events.append(event)
        if self._is_busy:
            return  # Performed by the loop below, after the actions of the event before.
        self._is_busy = True
        try:
            while self._events:
                for action in self._machine.handle(self._events.popleft(), self._reactor.now()):
                    self._perform(action)
        finally:
            self._is_busy = False

    def _perform(self, action: do.Action) -> None:
        processes = self._processes
        match action:
            case do.Say(report):
                self._show(report)
                if isinstance(report, say.Ready):
                    worker = self._labels.index(report.worker)
                    self._reactor.call_later(HINT_SECONDS, lambda: self._hint(worker))
            case do.StartNursery(number):
                processes.start_nursery(number)
            case do.Preload(number, modules, packages):
                processes.preload(number, control.Preload(modules, packages))
            case do.CloseNursery(number):
                processes.close_nursery(number)
            case do.Fork():
                self._fork(action)
            case do.Serve():
                self._serve(action)
            case do.Stop(host, grace_seconds):
                processes.stop(host, grace_seconds)
            case do.Kill(host):
                processes.kill(host)
            case do.Forget(host):
                processes.forget(host)
            case do.StandIn(worker, problem):
                self._stand_in(worker, problem)
            case do.StandDown(worker):
                self._stand_down(worker)
            case do.WriteEntry():
                self._write_entry(action)
            case do.RemoveEntry(name):
                self._setup.registry.withdraw(name)
            case do.ReadSettings():
                self._read_settings(action)
            case do.FindPackages():
                self._find_packages(action)
            case do.Build():
                self._build(action)
            case do.Follow(sources) if not self._setup.is_fixed:
                self._watcher.follow(sources, None if self._is_followed else self._setup.read_at)
                if not self._is_followed:
                    self._reactor.call_later(ENVIRONMENT_CHECK_SECONDS, self._look_at_environments)
                self._is_followed = True
            case do.Schedule(timer, seconds):
                self._cancel(timer)
                self._timers[timer] = self._reactor.call_later(seconds, lambda: self._emit(on.TimerFired(timer)))
            case do.Cancel(timer):
                self._cancel(timer)
            case do.Begin():
                if self._guest is not None:
                    self._guest.begin({it.plan.resolved.worker.name: it.port.public_url for it in self._setup.berths})
            case do.OpenBrowser():
                self._open_browser()
            case do.Finish(code):
                self._exit_code = code
                self._reactor.stop()

    def _cancel(self, timer: tuple[str, int]) -> None:
        handle = self._timers.pop(timer, None)
        if handle is not None:
            handle.cancel()

    # ---- hosts

    def _fork(self, action: do.Fork) -> None:
        self._worker_of[action.host] = action.worker
        berth = self._setup.berths[action.worker]
        settings = control.HostSettings(
            worker=action.resolved.worker,
            variables={variable.name: variable.value for variable in action.resolved.variables},
            state_root=berth.state_root,
            registry_directory=self._setup.registry.directory,
            public_url=berth.port.public_url,
            packages=action.packages,
            strict_limits=self._setup.strict_limits,
            test_scheduled=self._setup.test_scheduled,
            generation=action.generation,
            shared_data=self._shared_data(action),
            testing=self._setup.testing,
        )
        listeners = [berth.private.fileno(), *(listener.fileno() for listener in berth.port.sockets)]
        self._processes.fork(action.nursery, action.host, action.worker, settings, listeners)

    def _shared_data(self, action: do.Fork) -> tuple[tuple[str, str, Path], ...]:
        """Return where data lies that an earlier Worker of the session binds, too, and keeps in another place."""
        self._resolved[action.worker] = action.resolved
        roots = [berth.state_root for berth in self._setup.berths]
        earlier = [(roots[index], self._resolved[index].worker) for index in range(action.worker)]
        return shared_data(action.resolved.worker, roots[action.worker], earlier)

    def _serve(self, action: do.Serve) -> None:
        worker = self._worker_of[action.host]
        self._serving[worker] = action.host
        lock = None
        if action.keeps_state:
            root = self._setup.berths[worker].state_root
            lock = self._state_locks.descriptor(worker, root, action.keeps_state)
        self._processes.serve(action.host, action.predecessor, RETIRE_GRACE_SECONDS, lock)

    def _note_loss(self, host: int) -> None:
        worker = self._worker_of.pop(host, None)
        if worker is not None and self._serving.get(worker) == host:
            del self._serving[worker]
            if self._guest is not None:
                self._guest.lost(worker)

    def _on_output(self, worker: int, message: control.Message) -> None:
        label = self._labels[worker]
        match message:
            case control.Log(level, text):
                self._show(say.Output(label, level, text))
            case control.Request(method, path, status, reason, milliseconds):
                self._show(say.RequestLine(label, method, path, status, reason, milliseconds))
            case control.QueueBatch(queue, acknowledged, total, milliseconds):
                self._show(say.QueueLine(label, queue, acknowledged, total, milliseconds))
            case control.Notice(problem):
                self._show(say.Trouble(label, problem))
            case control.Lacks(missing):
                self._show(say.Trouble(label, self._lacking(worker, missing)))
            case control.Connection():
                self._look_at_registry()
            case control.Debugger(active):
                self._lend_terminal(active)
            case control.Answer() | control.Fetching():
                if self._guest is not None:
                    self._guest.answered(worker, message)
            case _:
                pass  # An order that went the wrong way.

    def _explain(self, worker: int, message: control.Failed) -> Problem:
        if message.missing is None:
            return message.problem
        return replace(message.problem, remedy=self._remedy(worker, message.missing))

    def _lacking(self, worker: int, missing: control.Missing) -> Problem:
        what = f"The module {missing.module} could not be imported."
        return Problem("import-error", what, self._remedy(worker, missing), severity="warning")

    def _remedy(self, worker: int, missing: control.Missing) -> str:
        from pywrangler.session.missing import remedy

        try:
            packages = packages_of(self._resolved[worker].worker)
        except StartError as error:
            return f"{error.problem.what} {error.problem.remedy}"
        return remedy(self._resolved[worker].worker, packages, missing)

    def _stand_in(self, worker: int, problem: Problem) -> None:
        self._stand_down(worker)
        self._state_locks.release(worker)
        text = "\n".join(filter(None, (str(problem), problem.excerpt, ""))) + "\n"
        self._stand_ins[worker] = StandInServer(self._reactor, self._setup.berths[worker].port.sockets, text)

    def _stand_down(self, worker: int) -> None:
        server = self._stand_ins.pop(worker, None)
        if server is not None:
            server.close()

    # ---- settings and files

    def _on_files(self, paths: frozenset[Path]) -> None:
        self._emit(on.FilesChanged(paths))

    def _read_settings(self, action: do.ReadSettings) -> None:
        try:
            resolved = self._setup.reread(action.worker)
            packages = packages_of(resolved.worker)
        except ConfigError as error:
            self._emit(on.SettingsBroken(action.worker, error.problems))
        except PywranglerError as error:
            self._emit(on.SettingsBroken(action.worker, (Problem("settings", str(error)),)))
        else:
            self._resolved[action.worker] = resolved
            self._emit(on.SettingsRead(action.worker, resolved, action.because, packages, action.source_changed))

    def _look_at_environments(self) -> None:
        self._reactor.call_later(ENVIRONMENT_CHECK_SECONDS, self._look_at_environments)
        for worker, change in self._environments.look():
            self._emit(on.EnvironmentChanged(worker, change.because, change.is_demand_only))

    def _find_packages(self, action: do.FindPackages) -> None:
        try:
            packages = packages_of(self._resolved[action.worker].worker)
        except StartError as error:
            remedy = "Start pywrangler again: which Python runs it is decided then."
            self._emit(on.PackagesBroken(action.worker, replace(error.problem, remedy=remedy)))
        else:
            self._emit(on.PackagesFound(action.worker, packages, action.because, action.reload))

    def _build(self, action: do.Build) -> None:
        from pywrangler.session.build import BuildRun

        running = self._builds.pop(action.worker, None)
        if running is not None:
            running.abort()
            self._watcher.release()
        build = action.resolved.worker.build
        if build is not None:
            self._watcher.hold()
            self._builds[action.worker] = BuildRun(
                self._reactor,
                build,
                lambda problem: self._built(action, problem),
            )

    def _built(self, action: do.Build, problem: Problem | None) -> None:
        self._builds.pop(action.worker, None)
        self._watcher.release()
        self._emit(on.Built(action.worker, action.because, problem))

    # ---- the registry

    def _write_entry(self, action: do.WriteEntry) -> None:
        berth = self._setup.berths[action.worker]
        worker = action.resolved.worker
        entry = Entry(
            name=worker.name,
            pid=os.getpid(),
            started=self._started,
            instance=self._instance,
            address=f"unix:{berth.private_path}",
            url=berth.port.public_url,
            classes=action.loaded.classes,
            entrypoints=action.loaded.entrypoints,
            queue_consumers=tuple(consumer.queue for consumer in worker.queue_consumers),
            environment=worker.environment,
            config_path=str(worker.config_path),
        )
        try:
            rival = self._setup.registry.claim(entry)
        except OSError as error:
            self._registry_trouble(error)
        else:
            self._emit(on.EntryWritten(action.worker, rival))

    def _look_at_registry(self) -> None:
        self._emit(on.RegistryChanged(self._setup.registry.peers()))

    def _tend_registry(self) -> None:
        self._reactor.call_later(REGISTRY_CHECK_SECONDS, self._tend_registry)
        registry = self._setup.registry
        try:
            if not registry.directory.is_dir():
                registry.prepare()
                registry.beat()
                self._watcher.rewatch_registry()
            elif self._reactor.now() >= self._next_beat:
                self._next_beat = self._reactor.now() + HEARTBEAT_SECONDS
                registry.beat()
        except (OSError, PywranglerError) as error:
            self._registry_trouble(error)
        self._look_at_registry()

    def _registry_trouble(self, error: Exception) -> None:
        problem = Problem(
            "registry-unwritable",
            f"The registry cannot be written, so other sessions may not find this one: {error}",
            severity="warning",
        )
        self._show(say.Trouble("", problem))

    # ---- the terminal

    def _show(self, report: say.Report) -> None:
        if isinstance(report, say.Hotkeys) and self._keyboard is None:
            return
        try:
            self._screen.show(report)
        except BrokenPipeError:
            # `pywrangler dev | head`: nobody reads any more.
            self._reactor.post(lambda: self._emit(on.SignalReceived(signal.SIGPIPE)))

    def _hint(self, worker: int) -> None:
        from pywrangler import fidelity

        label = self._labels[worker]
        try:
            line = fidelity.summary(self._setup.berths[worker].plan.resolved.worker)
        except Exception as error:  # a hint must not end a session that works; `check` shows the defect
            self._show(say.Note(label, f"What Cloudflare will not run could not be told: {error!r}", "debug"))
            return
        if line is not None:
            self._show(say.Note(label, line))

    def _open_keyboard(self) -> None:
        if not self._setup.with_keys:
            return
        from pywrangler.session.keyboard import Keyboard

        self._keyboard = Keyboard(self._reactor, lambda key: self._emit(on.KeyPressed(key)))
        self._keyboard.take()

    def _on_signal(self, number: int) -> None:
        if number != signal.SIGCONT:
            if self._guest is not None:
                self._guest.leave()
            self._emit(on.SignalReceived(number))
        elif self._keyboard is not None:
            self._keyboard.take()

    def _lend_terminal(self, is_lent: bool) -> None:
        if self._keyboard is None:
            return
        if is_lent:
            self._keyboard.give()
        else:
            self._keyboard.take()

    def _open_browser(self) -> None:
        import threading

        command = (sys.executable, "-m", "webbrowser", self._setup.berths[0].port.public_url)
        threading.Thread(target=start_apart, args=(command,), daemon=True, name="browser").start()

    # ---- the end

    def _close(self) -> None:
        if self._guest is not None:
            self._guest.leave()
        if self._keyboard is not None:
            self._keyboard.close()
        for build in self._builds.values():
            build.abort()
        for server in self._stand_ins.values():
            server.abort()
        self._watcher.close()
        self._processes.close()
        self._state_locks.close()
        self._reactor.close()
