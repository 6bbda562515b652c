from __future__ import annotations

import io
import math
import struct

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import ArrayBuffer, DataView, Uint8Array
from pyodide.ffi import JsBuffer, JsException, JsTypedArray, to_js

KINDS = {
    "Int8Array": "b",
    "Uint8Array": "B",
    "Int16Array": "h",
    "Uint16Array": "H",
    "Int32Array": "i",
    "Uint32Array": "I",
    "BigInt64Array": "q",
    "BigUint64Array": "Q",
    "Float32Array": "f",
    "Float64Array": "d",
}


@pytest.mark.parametrize(
    "source", [[1, 2], b"\x01\x02", bytearray(b"\x01\x02"), (1, 2), js.Array.of(1, 2), to_js(b"\x01\x02")]
)
def test_made_of_anything_that_holds_numbers(source):
    assert Uint8Array.new(source).to_bytes() == b"\x01\x02"


def test_made_of_a_length():
    assert list(Uint8Array.new(2)) == [0, 0]


def test_made_on_a_part_of_a_buffer_shares_it():
    buffer = ArrayBuffer.new(4)
    view = Uint8Array.new(buffer, 1, 2)
    view[0] = 7
    assert buffer.to_bytes() == b"\x00\x07\x00\x00"


def test_made_of_an_array_copies():
    source = Uint8Array.new([1])
    Uint8Array.new(source)[0] = 9
    assert source[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1,), "start offset of Int16Array should be a multiple of 2"),
        ((8,), "outside the bounds"),
        ((0, 4), "Invalid typed array length"),
    ],
)
def test_view_outside_the_buffer_is_a_range_error(arguments, message):
    with pytest.raises(JsException, match=message) as raised:
        js.Int16Array.new(ArrayBuffer.new(6), *arguments)
    assert raised.value.name == "RangeError"


def test_odd_buffer_for_wide_elements():
    with pytest.raises(JsException, match="byte length of Int16Array should be a multiple of 2"):
        js.Int16Array.new(ArrayBuffer.new(3))


@pytest.mark.parametrize("length", [-1, 2**40, "-5"])
def test_impossible_length(length):
    with pytest.raises(JsException, match="Invalid typed array length"):
        Uint8Array.new(length)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("Uint8Array", 300, 44),
        ("Uint8Array", -1, 255),
        ("Uint8Array", 1.9, 1),
        ("Uint8Array", "7", 7),
        ("Uint8Array", math.nan, 0),
        ("Uint8Array", math.inf, 0),
        ("Int8Array", 200, -56),
        ("Int16Array", 40000, -25536),
        ("Uint8ClampedArray", 300, 255),
        ("Uint8ClampedArray", 1.5, 2),
        ("Uint8ClampedArray", -3, 0),
        ("BigInt64Array", 2**63, -(2**63)),
        ("Float32Array", 1e300, math.inf),
        ("Float32Array", 0.5, 0.5),
        ("Float16Array", 1.5, 1.5),
        ("Float16Array", 1e9, math.inf),
    ],
)
def test_numbers_that_do_not_fit(kind, value, stored):
    assert getattr(js, kind).new([value])[0] == stored


def test_big_int_array_takes_no_fractions():
    with pytest.raises(JsException, match=r"Cannot convert 1\.5 to a BigInt"):
        js.BigInt64Array.new([1.5])


def test_integral_floats_read_as_int():
    assert type(js.Float64Array.new([2])[0]) is int


def test_slices_are_not_implemented_as_in_pyodide():
    with pytest.raises(NotImplementedError):
        Uint8Array.new(3)[0:1]


def test_index_out_of_range():
    with pytest.raises(IndexError):
        Uint8Array.new(1)[1]


def test_subarray_shares_and_slice_copies():
    source = Uint8Array.new([1, 2, 3])
    source.subarray(1)[0] = 9
    source.slice(1)[0] = 5
    assert list(source) == [1, 9, 3]


def test_set_copies_at_an_offset():
    target = Uint8Array.new(3)
    target.set([1, 2], 1)
    assert list(target) == [0, 1, 2]


def test_set_beyond_the_end():
    with pytest.raises(JsException, match="offset is out of bounds"):
        Uint8Array.new(1).set([1, 2])


def test_of_and_from():
    assert list(Uint8Array.of(1, 2)) == list(Uint8Array.from_([1, 2])) == [1, 2]


def test_array_methods_work_on_elements():
    source = Uint8Array.new([3, 1, 2])
    assert (source.indexOf(1), source.join("-"), source.includes(2), 3 in source) == (1, "3-1-2", True, True)
    assert list(source.toSorted()) == [1, 2, 3]
    assert list(source.map(lambda v, _i, _a: v * 2)) == [6, 2, 4]


def test_copies_do_not_share():
    source = Uint8Array.new([1])
    view = source.to_memoryview()
    view[0] = 5
    assert source[0] == 1


def test_memoryview_has_the_element_type():
    assert js.Int16Array.new([1, 2]).to_py().format == "h"


def test_assign_and_assign_to():
    target = Uint8Array.new(2)
    target.assign(b"ab")
    taken = bytearray(2)
    target.assign_to(taken)
    assert taken == b"ab"


def test_assign_of_another_size():
    with pytest.raises(ValueError, match="cannot assign from buffer of length 1"):
        Uint8Array.new(2).assign(b"a")


def test_to_string_and_files():
    data = Uint8Array.new(b"h\xc3\xa9")
    out = io.BytesIO()
    data.to_file(out)
    assert (data.to_string(), out.getvalue()) == ("hé", b"h\xc3\xa9")


def test_bytes_of_an_array():
    assert bytes(Uint8Array.new([1, 2])) == b"\x01\x02"


def test_kinds_for_isinstance():
    assert isinstance(Uint8Array.new(1), JsTypedArray)
    assert isinstance(ArrayBuffer.new(1), JsBuffer)
    assert not isinstance(ArrayBuffer.new(1), JsTypedArray)


def test_array_buffer_slice_copies():
    source = Uint8Array.new([1, 2, 3]).buffer
    assert source.slice(1).to_bytes() == b"\x02\x03"


def test_array_buffer_has_no_length():
    with pytest.raises(TypeError):
        len(ArrayBuffer.new(1))


def test_is_view():
    assert [
        ArrayBuffer.isView(x) for x in (Uint8Array.new(1), DataView.new(ArrayBuffer.new(1)), ArrayBuffer.new(1))
    ] == [True, True, False]


def test_base64_and_hex():
    data = Uint8Array.new(b"\xfb\xff")
    assert (data.toBase64(), data.toBase64(alphabet="base64url", omitPadding=True), data.toHex()) == (
        "+/8=",
        "-_8",
        "fbff",
    )
    assert (
        Uint8Array.fromBase64("-_8", alphabet="base64url").to_bytes()
        == Uint8Array.fromHex("fbff").to_bytes()
        == b"\xfb\xff"
    )


def test_data_view_is_big_endian_by_default():
    view = DataView.new(ArrayBuffer.new(4))
    view.setUint16(0, 0x0102)
    view.setUint16(2, 0x0102, True)
    assert view.buffer.to_bytes() == b"\x01\x02\x02\x01"
    assert view.getUint16(2, True) == 0x0102


def test_data_view_refuses_to_leave_its_range():
    view = DataView.new(ArrayBuffer.new(8), 2, 2)
    with pytest.raises(JsException, match="RangeError"):
        view.getUint32(0)


@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=64))
def test_elements_are_what_struct_reads(kind, data):
    code = KINDS[kind]
    size = struct.calcsize(code)
    data = data[: len(data) // size * size]
    expected = struct.unpack(f"={len(data) // size}{code}", data)
    found = tuple(getattr(js, kind).new(ArrayBuffer.from_bytes(data)))
    assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, expected, strict=True))


@given(st.integers(), st.sampled_from(["Int8", "Uint8", "Int16", "Uint16", "Int32", "Uint32"]))
def test_integers_wrap_as_in_javascript(value, kind):
    bits = int("".join(filter(str.isdigit, kind)))
    wrapped = value % 2**bits if -(2**53) < value < 2**53 else int(float(value)) % 2**bits
    if kind.startswith("I") and wrapped >= 2 ** (bits - 1):
        wrapped -= 2**bits
    assert getattr(js, f"{kind}Array").new([value])[0] == wrapped


@given(st.lists(st.integers(0, 255)), st.integers(-20, 20), st.integers(-20, 20))
def test_slice_is_pythons_slice(values, start, end):
    assert list(Uint8Array.new(values).slice(start, end)) == values[start:end]
    assert list(Uint8Array.new(values).subarray(start, end)) == values[start:end]
