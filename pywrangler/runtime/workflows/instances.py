"""One instance in this host: its journal, its run if it has one, and the commands it takes, one at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.workflows import lifecycle, texts
from pywrangler.runtime.workflows.lifecycle import Decision, Effect, Status
from pywrangler.runtime.workflows.run import Run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pywrangler.runtime.workflows.claims import Claim
    from pywrangler.runtime.workflows.journal import Journal
    from pywrangler.runtime.workflows.run import Ended
    from pywrangler.runtime.workflows.timers import Timers

ASK_SECONDS = 0.02
ASK_RARELY_SECONDS = 1.0
"""How often a claim that another process holds is asked for: often for as long as a reload may take."""
OFTEN = int(15 / ASK_SECONDS)
UNWIND_SECONDS = 1.0
"""How long code that was stopped may take to end."""


class Instance:
    """One instance; `perform(run)` calls the class of the user's."""

    def __init__(
        self,
        workflow: str,
        instance_id: str,
        journal: Journal,
        claim: Claim,
        timers: Timers,
        *,
        perform: Callable[[Run, Any], Awaitable[Any]],
        check: Callable[[], None],
        error_text: Callable[[BaseException], str],
        busy: Callable[[asyncio.Future[None]], None],
        ended: Callable[[], None],
    ) -> None:
        self.id = instance_id
        self.workflow = workflow
        self.run: Run | None = None
        self.commands = asyncio.Lock()
        """Held by the command that is at work."""
        self._journal = journal
        self._claim = claim
        self._timers = timers
        self._perform = perform
        self._check = check
        self._error_text = error_text
        self._busy = busy
        self._on_ended = ended
        self._ended_waiters: set[asyncio.Future[None]] = set()
        self._is_retired = False

    @property
    def label(self) -> str:
        """The instance for people."""
        return f'Workflow "{self.workflow}", instance "{self.id}"'

    @property
    def is_idle(self) -> bool:
        """Whether nothing is going on, so that it need not be kept."""
        return self.run is None and not self._claim.is_held and not self.commands.locked() and not self._ended_waiters

    def exists(self) -> bool:
        """Whether it is stored."""
        return self._journal.exists()

    def check_exists(self) -> None:
        """Raise the platform's error if it is not stored."""
        self._existing()

    def _existing(self) -> Journal:
        if not self._journal.exists():
            raise texts.not_found()
        return self._journal

    async def _held(self, *, for_ever: bool = False) -> None:
        """Wait until no other process runs the instance: as long as a reload may take, or for ever."""
        asked = 0
        while not self._claim.take(self.id):
            asked += 1
            if asked > OFTEN and not for_ever:
                raise texts.elsewhere(self.id)
            await asyncio.sleep(ASK_SECONDS if asked <= OFTEN else ASK_RARELY_SECONDS)

    # ---- the run ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._check()
        self._journal.set_status(Status.RUNNING)
        run = Run(
            self.label,
            self._journal,
            self._timers,
            lambda run: self._perform(run, self._journal.event()),
            error_text=self._error_text,
            busy=self._busy,
            settled=self._settled,
            ended=lambda how: self._ended(how) if self.run is run else None,
        )
        self.run = run

    def _settled(self) -> None:
        status = self._journal.status
        decision = lifecycle.settle(status)
        if decision.status is not status:
            self._journal.set_status(decision.status)

    def _ended(self, how: Ended) -> None:
        if how.result is not None:
            self._journal.complete(how.result, how.shown)
        elif how.problem is not None:
            self._journal.fail(how.problem)
            context.report(how.cause or how.problem, f"{self.label} failed: ")
        if how.result is not None or how.problem is not None:
            self._claim.end()
            self._tell_ended()
        self.run = None
        self._journal.rest()
        self._on_ended()

    def _tell_ended(self) -> None:
        waiters, self._ended_waiters = self._ended_waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _stop(self) -> None:
        """Stop the run, if there is one; nothing of it is left afterwards, unless it refuses to end."""
        run = self.run
        if run is not None:
            run.stop()
            await asyncio.wait({run.ended}, timeout=UNWIND_SECONDS)
            self.run = None

    async def _carry_out(self, decision: Decision) -> None:
        if decision.effect is Effect.GO_ON:
            if self.run is not None:
                self._journal.set_status(decision.status)
                self.run.resume()
            else:
                self._start()
            return
        if decision.effect is Effect.END:
            self._journal.set_status(decision.status)
            await self._stop()
            self._tell_ended()
        elif decision.effect is Effect.BEGIN_ANEW:
            await self._stop()
            self._start()
        elif decision.status is not self._journal.status:
            self._journal.set_status(decision.status)

    # ---- life ---------------------------------------------------------------------------------------------

    def create(self, params: bytes | None, *, begin: bool) -> None:
        """Store a new instance and begin it; the platform's error if the id is taken."""
        self._check()
        if not self._claim.take(self.id):
            raise texts.already_exists(self.id)
        if self._journal.exists():
            self._let_go()
            raise texts.already_exists(self.id)
        self._journal.create(self.id, self.workflow, params)
        if begin:
            self._start()

    async def awake(self) -> None:
        """Go on with what is stored, as soon as no other process is at it."""
        async with self.commands:
            await self._held(for_ever=True)
            try:
                if self.run is None and not self._is_retired and self._journal.exists():
                    await self._carry_out(lifecycle.awake(self._journal.status))
            finally:
                self._let_go()

    def retire(self) -> asyncio.Future[None] | None:
        """Let a successor have it: at once, or when the step that runs has ended; then what to wait for is returned."""
        self._is_retired = True
        run = self.run
        if run is None:
            self._claim.release()
            return None
        run.leave()
        run.ended.add_done_callback(lambda _ended: self._claim.release())
        return run.ended

    def close(self) -> None:
        """Stop whatever runs."""
        if self.run is not None:
            self.run.stop()

    def forget(self) -> None:
        """Drop what is stored, too."""
        self.close()
        self.run = None
        self._tell_ended()
        self._claim.end()
        self._journal.delete()

    # ---- commands -----------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Return the state as plain data; `output` is a clone of {value}."""
        journal = self._existing()
        status = journal.status
        found = {
            "status": status.text,
            "outputs": journal.step_outputs(),
            "output": journal.output(),
            "error": journal.error() if status is Status.ERRORED else None,
            "waits": "" if self.run is None else self.run.waits_for,
            "final": status.is_final,
        }
        if self.run is None or found["waits"]:
            journal.rest()
        return found

    async def wait(self, seconds: float) -> dict[str, Any]:
        """Return the state when it has ended, or after so many seconds of real time."""
        if not self._existing().status.is_final:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._ended_waiters.add(waiter)
            await asyncio.wait({waiter}, timeout=seconds)
            self._ended_waiters.discard(waiter)
        return self.status()

    async def command(self, operation: str, start: tuple[str, int] | None = None) -> None:
        """Pause, resume, terminate, restart (from the beginning, or from a step by name and number) or delete it.

        One command at a time; each waits until no other process runs the instance.
        """
        async with self.commands:
            self._existing()
            await self._held()
            try:
                await self._commanded(operation, start)
            finally:
                self._let_go()

    async def _commanded(self, operation: str, start: tuple[str, int] | None) -> None:
        journal = self._existing()
        match operation:
            case "pause":
                run = self.run
                decision = lifecycle.pause(journal.status, executing=run is not None and run.is_executing)
                if run is not None:
                    run.is_paused = True
                await self._carry_out(decision)
            case "resume":
                await self._carry_out(lifecycle.resume(journal.status))
            case "terminate":
                await self._carry_out(lifecycle.terminate(journal.status))
            case "restart":
                await self._restart(start)
            case "delete":
                await self._stop()
                journal.delete()
                self._tell_ended()

    async def _restart(self, start: tuple[str, int] | None) -> None:
        self._check()
        await self._stop()
        if start is None:
            self._journal.clear()
        elif not self._journal.forget_from(*start):
            if self._journal.status is Status.RUNNING:
                self._start()
            raise texts.no_such_step(start[0])
        await self._carry_out(lifecycle.restart(self._journal.status))

    def _let_go(self) -> None:
        """Give the claim away, if nothing runs here; if nothing is left to do, nobody needs it again."""
        if self.run is not None:
            return
        if not self._journal.exists() or self._journal.status.is_final:
            self._claim.end()
        else:
            self._claim.release()
        self._journal.rest()

    def send_event(self, kind: str, payload: bytes | None) -> None:
        """Give it an event."""
        self._existing().add_event(kind, payload)
        if self.run is not None:
            self.run.notice(kind)
