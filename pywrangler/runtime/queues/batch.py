"""What a queue handler gets: a batch of messages, each acknowledged or to be sent again (spec/bindings.md, section 4).

- The first decision about a message counts, and what is decided about one message counts more than what is decided
  about all; a later decision that differs has no effect but a warning.
- What nobody decided about is acknowledged when the event ends well, and sent again when it fails.
- The event ends when all that `waitUntil` was given has ended, and fails if something of it fails (wrangler 4.164 and
  workerd, unless the flag `queue_consumer_no_wait_for_wait_until` is set).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from pywrangler.runtime import context
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import is_primitive
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.js.webidl import absent, to_int
from pywrangler.runtime.queues.messages import Metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.runtime.ports import Target
    from pywrangler.runtime.worker import WorkerRuntime

Decision = Literal["ack", "retry"]
_END = "end"
"""Who decides about what nobody has decided about."""
NO_WAIT_FLAG = "queue_consumer_no_wait_for_wait_until"


def _delay(call: str, owner: str, given: Any, named: dict[str, Any]) -> float | None:
    """Return `delaySeconds`, whole seconds from 0 on; None if it is not given."""
    if is_primitive(given) and not absent(given):
        raise type_error(f"Failed to execute '{call}' on '{owner}': parameter 1 is not of type 'QueueRetryOptions'.")
    seconds = options(given, named).get("delaySeconds")
    return None if seconds is None else float(max(0, to_int(seconds)))


def _warn(call: str, about: str, earlier: str) -> None:
    context.log(
        "warn",
        f"Received a call to {call}(){about} after {earlier}() was already called. "
        f"Calling {call}(){' on a message' if about else ''} after calling {earlier}() has no effect.",
    )


class Message(JsProxy, js_name="QueueMessage"):
    """One message; `decision` is None until somebody decides, `delay` is in seconds and None unless it is given."""

    __slots__ = ("_by", "attempts", "body", "decision", "delay", "id", "timestamp")

    def __init__(self, id: str, milliseconds: float, body: Any, attempts: int) -> None:
        self.id = id
        self.timestamp = JsDate.new(milliseconds)
        self.body = body
        self.attempts = attempts
        self.decision: Decision | None = None
        self.delay: float | None = None
        self._by = ""

    def ack(self) -> None:
        """Do not send it again, whatever becomes of the rest."""
        self._decide("ack", "ack")

    def retry(self, given: Any = None, **named: Any) -> None:
        """Send it again, after `delaySeconds`."""
        self._decide("retry", "retry", _delay("retry", "QueueMessage", given, named))

    def _decide(self, decision: Decision, by: str, delay: float | None = None) -> None:
        if self.decision is None:
            self.decision, self.delay, self._by = decision, delay, by
        elif self.decision != decision and by == decision and self._by != _END:
            _warn(by, f" on message {self.id}", self._by)


class MessageBatch(JsProxy, js_name="QueueController"):
    """The batch."""

    __slots__ = ("_called", "_delay", "_messages", "messages", "metadata", "queue")

    def __init__(self, queue: str, messages: Sequence[Message], metrics: Metrics = Metrics()) -> None:  # noqa: B008 - immutable
        self.queue = queue
        self._messages = tuple(messages)
        self.messages = array(messages)
        self.metadata = plain({"metrics": metrics.to_js()})
        self._called = ""
        self._delay: float | None = None

    def ackAll(self) -> None:
        """Acknowledge everything that is not decided yet."""
        self._decide("ack", "ackAll", None)

    def retryAll(self, given: Any = None, **named: Any) -> None:
        """Send everything again that is not decided yet, after `delaySeconds`."""
        self._decide("retry", "retryAll", _delay("retryAll", "QueueController", given, named))

    def _decide(self, decision: Decision, by: str, delay: float | None) -> None:
        if not self._called:
            self._called, self._delay = by, delay
            for message in self._messages:
                message._decide(decision, by, delay)
        elif self._called != by:
            _warn(by, "", self._called)

    def decisions(self) -> dict[str, Any]:
        """Return what user code decided itself, as `queue()` of a service binding tells it."""
        retried = [message for message in self._messages if message._by == "retry"]
        return {
            "ackAll": self._called == "ackAll",
            "retryBatch": {"retry": self._called == "retryAll", **_shown(self._delay)},
            "explicitAcks": [message.id for message in self._messages if message._by == "ack"],
            "retryMessages": [{"msgId": message.id, **_shown(message.delay)} for message in retried],
        }


def _shown(delay: float | None) -> dict[str, int]:
    return {} if delay is None else {"delaySeconds": int(delay)}


async def run_batch(worker: WorkerRuntime, target: Target, batch: MessageBatch) -> BaseException | None:
    """Run the queue handler; return why the event failed, None if it ended well.

    Afterwards every message is decided, and user code's later calls change nothing.
    """
    waited: list[asyncio.Future[Any]] = []
    failure: BaseException | None = None
    try:
        await worker.handle(target, "queue", (batch,), waited)
    except asyncio.CancelledError as problem:
        if _is_cancelled():
            raise
        failure = problem  # of something that the handler awaited
    except Exception as problem:
        # The border to user code: whoever asked for the event reports it.
        failure = problem
    is_waiting = NO_WAIT_FLAG not in worker.config.compat.flags
    failed_later = is_waiting and await _has_failed(waited)
    for message in batch._messages:
        message._decide("retry" if failure is not None or failed_later else "ack", _END)
    return failure


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _has_failed(waited: list[asyncio.Future[Any]]) -> bool:
    """Wait for what `waitUntil` was given, and what was added meanwhile; the Worker reports what fails."""
    index = 0
    while index < len(waited):
        pending = waited[index:]
        index = len(waited)
        await asyncio.wait(pending)
    return any(future.cancelled() or future.exception() is not None for future in waited)
