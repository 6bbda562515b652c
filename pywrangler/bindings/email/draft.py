"""Mail given in parts (`{from, to, subject, text, html, attachments, ...}`) instead of as a whole.

Addresses are strings or `{email, name}`; `to`, `cc` and `bcc` are one or an array of them. The content of an attachment
is an ArrayBuffer, a view of one, or a string in base64.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from email.errors import MessageError
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsValue, jsnull
from pywrangler.runtime.js.values import JsArray
from pywrangler.runtime.js.webidl import buffer_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_AN_ENDING = re.compile(r"[^A-Za-z0-9]")
_LONGEST_ENDING = 16


@dataclass(frozen=True, slots=True)
class Address:
    """Who sends or receives."""

    email: str
    name: str = ""

    def __str__(self) -> str:
        if not self.name:
            return self.email
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{self.email}>'

    @property
    def bare(self) -> str:
        """The address alone, also out of a string such as `A B <a@b.c>`."""
        from pywrangler.bindings.email.text import addresses

        return next(iter(addresses([self.email])), self.email)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail."""

    filename: str
    type: str
    disposition: str
    content: bytes
    content_id: str = ""

    @property
    def ending(self) -> str:
        """The file's ending with its dot, "" without one; safe in a path."""
        _, dot, ending = self.filename.rpartition(".")
        ending = _NOT_AN_ENDING.sub("", ending)[:_LONGEST_ENDING]
        return f".{ending}" if dot and ending else ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail in parts."""

    sender: Address
    to: tuple[Address, ...]
    subject: str = ""
    text: str | None = None
    html: str | None = None
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()

    def compose(self, message_id: str, headers: Mapping[str, str]) -> bytes:
        """Return the whole mail with some more headers; the platform's Error if a part does not fit into one."""
        from email import policy
        from email.message import EmailMessage

        mail = EmailMessage(policy.SMTP)
        try:
            for name, value in (self._head(message_id) | dict(headers) | dict(self.headers)).items():
                mail[name] = value
            if self.text is not None or self.html is None:
                mail.set_content(self.text or "", cte="8bit")
                if self.html is not None:
                    mail.add_alternative(self.html, subtype="html", cte="8bit")
            else:
                mail.set_content(self.html, subtype="html", cte="8bit")
            for item in self.attachments:
                kind, _, subtype = (item.type or "application/octet-stream").partition("/")
                mail.add_attachment(
                    item.content,
                    kind,
                    subtype or "octet-stream",
                    filename=item.filename,
                    disposition=item.disposition,
                    cid=f"<{item.content_id}>" if item.content_id else None,
                )
            return mail.as_bytes()
        except (ValueError, MessageError, UnicodeError, LookupError, IndexError) as problem:
            raise error(f"The message cannot be written as mail: {problem}") from problem

    def _head(self, message_id: str) -> dict[str, str]:
        from email.utils import formatdate

        shown = {
            "From": str(self.sender),
            "To": _joined(self.to),
            "Cc": _joined(self.cc),
            "Reply-To": _joined(self.reply_to),
            "Subject": self.subject,
        }
        return {name: value for name, value in shown.items() if value} | {
            "Message-ID": message_id,
            "Date": formatdate(usegmt=True),
        }


def _joined(people: tuple[Address, ...]) -> str:
    return ", ".join(map(str, people))


def read(message: Any, named: Mapping[str, Any], what: str, *, sender: str | None = None, to: str = "") -> Draft:
    """Return the parts that were given as an object or as keywords; `sender` and `to` stand for missing ones.

    TypeError for parts of a wrong kind; `what` is the method that the message names.
    """
    given = options(message, named)
    people = _people(given.get("from"), f"{what}: `from`")
    if len(people) > 1:
        raise type_error(f"{what}: `from` is one address.")
    recipients = _people(given.get("to"), f"{what}: `to`")
    if not people and sender is None:
        raise type_error(f"{what}: the message has no `from`.")
    if not recipients and not to:
        raise type_error(f"{what}: the message has no `to`.")
    attachments = given.get("attachments")
    return Draft(
        people[0] if people else Address(sender or ""),
        recipients or (Address(to),),
        _text(given.get("subject")) or "",
        _text(given.get("text")),
        _text(given.get("html")),
        _people(given.get("cc"), f"{what}: `cc`"),
        _people(given.get("bcc"), f"{what}: `bcc`"),
        _people(given.get("replyTo"), f"{what}: `replyTo`"),
        tuple((name, to_string(value)) for name, value in options(given.get("headers")).items()),
        tuple(_attachment(item, what) for item in _items(attachments)),
    )


def _text(value: Any) -> str | None:
    return None if value is None or value is jsnull else to_string(value)


def _items(value: Any) -> list[Any]:
    if value is None or value is jsnull:
        return []
    return list(value) if isinstance(value, JsArray) else [value]


def _people(value: Any, place: str) -> tuple[Address, ...]:
    return tuple(_person(item, place) for item in _items(value))


def _person(value: Any, place: str) -> Address:
    if isinstance(value, str):
        return Address(value)
    if isinstance(value, JsValue):
        email = _text(getattr(value, "email", None))
        if email is not None:
            return Address(email, _text(getattr(value, "name", None)) or "")
    hint = " Use to_js(..., dict_converter=Object.fromEntries)." if isinstance(value, (dict, list, tuple)) else ""
    raise type_error(f"{place} is a string, an object with `email` and `name`, or an array of these.{hint}")


def _attachment(value: Any, what: str) -> Attachment:
    given = options(value)
    content = given.get("content")
    if isinstance(content, str):
        try:
            data = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise error("invalid attachment content") from None
    else:
        found = buffer_bytes(content)
        if found is None:
            raise type_error(f"{what}: the content of an attachment is an ArrayBuffer, a view, or a string in base64.")
        data = found
    return Attachment(
        _text(given.get("filename")) or "",
        _text(given.get("type")) or "",
        _text(given.get("disposition")) or "attachment",
        data,
        _text(given.get("contentId")) or "",
    )
