"""`Intl`; the tables hold what workerd printed."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path

import babel
import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import Array, Date, Intl, Number, Object, String
from pyodide.ffi import JsException

from pywrangler.runtime.js.intl import corrections

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "intl_expected.json").read_text(encoding="utf-8"))
NEWER = json.loads((HERE / "intl_newer_expected.json").read_text(encoding="utf-8"))
ORDER = json.loads((HERE / "collation_expected.json").read_text(encoding="utf-8"))


def answer(kind, service, value):
    if kind == "PluralRules":
        return service.select(value)
    if kind == "DisplayNames":
        return service.of(value)
    if kind == "DurationFormat":
        return service.format(Object.new(**value))
    if kind == "ListFormat":
        return service.format(Array.of(*value))
    if kind == "Range":
        return service.formatRange(*value)
    return service.format(*value) if isinstance(value, list) else service.format(value)


@pytest.mark.parametrize(
    ("kind", "locale", "options", "values", "expected"),
    EXPECTED,
    ids=[f"{row[0]} {row[1]} {json.dumps(row[2])}" for row in EXPECTED],
)
def test_as_workerd_writes_it(kind, locale, options, values, expected):
    service = getattr(Intl, kind).new(locale, **options)
    assert [answer(kind, service, value) for value in values] == expected


@pytest.mark.parametrize(
    ("kind", "locale", "options", "values", "expected"),
    NEWER,
    ids=[f"{row[0]} {row[1]} {json.dumps(row[2])} {row[3][0]}" for row in NEWER],
)
def test_data_of_a_newer_cldr_are_those_of_workerd(kind, locale, options, values, expected):
    """One row for each correction; printed by workerd in wrangler 4.164."""
    service = getattr(Intl, "DateTimeFormat" if kind == "Range" else kind).new(locale, **options)
    assert [answer(kind, service, value) for value in values] == expected


def test_the_data_that_user_code_gets_from_babel_stay_as_they_are():
    before = str(babel.Locale.parse("fr").datetime_skeletons["H"].pattern)
    assert Intl.DateTimeFormat.new("fr", hour="numeric", timeZone="UTC").format(0) == "00 h"
    assert str(babel.Locale.parse("fr").datetime_skeletons["H"].pattern) == before == "HH"


def test_a_correction_holds_for_languages_that_inherit_and_for_no_other_value(monkeypatch):
    lines = (("days/format/wide/0", "lundi", "Monday"), ("months/format/wide/1", "Januar", "x"), ("no/such", None, "x"))
    monkeypatch.setitem(corrections.CORRECTIONS, "fr", lines)
    locale = babel.Locale.parse("fr_CH")
    corrections.correct(locale)
    assert locale.days["format"]["wide"][0] == "Monday"
    assert locale.months["format"]["wide"][1] == "janvier"
    assert babel.Locale.parse("fr_CH").days["format"]["wide"][0] == "lundi"


@pytest.mark.parametrize(("locale", "options", "rows"), ORDER, ids=[f"{row[0]} {json.dumps(row[1])}" for row in ORDER])
def test_order_as_workerd_has_it(locale, options, rows):
    compare = Intl.Collator.new(locale, **options).compare
    assert [compare(left, right) for left, right, _ in rows] == [expected for *_, expected in rows]


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_order_is_an_order(left, middle, right):
    compare = Intl.Collator.new("en").compare
    assert compare(left, right) == -compare(right, left)
    if compare(left, middle) <= 0 and compare(middle, right) <= 0:
        assert compare(left, right) <= 0


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_number_without_separators_can_be_read_again(value):
    text = Intl.NumberFormat.new("en", useGrouping=False, maximumFractionDigits=20).format(value)
    assert math.isclose(float(text), value, rel_tol=1e-12, abs_tol=1e-18)


@given(st.text(alphabet="enUSdhansu-cox1", max_size=14))
def test_any_tag_is_canonical_or_a_range_error(text):
    with contextlib.suppress(JsException):
        found = Intl.getCanonicalLocales(text)[0]
        assert Intl.getCanonicalLocales(found)[0] == found


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: Number.new(1234.5).toLocaleString(), "1,234.5"),
        (lambda: Number.new(1234.5).toLocaleString("de-DE"), "1.234,5"),
        (lambda: js.BigInt.prototype.toLocaleString.call(js.BigInt(1234567890123), "en-IN"), "12,34,56,78,90,123"),
        (lambda: Date.new(0).toLocaleString(), "1/1/1970, 12:00:00 AM"),
        (lambda: Date.new(0).toLocaleDateString(), "1/1/1970"),
        (lambda: Date.new(0).toLocaleTimeString(), "12:00:00 AM"),
        (
            lambda: Date.new(0).toLocaleDateString(
                "de-DE", weekday="long", year="numeric", month="long", day="numeric"
            ),
            "Donnerstag, 1. Januar 1970",
        ),
        (lambda: Date.new(0).toLocaleTimeString("en-US", hour="2-digit", minute="2-digit"), "12:00 AM"),
        (lambda: Date.new(0).toLocaleString("en-US", timeZone="America/New_York"), "12/31/1969, 7:00:00 PM"),
        (lambda: Date.new(math.nan).toLocaleString(), "Invalid Date"),
        (lambda: Date.new(0).toLocaleDateString("en", hour="numeric"), "1/1/1970, 12 AM"),
        (lambda: Date.new(0).toLocaleTimeString("en", month="long"), "January at 12:00:00 AM"),
        (lambda: Date.new(0).toLocaleString("en", month="long"), "January"),
        (lambda: Array.of(1234.5, Date.new(0)).toLocaleString(), "1,234.5,1/1/1970, 12:00:00 AM"),
        (lambda: String.new("abc").localeCompare("abd"), -1),
        (lambda: String.new("I").toLocaleLowerCase("tr"), "ı"),  # noqa: RUF001
        (lambda: String.new("i").toLocaleUpperCase("tr"), "İ"),
        (lambda: Intl.DateTimeFormat().resolvedOptions().timeZone, "UTC"),
        (lambda: list(Intl.getCanonicalLocales(Array.of("EN-us", "zh-hans-cn"))), ["en-US", "zh-Hans-CN"]),
        (lambda: list(Intl.DateTimeFormat.supportedLocalesOf(Array.of("de", "xx", "en-ZZ", "tlh"))), ["de", "en-ZZ"]),
        (lambda: Intl.NumberFormat.new("en").formatRange(1, 5), "1\u20135"),
        (lambda: Intl.NumberFormat.new("en", style="currency", currency="USD").formatRange(1, 5), "$1.00 \u2013 $5.00"),
        (lambda: Intl.NumberFormat.new("en").formatRange(1, 1), "~1"),
        (
            lambda: Intl.DateTimeFormat.new("en", dateStyle="medium").formatRange(0, 86400000 * 3),
            "Jan 1 \u2013 4, 1970",
        ),
        (
            lambda: Intl.DateTimeFormat.new("en", dateStyle="medium").formatRange(0, 86400000 * 400),
            "Jan 1, 1970 \u2013 Feb 5, 1971",
        ),
        (lambda: Intl.DateTimeFormat.new("en", timeStyle="short").formatRange(0, 10800000), "12:00 \u2013 3:00 AM"),
        (lambda: Intl.DateTimeFormat.new("en", timeStyle="short").formatRange(0, 54000000), "12:00 AM \u2013 3:00 PM"),
        (lambda: Intl.DateTimeFormat.new("en").formatRange(0, 0), "1/1/1970"),
        (
            lambda: Intl.DateTimeFormat.new("de", dateStyle="long").formatRange(0, 86400000 * 3),
            "1.\u20134. Januar 1970",
        ),
        (lambda: Intl.PluralRules.new("en").selectRange(1, 2), "other"),
        (lambda: list(Intl.PluralRules.new("ar").resolvedOptions().pluralCategories)[:3], ["zero", "one", "two"]),
        (lambda: Intl.Locale.new("zh").maximize().toString(), "zh-Hans-CN"),
        (lambda: Intl.Locale.new("zh-Hant-TW").minimize().toString(), "zh-TW"),
        (lambda: Intl.Locale.new("en", region="GB", hourCycle="h12").toString(), "en-GB-u-hc-h12"),
        (lambda: Intl.Locale.new("en-US").getWeekInfo().firstDay, 7),
        (lambda: Intl.Locale.new("ar").getTextInfo().direction, "rtl"),
        (lambda: list(Intl.Locale.new("de").getHourCycles()), ["h23"]),
        (lambda: list(Intl.Locale.new("de-DE").getTimeZones()), ["Europe/Berlin", "Europe/Busingen"]),
        (lambda: "USD" in list(Intl.supportedValuesOf("currency")), True),
        (lambda: Intl.DisplayNames.new("en", type="region").of("ZZ"), "Unknown Region"),
        (lambda: Intl.DisplayNames.new("en", type="region", fallback="none").of("QQ"), None),
    ],
)
def test_values(call, expected):
    assert call() == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Intl.getCanonicalLocales("not_a_locale"), "RangeError: Invalid language tag: not_a_locale"),
        (
            lambda: Intl.NumberFormat.new("en", style="currency"),
            "TypeError: Currency code is required with currency style",
        ),
        (lambda: Intl.NumberFormat.new("en", currency="XX"), "RangeError: Invalid currency code : XX"),
        (
            lambda: Intl.NumberFormat.new("en", style="unit", unit="foo"),
            "RangeError: Invalid unit argument for Intl.Num",
        ),
        (lambda: Intl.NumberFormat.new("en", maximumFractionDigits=101), "maximumFractionDigits value is out of range"),
        (
            lambda: Intl.NumberFormat.new("en", style="foo"),
            "RangeError: Value foo out of range for Intl.NumberFormat opt",
        ),
        (lambda: Intl.DateTimeFormat.new("en", timeZone="Foo/Bar"), "RangeError: Invalid time zone specified: Foo/Bar"),
        (
            lambda: Intl.DateTimeFormat.new("en", dateStyle="short", year="numeric"),
            "TypeError: Invalid option : option",
        ),
        (lambda: Date.new(0).toLocaleDateString("en", timeStyle="short"), "TypeError: Invalid option : timeStyle"),
        (lambda: Intl.DateTimeFormat.new("en").format(math.nan), "RangeError: Invalid time value"),
        (lambda: Intl.DateTimeFormat.new("th"), "the calendar 'buddhist' is not available locally"),
        (
            lambda: Intl.RelativeTimeFormat.new("en").format(1, "foo"),
            "RangeError: Invalid unit argument for Intl.Relativ",
        ),
        (
            lambda: Intl.RelativeTimeFormat.new("en").format(math.inf, "day"),
            "RangeError: Value need to be finite number",
        ),
        (
            lambda: Intl.RelativeTimeFormat.new("sl", numeric="auto").format(1, "day"),
            "words of 'sl' for near times are not",
        ),
        (lambda: Intl.ListFormat.new("en").format(Array.of(1)), "TypeError: Iterable yielded 1 which is not a string"),
        (lambda: Intl.DisplayNames.new("en"), "TypeError: invalid_argument"),
        (lambda: Intl.DisplayNames.new("en", type="region").of("USA1"), "RangeError: invalid_argument"),
        (lambda: Intl.DisplayNames.new("de", type="calendar").of("gregory"), "are available locally in English only"),
        (
            lambda: Intl.Collator.new("en", sensitivity="x"),
            "RangeError: Value x out of range for Intl.Collator options",
        ),
        (
            lambda: Intl.Collator.new("zh").compare("中", "日"),
            "the order of Chinese characters in 'zh' is not available",
        ),
        (
            lambda: Intl.Segmenter.new("ja", granularity="word").segment("日本"),
            "words of scripts without spaces need a dict",
        ),
        (lambda: Intl.DurationFormat.new("en").format(Object.new(hours=1, days=-1)), "its parts differ in sign"),
        (lambda: Intl.supportedValuesOf("x"), "RangeError: Invalid key : x"),
        (Intl.PluralRules, "Class constructor PluralRules cannot be invoked without 'new'"),
    ],
)
def test_refusals(call, message):
    with pytest.raises((JsException, TypeError), match=message):
        call()


def described(parts):
    return [(part.type, part.value) for part in parts]


def test_parts_of_a_number():
    assert described(Intl.NumberFormat.new("en", style="currency", currency="USD").formatToParts(-1234.5)) == [
        ("minusSign", "-"), ("currency", "$"), ("integer", "1"), ("group", ","), ("integer", "234"), ("decimal", "."),
        ("fraction", "50"),
    ]  # fmt: skip
    assert described(Intl.NumberFormat.new("en", notation="compact").formatToParts(1500))[-1] == ("compact", "K")
    assert described(Intl.NumberFormat.new("en", style="unit", unit="liter").formatToParts(5)) == [
        ("integer", "5"), ("literal", " "), ("unit", "L"),
    ]  # fmt: skip


def test_parts_of_dates_times_and_lists():
    parts = described(Intl.DateTimeFormat.new("ja", dateStyle="full").formatToParts(0))
    assert parts == [
        ("year", "1970"), ("literal", "年"), ("month", "1"), ("literal", "月"), ("day", "1"), ("literal", "日"),
        ("weekday", "木曜日"),
    ]  # fmt: skip
    relative = Intl.RelativeTimeFormat.new("en").formatToParts(-3, "day")
    assert [(part.type, part.value) for part in relative] == [("integer", "3"), ("literal", " days ago")]
    assert described(Intl.ListFormat.new("en").formatToParts(Array.of("a", "b"))) == [
        ("element", "a"), ("literal", " and "), ("element", "b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (
            Intl.NumberFormat,
            {
                "locale": "en-US", "numberingSystem": "latn", "style": "decimal", "minimumIntegerDigits": 1,
                "minimumFractionDigits": 0, "maximumFractionDigits": 3, "useGrouping": "auto", "notation": "standard",
                "signDisplay": "auto", "roundingIncrement": 1, "roundingMode": "halfExpand",
                "roundingPriority": "auto", "trailingZeroDisplay": "auto",
            },
        ),
        (
            lambda: Intl.DateTimeFormat.new("en", hour="numeric", minute="numeric"),
            {
                "locale": "en", "calendar": "gregory", "numberingSystem": "latn", "timeZone": "UTC",
                "hourCycle": "h12", "hour12": True, "hour": "numeric", "minute": "2-digit",
            },
        ),
        (
            Intl.Collator,
            {
                "locale": "en-US", "usage": "sort", "sensitivity": "variant", "ignorePunctuation": False,
                "collation": "default", "numeric": False, "caseFirst": "false",
            },
        ),
    ],
)  # fmt: skip
def test_resolved_options(service, expected):
    assert service().resolvedOptions().to_py() == expected


def test_segments():
    graphemes = [part.segment for part in Intl.Segmenter.new("en").segment("a👨\u200d👩\u200d👧e\u0301")]
    assert graphemes == ["a", "👨\u200d👩\u200d👧", "e\u0301"]
    words = Intl.Segmenter.new("en", granularity="word").segment("Hello, big world! 3.5 it's")
    assert [part.segment for part in words if part.isWordLike] == ["Hello", "big", "world", "3.5", "it's"]
    assert words.containing(8).segment == "big"
    sentences = Intl.Segmenter.new("en", granularity="sentence").segment("Hello. How are you? Fine.")
    assert [part.segment for part in sentences] == ["Hello. ", "How are you? ", "Fine."]


def test_compare_can_be_given_to_sort():
    words = Array.of("zebra", "Äpfel", "apple", "Zebra")
    assert list(words.sort(Intl.Collator.new("en").compare)) == ["Äpfel", "apple", "zebra", "Zebra"]


def test_unknown_name_of_intl():
    with pytest.raises(AttributeError, match="Intl has no property 'NumberFormatter'"):
        _ = Intl.NumberFormatter
