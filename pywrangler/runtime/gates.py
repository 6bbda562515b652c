"""The two gates of a Durable Object (spec/durable-objects.md, section 3).

Output gate: nothing leaves an object before the writes issued before it are committed. The writes of one turn (until
the task that issued them suspends or ends) form one transaction; what is sent meanwhile is held, and dropped if the
commit fails.

Input gate: storage is synchronous here, so awaiting it never lets another event in. What remains is
`blockConcurrencyWhile` and `transaction`: while a block is held, only code started by its function runs; new events
and the continuations of all others wait, and go on in the order in which they stopped.
"""

from __future__ import annotations

import asyncio
import bisect
import itertools
import types
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

NESTING_LIMIT = 64

_held: ContextVar[tuple[object, ...]] = ContextVar("pywrangler_blocks", default=())


class OutputGate:
    """Holds what leaves an object until the turn's writes are durable."""

    __slots__ = ("_commit", "_failed", "_queue", "_settled", "dirty")

    def __init__(self, commit: Callable[[], None], failed: Callable[[BaseException], None]) -> None:
        self._commit = commit
        self._failed = failed
        self._queue: list[Callable[[], None]] = []
        self._settled: list[asyncio.Future[None]] = []
        self.dirty = False

    def wrote(self) -> None:
        """Note the first write of a turn. The turn's end commits; code that runs outside a driven task (a timer
        callback) has no visible end, so the loop's next round is the latest.
        """
        if not self.dirty:
            self.dirty = True
            asyncio.get_running_loop().call_soon(self.end_turn)

    def hold(self, action: Callable[[], None]) -> None:
        """Run `action` now, or after the commit if something is waiting for one."""
        if self.dirty or self._queue:
            self._queue.append(action)
        else:
            action()

    async def settled(self) -> None:
        """Wait until what is written now is committed, or lost in a reset."""
        waiter = asyncio.get_running_loop().create_future()
        self._settled.append(waiter)
        await waiter

    def _settle(self) -> None:
        waiters, self._settled = self._settled, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def end_turn(self) -> None:
        """Commit what was written, then let out what was held, in order. A failed commit lets nothing out."""
        if not self.dirty:
            return
        self.dirty = False
        try:
            self._commit()
        except BaseException as problem:
            self._queue.clear()
            self._failed(problem)
            self._settle()
            return
        if self._settled:
            self._settle()
        while self._queue:
            queue, self._queue = self._queue, []
            for action in queue:
                action()

    def discard(self) -> None:
        """Forget what is held: the object was reset."""
        self.dirty = False
        self._queue.clear()
        self._settle()


class InputGate:
    """Says who may run: everybody, or only the holder of the innermost block."""

    __slots__ = ("_blocks", "_resuming", "_tickets", "_waiting")

    def __init__(self) -> None:
        self._blocks: list[object] = []
        self._tickets = itertools.count()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        """Who waits, in the order in which they came; the number keeps the place of those who have to wait again."""
        self._resuming = 0
        """Those who were let go and did not run yet: nobody may overtake them."""

    @property
    def is_closed(self) -> bool:
        """Whether the current context has to wait."""
        if self._blocks:
            return self.is_blocked
        return self._resuming > 0 or bool(self._waiting)

    @property
    def is_blocked(self) -> bool:
        """Whether somebody else's block keeps the current context from running."""
        return bool(self._blocks) and self._blocks[-1] not in _held.get()

    def ticket(self) -> int:
        """Take a place in the order of those who wait, before there is anything to wait for."""
        return next(self._tickets)

    async def admission(self, ticket: int | None = None) -> None:
        """Wait until the current context may run; those who wait go on in order (of their tickets)."""
        if ticket is None:
            ticket = self.ticket()
        while self.is_closed:
            waiter = asyncio.get_running_loop().create_future()
            bisect.insort(self._waiting, (ticket, waiter), key=_ticket)
            try:
                await waiter
            except BaseException:
                self._forget(waiter)
                raise
            self._resuming -= 1
            if not self._blocks:
                if not self._resuming:
                    self._wake()
                return

    def _forget(self, waiter: asyncio.Future[None]) -> None:
        """A task that waited was cancelled: before it was let go, or after."""
        remaining = [entry for entry in self._waiting if entry[1] is not waiter]
        if len(remaining) == len(self._waiting):
            self._resuming -= 1
        self._waiting = remaining
        if not self._resuming and not self._blocks:
            self._wake()

    def block(self) -> object:
        """Close the gate for everybody who does not hold the returned token; give it back with `release`."""
        if len(self._blocks) >= NESTING_LIMIT:
            raise error("blockConcurrencyWhile() calls are nested too deeply (the limit is 64).")
        token = object()
        self._blocks.append(token)
        return token

    def release(self, token: object) -> None:
        """Open what `block` closed; a token that is gone already (the object was reset) is ignored."""
        if token in self._blocks:
            self._blocks.remove(token)
            self._wake()

    def open_all(self) -> None:
        """Drop every block: the object was reset, and those who wait shall find out."""
        self._blocks.clear()
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            if entry[1].done():
                self._waiting.append(entry)  # cancelled; it will take itself out
            else:
                self._resuming += 1
                entry[1].set_result(None)


def _ticket(entry: tuple[int, asyncio.Future[None]]) -> int:
    return entry[0]


def holding(token: object) -> tuple[object, ...]:
    """Return the tokens held here plus `token`, for `held_by`."""
    return (*_held.get(), token)


def hold_tokens(tokens: tuple[object, ...]) -> Any:
    """Make the current context the holder of `tokens`; give the result to `drop_tokens`."""
    return _held.set(tokens)


def drop_tokens(undo: Any) -> None:
    """Undo `hold_tokens`."""
    _held.reset(undo)


@types.coroutine
def drive(coroutine: Coroutine[Any, Any, Any], inputs: InputGate, outputs: OutputGate) -> Generator[Any, Any, Any]:
    """Run `coroutine` as code of an object: each suspension ends a turn, each continuation passes the input gate."""
    step: Callable[..., Any] = coroutine.send
    value: Any = None
    while True:
        try:
            awaited = step(value)
        except StopIteration as stop:
            return stop.value
        if outputs.dirty:
            outputs.end_turn()
        try:
            try:
                value = yield awaited
                step = coroutine.send
            except GeneratorExit:
                raise
            except BaseException as problem:  # what an awaited future raised, or a timeout: a continuation like others
                step, value = coroutine.throw, problem
            if inputs.is_closed:
                yield from inputs.admission().__await__()
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as problem:
            step, value = coroutine.throw, problem
