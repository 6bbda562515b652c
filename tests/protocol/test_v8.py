"""V8's value format: golden bytes, round trips, and that no input does harm (spec/interop.md, section 5)."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywrangler.errors import CloneError
from pywrangler.protocol import v8
from pywrangler.protocol.v8_format import DEPTH_LIMIT, VIEWS, array_index, plain_number
from pywrangler.protocol.v8_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable


class Neutral:
    """A builder that keeps every kind apart."""

    undefined = v8.UNDEFINED
    null = None
    integer = staticmethod(plain_number)

    def bigint(self, value: int) -> Any:
        return ("bigint", value)

    def object(self) -> tuple[Any, Callable[..., None]]:
        value: dict[str, Any] = {}
        return value, value.__setitem__

    def array(self) -> tuple[Any, Callable[..., None]]:
        value: list[Any] = []
        return value, value.append

    def map(self) -> tuple[Any, Callable[..., None]]:
        pairs: list[Any] = []
        return ("map", pairs), lambda key, item: pairs.append((key, item))

    def set(self) -> tuple[Any, Callable[..., None]]:
        items: list[Any] = []
        return ("set", items), items.append

    def boxed(self, value: Any) -> Any:
        return ("boxed", value)

    def date(self, milliseconds: float) -> Any:
        return ("date", milliseconds)

    def regexp(self, source: str, flags: str) -> Any:
        return ("regexp", source, flags)

    def buffer(self, data: bytearray) -> Any:
        return data

    def view(self, kind: str, buffer: Any, data: bytearray, offset: int, length: int) -> Any:
        assert buffer is data
        return (kind, bytes(data[offset : offset + length]))

    def error(self) -> tuple[Any, Callable[..., None]]:
        parts: list[Any] = []
        return ("error", parts), lambda *given: parts.extend(given)

    def host(self, reader: Reader, tag: int) -> Any:
        return ("host", tag, reader.varint(), reader.read())


class Shared:
    """A buffer with an identity, for views."""

    def __init__(self, data: bytes) -> None:
        self.data = data


def describe(value: Any) -> Any:
    if isinstance(value, Shared):
        return v8.Buffer(value.data)
    raise TypeError(type(value).__name__)


def write(value: Any) -> bytes:
    writer = v8.Writer(describe)
    writer.write(value)
    return writer.finish()


def read(data: bytes) -> Any:
    return Reader(data, Neutral()).value()


# ---- golden bytes, as V8 11.3 writes them --------------------------------------------------------------------

GOLDEN: list[tuple[Any, str]] = [
    (v8.UNDEFINED, "ff0f5f"),
    (None, "ff0f30"),
    (True, "ff0f54"),
    (False, "ff0f46"),
    (0, "ff0f4900"),
    (-1, "ff0f4901"),
    (300, "ff0f49d804"),
    (2**40, "ff0f4e0000000000007042"),
    (0.5, "ff0f4e000000000000e03f"),
    (v8.BigInt(-(2**70)), "ff0f5a2100000000000000004000000000000000"),
    ("text", "ff0f220474657874"),
    ("é", "ff0f2201e9"),
    ("€", "ff0f6302ac20"),
    ([], "ff0f4100240000"),
    ([1, "a"], "ff0f410249022201612400" + "02"),
    ({}, "ff0f6f7b00"),
    ({"a": 1}, "ff0f6f22016149027b01"),
    ({"7": 1}, "ff0f6f490e49027b01"),
    (v8.Map([("k", 1)]), "ff0f3b22016b49023a02"),
    ({1}, "ff0f2749022c01"),
    (v8.Date(1000.0), "ff0f440000000000408f40"),
    (v8.RegExp("a+", "gi"), "ff0f522202612b03"),
    (v8.RegExp("x", "d"), "ff0f522201788001"),
    (v8.Buffer(b"\x01\x02"), "ff0f42020102"),
]


@pytest.mark.parametrize(("value", "expected"), GOLDEN, ids=lambda value: repr(value)[:25])
def test_values_are_written_as_v8_writes_them(value: Any, expected: str) -> None:
    assert write(value).hex() == expected


def test_two_byte_strings_start_at_even_offsets() -> None:
    assert write(["€"]).hex() == "ff0f41016302ac20240001"
    for count in range(4):
        data = write(["a"] * count + ["€" * 100])
        assert data.index("€".encode("utf-16-le") * 100) % 2 == 0


def test_a_view_follows_its_buffer_and_shares_it() -> None:
    shared = Shared(bytes(range(16)))
    views = [v8.View("Uint8Array", shared, 0, 16), v8.View("Float64Array", shared, 8, 8), shared]
    data = write(views)
    assert data.count(bytes(range(16))) == 1
    first, second, buffer = read(data)
    assert first == ("Uint8Array", bytes(range(16)))
    assert second == ("Float64Array", bytes(range(8, 16)))
    assert buffer == bytearray(range(16))


@pytest.mark.parametrize("kind", VIEWS)
def test_every_kind_of_view_survives(kind: str) -> None:
    assert read(write(v8.View(kind, v8.Buffer(bytes(16)), 8, 8))) == (kind, bytes(8))


def test_cycles_and_shared_objects_survive() -> None:
    value: dict[str, Any] = {"list": [1]}
    value["self"] = value
    value["again"] = value["list"]
    result = read(write(value))
    assert result["self"] is result
    assert result["again"] is result["list"]


@pytest.mark.parametrize("name", ["Error", "TypeError", "RangeError", "SyntaxError", "CustomError"])
def test_errors_survive_with_and_without_properties(name: str) -> None:
    assert read(write(v8.Error(name, "why", "stack"))) == ("error", [name, "why", "stack", {}])
    error = v8.Error(name, "why", "", {"code": 7, "list": [1]})
    assert read(write(error)) == ("error", [name, "why", "", {"code": 7, "list": [1]}])


def test_dom_exceptions_of_the_platform_are_read() -> None:
    data = b"\xff\x0f\x5c\x08" + b"\x0aAbortError" + b"\x03why" + b"\x00"
    assert read(data) == ("error", ["AbortError", "why", "", {}])


def test_host_objects_take_a_number_like_any_other() -> None:
    def content(writer: v8.Writer) -> None:
        writer.host_tag(77)
        writer.varint(5)
        writer.write(inner)

    inner = [1]
    result = read(write([v8.Host(content), inner]))
    assert result[0] == ("host", 77, 5, [1])
    assert result[0][3] is result[1]


def test_sparse_arrays_holes_and_named_properties_are_read() -> None:
    assert read(bytes.fromhex("ff0f6103" + "49024914" + "400103")) == [v8.UNDEFINED, 10, v8.UNDEFINED]
    assert read(bytes.fromhex("ff0f4102" + "2d4902" + "240002")) == [v8.UNDEFINED, 1]
    assert read(bytes.fromhex("ff0f4101" + "4902" + "2201614904" + "240101")) == [1]


def test_boxed_primitives_survive() -> None:
    for value in (True, False, 1.5, "text"):
        assert read(write(v8.Boxed(value))) == ("boxed", value)


def test_none_among_javascript_values_is_undefined() -> None:
    assert read(write([None, v8.Array([None, [None]], script=True), None])) == [
        None,
        [v8.UNDEFINED, [v8.UNDEFINED]],
        None,
    ]


# ---- properties ------------------------------------------------------------------------------------------

text = st.text(st.characters())
scalars = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text
    | st.floats(allow_nan=False).filter(lambda value: not value.is_integer())
)  # fmt: skip
trees = st.recursive(scalars, lambda children: st.lists(children) | st.dictionaries(text, children), max_leaves=30)


@given(trees)
def test_plain_trees_survive(value: Any) -> None:
    assert read(write(value)) == value


@given(st.integers())
def test_bigints_survive(value: int) -> None:
    assert read(write(v8.BigInt(value))) == ("bigint", value)


@given(st.lists(st.tuples(scalars, scalars)), st.binary())
def test_maps_and_buffers_survive(pairs: list[Any], data: bytes) -> None:
    assert read(write([v8.Map(pairs), v8.Buffer(data)])) == [("map", pairs), bytearray(data)]


@given(st.floats())
def test_every_double_survives(value: float) -> None:
    result = read(write(v8.Date(value)))[1]
    assert result == value or (math.isnan(result) and math.isnan(value))


@settings(max_examples=400)
@given(st.binary(max_size=200))
def test_garbage_is_a_clone_error(data: bytes) -> None:
    for prefix in (b"", b"\xff\x0f", b"\xff\x0f\x41\x05", b"\xff\x0f\x6f", b"\xff\x0f\x5c\x0a"):
        try:
            read(prefix + data)
        except CloneError:
            continue


@given(trees, st.data())
def test_damaged_values_are_a_clone_error_or_another_value(value: Any, data: st.DataObject) -> None:
    good = bytearray(write(value))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    try:
        read(bytes(good))
    except CloneError:
        return


@given(trees, st.data())
def test_a_value_that_is_cut_off_is_a_clone_error(value: Any, data: st.DataObject) -> None:
    good = write(value)
    cut = data.draw(st.integers(0, len(good) - 1))
    with pytest.raises(CloneError):
        read(good[:cut])


@pytest.mark.parametrize(
    "data",
    [
        "ff0f41ffffffff0f", "ff0f61ffffffff0f400000", "ff0f42ffffffff0f", "ff0f22ffffffff0f", "ff0f5affffffff0f",
        "ff0f5e00", "ff0f42020102564209000000", "ff1049", "ff0c4902", "4902", "ff0f490249",
    ],
)  # fmt: skip
def test_lengths_and_references_beyond_the_input_are_refused(data: str) -> None:
    with pytest.raises(CloneError):
        read(bytes.fromhex(data))


def test_depth_is_bounded_both_ways() -> None:
    def nested(levels: int) -> Any:
        value: list[Any] = []
        for _ in range(levels - 1):
            value = [value]
        return value

    assert read(write(nested(DEPTH_LIMIT - 100))) == nested(DEPTH_LIMIT - 100)
    with pytest.raises(CloneError, match="nests deeper"):
        write(nested(DEPTH_LIMIT + 1))
    with pytest.raises(CloneError):
        read(b"\xff\x0f" + b"\x41\x01" * 100_000)


@pytest.mark.parametrize(
    ("key", "index"),
    [("0", 0), ("10", 10), ("01", None), ("", None), ("-1", None), ("1.0", None), ("4294967294", 4294967294),
     ("4294967295", None), ("٣", None)],
)  # fmt: skip
def test_property_names_that_are_indexes(key: str, index: int | None) -> None:
    assert array_index(key) == index


# ---- against V8 itself -----------------------------------------------------------------------------------

NODE = shutil.which("node")
# Reads hexadecimal values, one a line, and answers each with V8's own serialisation of it and with what it is.
SCRIPT = """
const v8 = require("v8"), lines = require("fs").readFileSync(0, "utf8").trim().split("\\n");
class Plain extends v8.Serializer {}
const show = (v) => JSON.stringify(v, (k, x) =>
  typeof x === "bigint" ? "n" + x : x === undefined ? "undefined" : x instanceof Map ? ["Map", ...x] :
  x instanceof Set ? ["Set", ...x] : x instanceof RegExp ? String(x) : x instanceof Error ? x.name + x.message :
  ArrayBuffer.isView(x) ? [x.constructor.name, ...new Uint8Array(x.buffer, x.byteOffset, x.byteLength)] : x);
for (const line of lines) {
  const reader = new v8.Deserializer(Buffer.from(line, "hex"));
  reader.readHeader();
  const value = reader.readValue(), writer = new Plain();
  writer.writeHeader();
  writer.writeValue(value);
  console.log(writer.releaseBuffer().toString("hex") + " " + show(value));
}
"""


@pytest.mark.skipif(NODE is None, reason="node, which brings V8, is not installed")
def test_v8_reads_what_we_write_and_we_read_what_it_writes() -> None:
    values: list[tuple[Any, Any]] = [
        (None, None), (1, 1), (-5, -5), (2**31, 2**31), (1.25, 1.25), ("é€😀", "é€😀"), ("\ud800", "\ud800"),
        ([1, [2, {"a": None}]], [1, [2, {"a": None}]]), ({"b": 1, "a": [True]}, {"b": 1, "a": [True]}),
        (v8.BigInt(2**80), f"n{2**80}"), (v8.BigInt(0), "n0"), (v8.Map([("k", [1])]), ["Map", ["k", [1]]]),
        ({5}, ["Set", 5]),
        (v8.Date(86400000.0), "1970-01-02T00:00:00.000Z"), (v8.RegExp("a+b", "gimsuy"), "/a+b/gimsuy"),
        (v8.View("Uint16Array", v8.Buffer(b"\x01\x02\x03\x04"), 2, 2), ["Uint16Array", 3, 4]),
        (v8.View("DataView", v8.Buffer(b"\x01\x02"), 0, 2), ["DataView", 1, 2]),
        (v8.Error("RangeError", "why", "RangeError: why"), "RangeErrorwhy"), ({"€" * 70: "€"}, {"€" * 70: "€"}),
    ]  # fmt: skip
    written = [write(value).hex() for value, _shown in values]
    done = subprocess.run(
        [str(NODE), "-e", SCRIPT], input="\n".join(written), capture_output=True, text=True, check=True, timeout=30
    )
    answers = [line.partition(" ") for line in done.stdout.splitlines()]
    # Not compared byte by byte: V8 writes an array that it has read as a sparse one.
    again = [repr(read(bytes.fromhex(data))) for data, _, _ in answers]
    assert again == [repr(read(bytes.fromhex(data))) for data in written]
    assert [json.loads(shown) for _, _, shown in answers] == [shown for _value, shown in values]
