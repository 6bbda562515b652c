"""Listing a bucket; the reference is what wrangler 4.164 answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.bindings.r2.listing import follower
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import plain

KEYS = ["l/Z", "l/a", "l/b", "l/c/1", "l/c/2", "l/d", "l/é", "l/\uffee", "l/😀"]
FLAT = [key for key in KEYS if "/c/" not in key]
BAD_LIMIT = "Error: list: MaxKeys params must be positive integer <= 1000. (10022)"


def no_text(name):
    where = f"the '{name}' field on 'ListOptions'"
    return f"TypeError: Incorrect type for {where}: the provided value is not of type 'string'."


@pytest.fixture
def bucket(bind, run_async):
    bucket = bind("r2_buckets", "BUCKET")

    async def fill():
        for key in (*reversed(KEYS), "other", "l"):
            await bucket.put(key, key, httpMetadata=plain({"contentType": "t/t"}), customMetadata=plain({"of": key}))

    run_async(fill())
    return bucket


@pytest.fixture
def page(bucket, run_async):
    """Return `page(**options)`: keys, common beginnings, cursor; or the text of the error."""

    def go(**options):
        async def main():
            try:
                found = await bucket.list(**{"prefix": "l/", **options})
            except JsException as problem:
                return str(problem)
            assert found.truncated is (found.cursor is not None)
            return [item.key for item in found.objects], list(found.delimitedPrefixes), found.cursor

        return run_async(main())

    return go


def test_keys_are_listed_in_the_order_of_their_bytes(page):
    assert page() == (KEYS, [], None)
    assert page(prefix=None) == (["l", *KEYS, "other"], [], None)


def test_a_page_says_everything(bucket, run_async):
    async def go():
        return await bucket.list(prefix="l/a")

    found = run_async(go())
    assert list(found.object_keys()) == ["objects", "truncated", "cursor", "delimitedPrefixes"]
    (item,) = found.objects
    assert (item.key, item.size, stringify(item.httpMetadata), stringify(item.customMetadata)) == ("l/a", 3, "{}", "{}")
    assert len(item.checksums.md5.to_bytes()) == 16


def test_pages_follow_each_other_by_their_cursors(page):
    assert page(limit=2) == (["l/Z", "l/a"], [], "bC9h")
    assert page(limit=2, cursor="bC9h") == (["l/b", "l/c/1"], [], "bC9jLzE=")


def test_a_delimiter_puts_keys_together(page):
    assert page(delimiter="/") == (FLAT, ["l/c/"], None)
    assert page(delimiter="c/") == (FLAT, ["l/c/"], None)
    assert page(delimiter="") == (KEYS, [], None)
    assert page(delimiter="/", prefix="l") == (["l"], ["l/"], None)
    assert page(delimiter="/", prefix="l/c/") == (["l/c/1", "l/c/2"], [], None)
    assert page(delimiter="/", startAfter="l/c/1") == (FLAT[3:], ["l/c/"], None)


def test_a_group_is_listed_once(page):
    pages, cursor = [], None
    while (not pages or cursor is not None) and len(pages) < 10:
        *found, cursor = page(delimiter="/", limit=1, cursor=cursor)
        pages.append((*found, cursor))
    assert pages[:5] == [
        (["l/Z"], [], "bC9a"),
        (["l/a"], [], "bC9h"),
        (["l/b"], [], "bC9i"),
        ([], ["l/c/"], "bC9jLzI="),
        (["l/d"], [], "bC9k"),
    ]
    assert pages[-1] == (["l/😀"], [], None)
    assert len(pages) == 8


def test_listing_may_start_after_a_key(page):
    assert page(startAfter="l/b")[0] == KEYS[3:]
    assert page(startAfter="l/bb")[0] == KEYS[3:]
    assert page(startAfter="a")[0] == KEYS
    assert page(startAfter="z")[0] == []
    # The later one of the two counts.
    assert page(startAfter="l/d", cursor="bC9h")[0] == KEYS[6:]
    assert page(startAfter="l/", cursor="bC9h")[0] == KEYS[2:]


@pytest.mark.parametrize("cursor", ["", "!!!", "?", "b", "\x00"])
def test_a_cursor_without_a_meaning_does_not_fail(page, cursor):
    assert page(cursor=cursor)[0] == KEYS


@pytest.mark.parametrize(("limit", "count"), [(9, 9), ("2", 2), (2.9, 2), (True, 1), (-1, 9), (1000, 9), (None, 9)])
def test_limits(page, limit, count):
    assert len(page(limit=limit)[0]) == count


@pytest.mark.parametrize("limit", [0, 1001, float("nan"), float("inf"), jsnull, "x"])
def test_limits_that_are_none(page, limit):
    assert page(limit=limit) == BAD_LIMIT


def test_a_limit_beyond_32_bits(page):
    message = "TypeError: Value out of range. Must be between -2147483648 and 2147483647 (inclusive)."
    assert page(limit=2**32 + 5) == message


@pytest.mark.parametrize(
    ("include", "http", "custom"),
    [
        ([], "{}", "{}"),
        (["httpMetadata"], '{"contentType":"t/t"}', "{}"),
        (["customMetadata"], "{}", '{"of":"l/a"}'),
        (["httpMetadata", "customMetadata"], '{"contentType":"t/t"}', '{"of":"l/a"}'),
    ],
)
def test_metadata_is_shown_if_it_is_asked_for(bucket, run_async, include, http, custom):
    async def go():
        return (await bucket.list(prefix="l/a", include=array(include))).objects

    (item,) = run_async(go())
    assert (stringify(item.httpMetadata), stringify(item.customMetadata)) == (http, custom)


def test_a_page_with_metadata_has_at_most_100_objects(bucket, run_async):
    async def go():
        for number in range(101):
            await bucket.put(f"many/{number}", "")
        found = await bucket.list(prefix="many/", include=array(["httpMetadata"]))
        return len(found.objects), found.truncated, len((await bucket.list(prefix="many/")).objects)

    assert run_async(go()) == (100, True, 101)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"include": array(["foo"])}, "RangeError: Unsupported include value foo"),
        (
            {"include": array(["httpMetadata", 5])},
            "TypeError: Incorrect type for array element 1: the provided value is not of type 'string'.",
        ),
        ({"include": "httpMetadata"}, no_text("include").replace("'string'", "'Array'")),
        ({"include": jsnull}, no_text("include").replace("'string'", "'Array'")),
        ({"prefix": 5}, no_text("prefix")),
        ({"prefix": jsnull}, no_text("prefix")),
        ({"delimiter": jsnull}, no_text("delimiter")),
        ({"cursor": jsnull}, no_text("cursor")),
        ({"startAfter": 5}, no_text("startAfter")),
    ],
)
def test_what_list_refuses(page, options, message):
    assert page(**options) == message


texts = st.text("ab\ud7ff\ue000\uffff\U00010000\U0010ffff", max_size=4)


@given(texts, texts)
def test_what_follows_a_prefix_is_above_all_that_begin_with_it(prefix, text):
    end = follower(prefix)
    begins = text.startswith(prefix)
    within = text.encode() >= prefix.encode() and (end is None or text.encode() < end.encode())
    assert begins == within
