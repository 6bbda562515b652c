"""What a queue handler gets: a batch of messages, each acknowledged or to be sent again (spec/bindings.md, section 4).

The first decision about a message counts. What nobody decided about is acknowledged when the handler ends well, and
sent again when it fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.primitives import to_number
from pywrangler.runtime.js.proxy import JsProxy

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNDECIDED = None


def _delay(given: Any, named: dict[str, Any]) -> float:
    seconds = options(given, named).get("delaySeconds")
    return 0.0 if seconds is None else float(to_number(seconds))


class Message(JsProxy):
    """One message; `decision` is None, "ack" or the delay in seconds after which it is sent again."""

    __slots__ = ("attempts", "body", "decision", "id", "timestamp")

    def __init__(self, id: str, milliseconds: float, body: Any, attempts: int) -> None:
        self.id = id
        self.timestamp = JsDate.new(milliseconds)
        self.body = body
        self.attempts = attempts
        self.decision: str | float | None = _UNDECIDED

    def ack(self) -> None:
        """Do not send it again, whatever becomes of the rest."""
        if self.decision is _UNDECIDED:
            self.decision = "ack"

    def retry(self, given: Any = None, **named: Any) -> None:
        """Send it again, after `delaySeconds`."""
        if self.decision is _UNDECIDED:
            self.decision = _delay(given, named)


class MessageBatch(JsProxy):
    """The batch."""

    __slots__ = ("messages", "queue")

    def __init__(self, queue: str, messages: Sequence[Message]) -> None:
        self.queue = queue
        self.messages = array(messages)

    def ackAll(self) -> None:
        """Acknowledge everything that is not decided yet."""
        for message in self.messages:
            message.ack()

    def retryAll(self, given: Any = None, **named: Any) -> None:
        """Send everything again that is not decided yet."""
        delay = _delay(given, named)
        for message in self.messages:
            if message.decision is _UNDECIDED:
                message.decision = delay
