from __future__ import annotations

import math
from datetime import UTC, datetime

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import Date
from pyodide.ffi import JsException

from pywrangler.runtime.js.date import from_datetime, to_datetime


def test_now_is_int_milliseconds():
    assert type(Date.now()) is int


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-01-31", "2024-01-31T00:00:00.000Z"),
        ("2024", "2024-01-01T00:00:00.000Z"),
        ("2024-02-29T12:30", "2024-02-29T12:30:00.000Z"),
        ("2024-01-31T10:00:00.1239Z", "2024-01-31T10:00:00.123Z"),
        ("2024-01-31T10:00:00+02:00", "2024-01-31T08:00:00.000Z"),
        ("2024-01-31T24:00:00Z", "2024-02-01T00:00:00.000Z"),
        ("+012024-01-01", "+012024-01-01T00:00:00.000Z"),
        ("Wed, 31 Jan 2024 12:00:00 GMT", "2024-01-31T12:00:00.000Z"),
    ],
)
def test_parse(text, iso):
    assert Date.new(text).toISOString() == iso


@pytest.mark.parametrize("text", ["", "nonsense", "2024-13-01", "2024-02-30", "2024-01-01T25:00", "-000000-01-01"])
def test_what_is_no_date_is_nan(text):
    assert math.isnan(Date.parse(text))


def test_invalid_date_has_no_iso_text():
    with pytest.raises(JsException, match="RangeError: Invalid time value"):
        Date.new("x").toISOString()


def test_invalid_date_as_text():
    assert str(Date.new(js.NaN)) == "Invalid Date"


def test_parts_count_months_from_zero():
    assert Date.new(2024, 0, 31, 5).toISOString() == "2024-01-31T05:00:00.000Z"


def test_parts_roll_over():
    assert Date.new(2024, 13, 0).toISOString() == "2025-01-31T00:00:00.000Z"


def test_getters():
    date = Date.new("2024-01-31T10:20:30.456Z")
    assert [
        date.getFullYear(),
        date.getMonth(),
        date.getDate(),
        date.getDay(),
        date.getUTCHours(),
        date.getMilliseconds(),
    ] == [
        2024,
        0,
        31,
        3,
        10,
        456,
    ]


def test_setters_roll_over_and_return_the_value():
    date = Date.new("2024-01-31T00:00:00Z")
    assert date.setMonth(1) == date.getTime()
    assert date.toISOString() == "2024-03-02T00:00:00.000Z"


def test_texts():
    date = Date.new(0)
    assert date.toUTCString() == "Thu, 01 Jan 1970 00:00:00 GMT"
    assert str(date) == "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)"
    assert date.toLocaleString() == "1/1/1970, 12:00:00 AM"


def test_dates_compare_by_value_but_equal_by_identity():
    assert Date.new(1) < Date.new(2)
    assert Date.new(1) != Date.new(1)


def test_time_beyond_the_limit_is_invalid():
    assert math.isnan(Date.new(8.64e15 + 1).getTime())


@given(st.integers(-8_640_000_000_000_000, 8_640_000_000_000_000))
def test_iso_text_reads_back(milliseconds):
    assert Date.parse(Date.new(milliseconds).toISOString()) == milliseconds


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_parts_agree_with_datetime(moment):
    date = Date.new(round(moment.timestamp() * 1000))
    found = datetime(date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), tzinfo=UTC)
    assert abs((moment - found).total_seconds()) <= 3600


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_naive_datetime_is_local_time_and_back(moment):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, fold=0)
    assert abs((to_datetime(from_datetime(moment)) - moment).total_seconds()) < 0.002
