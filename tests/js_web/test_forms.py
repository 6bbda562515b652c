"""Blob, File, FormData and the two encodings of forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pywrangler.errors import ProtocolError
from pywrangler.runtime.js import cloudflare, mime_type, multipart
from pywrangler.runtime.js.blob import Blob, File
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.form_data import FormData, encode_multipart, parse
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.typed_arrays import Uint8Array

RECORDED = json.loads((Path(__file__).parent / "forms_expected.json").read_text(encoding="utf-8"))


def test_blob_joins_its_parts(run_async):
    blob = Blob.new(["é", Uint8Array.from_bytes(b"\x00\x01"), Blob.new([b"x"]), 5], type="Text/Plain")
    assert blob.content == "é".encode() + b"\x00\x01x5"
    assert (blob.size, blob.type) == (6, "text/plain")

    async def check():
        assert await Blob.new(["\ufeffhä"]).text() == "\ufeffhä"
        assert (await blob.bytes()).to_bytes() == blob.content
        assert (await blob.arrayBuffer()).byteLength == 6
        assert await Response.new(blob.stream()).text() == "é\x00\x01x5"

    run_async(check())


def test_blob_slices_like_an_array():
    blob = Blob.new(["0123456789"], type="a/b")
    assert blob.slice(2, 5).content == b"234"
    assert blob.slice(-3).content == b"789"
    assert blob.slice(5, 2).content == b""
    assert (blob.slice(0, 1).type, blob.slice(0, 1, "c/d").type) == ("", "c/d")


def test_blob_refuses_what_is_no_array_of_parts():
    for parts in ("text", b"bytes", 5):
        with pytest.raises(JsException, match="TypeError"):
            Blob.new(parts)
    with pytest.raises(JsException, match="TypeError"):
        Blob.new([], endings="other")
    assert Blob.new(["a\r\nb\r"], endings="native").content == b"a\nb\n"
    assert Blob.new(["x"], type="ä").type == ""


def test_file_has_name_and_time():
    file = File.new(["x"], "a.txt", type="text/plain", lastModified=5)
    assert (file.name, file.type, file.lastModified, file.size) == ("a.txt", "text/plain", 5, 1)
    assert isinstance(file, Blob)
    assert File.new([], "b").lastModified > 1_600_000_000_000


def test_form_data_operations():
    form = FormData.new()
    form.append("a", 1)
    form.append("b", Blob.new(["x"], type="t/x"))
    form.append("a", "2")
    assert form.get("a") == "1"
    assert form.getAll("a").to_py() == ["1", "2"]
    assert form.get("zz") is jsnull
    assert (form.get("b").name, form.get("b").type) == ("b", "t/x")
    form.set("a", "9")
    assert [(name, value) for name, value in form if name == "a"] == [("a", "9")]
    assert list(form.keys()) == ["a", "b"]
    form.delete("a")
    assert not form.has("a")
    form.set("f", File.new(["x"], "old", lastModified=7), "new")
    assert form.get("f").name == "new"
    assert form.get("f").lastModified > 7
    form.append("x", "text", "name.txt")
    assert form.get("x") == "text"


def test_a_form_travels_as_multipart(run_async):
    form = FormData.new()
    form.append("na me\\n", "line\nline")
    form.append("file", File.new([b"\x00\xff\r\n--x"], "a'b.bin", type="a/b"))
    response = Response.new(form)

    async def check():
        content_type = response.headers.get("content-type")
        assert content_type.startswith("multipart/form-data; boundary=")
        back = await response.formData()
        assert back.get("na me\\n") == "line\nline"
        file = back.get("file")
        assert (file.name, file.type, file.content) == ("a'b.bin", "a/b", b"\x00\xff\r\n--x")

    run_async(check())


@pytest.mark.parametrize("case", RECORDED["parse"], ids=lambda case: repr((case["content_type"], case["body"]))[:90])
def test_workerd_reads_bodies_so(case):
    body = case["body"].encode("latin-1")
    if "error" in case:
        with pytest.raises(JsException) as caught:
            parse(body, case["content_type"])
        assert str(caught.value) == case["error"]
        return
    found = [
        [
            name,
            value
            if isinstance(value, str)
            else {"name": value.name, "type": value.type, "text": value.content.decode()},
        ]
        for name, value in parse(body, case["content_type"]).pairs()
    ]
    assert found == case["entries"]


def _filled(fields):
    form = FormData.new()
    for name, value, *filename in fields:
        if isinstance(value, dict) and value.get("file"):
            value = File.new([value["text"]], value["name"], type=value["type"])
        elif isinstance(value, dict):
            value = Blob.new([value["text"]], type=value["type"])
        form.append(name, value, *filename)
    return form


@pytest.mark.parametrize("case", RECORDED["write"], ids=lambda case: repr(case["fields"])[:60])
def test_workerd_writes_forms_so(case):
    form = _filled(case["fields"])
    if "error" in case:
        with pytest.raises(JsException) as caught:
            encode_multipart(form)
        assert str(caught.value) == case["error"]
        return
    body, content_type = encode_multipart(form)
    boundary = content_type.removeprefix("multipart/form-data; boundary=")
    assert body.decode().replace(boundary, "B") == case["body"]


def test_urlencoded_forms():
    form = parse(b"a=1+2&b=%C3%A9&a=&=x&c", "application/x-www-form-urlencoded; charset=UTF-8")
    assert [tuple(pair) for pair in form] == [("a", "1 2"), ("b", "é"), ("a", ""), ("", "x"), ("c", "")]


def test_a_multipart_body_has_a_bounded_number_of_parts():
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    with pytest.raises(ProtocolError, match="too many"):
        multipart.decode(part * (multipart.PART_LIMIT + 1) + b"--x--", "x")


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
# Quotes and line feeds come back percent-encoded, a carriage return or NUL makes the header unreadable.
NAME = st.text(st.characters(codec="utf-8", exclude_characters='"\n\r\0'), min_size=1, max_size=20).filter(
    lambda text: not text.endswith("\\")
)


@given(st.lists(st.tuples(NAME, st.one_of(TEXT, st.tuples(NAME, st.binary(max_size=40)))), max_size=5))
def test_every_form_round_trips(fields):
    form = FormData.new()
    for name, value in fields:
        form.append(name, value if isinstance(value, str) else File.new([value[1]], value[0], type="x/y"))
    back = parse(*encode_multipart(form))
    found = [(name, value if isinstance(value, str) else (value.name, value.content)) for name, value in back.pairs()]
    assert found == fields


@given(st.binary(max_size=200))
@example(b"--x\r\n\r\n\r\n--x--")
@example(b"--x--")
@example(b'--x\r\ncontent-disposition: form-data; name="\r\n\r\n\r\n--x\r\n--x--')
def test_any_bytes_are_parts_or_a_protocol_error(data):
    for body in (
        data,
        b"--x\r\n" + data,
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + data + b"\r\n--x--",
    ):
        try:
            parts = multipart.decode(body, "x")
        except ProtocolError:
            continue
        assert all(isinstance(part.name, str) and isinstance(part.content, bytes) for part in parts)


@given(st.text(max_size=60), st.text(max_size=60))
@example("a/b;", ';;=;b="')
def test_any_content_type_is_a_type_or_none(start, rest):
    for text in (start + rest, "a/b;" + rest, 'A/b; c="' + rest):
        found = mime_type.parse(text)
        if found is not None:
            kind, parameters = found
            assert kind == kind.lower()
            assert all(name == name.lower() and name.isascii() for name in parameters)


@pytest.mark.parametrize(("date", "mark"), [("2025-11-01", "\ufeff"), ("2026-06-01", "")])
def test_a_byte_order_mark_counts_until_the_date_that_drops_it(run_async, monkeypatch, date, mark):
    """Measured with wrangler 4.164, `compatibility_date` as given."""
    monkeypatch.setattr(cloudflare, "_settings", [date, (), None])
    body = b"\xef\xbb\xbfx=1"
    assert parse(body, "application/x-www-form-urlencoded").pairs() == [(f"{mark}x", "1")]

    async def check():
        assert await Response.new(body).text() == f"{mark}x=1"

    run_async(check())
