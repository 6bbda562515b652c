"""Blob, File, FormData and the two encodings of forms."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pywrangler.errors import ProtocolError
from pywrangler.runtime.js import multipart
from pywrangler.runtime.js.blob import Blob, File
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.form_data import FormData, encode_multipart, parse
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.typed_arrays import Uint8Array


def test_blob_joins_its_parts(run_async):
    blob = Blob.new(["é", Uint8Array.from_bytes(b"\x00\x01"), Blob.new([b"x"]), 5], type="Text/Plain")
    assert blob.content == "é".encode() + b"\x00\x01x5"
    assert (blob.size, blob.type) == (6, "text/plain")

    async def check():
        assert await Blob.new(["\ufeffhä"]).text() == "hä"
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
    assert (form.get("b").name, form.get("b").type) == ("blob", "t/x")
    form.set("a", "9")
    assert [(name, value) for name, value in form if name == "a"] == [("a", "9")]
    assert list(form.keys()) == ["a", "b"]
    form.delete("a")
    assert not form.has("a")
    form.set("f", File.new(["x"], "old", lastModified=7), "new")
    assert (form.get("f").name, form.get("f").lastModified) == ("new", 7)
    with pytest.raises(JsException, match="TypeError"):
        form.append("x", "text", "name.txt")


def test_a_form_travels_as_multipart(run_async):
    form = FormData.new()
    form.append('na"me\r\n', "line\nline")
    form.append("file", File.new([b"\x00\xff\r\n--x"], 'a"b.bin', type="a/b"))
    response = Response.new(form)

    async def check():
        content_type = response.headers.get("content-type")
        assert content_type.startswith("multipart/form-data; boundary=")
        back = await response.formData()
        assert back.get('na"me\r\n') == "line\r\nline"
        file = back.get("file")
        assert (file.name, file.type, file.content) == ('a"b.bin', "a/b", b"\x00\xff\r\n--x")

    run_async(check())


def test_multipart_as_curl_and_browsers_write_it():
    body = (
        b"preamble\r\n--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--XX \t\r\n"
        b'content-disposition: Form-Data; filename="x;y.txt"; name="f"\r\nContent-Type: text/plain\r\n\r\n'
        b"\r\ncontent\r\n\r\n--XX--\r\nepilogue"
    )
    form = parse(body, 'multipart/form-data; charset=utf-8; boundary="XX"')
    assert form.get("a") == "1"
    assert (form.get("f").name, form.get("f").content) == ("x;y.txt", b"\r\ncontent\r\n")


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"", None, "requires a Content-Type header"),
        (b"a=1", "text/plain", "Unrecognized Content-Type"),
        (b"a=1", "multipart/form-data", "boundary"),
        (b"", "multipart/form-data; boundary=x", "without its boundary"),
        (b"--x\r\n\r\nabc", "multipart/form-data; boundary=x", "without end"),
        (
            b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--",
            "multipart/form-data; boundary=x",
            "without name",
        ),
        (b"--x\r\nnothing\r\n--x--", "multipart/form-data; boundary=x", "without header"),
    ],
)
def test_what_is_no_form_is_a_type_error(body, content_type, message):
    with pytest.raises(JsException, match=f"TypeError: .*{message}"):
        parse(body, content_type)


def test_urlencoded_forms():
    form = parse(b"a=1+2&b=%C3%A9&a=&=x&c", "application/x-www-form-urlencoded; charset=UTF-8")
    assert [tuple(pair) for pair in form] == [("a", "1 2"), ("b", "é"), ("a", ""), ("", "x"), ("c", "")]


def test_a_multipart_body_has_a_bounded_number_of_parts():
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    with pytest.raises(ProtocolError, match="too many"):
        multipart.decode(part * (multipart.PART_LIMIT + 1) + b"--x--", "x")


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NAME = TEXT.map(
    lambda text: text.replace("%", "_")
)  # percent escapes of quotes and line ends are not escaped themselves


@given(st.lists(st.tuples(NAME, st.one_of(TEXT, st.tuples(NAME, st.binary(max_size=40)))), max_size=5))
def test_every_form_round_trips(fields):
    form = FormData.new()
    for name, value in fields:
        form.append(name, value if isinstance(value, str) else File.new([value[1]], value[0], type="x/y"))
    back = parse(*encode_multipart(form))
    found = [(name, value if isinstance(value, str) else (value.name, value.content)) for name, value in back.pairs()]
    expected = [
        (
            name,
            value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n") if isinstance(value, str) else value,
        )
        for name, value in fields
    ]
    assert found == expected


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


@given(st.text(max_size=60))
@example('form-data; name="a\\"b"; filename=c')
@example("a;;=;b=")
def test_any_header_value_has_parameters(text):
    main, found = multipart.parameters(text)
    assert isinstance(main, str)
    assert all(name == name.lower() for name in found)
