"""The email event: what a handler gets, and what became of the mail (spec/workers-module.md, section 6).

Locally a mail goes nowhere: a reply becomes a file, a forward or a rejection a line in the terminal. The checks are
those of the platform that can be made here: an answer comes from the address in its own From, refers to the mail by
In-Reply-To and, if it has References, there too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.email.draft import read
from pywrangler.bindings.email.files import MailFiles
from pywrangler.bindings.email.message import EmailMessage
from pywrangler.bindings.email.sender import check_sendable
from pywrangler.bindings.email.text import Mail, new_message_id, parse, with_header
from pywrangler.bindings.operations import operation
from pywrangler.runtime import context
from pywrangler.runtime.js.advice import warn_once
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, JsValue, jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.values import plain

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.runtime.worker import WorkerRuntime

    Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Forward:
    """The mail was sent on."""

    recipient: str
    headers: tuple[tuple[str, str], ...]
    message_id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The mail was answered."""

    message_id: str
    sender: str
    raw: bytes


@dataclass(slots=True)
class Outcome:
    """What the handler did with a mail so far."""

    rejection: str | None = None
    """The reason that was given last."""
    forwards: list[Forward] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    events: list[dict[str, str]] = field(default_factory=list)
    """Everything in its order, as the endpoint tells it: `type`, `timestamp`, `messageId`."""

    def add(self, kind: str, message_id: str = "") -> None:
        """Note that something happened now."""
        moment = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.events.append({"type": kind, "timestamp": moment} | ({"messageId": message_id} if message_id else {}))


class ForwardableEmailMessage(JsProxy):
    """An incoming mail; `outcome` is for whoever delivers it."""

    __slots__ = ("_files", "_from", "_headers", "_mail", "_outcome", "_raw", "_to")

    def __init__(self, sender: str, recipient: str, mail: Mail, files: MailFiles) -> None:
        self._from = sender
        self._to = recipient
        self._mail = mail
        self._files = files
        self._headers = Headers.from_pairs(list(mail.headers), immutable=True)
        self._raw = ReadableStream.of_bytes(mail.raw)
        self._outcome = Outcome()
        self._outcome.add("received")

    @property
    def outcome(self) -> Outcome:
        """What the handler did."""
        return self._outcome

    @property
    def from_(self) -> str:
        """The sender of the envelope."""
        return self._from

    @property
    def to(self) -> str:
        """The recipient of the envelope."""
        return self._to

    @property
    def headers(self) -> Headers:
        """The headers of the mail."""
        return self._headers

    @property
    def raw(self) -> ReadableStream:
        """The whole mail, to be read once."""
        return self._raw

    @property
    def rawSize(self) -> int:
        """The size of the mail in bytes."""
        return len(self._mail.raw)

    @property
    def canBeForwarded(self) -> bool:
        """Whether `forward` may be called; locally always."""
        return True

    def setReject(self, *reason: Any) -> None:
        """Reject the mail, for a reason that its sender is told."""
        if not reason or reason[0] is None:
            raise type_error("setReject: the reason is missing.")
        text = to_string(reason[0])
        self._outcome.rejection = text
        self._outcome.add("reject")
        context.log("error", f'Email handler rejected message with the following reason: "{text}"')

    def forward(self, *arguments: Any) -> JsPromise:
        """Send the mail on to an address, with more headers if some are given (`js.Headers`)."""
        return operation(lambda: self._forward(*arguments))

    def _forward(self, recipient: Any = None, headers: Any = None) -> Any:
        if recipient is None:
            raise type_error("forward: the recipient is missing.")
        address = to_string(recipient)
        added: Pairs = []
        if headers is not None and headers is not jsnull:
            if not isinstance(headers, Headers):
                raise type_error("forward: parameter 2 is not of type 'Headers'. Make one: js.Headers.new(...).")
            added = list(headers.pairs())
        for name, _ in added:
            if not name.startswith("x-"):
                warn_once(f'forward: production takes headers that begin with "X-" only, not "{name}".')
        message_id = new_message_id(address)
        self._outcome.forwards.append(Forward(address, tuple(added), message_id))
        self._outcome.add("forward", message_id)
        lines = ["Email handler forwarded message with", f"  rcptTo: {address}"]
        if added:
            lines += ["  headers:", *(f"    {name}: {value}" for name, value in added)]
        context.log("info", "\n".join(lines))
        return plain({"messageId": message_id})

    def reply(self, message: Any = None, **named: Any) -> JsPromise:
        """Answer the mail, with an EmailMessage or its parts; the promise of an object with `messageId`."""
        return operation(lambda: self._reply(message, named))

    def _reply(self, message: Any, named: dict[str, Any]) -> Any:
        if not self._mail.can_be_answered:
            raise error("Original email is not replyable")
        if isinstance(message, EmailMessage):
            return self._reply_whole(message)
        if (message is None and not named) or not (message is None or isinstance(message, (JsValue, dict))):
            raise type_error("reply: the message is an EmailMessage, or an object with `subject` and `text` or `html`.")
        draft = read(message, named, "reply", sender=self._to, to=self._from)
        message_id = new_message_id(draft.sender.bare)
        answers = {"In-Reply-To": self._mail.message_id, "References": self._references()}
        return self._replied(message_id, draft.sender.bare, draft.compose(message_id, answers))

    async def _reply_whole(self, message: EmailMessage) -> Any:
        message_id = new_message_id(message.from_)
        answer = self._checked(parse(await message.content()), message.from_)
        return self._replied(message_id, message.from_, with_header(answer, "Message-ID", message_id))

    def _replied(self, message_id: str, sender: str, content: bytes) -> Any:
        self._outcome.replies.append(Reply(message_id, sender, content))
        self._outcome.add("reply", message_id)
        path = self._files.write("reply", message_id, content, ".eml")
        context.log("info", f"Email handler replied to sender with the following message:\n  {path}")
        return plain({"messageId": message_id})

    def _checked(self, answer: Mail, sender: str) -> bytes:
        """Return the answer with References; the platform's Error if it is none to this mail."""
        check_sendable(answer, sender)
        original = self._mail.message_id
        referred = answer.first("in-reply-to")
        if not referred:
            raise error("no In-Reply-To header found in reply message")
        if referred != original:
            raise error("In-Reply-To does not match original Message-ID")
        references = answer.first("references")
        if not references:
            return with_header(answer.raw, "References", self._references())
        if original not in references.split():
            raise error("provided References header is invalid")
        return answer.raw

    def _references(self) -> str:
        return f"{self._mail.first('references')} {self._mail.message_id}".strip()


def incoming(
    worker: WorkerRuntime, state_root: Path, sender: str, recipient: str, raw: bytes
) -> ForwardableEmailMessage:
    """Return the argument of an email handler."""
    files = MailFiles.of(worker, state_root)
    message: ForwardableEmailMessage = ForwardableEmailMessage.new(sender, recipient, parse(raw), files)
    return message
