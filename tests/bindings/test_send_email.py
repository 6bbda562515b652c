"""`send_email` (spec/bindings.md, section 8); the errors are those of wrangler 4.164."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.bindings.catalogue import Parts, make
from pywrangler.bindings.email.draft import read
from pywrangler.bindings.email.files import MailFiles
from pywrangler.bindings.email.message import EmailMessage
from pywrangler.config.model import OtherBinding
from pywrangler.runtime import context
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.typed_arrays import Uint8Array

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RAW = "From: Me <a@b.c>\r\nTo: d@e.f\r\nMessage-ID: <mine@b.c>\r\n\r\nhello"
DRAFT = {"from": "a@b.c", "to": "d@e.f", "subject": "S", "text": "T"}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(context, "_sink", lambda level, text: lines.append(text))
    return lines


@pytest.fixture
def send(tmp_path: Path, run_async: Callable[..., Any], said: list[str]) -> Callable[..., Any]:
    """Return `send(message, **config)`: the message id, or the text of the error."""
    worker = SimpleNamespace(companions=[])

    def go(message: Any, named: dict[str, Any] | None = None, **config: Any) -> str:
        parts = Parts(None, None, worker, None, None, tmp_path / "v3")  # type: ignore[arg-type]
        binding = make(OtherBinding("send_email", "EM", config), parts)

        async def main() -> str:
            try:
                return str((await binding.send(message, **(named or {}))).messageId)
            except JsException as problem:
                return str(problem)

        return str(run_async(main()))

    return go


def whole(sender: str = "a@b.c", recipient: str = "d@e.f", raw: Any = RAW) -> Any:
    return EmailMessage.new(sender, recipient, raw)


def only_file(root: Path, folder: str) -> Path:
    (found,) = (root / "v3" / "email" / folder).iterdir()
    return found


# ---- whole mails


def test_a_mail_becomes_a_file_with_a_message_id_of_the_platform(
    send: Callable[..., str], tmp_path: Path, said: list[str]
) -> None:
    message_id = send(whole())
    path = only_file(tmp_path, "email")
    assert path.name == f"{message_id.strip('<>')}.eml"
    assert path.read_bytes().decode() == RAW.replace("<mine@b.c>", message_id)
    assert message_id.endswith("@b.c>")
    assert said == [f"send_email binding called with the following message:\nEmail: {path}"]


def test_a_mail_may_come_as_a_stream(send: Callable[..., str], tmp_path: Path, run_async: Callable[..., Any]) -> None:
    assert "@b.c" in send(whole(raw=ReadableStream.of_bytes(RAW.encode())))
    assert only_file(tmp_path, "email").read_text().endswith("hello")


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (whole(sender="zz@b.c"), "Error: From: header does not match mail from"),
        (whole(raw=RAW.replace("Message-ID: <mine@b.c>\r\n", "")), "Error: invalid message-id"),
        (whole(raw="garbage"), "Error: invalid message-id"),
        (whole(raw=f"Received: x\r\n{RAW}"), "Error: invalid headers set"),
        (whole(raw=RAW.replace("From: Me <a@b.c>\r\n", "")), "Error: From: header does not match mail from"),
    ],
)
def test_a_mail_that_cannot_be_sent_is_refused(send: Callable[..., str], message: Any, error: str) -> None:
    assert send(message) == error


@pytest.mark.parametrize(
    ("config", "result"),
    [
        ({"destination_address": "d@e.f"}, None),
        ({"destination_address": "other@e.f"}, "Error: email to d@e.f not allowed"),
        ({"allowed_destination_addresses": ["x@y.z", "d@e.f"]}, None),
        ({"allowed_destination_addresses": ["x@y.z"]}, "Error: email to d@e.f not allowed"),
        ({"allowed_sender_addresses": ["a@b.c"]}, None),
        ({"allowed_sender_addresses": ["x@y.z"]}, "Error: email from a@b.c not allowed"),
    ],
)
@pytest.mark.parametrize("message", [whole(), to_js_value(DRAFT)], ids=["whole", "parts"])
def test_only_the_addresses_of_the_config_are_allowed(
    send: Callable[..., str], message: Any, config: dict[str, Any], result: str | None
) -> None:
    assert send(message, **config).startswith("<" if result is None else result)


def test_the_name_beside_an_address_does_not_matter_to_what_is_allowed(send: Callable[..., str]) -> None:
    allowed = {"allowed_sender_addresses": ["a@b.c"], "destination_address": "d@e.f"}
    parts = {"from": {"email": "a@b.c", "name": "Me"}, "to": ["You <d@e.f>"], "subject": "S"}
    assert send(to_js_value(parts), **allowed).startswith("<")
    assert send(to_js_value(parts | {"to": ["d@e.f", "x@y.z"]}), **allowed) == "Error: email to x@y.z not allowed"


@pytest.mark.parametrize("raw", [b"bytes", 5, None, Uint8Array.from_bytes(b"x")])
def test_a_message_is_made_of_text_or_a_stream(raw: Any) -> None:
    with pytest.raises(JsException, match="`raw` is a string or a ReadableStream"):
        EmailMessage.new("a@b.c", "d@e.f", raw)


def test_a_message_needs_sender_recipient_and_content() -> None:
    with pytest.raises(JsException, match="needs 3 arguments"):
        EmailMessage.new("a@b.c", "d@e.f")
    message = whole()
    assert (message.from_, getattr(message, "from"), message.to) == ("a@b.c", "a@b.c", "d@e.f")


# ---- mails in parts


def test_each_part_becomes_a_file(send: Callable[..., str], tmp_path: Path, said: list[str]) -> None:
    attachments = [
        {"filename": "f.txt", "content": base64.b64encode(b"file").decode()},
        {"filename": "../../g", "content": Uint8Array.from_bytes(b"\x00\x01"), "disposition": "inline"},
    ]
    parts = {
        "from": {"email": "a@b.c", "name": 'A "B"'},
        "to": ["d@e.f", {"email": "g@h.i", "name": "G"}],
        "cc": "c@c.c",
        "bcc": ["b@b.b"],
        "subject": "S",
        "text": "T",
        "html": "<b>",
        "attachments": attachments,
    }
    name = send(to_js_value(parts)).strip("<>")
    root = tmp_path / "v3" / "email"
    assert said[0].splitlines() == [
        "send_email binding called with MessageBuilder:",
        'From: "A \\"B\\"" <a@b.c>',
        'To: d@e.f, "G" <g@h.i>',
        "Cc: c@c.c",
        "Bcc: b@b.b",
        "Subject: S",
        "",
        f"Text: {root / 'email-text' / name}.txt",
        f"HTML: {root / 'email-html' / name}.html",
        f"Attachment (attachment): f.txt -> {root / 'email-attachment' / name}-1.txt",
        f"Attachment (inline): ../../g -> {root / 'email-attachment' / name}-2.g",
    ]
    assert (root / "email-html" / f"{name}.html").read_text() == "<b>"
    assert (root / "email-attachment" / f"{name}-1.txt").read_bytes() == b"file"
    assert (root / "email-attachment" / f"{name}-2.g").read_bytes() == b"\x00\x01"


def test_parts_may_come_as_keywords(send: Callable[..., str], tmp_path: Path) -> None:
    assert send(None, DRAFT).startswith("<")
    assert only_file(tmp_path, "email-text").read_text() == "T"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (None, "TypeError: send: the message has no `from`."),
        (5, "TypeError: send: the message is an EmailMessage, or an object with `from`, `to` and `subject`."),
        (to_js_value({"from": "a@b.c"}), "TypeError: send: the message has no `to`."),
        (to_js_value(DRAFT | {"to": []}), "TypeError: send: the message has no `to`."),
        (to_js_value(DRAFT | {"to": 5}), "TypeError: send: `to` is a string, an object with `email`"),
        (to_js_value(DRAFT | {"from": ["a@b.c", "d@e.f"]}), "TypeError: send: `from` is one address."),
        (to_js_value(DRAFT | {"attachments": [{"content": "not base64"}]}), "Error: invalid attachment content"),
        (to_js_value(DRAFT | {"attachments": [{}]}), "TypeError: send: the content of an attachment is"),
    ],
)
def test_missing_and_wrong_parts_are_named(send: Callable[..., str], message: Any, error: str) -> None:
    assert send(message).startswith(error)


def test_a_python_dict_is_no_object(send: Callable[..., str], said: list[str]) -> None:
    assert send(dict(DRAFT)) == "TypeError: send: the message has no `from`."
    assert "to_js(value, dict_converter=Object.fromEntries)" in said[0]


def test_a_list_inside_keywords_is_no_array(send: Callable[..., str]) -> None:
    assert "Use to_js" in send(None, DRAFT | {"to": ["d@e.f"]})


@given(
    subject=st.text(), text=st.text(), html=st.none() | st.text(), name=st.text(), filename=st.text(), kind=st.text()
)
def test_any_text_makes_a_mail_or_an_error_of_the_platform(
    subject: str, text: str, html: str | None, name: str, filename: str, kind: str
) -> None:
    attachment = {"filename": filename, "type": kind, "content": Uint8Array.from_bytes(b"x")}
    parts = {"subject": subject, "text": text, "html": html, "attachments": [attachment]}
    draft = read(to_js_value(parts | {"from": {"email": "a@b.c", "name": name}, "to": "d@e.f"}), {}, "send")
    try:
        result = draft.compose("<id@b.c>", {"X": "1"}).decode("utf-8", "replace")
    except JsException as problem:
        result = problem.message
    assert "\r\nMessage-ID: <id@b.c>\r\n" in result or "cannot be written as mail" in result
    assert "/" not in draft.attachments[0].ending


# ---- files


def test_files_of_a_worker_are_one_companion_and_gone_after_a_reset(tmp_path: Path) -> None:
    worker: Any = SimpleNamespace(companions=[])
    files = MailFiles.of(worker, tmp_path)
    assert MailFiles.of(worker, tmp_path) is files
    assert worker.companions == [files]
    path = files.write("reply", "<id@b.c>", b"x", ".eml")
    files.reset()
    assert not path.exists()
