"""One run of a workflow: the user's `run`, the steps that it asks for, and how it is stopped.

- What a step gave is stored before user code gets it; a run that begins again gets it from there.
- It is stopped between steps (a reload, a pause: user code does not get on), or wherever it is (`stop`).
- Code inside a step may ask for steps, too; those are not held back, for the outer step has begun.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.channels.failures import as_remote
from pywrangler.runtime.clone import serialize, to_script
from pywrangler.runtime.js.errors import ConversionError, JsException, error
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.references import forward
from pywrangler.runtime.user_code import runs_user_code
from pywrangler.runtime.workflows import texts
from pywrangler.runtime.workflows.journal import sleep_id, step_id, wait_id
from pywrangler.runtime.workflows.parking import Parking, moment, settle
from pywrangler.runtime.workflows.progress import Attempt, GiveUp, after_failure, next_attempt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pywrangler.runtime.workflows.journal import Journal
    from pywrangler.runtime.workflows.ledger import StepId
    from pywrangler.runtime.workflows.policy import Policy
    from pywrangler.runtime.workflows.timers import Timers

_ENVELOPE_BYTES = 16
_NON_RETRYABLE = "NonRetryableError"
_GATE = ("gate", "")

_in_step: contextvars.ContextVar[bool] = contextvars.ContextVar("pywrangler_in_step", default=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: `result` is a clone of {value}; without it and a problem the run was stopped."""

    result: bytes | None = None
    shown: Any = None
    """The value itself, for the history."""
    problem: JsException | None = None
    cause: BaseException | None = None
    """What user code raised, for the terminal."""


class Run:
    """One run; `perform(step)` calls user code."""

    def __init__(
        self,
        label: str,
        journal: Journal,
        timers: Timers,
        perform: Callable[[Run], Awaitable[Any]],
        *,
        error_text: Callable[[BaseException], str],
        busy: Callable[[asyncio.Future[None]], None],
        settled: Callable[[], None],
        ended: Callable[[Ended], None],
    ) -> None:
        self._label = label
        self._journal = journal
        self._timers = timers
        self._perform = perform
        self._error_text = error_text
        self._on_settled = settled
        self._on_ended = ended
        self._counts: Counter[tuple[str, str]] = Counter()
        self._attempts: set[asyncio.Future[Any]] = set()
        self._parking = Parking(timers, busy, self._parked)
        self._fatal: JsException | None = None
        self._is_leaving = False
        self._is_stopped = False
        self.is_paused = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when nothing of the run is left."""
        self._task = asyncio.get_running_loop().create_task(self._main(), context=contextvars.Context())
        self._task.add_done_callback(self._finished)

    async def _main(self) -> Any:
        return await self._perform(self)

    # ---- from outside -------------------------------------------------------------------------------------

    @property
    def is_executing(self) -> bool:
        """Whether an attempt of a step is under way."""
        return self._parking.executing > 0

    @property
    def waits_for(self) -> str:
        """What a parked run waits for, in words; empty while code of it runs."""
        return self._parking.reason

    def resume(self) -> None:
        """End a pause."""
        self.is_paused = False
        self._parking.wake(_GATE)

    def leave(self) -> None:
        """Stop between two steps: now, if no attempt is under way."""
        self._is_leaving = True
        if self._parking.is_parked:
            self.stop()

    def stop(self) -> None:
        """Stop wherever it is."""
        self._is_stopped = True
        interrupt(self._task)
        self._drop()

    def notice(self, kind: str) -> None:
        """Look for an event of that type."""
        self._parking.wake(("event", kind))

    # ---- the end ------------------------------------------------------------------------------------------

    def _drop(self) -> None:
        self._parking.cancel()
        for attempt in list(self._attempts):
            interrupt(attempt)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        how = self._how(task)
        self._is_stopped = True
        self._drop()
        self._parking.rest()
        self._on_ended(how)
        left = [attempt for attempt in self._attempts if not attempt.done()]
        if left:  # they are cancelled and unwind
            asyncio.gather(*left, return_exceptions=True).add_done_callback(lambda _done: self._gone())
        else:
            self._gone()

    def _gone(self) -> None:
        settle(self.ended)

    def _how(self, task: asyncio.Task[Any]) -> Ended:
        if self._fatal is not None:
            return Ended(problem=self._fatal)
        if self._is_stopped or task.cancelling():
            return Ended()
        if task.cancelled():
            return Ended(problem=error("The run was cancelled by itself."))
        problem = task.exception()
        if problem is not None:
            if is_non_retryable(problem):
                return Ended(problem=texts.fatal(texts.UNHANDLED_NON_RETRYABLE), cause=problem)
            return Ended(problem=as_remote(problem, self._error_text), cause=problem)
        result = task.result()
        try:
            return Ended(serialize(plain({"value": result})), result)
        except (JsException, ConversionError, TypeError) as refusal:
            return Ended(problem=as_remote(refusal, self._error_text), cause=refusal)

    # ---- between steps ------------------------------------------------------------------------------------

    def _parked(self) -> None:
        self._journal.rest()  # a file costs three descriptors, and there may be thousands that sleep
        if self._is_leaving:
            self.stop()

    async def _boundary(self) -> None:
        """Between two steps: wait until user code may get on."""
        if self._is_stopped:
            raise asyncio.CancelledError
        while (self.is_paused or self._is_leaving) and not _in_step.get():
            await self._parking.on(_GATE, "is paused")

    # ---- steps --------------------------------------------------------------------------------------------

    def _count(self, kind: str, name: str) -> int:
        self._counts[kind, name] += 1
        return self._counts[kind, name]

    def do(self, name: str, policy: Policy, callback: Callable[..., Any]) -> Awaitable[Any]:
        """Perform a step; the order of calls counts, so this one is counted now."""
        count = self._count("do", name)
        return self._do(name, count, policy, callback)

    async def _do(self, name: str, count: int, policy: Policy, callback: Callable[..., Any]) -> Any:
        step = step_id(name, count)
        await self._boundary()
        outcome = self._journal.outcome(step)
        if outcome is not None:
            return outcome.unwrap()
        attempt = next_attempt(self._journal.facts(step))
        while True:
            if attempt.at is not None:
                await self._parking.until(attempt.at, f'waits to try step "{name}" again')
                await self._boundary()
            following = await self._try(step, name, count, attempt.number, policy, callback)
            if isinstance(following, Attempt):
                attempt = following
                continue
            await self._boundary()
            outcome = self._journal.outcome(step)
            assert outcome is not None
            return outcome.unwrap()

    async def _try(
        self, step: StepId, name: str, count: int, number: int, policy: Policy, callback: Callable[..., Any]
    ) -> Attempt | None:
        """Make one attempt and store its outcome; returns the next one, if there is to be one."""
        clock = self._timers.clock
        until = clock.now() + policy.timeout_ms / 1000
        self._journal.begin_attempt(step, number, policy, until)
        details = to_script({"step": {"name": name, "count": count}, "attempt": number, "config": policy.as_data()})
        self._parking.begin()
        try:
            value = await self._attempt(callback, details, until, policy.timeout_ms)
            self._keep(step, name, number, value)
        except asyncio.CancelledError:
            raise
        except Exception as problem:
            return self._failed(step, name, number, policy, problem)
        finally:
            self._parking.end()
            if not self._parking.executing:
                self._on_settled()
        return None

    async def _attempt(self, callback: Callable[..., Any], details: Any, until: float, timeout_ms: float) -> Any:
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Any] = loop.create_future()
        task = loop.create_task(_call(callback, details))
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)
        forward(task, outcome)

        def expire() -> None:
            if not outcome.done():
                outcome.set_exception(texts.timed_out(timeout_ms))
                interrupt(task)

        wake = self._timers.call_at(until, expire)
        try:
            return await outcome
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if self._is_stopped or (current is not None and current.cancelling()):
                raise
            raise error("The step was cancelled by itself.") from None
        finally:
            wake.cancel()
            interrupt(task)

    def _keep(self, step: StepId, name: str, number: int, value: Any) -> None:
        try:
            data = serialize(plain({"value": value}))
        except (JsException, TypeError):
            self._end_for(step, number, texts.not_serialisable(name))
            return
        if len(data) > texts.RESULT_LIMIT_BYTES + _ENVELOPE_BYTES:
            self._end_for(step, number, texts.too_large(name, len(data)))
            return
        self._journal.succeed(step, number, data, value)

    def _end_for(self, step: StepId, number: int, problem: JsException) -> None:
        """End the whole run, whatever user code would catch."""
        self._journal.fail_attempt(step, number, problem, None)
        self._fatal = problem
        self.stop()

    def _failed(self, step: StepId, name: str, number: int, policy: Policy, problem: Exception) -> Attempt | None:
        following = after_failure(policy, number, self._timers.clock.now(), is_retryable=not is_non_retryable(problem))
        remote = as_remote(problem, self._error_text)
        again = "" if isinstance(following, GiveUp) or following.at is None else (
            f", next attempt at {moment(following.at)}"
        )  # fmt: skip
        context.report(problem, f'{self._label}: step "{name}", attempt {number} of {policy.limit + 1}{again}: ')
        if isinstance(following, GiveUp):
            self._journal.fail_attempt(step, number, remote, None)
            return None
        self._journal.fail_attempt(step, number, remote, following.at)
        return following

    def sleep(self, name: str, seconds: float) -> Awaitable[None]:
        """Sleep for a time."""
        count = self._count("sleep", name)
        return self._sleep(name, count, lambda: self._timers.clock.now() + seconds)

    def sleep_until(self, name: str, when: float) -> Awaitable[None]:
        """Sleep until a time (seconds since the epoch); the platform's error if it is past."""
        count = self._count("sleep", name)

        def due() -> float:
            if when < self._timers.clock.now():
                raise error(texts.IN_THE_PAST, remote=True)
            return when

        return self._sleep(name, count, due)

    async def _sleep(self, name: str, count: int, due: Callable[[], float]) -> None:
        step = sleep_id(name, count)
        await self._boundary()
        if self._journal.has_slept(step):
            return
        until = self._journal.sleep(step)
        if until is None:
            until = due()
            self._journal.begin_sleep(step, until)
        await self._parking.until(until, f'sleeps in step "{name}"')
        self._journal.end_sleep(step)
        await self._boundary()

    def wait_for_event(self, name: str, kind: str, timeout_ms: float) -> Awaitable[Any]:
        """Wait for an event of a type; returns the event, or raises the platform's error when the time is over."""
        return self._wait(name, self._count("wait", name), kind, timeout_ms)

    async def _wait(self, name: str, count: int, kind: str, timeout_ms: float) -> Any:
        step = wait_id(name, count)
        clock = self._timers.clock
        await self._boundary()
        outcome = self._journal.event_taken(step)
        if outcome is not None:
            return outcome.unwrap()
        until = self._journal.wait(step)
        if until is None:
            until = clock.now() + timeout_ms / 1000
            self._journal.begin_wait(step, kind, until)
        while True:
            outcome = self._journal.take_event(step, kind)
            if outcome is not None:
                return outcome.unwrap()
            if clock.now() >= until:
                problem = texts.timed_out(timeout_ms)
                self._journal.time_out(step, problem)
                raise problem
            why = f'waits in step "{name}" for an event of type "{kind}"'
            await self._parking.until(until, why, ("event", kind))
            await self._boundary()


@runs_user_code
async def _call(callback: Callable[..., Any], details: Any) -> Any:
    _in_step.set(True)
    result = callback(details)
    return await result if inspect.isawaitable(result) else result


def is_non_retryable(problem: BaseException) -> bool:
    """Whether user code says that another attempt is of no use."""
    if isinstance(problem, JsException):
        return problem.name == _NON_RETRYABLE or problem.message.startswith(_NON_RETRYABLE)
    return any(kind.__name__ == _NON_RETRYABLE for kind in type(problem).__mro__)
