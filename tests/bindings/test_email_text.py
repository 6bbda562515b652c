"""Mail as bytes: RFC 5322 as far as the platform looks at it."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pywrangler.bindings.email.text import addresses, head, new_message_id, parse, with_header

MAIL = (
    b'From: "A, B" <a@b.c>\r\nTo: x@y.z,\r\n  "D" <d@e.f>\r\n'
    b"Message-ID: <m@id>\r\nX-Two: 1\r\nX-Two: 2\r\n\r\nbody: x\r\n"
)
LINES = st.lists(st.sampled_from([b"From: a@b.c", b"X: 1", b" fold", b"", b"no header", b"\xff: \xfe", b"X:\0"]))
MAILS = st.one_of(st.binary(), st.builds(lambda lines, end: end.join(lines), LINES, st.sampled_from([b"\n", b"\r\n"])))


def test_headers_keep_their_order_and_are_unfolded() -> None:
    assert parse(MAIL).headers == (
        ("from", '"A, B" <a@b.c>'),
        ("to", 'x@y.z, "D" <d@e.f>'),
        ("message-id", "<m@id>"),
        ("x-two", "1"),
        ("x-two", "2"),
    )


def test_both_kinds_of_line_ends_are_read() -> None:
    assert parse(MAIL.replace(b"\r\n", b"\n")).headers == parse(MAIL).headers


def test_addresses_are_found_whatever_is_around_them() -> None:
    mail = parse(MAIL)
    assert (mail.sender, mail.recipients, mail.message_id) == ("a@b.c", ("x@y.z", "d@e.f"), "<m@id>")


def test_a_mail_without_headers_has_no_sender_and_no_recipients() -> None:
    mail = parse(b"\r\nFrom: a@b.c\r\n")
    assert (mail.headers, mail.sender, mail.recipients, mail.wrong_line) == ((), "", (), None)


def test_encoded_words_and_other_bytes_stay_as_they_are() -> None:
    mail = parse(b"Subject: =?utf-8?q?h=C3=A9?=\nX-Utf: \xc3\xa9\nX-Latin: \xe9\n\n")
    assert [value for _, value in mail.headers] == ["=?utf-8?q?h=C3=A9?=", "é", "\ufffd"]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"garbage", 1),
        (b"From: a@b.c\r\nX: 1\r\n  2\r\nno header\r\n\r\n", 4),
        (b"From: a@b.c\nBad Name: x\n\n", 2),
        ("X-\xe9: x\n\n".encode(), 1),
        (b" folded from nowhere\nFrom: a@b.c\n\n", 1),
        (b"X: a\0b\n\n", 1),
        (b"From me@x Mon Jan  1 12:00:00 2024\nFrom: a@b.c\n\n", 1),
    ],
)
def test_the_first_line_that_is_no_header_is_known(raw: bytes, line: int) -> None:
    assert parse(raw).wrong_line == line


@pytest.mark.parametrize("value", ["<m@id>", "<a.b+c@x-y.example>"])
def test_a_mail_with_a_message_id_can_be_answered(value: str) -> None:
    assert parse(f"Message-ID: {value}\n\n".encode()).can_be_answered


@pytest.mark.parametrize("value", ["", "m@id", "<m>", "<m@id> <n@id>", "<m @id>"])
def test_a_mail_without_a_proper_one_cannot(value: str) -> None:
    assert not parse(f"Message-ID: {value}\n\n".encode()).can_be_answered


def test_a_header_is_changed_in_its_place_with_all_of_its_lines() -> None:
    assert with_header(MAIL, "To", "n@o.p") == MAIL.replace(b'To: x@y.z,\r\n  "D" <d@e.f>', b"To: n@o.p")
    assert with_header(b"a: 1\nMESSAGE-id: x\n\nto: body", "Message-ID", "y") == b"a: 1\nMessage-ID: y\n\nto: body"


def test_a_new_header_comes_first() -> None:
    assert with_header(MAIL, "References", "<m@id>") == b"References: <m@id>\r\n" + MAIL
    assert with_header(b"\r\nX: body", "X", "1") == b"X: 1\r\n\r\nX: body"


@given(MAILS)
def test_anything_can_be_parsed(raw: bytes) -> None:
    mail = parse(raw)
    assert all(name and name == name.lower() and value == value.strip(" \t") for name, value in mail.headers)
    assert "\n" not in mail.sender
    assert mail.raw is raw


@given(MAILS)
def test_a_changed_header_is_the_first_of_its_name_and_the_body_stays(raw: bytes) -> None:
    assume(raw[:1] not in (b" ", b"\t"))  # the rest of a header that is not there
    changed = with_header(raw, "X", "new")
    assert parse(changed).first("x") == "new"
    assert changed.endswith(raw[len(head(raw)) :])


@given(st.lists(st.text()))
def test_any_text_can_be_searched_for_addresses(values: list[str]) -> None:
    assert all(addresses(values))


def test_comments_inside_each_other_without_end_are_no_address() -> None:
    assert addresses(["(" * 100_000]) == ()


@given(st.text())
def test_a_message_id_is_a_safe_name_for_a_file(sender: str) -> None:
    assert re.fullmatch(r"<[A-Za-z0-9]{36}@[A-Za-z0-9.-]+>", new_message_id(sender))


def test_a_message_id_is_in_the_domain_of_the_sender() -> None:
    assert new_message_id("me@example.com").endswith("@example.com>")
    assert new_message_id("nobody").endswith("@localhost>")
