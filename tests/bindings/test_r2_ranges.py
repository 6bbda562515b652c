"""Which bytes a `get` gives; the reference is what wrangler 4.164 answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.bindings.r2.ranges import Slice, parse_header
from pywrangler.bindings.r2.refusals import Refused
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import plain

TEXT = "0123456789"
NOT_SATISFIABLE = "Error: get: The requested range is not satisfiable (10039)"
NO_RANGE = (
    "TypeError: Incorrect type for the 'range' field on 'GetOptions': "
    "the provided value is not of type 'Range or Headers'."
)
START = "RangeError: Invalid range. Starting offset ({}) must be greater than or equal to 0."
NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture
def get(bind, run_async):
    """Return `get(range, content)`: offset, length and text, or the text of the error."""
    bucket = bind("r2_buckets", "BUCKET")

    def go(wanted, content=TEXT):
        async def main():
            await bucket.put("k", content)
            try:
                found = await bucket.get("k", range=wanted)
            except JsException as problem:
                return str(problem)
            return found.range.offset, found.range.length, await found.text()

        return run_async(main())

    return go


@pytest.mark.parametrize(
    ("wanted", "offset", "text"),
    [
        ({"offset": 3}, 3, "3456789"),
        ({"length": 3}, 0, "012"),
        ({"offset": 3, "length": 3}, 3, "345"),
        ({"offset": 3, "length": 300}, 3, "3456789"),
        ({"offset": 9, "length": 1}, 9, "9"),
        ({"suffix": 3}, 7, "789"),
        ({"suffix": 30}, 0, TEXT),
        ({"suffix": INFINITY}, 0, TEXT),
        ({"length": INFINITY}, 0, TEXT),
        ({"offset": "2", "length": "3"}, 2, "234"),
        ({"offset": True}, 1, "123456789"),
        ({"offset": jsnull, "length": 2}, 0, "01"),
        ({"offset": 3, "length": None, "suffix": None}, 3, "3456789"),
        ({}, 0, TEXT),
        ({"range": "bytes=2-3"}, 0, TEXT),
    ],
)
def test_a_range_is_normalised(get, wanted, offset, text):
    assert get(plain(wanted)) == (offset, len(text), text)


@pytest.mark.parametrize("wanted", [None, jsnull, JsDate.new(0), Headers.new()])
def test_no_range_is_everything(get, wanted):
    assert get(wanted) == (0, 10, TEXT)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"suffix": 0}, NOT_SATISFIABLE),
        ({"suffix": jsnull}, NOT_SATISFIABLE),
        ({"offset": 10}, NOT_SATISFIABLE),
        ({"offset": 10, "length": 1}, NOT_SATISFIABLE),
        ({"offset": 11}, NOT_SATISFIABLE),
        ({"offset": INFINITY}, NOT_SATISFIABLE),
        ({"offset": 2**53}, NOT_SATISFIABLE),
        ({"length": 0}, NOT_SATISFIABLE),
        ({"offset": 3, "length": jsnull}, NOT_SATISFIABLE),
        ({"offset": -1}, START.format(-1)),
        ({"offset": "x"}, START.format("nan")),
        ({"offset": NAN}, START.format("nan")),
        ({"offset": plain({})}, START.format("nan")),
        ({"offset": 1.7}, "RangeError: Invalid range. Starting offset (1.7) must be an integer, not floating point."),
        ({"length": -1}, "RangeError: Invalid range. Length (-1) must be greater than or equal to 0."),
        ({"length": 1.5}, "RangeError: Invalid range. Length (1.5) must be an integer, not floating point."),
        ({"suffix": -1}, "RangeError: Invalid suffix. Suffix (-1) must be greater than or equal to 0."),
        ({"suffix": NAN}, "RangeError: Invalid suffix. Suffix (nan) must be greater than or equal to 0."),
        ({"suffix": 1.5}, "RangeError: Invalid range. Suffix (1.5) must be an integer, not floating point."),
        ({"suffix": 3, "offset": 1}, "TypeError: Suffix is incompatible with offset."),
        ({"suffix": jsnull, "offset": 1}, "TypeError: Suffix is incompatible with offset."),
        ({"suffix": 3, "length": 1}, "TypeError: Suffix is incompatible with length."),
    ],
)
def test_a_range_that_cannot_be_had(get, wanted, message):
    assert get(plain(wanted)) == message


@pytest.mark.parametrize("wanted", [5, "bytes=0-1", True])
def test_what_is_no_range(get, wanted):
    assert get(wanted) == NO_RANGE


@pytest.mark.parametrize("wanted", [{}, {"offset": 0}, {"suffix": 4}])
def test_nothing_has_no_ranges(get, wanted):
    assert get(plain(wanted), "") == NOT_SATISFIABLE


@pytest.mark.parametrize(
    ("header", "offset", "text"),
    [
        ("bytes=2-4", 2, "234"),
        ("BYTES = 2-4", 2, "234"),
        (" bytes= 2 - 4 ", 2, "234"),
        ("bytes=2-", 2, "23456789"),
        ("bytes=-3", 7, "789"),
        ("bytes=8-50", 8, "89"),
        ("bytes=3-3", 3, "3"),
        ("bytes=0-", 0, TEXT),
        ("bytes=-50", 0, TEXT),
        (f"bytes=8-{'9' * 5000}", 8, "89"),
        # What is malformed, several, or outside: everything.
        ("bytes=-0", 0, TEXT),
        ("bytes=0-1,3-4", 0, TEXT),
        ("bytes=0-4,5-9", 0, TEXT),
        ("bytes=0-1,", 0, TEXT),
        ("bytes=5-2", 0, TEXT),
        ("bytes=10-12", 0, TEXT),
        (f"bytes={'9' * 5000}-", 0, TEXT),
        ("bytes=\t2-4", 0, TEXT),
        ("bytes=", 0, TEXT),
        ("bytes=-", 0, TEXT),
        ("bytes=0x1-4", 0, TEXT),
        ("bytes=+1-4", 0, TEXT),
        ("bytes=\u0661-\u0664", 0, TEXT),
        ("items=0-1", 0, TEXT),
        ("bla", 0, TEXT),
        ("", 0, TEXT),
    ],
)
def test_a_range_header(get, header, offset, text):
    assert get(Headers.new([["range", header]])) == (offset, len(text), text)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5", "bytes=0-0"])
def test_a_range_header_for_nothing(get, header):
    assert get(Headers.new([["range", header]]), "") == (0, 0, "")


numbers = st.none() | st.integers(0, 40)


@given(size=st.integers(0, 30), offset=numbers, length=numbers)
def test_a_slice_is_what_python_takes_it_for(size, offset, length):
    data = bytes(range(size))
    start = offset or 0
    expected = data[start:] if length is None else data[start : start + length]
    try:
        first, count = Slice(offset, length).resolve(size)
    except Refused:
        assert not expected
    else:
        assert data[first : first + count] == expected != b""


@given(size=st.integers(0, 30), suffix=st.integers(0, 40))
def test_a_suffix_is_the_end(size, suffix):
    data = bytes(range(size))
    try:
        first, count = Slice(suffix=suffix).resolve(size)
    except Refused:
        assert not size or not suffix
    else:
        assert data[first : first + count] == data[-suffix:]


@given(text=st.text("bytes=-, 0123456789x") | st.from_regex(r"bytes=\d*-\d*", fullmatch=True), size=st.integers(0, 50))
def test_any_header_gives_bytes_of_the_object(text, size):
    found = parse_header(text, size)
    if found is not None:
        offset, length = found
        assert 0 <= offset < offset + length <= size
