"""A session for tests: Workers on free ports in a thread of the test process, by way of `session.start`.

The thread belongs to the session; the test's thread talks to it by `ask`, which posts a task and waits for the
answer. One session serves all tests that name the same configs. Between two tests it is `reset`: everything that runs
is ended in all hosts before the first of them forgets its data, so that nothing of the old test is written after it.
"""

from __future__ import annotations

import itertools
import os
import threading
import traceback
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pywrangler.config.overrides import Overrides
from pywrangler.errors import ConfigError, PywranglerError, StartError
from pywrangler.protocol import control
from pywrangler.protocol import testing as protocol
from pywrangler.session import reports as say
from pywrangler.session.spawn import spawn_nursery
from pywrangler.session.start import Wishes, run_session
from pywrangler.testing.failures import WorkerLostError, remote_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pywrangler.config.model import WorkerConfig
    from pywrangler.session.runner import Runner
    from pywrangler.testing.outbound import Outbound

START_SECONDS = 60.0
ANSWER_SECONDS = 30.0
END_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which Workers a session runs; sessions are shared by tests that choose alike."""

    directory: Path
    configs: tuple[Path, ...] | None
    """None: those that `pywrangler dev` would run in `directory`."""
    environment: str | None = None
    variables: tuple[str, ...] = ()
    """`NAME:value`, for the first Worker."""
    mocks: tuple[str, ...] = ()
    """`BINDING=file`, for the first Worker."""


class LogLine(NamedTuple):
    """One piece of output of a Worker: level `log`, `info`, `warn`, `error`, `debug`, `stderr`, or `request`."""

    worker: str
    level: str
    text: str

    def __str__(self) -> str:
        return self.text


class TestSession:
    """Starts Workers, delivers tasks to them, collects what they say."""

    __test__ = False

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.urls: dict[str, str] = {}
        self.configs: dict[str, WorkerConfig] = {}
        self.outbound: Outbound | None = None
        """Answers requests to the world; without one they are refused."""
        self.logs: list[LogLine] = []
        self.key: object = None
        """What the present data belongs to: a test, or a module."""
        self._names: list[str] = []
        self._runner: Runner | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, tuple[int, Future[bytes]]] = {}
        self._ready: Future[None] = Future()
        self._is_resetting = False
        self._thread = threading.Thread(target=self._run, name="pywrangler session", daemon=True)
        self._nursery: Any = None

    # ---- life

    def start(self) -> TestSession:
        """Start the Workers and wait until they answer; StartError or ConfigError if they cannot."""
        self._nursery = spawn_nursery()  # in the main thread, where signals can be masked
        self._thread.start()
        try:
            self._ready.result(START_SECONDS)
        except FutureTimeoutError:
            self.close()
            raise WorkerLostError(f"The Workers were not ready after {START_SECONDS:g} s.\n{self.told()}") from None
        return self

    @property
    def is_alive(self) -> bool:
        """Whether it can be used."""
        return self._thread.is_alive() and self._ready.done() and self._ready.exception() is None

    def close(self) -> None:
        """End everything; returns when no process is left."""
        if self._runner is not None and self._thread.is_alive():
            runner = self._runner
            runner.post(lambda: runner.end(0))
        self._thread.join(END_SECONDS)

    def _run(self) -> None:
        wishes = Wishes(
            directory=self.choice.directory,
            config_paths=self.choice.configs,
            environment=self.choice.environment,
            overrides=Overrides(vars=self.choice.variables, mocks=self.choice.mocks),
            process_environment=dict(os.environ),
            is_isolated=True,
            testing=True,
        )
        problem: BaseException | None = None
        try:
            run_session(wishes, self, self._nursery, guest=self, in_main_thread=False)
        except (ConfigError, StartError) as error:
            problem = error
        except BaseException as error:
            problem = WorkerLostError(f"The session failed:\n{''.join(traceback.format_exception(error))}")
        self._fail_all(problem or WorkerLostError(f"The Workers have ended.\n{self.told()}"))

    def _fail_all(self, problem: BaseException) -> None:
        if not self._ready.done():
            self._ready.set_exception(problem)
        for number in list(self._asked):
            self._settle(number, problem)

    # ---- Screen

    def show(self, report: say.Report) -> None:
        """Keep what Workers say, until the next test."""
        if self._is_resetting:
            return
        match report:
            case say.Bindings(_, resolved):
                self.configs[resolved.worker.name] = resolved.worker
            case say.Output(worker, level, text):
                self.logs.append(LogLine(self._named(worker), level, text))
            case say.RequestLine(worker, method, path, status, reason):
                self.logs.append(LogLine(self._named(worker), "request", f"{method} {path} {status} {reason}".rstrip()))
            case say.QueueLine(worker, queue, acknowledged, total):
                self.logs.append(LogLine(self._named(worker), "request", f"QUEUE {queue} {acknowledged}/{total}"))
            case say.Trouble(worker, problem):
                text = "\n".join(filter(None, (str(problem), problem.excerpt)))
                self.logs.append(LogLine(self._named(worker), problem.severity, text))

    def _named(self, label: str) -> str:
        return label or next(iter(self.configs), "")

    def told(self, worker: str | None = None) -> str:
        """Return what the Workers said since the last reset, for people."""
        lines = [line for line in list(self.logs) if worker in (None, line.worker)]
        return "\n".join(f"[{line.level}] {line.text}" for line in lines)

    # ---- Guest

    def arrive(self, session: Runner) -> None:
        """Remember the session."""
        self._runner = session

    def begin(self, urls: Mapping[str, str]) -> None:
        """Let the tests begin."""
        self._names = list(urls)
        self.urls = dict(urls)
        if not self._ready.done():
            self._ready.set_result(None)

    def answered(self, worker: int, message: control.Message) -> None:
        """Take an answer, or a request to the world."""
        if isinstance(message, control.Answer):
            if message.failed:
                self._settle(message.number, remote_error(protocol.unpack(message.value, protocol.Failure)))
            else:
                self._settle(message.number, message.value)
        elif isinstance(message, control.Fetching):
            self._fetch(worker, message)

    def lost(self, worker: int) -> None:
        """Fail what the Worker was asked."""
        for number, (asked, _) in list(self._asked.items()):
            if asked == worker:
                self._settle(number, WorkerLostError(f'The process of Worker "{self._names[worker]}" ended.'))

    def leave(self) -> None:
        """Nothing runs here that would have to end."""

    def _settle(self, number: int, outcome: bytes | BaseException) -> None:
        _, future = self._asked.pop(number, (0, None))
        if future is None:
            return
        if isinstance(outcome, bytes):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)

    def _fetch(self, worker: int, message: control.Fetching) -> None:
        request = protocol.unpack(message.request, protocol.Outgoing)
        if self.outbound is None:
            text = f"{request.method} {request.url} was refused: the test has ended."
            self._fetched(worker, message.number, protocol.Incoming(refused=text))
            return
        found = self.outbound.answer(self._names[worker], request)
        if isinstance(found, protocol.Incoming):
            self._fetched(worker, message.number, found)
        else:
            # A function of the test may ask the Workers something, which would wait for this thread.
            threading.Thread(target=self._compute, args=(worker, message.number, found), daemon=True).start()

    def _compute(self, worker: int, number: int, function: Callable[[], protocol.Incoming]) -> None:
        incoming = function()
        if self._runner is not None:
            self._runner.post(lambda: self._fetched(worker, number, incoming))

    def _fetched(self, worker: int, number: int, incoming: protocol.Incoming) -> None:
        assert self._runner is not None
        self._runner.order(worker, control.Fetched(number, protocol.pack(incoming)))

    # ---- tasks

    def submit(self, worker: str, task: protocol.Tasks) -> Future[bytes]:
        """Send a task to a Worker and return the future of its answer."""
        future: Future[bytes] = Future()
        index = self._names.index(worker)
        number = next(self._numbers)

        def order() -> None:
            assert self._runner is not None
            self._asked[number] = (index, future)
            if not self._runner.order(index, control.Ask(number, protocol.pack(task))):
                self._settle(number, WorkerLostError(f'Worker "{worker}" does not run.'))

        if self._runner is None or not self._thread.is_alive():
            raise WorkerLostError(f"The Workers have ended.\n{self.told()}")
        self._runner.post(order)
        return future

    def ask(self, worker: str, task: protocol.Tasks, timeout: float = ANSWER_SECONDS) -> bytes:
        """Send a task and wait for its answer; raises what the Worker raised."""
        return self._wait(self.submit(worker, task), worker, timeout)

    def ask_all(self, task: protocol.Tasks, timeout: float = ANSWER_SECONDS) -> list[bytes]:
        """Send a task to every Worker and wait for all."""
        futures = [(name, self.submit(name, task)) for name in self._names]
        return [self._wait(future, name, timeout) for name, future in futures]

    def _wait(self, future: Future[bytes], worker: str, timeout: float) -> bytes:
        try:
            return future.result(timeout)
        except FutureTimeoutError:
            if future.done():
                raise  # it is the Worker that raised TimeoutError
            raise WorkerLostError(f'Worker "{worker}" did not answer within {timeout:g} s.') from None

    def flush(self) -> None:
        """Wait for what the Workers have said so far."""
        with suppress(PywranglerError):
            self.ask_all(protocol.Flush(), 2.0)

    def reset(self) -> None:
        """Make the Workers as if they had just started, but for what their modules hold."""
        self._is_resetting = True
        try:
            if len(self._names) > 1:
                self.ask_all(protocol.Quiesce())
            self.ask_all(protocol.Reset())
        finally:
            self._is_resetting = False
        self.logs.clear()
