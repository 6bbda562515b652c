"""What an email handler gets and may do (spec/workers-module.md, section 6); the errors are those of wrangler 4.164."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.bindings.email.event import ForwardableEmailMessage
from pywrangler.bindings.email.files import MailFiles
from pywrangler.bindings.email.message import EmailMessage
from pywrangler.bindings.email.text import parse
from pywrangler.runtime import context
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.readable import collect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RAW = b"From: Me <a@b.c>\r\nTo: d@e.f\r\nMessage-ID: <m@id>\r\nSubject: =?utf-8?q?x?=\r\n\r\nhello"
ANSWER = "From: d@e.f\r\nTo: a@b.c\r\nIn-Reply-To: <m@id>\r\nMessage-ID: <mine@e.f>\r\nSubject: re\r\n\r\nbody"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    monkeypatch.setattr(context, "_sink", lambda level, text: lines.append((level, text)))
    return lines


@pytest.fixture
def incoming(tmp_path: Path, said: list[tuple[str, str]]) -> Callable[..., Any]:
    def make(raw: bytes = RAW) -> Any:
        return ForwardableEmailMessage.new("a@b.c", "d@e.f", parse(raw), MailFiles(tmp_path))

    return make


@pytest.fixture
def attempt(run_async: Callable[..., Any]) -> Callable[..., str]:
    """Return `attempt(method, *arguments)`: the message id that a promise gives, or the text of the error."""

    def go(method: Callable[..., Any], *arguments: Any, **named: Any) -> str:
        async def main() -> str:
            try:
                return str((await method(*arguments, **named)).messageId)
            except JsException as problem:
                return str(problem)

        return str(run_async(main()))

    return go


def answer(raw: str = ANSWER, sender: str = "d@e.f", recipient: str = "a@b.c") -> Any:
    return EmailMessage.new(sender, recipient, raw)


def test_the_message_shows_envelope_headers_and_content(
    incoming: Callable[..., Any], run_async: Callable[..., Any]
) -> None:
    message = incoming()
    assert (message.from_, getattr(message, "from"), message.to) == ("a@b.c", "a@b.c", "d@e.f")
    assert (message.headers.get("SUBJECT"), message.headers.get("from")) == ("=?utf-8?q?x?=", "Me <a@b.c>")
    assert (message.rawSize, message.canBeForwarded) == (len(RAW), True)
    assert run_async(collect(message.raw)) == RAW


def test_the_content_can_be_read_once(incoming: Callable[..., Any], run_async: Callable[..., Any]) -> None:
    stream = incoming().raw
    assert run_async(collect(stream)) == RAW
    assert run_async(collect(stream)) == b""


# ---- rejecting and forwarding


def test_the_last_reason_for_a_rejection_counts(incoming: Callable[..., Any], said: list[tuple[str, str]]) -> None:
    message = incoming()
    message.setReject("first")
    message.setReject("second")
    assert message.outcome.rejection == "second"
    assert said[0] == ("error", 'Email handler rejected message with the following reason: "first"')
    assert [event["type"] for event in message.outcome.events] == ["received", "reject", "reject"]


def test_a_rejection_needs_a_reason(incoming: Callable[..., Any]) -> None:
    message = incoming()
    with pytest.raises(JsException, match="the reason is missing"):
        message.setReject()
    assert message.outcome.rejection is None


def test_a_forward_is_told_with_its_headers(
    incoming: Callable[..., Any], attempt: Callable[..., str], said: list[tuple[str, str]]
) -> None:
    message = incoming()
    message_id = attempt(message.forward, "fw@example.com", Headers.new([("X-A", "1")]))
    assert message_id.endswith("@example.com>")
    (forward,) = message.outcome.forwards
    assert (forward.recipient, forward.headers, forward.message_id) == ("fw@example.com", (("x-a", "1"),), message_id)
    text = "Email handler forwarded message with\n  rcptTo: fw@example.com\n  headers:\n    x-a: 1"
    assert said == [("info", text)]


def test_a_mail_may_be_forwarded_to_several(incoming: Callable[..., Any], attempt: Callable[..., str]) -> None:
    message = incoming()
    attempt(message.forward, "a@x.y")
    attempt(message.forward, "b@x.y", None)
    assert [item.recipient for item in message.outcome.forwards] == ["a@x.y", "b@x.y"]


def test_a_forward_needs_a_recipient_and_real_headers(
    incoming: Callable[..., Any], attempt: Callable[..., str]
) -> None:
    message = incoming()
    assert attempt(message.forward) == "TypeError: forward: the recipient is missing."
    for headers in ({"X-A": "1"}, to_js_value({"X-A": "1"})):
        assert "parameter 2 is not of type 'Headers'" in attempt(message.forward, "a@b.c", headers)
    assert message.outcome.forwards == []


# ---- replying


def test_a_reply_becomes_a_file_with_the_ids_that_it_needs(
    incoming: Callable[..., Any], attempt: Callable[..., str], tmp_path: Path, said: list[tuple[str, str]]
) -> None:
    message = incoming()
    message_id = attempt(message.reply, answer())
    path = tmp_path / "email" / "reply" / f"{message_id.strip('<>')}.eml"
    assert path.read_bytes().decode() == "References: <m@id>\r\n" + ANSWER.replace("<mine@e.f>", message_id)
    assert said == [("info", f"Email handler replied to sender with the following message:\n  {path}")]
    assert message.outcome.replies[0].raw == path.read_bytes()
    assert message.outcome.events[1]["messageId"] == message_id


@pytest.mark.parametrize("references", ["<m@id>", "<a@b> <m@id>", "<m@id> <a@b>"])
def test_references_that_name_the_mail_stay(
    incoming: Callable[..., Any], attempt: Callable[..., str], references: str
) -> None:
    message = incoming()
    attempt(message.reply, answer(f"References: {references}\r\n{ANSWER}"))
    assert parse(message.outcome.replies[0].raw).first("references") == references


def test_references_go_on_from_those_of_the_mail(incoming: Callable[..., Any], attempt: Callable[..., str]) -> None:
    message = incoming(b"References: <old@id>\r\n" + RAW)
    attempt(message.reply, answer())
    assert parse(message.outcome.replies[0].raw).first("references") == "<old@id> <m@id>"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(ANSWER.replace("In-Reply-To: <m@id>\r\n", "")), "no In-Reply-To header found in reply message"),
        (answer(ANSWER.replace("To: <m@id>", "To: <x@id>")), "In-Reply-To does not match original Message-ID"),
        (answer(ANSWER.replace("From: d@e.f", "From: x@e.f")), "From: header does not match mail from"),
        (answer(ANSWER.replace("From: d@e.f\r\n", "")), "From: header does not match mail from"),
        (answer("garbage"), "From: header does not match mail from"),
        (answer(f"References: <a@b> <c@d>\r\n{ANSWER}"), "provided References header is invalid"),
        (answer(f"Received: x\r\n{ANSWER}"), "invalid headers set"),
    ],
)
def test_a_reply_that_is_none_is_refused(
    incoming: Callable[..., Any], attempt: Callable[..., str], reply: Any, error: str
) -> None:
    message = incoming()
    assert attempt(message.reply, reply) == f"Error: {error}"
    assert message.outcome.replies == []


def test_only_a_mail_with_a_proper_id_can_be_answered(
    incoming: Callable[..., Any], attempt: Callable[..., str]
) -> None:
    assert (
        attempt(incoming(RAW.replace(b"<m@id>", b"m@id")).reply, answer()) == "Error: Original email is not replyable"
    )


def test_a_reply_in_parts_goes_from_the_recipient_to_the_sender(
    incoming: Callable[..., Any], attempt: Callable[..., str]
) -> None:
    message = incoming()
    message_id = attempt(message.reply, to_js_value({"subject": "re", "text": "tü", "html": "<b>"}))
    mail = parse(message.outcome.replies[0].raw)
    assert (mail.sender, mail.recipients, mail.message_id) == ("d@e.f", ("a@b.c",), message_id)
    assert (mail.first("in-reply-to"), mail.first("references")) == ("<m@id>", "<m@id>")
    assert b"t\xc3\xbc" in mail.raw
    assert b"text/html" in mail.raw


@pytest.mark.parametrize("given", [None, 5, "text"])
def test_a_reply_needs_a_message(incoming: Callable[..., Any], attempt: Callable[..., str], given: Any) -> None:
    assert attempt(incoming().reply, given).startswith("TypeError: reply: the message is an EmailMessage")


def test_a_reply_cannot_smuggle_in_headers(incoming: Callable[..., Any], attempt: Callable[..., str]) -> None:
    text = attempt(incoming().reply, subject="x\r\nBcc: everybody@x.y", text="t")
    assert text.startswith("Error: The message cannot be written as mail")
