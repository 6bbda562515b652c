"""`onlyIf` of `get` and `put`; the reference is what wrangler 4.164 answers."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.bindings.r2.conditions import ANY, Condition, Etag, parse_etags
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import plain

ETAG = "781e5e245d69b566979b86e28d23f2c7"  # of 0123456789
NOW = 1_800_000_000_250
PAST, FUTURE = JsDate.new("2000-01-01"), JsDate.new("2100-01-01")
PAST_TEXT, FUTURE_TEXT = PAST.toUTCString(), FUTURE.toUTCString()
BAD_ETAG = "Error: Invalid ETag in if-match header"
WEAK = "Error: Weak etags must start with W/ and their value must be quoted"
OTHERWISE = "This would otherwise indicate the start of a new"
COMMA = "Error: Comma was expected to separate etags. Encountered a "


def no_field(name, kind):
    where = f"the '{name}' field on 'Conditional'"
    return f"TypeError: Incorrect type for {where}: the provided value is not of type '{kind}'."


@pytest.fixture
def bucket(bind):
    return bind("r2_buckets", "BUCKET")


@pytest.fixture
def fits(bucket, run_async):
    """Return `fits(condition)`: whether a `get` gives a body, or the text of its error."""

    def go(condition):
        async def main():
            await bucket.put("k", "0123456789")
            try:
                found = await bucket.get("k", onlyIf=condition)
            except JsException as problem:
                return str(problem)
            assert found.key == "k"
            return hasattr(found, "body")

        return run_async(main())

    return go


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"etagMatches": ETAG}, True),
        ({"etagMatches": "x"}, False),
        ({"etagMatches": ""}, False),
        ({"etagMatches": "*"}, True),
        ({"etagMatches": f"x,{ETAG}"}, False),
        ({"etagMatches": f'W/"{ETAG}"'}, False),
        ({"etagMatches": f'"{ETAG}'}, False),
        ({"etagDoesNotMatch": ETAG}, False),
        ({"etagDoesNotMatch": "x"}, True),
        ({"etagDoesNotMatch": "*"}, False),
        ({"etagDoesNotMatch": f'W/"{ETAG}"'}, True),
        ({"uploadedBefore": FUTURE}, True),
        ({"uploadedBefore": PAST}, False),
        ({"uploadedAfter": PAST}, True),
        ({"uploadedAfter": FUTURE}, False),
        ({"uploadedAfter": 4e12}, False),
        ({"uploadedBefore": JsDate.new(NOW)}, False),
        ({"uploadedAfter": JsDate.new(NOW)}, False),
        ({"uploadedBefore": NOW + 1}, True),
        ({"uploadedAfter": NOW - 1}, True),
        ({"uploadedAfter": NOW - 1, "secondsGranularity": True}, False),
        ({"uploadedAfter": NOW - 251, "secondsGranularity": True}, True),
        ({"uploadedBefore": NOW + 1, "secondsGranularity": "yes"}, False),
        ({"uploadedBefore": NOW + 1, "secondsGranularity": jsnull}, True),
        ({"uploadedBefore": NOW + 1000, "secondsGranularity": True}, True),
        # An etag that decides makes the date beside it count no more.
        ({"etagMatches": ETAG, "uploadedBefore": PAST}, True),
        ({"etagMatches": "x", "uploadedBefore": FUTURE}, False),
        ({"etagDoesNotMatch": "x", "uploadedAfter": FUTURE}, True),
        ({"etagDoesNotMatch": ETAG, "uploadedAfter": PAST}, False),
    ],
)
def test_a_condition_as_an_object(fits, condition, expected):
    assert fits(plain(condition)) is expected


@pytest.mark.parametrize("condition", [None, jsnull, array([])])
def test_no_condition_always_holds(fits, condition):
    assert fits(condition) is True


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"etagMatches": f'"{ETAG}"'}, f'TypeError: Conditional ETag should not be wrapped in quotes ("{ETAG}").'),
        ({"etagDoesNotMatch": '"a","b"'}, 'TypeError: Conditional ETag should not be wrapped in quotes ("a","b").'),
        ({"etagMatches": array([ETAG])}, no_field("etagMatches", "string")),
        ({"etagMatches": 5}, no_field("etagMatches", "string")),
        ({"etagDoesNotMatch": jsnull}, no_field("etagDoesNotMatch", "string")),
        ({"uploadedAfter": "2100-01-01"}, no_field("uploadedAfter", "date")),
        ({"uploadedBefore": jsnull}, no_field("uploadedBefore", "date")),
        ({"uploadedAfter": True}, no_field("uploadedAfter", "date")),
        (
            {"uploadedAfter": JsDate.new("never")},
            "TypeError: The value cannot be converted because it is not a valid Date.",
        ),
    ],
)
def test_a_condition_that_is_none(fits, condition, message):
    assert fits(plain(condition)) == message


@pytest.mark.parametrize("condition", [5, "x"])
def test_a_primitive_is_no_condition(fits, condition):
    assert fits(condition) == (
        "TypeError: Incorrect type for the 'onlyIf' field on 'GetOptions': "
        "the provided value is not of type 'Conditional or Headers'."
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f'"{ETAG}"', True),
        (f' "{ETAG}" ', True),
        (f'W/"{ETAG}"', False),
        (f'"x", "{ETAG}"', True),
        (f'"x","{ETAG}" , W/"z"', True),
        (f'"a,b", "{ETAG}"', True),
        (f'"{ETAG}",,"x"', True),
        (f', "{ETAG}"', True),
        (',"x"', False),
        ('"x",', False),
        ('""', False),
        ("*", True),
        ("*x", True),
        (",*", True),
        ('"x", *', True),
        # It stops at what it does not know.
        (f'"a", x"{ETAG}"', False),
        (f'"a" x "{ETAG}"', False),
        (f'"a"b"{ETAG}"', False),
        (f'"a", w/"{ETAG}"', False),
        (ETAG, BAD_ETAG),
        ("", BAD_ETAG),
        (",", BAD_ETAG),
        ('x"', BAD_ETAG),
        ("x*", BAD_ETAG),
        (f'x, "{ETAG}"', BAD_ETAG),
        (f',x"{ETAG}"', BAD_ETAG),
        (f'w/"{ETAG}"', BAD_ETAG),
        ('"x', "Error: Unclosed double quote for Etag"),
        ('W/"abc', "Error: Unclosed double quote for Etag"),
        ("W", WEAK),
        ("W/x", WEAK),
        ('W/ "x"', WEAK),
        ('"a", Wx', WEAK),
        ('"x" *', f"{COMMA}wildcard character '*' instead."),
        (
            '"x" "y"',
            f"{COMMA}double quote character '\"' instead. {OTHERWISE} strong etag.",
        ),
        (
            'W/"x" W/"y"',
            f"{COMMA}weak quotation character 'W' instead. {OTHERWISE} weak etag.",
        ),
    ],
)
def test_a_header_with_etags(fits, header, expected):
    assert fits(Headers.new([["If-Match", header]])) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([["if-none-match", f'"{ETAG}"']], False),
        ([["if-none-match", f'W/"{ETAG}"']], False),
        ([["if-none-match", "*"]], False),
        ([["if-none-match", '"x"']], True),
        ([["if-none-match", ETAG]], "Error: Invalid ETag in if-none-match header"),
        ([["if-match", '"a"'], ["if-match", f'"{ETAG}"']], True),
        ([["if-modified-since", PAST_TEXT]], True),
        ([["if-modified-since", FUTURE_TEXT]], False),
        ([["if-modified-since", JsDate.new(NOW).toUTCString()]], False),
        ([["if-unmodified-since", PAST_TEXT]], False),
        ([["if-unmodified-since", FUTURE_TEXT]], True),
        ([["if-modified-since", "no date"]], True),
        ([["if-unmodified-since", "no date"]], False),
        ([["if-none-match", '"x"'], ["if-modified-since", FUTURE_TEXT]], True),
        ([["other", "x"]], True),
    ],
)
def test_a_condition_as_headers(fits, headers, expected):
    assert fits(Headers.new(headers)) == expected


def test_a_condition_is_tested_before_the_range(bucket, run_async):
    async def go():
        await bucket.put("k", "0123456789")
        found = await bucket.get("k", onlyIf=plain({"etagMatches": "x"}), range=plain({"offset": 100}))
        return found.range.offset, found.range.length, hasattr(found, "body"), hasattr(found, "text")

    assert run_async(go()) == (0, 10, False, False)


@pytest.mark.parametrize(
    ("condition", "is_new", "is_old"),
    [
        ({"etagMatches": "x"}, False, False),
        ({"etagMatches": "*"}, False, True),
        ({"etagDoesNotMatch": "*"}, True, False),
        ({"uploadedAfter": PAST}, False, True),
        ({"uploadedBefore": PAST}, True, False),
        ({"uploadedBefore": FUTURE}, True, True),
    ],
)
def test_a_put_with_a_condition_gives_null_if_it_does_not_hold(bucket, run_async, tmp_path, condition, is_new, is_old):
    async def go():
        await bucket.put("old", "old")
        outcomes = []
        for key in ("new", "old"):
            stored = await bucket.put(key, "written", onlyIf=plain(condition))
            outcomes.append(stored is not jsnull)
            there = await bucket.head(key)
            assert (there is not jsnull and there.size == len("written")) is outcomes[-1]
        return outcomes

    assert run_async(go()) == [is_new, is_old]
    assert len(list((tmp_path / "v3/r2/BUCKET/blobs").iterdir())) == 1 + is_new


def test_a_put_with_headers_creates_at_most_once(bucket, run_async):
    async def go():
        condition = Headers.new([["if-none-match", "*"]])
        first = await bucket.put("k", "one", onlyIf=condition)
        second = await bucket.put("k", "two", onlyIf=condition)
        return first.size, second, await (await bucket.get("k")).text()

    assert run_async(go()) == (3, jsnull, "one")


values = st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), max_size=5)
etags = st.builds(Etag, values, st.booleans())


@given(st.lists(etags, min_size=1), st.sampled_from([",", ", ", " ,\t", ",,"]))
def test_what_is_written_as_a_list_is_read_as_one(listed, separator):
    text = separator.join(f'{"W/" if item.is_weak else ""}"{item.value}"' for item in listed)
    assert parse_etags(text, "if-match") == tuple(listed)


@given(st.text('W/"*, \tab'))
def test_any_list_of_etags_is_read_or_refused(text):
    with contextlib.suppress(JsException):
        found = parse_etags(text, "if-match")
        assert found
        assert all(item is ANY or f'"{item.value}"' in text for item in found)


moments = st.none() | st.integers(0, 5000)
lists = st.none() | st.lists(st.just(ANY) | st.builds(Etag, st.sampled_from(["a", "b"]), st.booleans()), min_size=1)


@given(lists, lists, moments, moments, st.booleans(), st.sampled_from(["a", "b", "c"]), st.integers(0, 5000))
def test_conditions_follow_the_order_of_the_standard(matches, differs, before, after, whole, etag, uploaded):
    """RFC 9110, section 13.2.2: If-Match, else If-Unmodified-Since; then If-None-Match, else If-Modified-Since."""
    unit = 1000 if whole else 1
    if matches is not None:
        expected = any(item == ANY or item == Etag(etag) for item in matches)
    else:
        expected = before is None or uploaded // unit < before // unit
    if differs is not None:
        expected = expected and not any(item == ANY or item.value == etag for item in differs)
    else:
        expected = expected and (after is None or uploaded // unit > after // unit)
    condition = Condition(
        None if matches is None else tuple(matches), None if differs is None else tuple(differs), before, after, whole
    )
    assert condition.holds(etag, uploaded) is expected
