"""`create_proxy(data).getBuffer()`.

Recorded from Pyodide 0.28.3 under Node.js 22, by reading these attributes of what it returns.
"""

from __future__ import annotations

import array

import pytest
from pyodide.ffi import JsException, create_proxy

TABLE = [
    # object, String(data), constructor, shape, strides, format, readonly, itemsize
    (b"abc", "97,98,99", "Uint8Array", [3], [1], "B", True, 1),
    (bytearray(b"x"), "120", "Uint8Array", [1], [1], "B", False, 1),
    (memoryview(b"yz"), "121,122", "Uint8Array", [2], [1], "B", True, 1),
    (b"", "", "Uint8Array", [0], [1], "B", True, 1),
    (array.array("d", [1, 2]), "1,2", "Float64Array", [2], [1], "d", False, 8),
]


@pytest.mark.parametrize(("value", "text", "kind", "shape", "strides", "code", "readonly", "size"), TABLE)
def test_memory_of_python_objects(value, text, kind, shape, strides, code, readonly, size):
    buffer = create_proxy(value).getBuffer()
    assert str(buffer.data) == text
    assert buffer.data.constructor.name == kind
    assert (buffer.shape.to_py(), buffer.strides.to_py(), buffer.format) == (shape, strides, code)
    assert (bool(buffer.readonly), buffer.itemsize, buffer.nbytes, buffer.ndim) == (readonly, size, size * shape[0], 1)
    assert buffer.c_contiguous
    assert buffer.f_contiguous
    assert buffer.offset == 0
    buffer.release()


@pytest.mark.parametrize("value", [[1], "text", 5, None])
def test_what_has_no_memory_has_no_buffer(value):
    with pytest.raises(AttributeError, match="getBuffer"):
        create_proxy(value).getBuffer()


def test_it_outlives_the_proxy_but_cannot_be_asked_for_afterwards():
    proxy = create_proxy(b"abc")
    buffer = proxy.getBuffer()
    proxy.destroy()
    assert buffer.data.to_bytes() == b"abc"
    with pytest.raises(JsException, match="already been destroyed"):
        proxy.getBuffer()


@pytest.mark.parametrize(("kind", "name"), [("u8", "Uint8Array"), ("f64", "Float64Array"), ("dataview", "DataView")])
def test_the_kind_of_its_data_may_be_chosen(kind, name):
    assert create_proxy(array.array("d", [1])).getBuffer(kind).data.constructor.name == name


def test_an_unknown_kind_is_refused():
    with pytest.raises(JsException, match="Unknown type nope"):
        create_proxy(b"a").getBuffer("nope")


def test_what_javascript_writes_shows_in_a_bytearray():
    data = bytearray(3)
    create_proxy(data).getBuffer().data.fill(7)
    assert data == b"\7\7\7"
