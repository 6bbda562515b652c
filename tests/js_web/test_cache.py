"""The Cache API: spec/bindings.md section 7."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.js import cache as cache_module
from pywrangler.runtime.js.cache import Cache, CacheStorage, directives, lifetime
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import Response

URL = "http://a/x"


class Time:
    """A clock that a test moves."""

    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
def cache(clock):
    return Cache.new(clock)


def fresh(body="body", **headers):
    fields = {"Cache-Control": "max-age=60"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Response.new(body, headers=list(fields.items()))


def test_a_hit_says_so_and_tells_its_age(run_async, cache, clock):
    async def check():
        await cache.put(URL, fresh(ETag='"1"'))
        clock.now += 7
        response = await cache.match(Request.new(URL + "#fragment"))
        assert (response.headers.get("cf-cache-status"), response.headers.get("age")) == ("HIT", "7")
        assert response.headers.get("etag") == '"1"'
        assert await response.text() == await (await cache.match(URL)).text() == "body"
        with pytest.raises(JsException, match="immutable"):
            response.headers.set("a", "b")

    run_async(check())


def test_a_miss_is_undefined(run_async, cache):
    async def check():
        await cache.put(URL, fresh())
        assert await cache.match(URL + "?q") is None
        assert await cache.match(Request.new(URL, method="POST")) is None
        assert await cache.match(Request.new(URL, method="POST"), ignoreMethod=True) is not None
        with pytest.raises(JsException, match="TypeError: Invalid URL: /x"):
            await cache.match("/x")

    run_async(check())


def test_what_expired_is_a_miss(run_async, cache, clock):
    async def check():
        await cache.put(URL, fresh())
        clock.now += 60
        assert await cache.match(URL) is None
        assert await cache.delete(URL) is False

    run_async(check())


def test_delete_tells_whether_there_was_something(run_async, cache):
    async def check():
        await cache.put(URL, fresh())
        assert await cache.delete(URL) is True
        assert await cache.delete(URL) is False
        assert await cache.match(URL) is None

    run_async(check())


@pytest.mark.parametrize(
    ("request_", "response", "message"),
    [
        (lambda: Request.new(URL, method="POST"), fresh, r"Cannot cache response to non-GET request\."),
        (lambda: URL, lambda: Response.new("x", status=206), "206"),
        (lambda: URL, lambda: fresh(Vary="*"), "Vary"),
        (lambda: URL, lambda: "text", "Response"),
    ],
)
def test_what_can_never_be_stored_is_a_type_error(run_async, cache, request_, response, message):
    async def check():
        with pytest.raises(JsException, match=f"TypeError: .*{message}"):
            await cache.put(request_(), response())

    run_async(check())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": "MAX-AGE = 60"}, 60),
        ({"cache-control": "max-age=60, s-maxage=5"}, 5),
        ({"cache-control": "s-maxage=0, max-age=60"}, 0),
        ({"cache-control": "no-store, max-age=60"}, 0),
        ({"cache-control": "private, max-age=60"}, 0),
        ({"cache-control": "no-cache, max-age=60"}, 0),
        ({"cache-control": "max-age=60", "set-cookie": "a=1"}, 0),
        ({"cache-control": 'private="Set-Cookie", max-age=60', "set-cookie": "a=1"}, 60),
        ({"cache-control": "private=Set-Cookie, max-age=60", "set-cookie": "a=1"}, 60),
        ({"expires": "Mon, 12 Jan 1970 13:47:40 GMT"}, 60),
        ({"expires": "Mon, 12 Jan 1970 13:45:40 GMT"}, -60),
        ({"expires": "0"}, 0),
        ({"cache-control": "max-age=-5"}, 0),
    ],
)
def test_how_long_a_response_is_stored(headers, seconds):
    assert lifetime(list(headers.items()), 1_000_000) == seconds


def test_what_may_not_be_stored_is_silently_dropped(run_async, cache):
    async def check():
        response = Response.new("x")
        await cache.put(URL, response)
        assert await cache.match(URL) is None
        assert response.bodyUsed

    run_async(check())


def test_cookies_are_never_stored(run_async, cache):
    async def check():
        await cache.put(URL, fresh(Cache_Control="private=Set-Cookie, max-age=9", Set_Cookie="a=1"))
        response = await cache.match(URL)
        assert response.headers.getSetCookie().to_py() == []

    run_async(check())


@pytest.mark.parametrize(
    ("wanted", "status", "body", "content_range"),
    [
        ("bytes=0-1", 206, "01", "bytes 0-1/10"),
        ("bytes=8-", 206, "89", "bytes 8-9/10"),
        ("bytes=-3", 206, "789", "bytes 7-9/10"),
        ("bytes=5-99", 206, "56789", "bytes 5-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
        ("bytes=-", 200, "0123456789", None),
        ("lines=1-2", 200, "0123456789", None),
    ],
)
def test_ranges(run_async, cache, wanted, status, body, content_range):
    async def check():
        await cache.put(URL, fresh("0123456789"))
        response = await cache.match(Request.new(URL, headers=[("Range", wanted)]))
        assert (response.status, await response.text()) == (status, body)
        assert (response.headers.get("content-range") or None) == content_range

    run_async(check())


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("If-None-Match", '"1"', 304),
        ("If-None-Match", 'W/"1", "2"', 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", '"9"', 200),
        ("If-Modified-Since", "Mon, 12 Jan 1970 13:46:40 GMT", 304),
        ("If-Modified-Since", "Mon, 12 Jan 1970 13:46:39 GMT", 200),
        ("If-Modified-Since", "yesterday", 200),
    ],
)
def test_conditional_requests(run_async, cache, name, value, status):
    async def check():
        await cache.put(URL, fresh(ETag='"1"', Last_Modified="Mon, 12 Jan 1970 13:46:40 GMT"))
        response = await cache.match(Request.new(URL, headers=[(name, value)]))
        assert response.status == status
        assert await response.text() == ("" if status == 304 else "body")

    run_async(check())


def test_named_caches_are_separate(run_async):
    async def check():
        caches = CacheStorage.new()
        first = await caches.open("first")
        await first.put(URL, fresh())
        assert await caches.open("first") is first
        assert await (await caches.open("second")).match(URL) is None
        assert await caches.default.match(URL) is None

    run_async(check())


def test_what_was_not_used_for_longest_goes_first(run_async, cache, monkeypatch):
    monkeypatch.setattr(cache_module, "CAPACITY_BYTES", 10)

    async def check():
        await cache.put("http://a/1", fresh("1234"))
        await cache.put("http://a/2", fresh("1234"))
        assert await cache.match("http://a/1") is not None
        await cache.put("http://a/3", fresh("1234"))
        assert await cache.match("http://a/2") is None
        assert await cache.match("http://a/1") is not None

    run_async(check())


@given(st.text(max_size=80))
def test_any_cache_control_is_understood_somehow(text):
    assert all(name == name.lower() for name in directives(text))
    assert isinstance(lifetime([("cache-control", text), ("expires", text)], 0), (int, float))
