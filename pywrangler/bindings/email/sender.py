"""`send_email`: mail goes into files (spec/bindings.md, section 8).

`send(EmailMessage)` takes a whole mail, `send({from, to, subject, text, html, ...})` one in parts; both give
`{messageId}`. The Message-ID is the platform's, whatever the mail says. Checked are the addresses that the config
allows, that From names the sender of the envelope, and that the mail has not travelled yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.email.draft import read
from pywrangler.bindings.email.files import MailFiles
from pywrangler.bindings.email.message import EmailMessage
from pywrangler.bindings.email.text import Mail, new_message_id, parse, with_header
from pywrangler.bindings.operations import operation
from pywrangler.runtime import context
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, JsValue
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.js.webidl import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.bindings.email.draft import Draft
    from pywrangler.config.model import OtherBinding

RESERVED = frozenset(("received",))
"""Headers that the servers a mail passes add."""


class SendEmail(JsProxy):
    """The binding; None for `senders` or `recipients` allows every address."""

    __slots__ = ("_files", "_recipients", "_senders")

    def __init__(self, files: MailFiles, senders: Sequence[str] | None, recipients: Sequence[str] | None) -> None:
        self._files = files
        self._senders = senders
        self._recipients = recipients

    def send(self, message: Any = None, **named: Any) -> JsPromise:
        """Send a mail, an EmailMessage or its parts; the promise of an object with `messageId`."""
        return operation(lambda: self._send(message, named))

    def _send(self, message: Any, named: dict[str, Any]) -> Any:
        if isinstance(message, EmailMessage):
            return self._send_whole(message)
        if message is not None and not isinstance(message, (JsValue, dict)):
            raise type_error("send: the message is an EmailMessage, or an object with `from`, `to` and `subject`.")
        return self._send_parts(read(message, named, "send"))

    async def _send_whole(self, message: EmailMessage) -> Any:
        self._check(message.from_, [message.to])
        mail = parse(await message.content())
        if not mail.message_id:
            raise error("invalid message-id")
        check_sendable(mail, message.from_)
        message_id = new_message_id(message.from_)
        content = with_header(mail.raw, "Message-ID", message_id)
        path = self._files.write("email", message_id, content, ".eml")
        context.log("info", f"send_email binding called with the following message:\nEmail: {path}")
        return plain({"messageId": message_id})

    def _send_parts(self, draft: Draft) -> Any:
        self._check(draft.sender.bare, [person.bare for person in draft.to])
        message_id = new_message_id(draft.sender.bare)
        lines = ["send_email binding called with MessageBuilder:", f"From: {draft.sender}"]
        for name, people in (("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc)):
            if people:
                lines.append(f"{name}: {', '.join(map(str, people))}")
        lines += [f"Subject: {draft.subject}", ""]
        if draft.text is not None:
            lines.append(f"Text: {self._files.write('email-text', message_id, encode(draft.text), '.txt')}")
        if draft.html is not None:
            lines.append(f"HTML: {self._files.write('email-html', message_id, encode(draft.html), '.html')}")
        for number, item in enumerate(draft.attachments, 1):
            path = self._files.write("email-attachment", message_id, item.content, f"-{number}{item.ending}")
            lines.append(f"Attachment ({item.disposition}): {item.filename} -> {path}")
        context.log("info", "\n".join(lines).rstrip())
        return plain({"messageId": message_id})

    def _check(self, sender: str, recipients: Sequence[str]) -> None:
        if self._senders is not None and sender not in self._senders:
            raise error(f"email from {sender} not allowed")
        for recipient in recipients:
            if self._recipients is not None and recipient not in self._recipients:
                raise error(f"email to {recipient} not allowed")


def check_sendable(mail: Mail, sender: str) -> None:
    """Raise the platform's Error if a mail cannot be sent in the name of `sender`."""
    if mail.sender != sender:
        raise error("From: header does not match mail from")
    if any(name in RESERVED for name, _ in mail.headers):
        raise error("invalid headers set")


def make(binding: OtherBinding, parts: Parts) -> SendEmail:
    """Return the binding of an entry of the config."""
    data = binding.data
    recipients = data.get("allowed_destination_addresses")
    if recipients is None and data.get("destination_address"):
        recipients = [data["destination_address"]]
    files = MailFiles.of(parts.worker, parts.state_root)
    made: SendEmail = SendEmail.new(files, data.get("allowed_sender_addresses"), recipients)
    return made
