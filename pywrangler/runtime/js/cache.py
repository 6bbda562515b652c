"""The Cache API (spec/bindings.md, section 7): `caches.default`, `caches.open(name)`; in memory, one per host.

- Only GET requests are stored, under the URL without its fragment; Vary is not looked at.
- A response is stored if it says how long it is fresh (s-maxage, max-age, Expires) and does not forbid it (no-store,
  private, no-cache, Set-Cookie without `private=Set-Cookie`). Everything else is silently not stored.
- A hit gains `cf-cache-status` and `age`, and answers Range and conditional requests.
- What was not used for longest goes first when more than `CAPACITY_BYTES` are held.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.primitives import to_string, truthy
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.js.headers import Pairs

CAPACITY_BYTES = 128 * 1024 * 1024

_DIRECTIVE = re.compile(r'([A-Za-z-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?')
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored response; times in seconds since the epoch."""

    status: int
    status_text: str
    pairs: Pairs
    body: bytes
    stored: float
    expires: float


def directives(value: str) -> dict[str, str]:
    """Return the directives of a Cache-Control header, names in lower case."""
    return {match[1].lower(): (match[2] or match[3] or "").strip() for match in _DIRECTIVE.finditer(value)}


def _joined(pairs: Pairs, name: str) -> str:
    return ", ".join(value for key, value in pairs if key == name)


def http_date(value: str) -> float | None:
    """Return the time a header names, or None if it is malformed."""
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def lifetime(pairs: Pairs, now: float) -> float:
    """Return for how many seconds a response may be stored; 0 or less means not at all."""
    control = directives(_joined(pairs, "cache-control"))
    if "no-store" in control:
        return 0
    for forbidding in ("private", "no-cache"):
        # `private="Set-Cookie"` forbids that one header only.
        if forbidding in control and control[forbidding].lower() != "set-cookie":
            return 0
    hides_cookies = "set-cookie" in {control.get("private", "").lower(), control.get("no-cache", "").lower()}
    if not hides_cookies and any(name == "set-cookie" for name, _ in pairs):
        return 0
    for name in ("s-maxage", "max-age"):
        if control.get(name, "").isdecimal():
            return int(control[name])
    expires = http_date(_joined(pairs, "expires"))
    return 0 if expires is None else expires - now


class Cache(JsProxy):
    """Responses by URL."""

    __slots__ = ("_entries", "_now", "_size")

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._now = now
        self._size = 0

    # ---- API --------------------------------------------------------------------------------------------

    def put(self, request: Any, response: Any) -> JsPromise:
        """Store a response, if its headers allow that; reads its body. TypeError for what can never be stored."""
        return JsPromise.start(self._put(request, response))

    def match(self, request: Any, init: Any = None, **named: Any) -> JsPromise:
        """Promise of the stored response, or undefined; `ignoreMethod` takes any method for GET."""
        return JsPromise.start(self._match(request, init, named))

    def delete(self, request: Any, init: Any = None, **named: Any) -> JsPromise:
        """Forget a response; promise of whether there was one."""
        return JsPromise.start(self._delete(request, init, named))

    async def _put(self, request: Any, response: Any) -> None:
        asked = _request(request)
        if not isinstance(response, Response):
            raise type_error("Failed to execute 'put' on 'Cache': parameter 2 is not of type 'Response'.")
        if asked.method != "GET":
            raise type_error("Cannot cache response to non-GET request.")
        if response.status == 206:
            raise type_error("Cannot cache response to a range request (206 Partial Content).")
        if "*" in _joined(response.pairs(), "vary"):
            raise type_error("Cannot cache response with 'Vary: *' header.")
        now = self._now()
        seconds = lifetime(response.pairs(), now)
        body = await response.read_bytes()
        if seconds <= 0 or response.status == 304:
            return
        pairs = [pair for pair in response.pairs() if pair[0] not in {"set-cookie", "content-length"}]
        key = _key(asked)
        self._forget(key)
        self._entries[key] = Entry(response.status, response.statusText, pairs, body, now, now + seconds)
        self._size += len(body)
        while self._size > CAPACITY_BYTES:
            self._forget(next(iter(self._entries)))

    async def _match(self, request: Any, init: Any, named: dict[str, Any]) -> Response | None:
        asked = _request(request)
        if asked.method != "GET" and not truthy(options(init, named).get("ignoreMethod")):
            return None
        key = _key(asked)
        entry = self._entries.get(key)
        if entry is None:
            return None
        now = self._now()
        if entry.expires <= now:
            self._forget(key)
            return None
        self._entries.move_to_end(key)
        return _answer(entry, asked.pairs(), now)

    async def _delete(self, request: Any, init: Any, named: dict[str, Any]) -> bool:
        asked = _request(request)
        if asked.method != "GET" and not truthy(options(init, named).get("ignoreMethod")):
            return False
        entry = self._entries.get(_key(asked))
        self._forget(_key(asked))
        return entry is not None and entry.expires > self._now()

    def _forget(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= len(entry.body)


def _request(value: Any) -> Request:
    if isinstance(value, Request):
        return value
    request: Request = Request.new(to_string(value))
    return request


def _key(request: Request) -> str:
    return request.url.partition("#")[0]


def _answer(entry: Entry, asked: Pairs, now: float) -> Response:
    pairs = [*entry.pairs, ("cf-cache-status", "HIT"), ("age", str(max(0, int(now - entry.stored))))]
    if _is_unchanged(entry, asked):
        kept = [pair for pair in pairs if not pair[0].startswith("content-")]
        return Response.from_wire(304, "Not Modified", kept)
    wanted = _joined(asked, "range")
    if wanted and entry.status == 200:
        return _partial(entry, pairs, wanted)
    return Response.from_wire(entry.status, entry.status_text, pairs, entry.body)


def _is_unchanged(entry: Entry, asked: Pairs) -> bool:
    matches = _joined(asked, "if-none-match")
    if matches:
        tags = {tag.strip().removeprefix("W/") for tag in matches.split(",")}
        return "*" in tags or _joined(entry.pairs, "etag").removeprefix("W/") in tags
    since = http_date(_joined(asked, "if-modified-since"))
    modified = http_date(_joined(entry.pairs, "last-modified"))
    return since is not None and modified is not None and modified <= since


def _partial(entry: Entry, pairs: Pairs, wanted: str) -> Response:
    size = len(entry.body)
    match = _RANGE.fullmatch(wanted)
    if match is None or not (match[1] or match[2]):
        return Response.from_wire(entry.status, entry.status_text, pairs, entry.body)
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) if match[2] else size - 1, size - 1)
    else:
        start, end = max(0, size - int(match[2])), size - 1
    if start > end:
        return Response.from_wire(416, "Range Not Satisfiable", [*pairs, ("content-range", f"bytes */{size}")], b"")
    content_range = ("content-range", f"bytes {start}-{end}/{size}")
    return Response.from_wire(206, "Partial Content", [*pairs, content_range], entry.body[start : end + 1])


def _not_implemented(kind: str, names: str) -> None:
    """Give a class the methods that Workers have by name only."""
    for name in names.split():
        problem = f"Failed to execute '{name}' on '{kind}': the method is not implemented."

        def method(self: Any, *_arguments: Any, problem: str = problem) -> Any:  # noqa: ARG001
            raise error(problem)

        method.__name__ = name
        method.__doc__ = "An Error: Workers do not implement it."
        setattr(Cache if kind == "Cache" else CacheStorage, name, method)


class CacheStorage(JsProxy):
    """`caches`: the default cache, and others by name."""

    __slots__ = ("_named", "_now", "default")

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.default: Cache = Cache.new(now)
        self._named: dict[str, Cache] = {}

    def open(self, name: Any) -> JsPromise:
        """Promise of the cache of that name."""
        key = to_string(name)
        if key not in self._named:
            self._named[key] = Cache.new(self._now)
        return JsPromise.resolved(self._named[key])

    def clear(self) -> None:
        """Forget everything; caches that somebody holds stay what they are."""
        for cache in (self.default, *self._named.values()):
            cache._entries.clear()
            cache._size = 0

    def tell_time(self, now: Callable[[], float]) -> None:
        """Ask `now` for the time from now on."""
        self._now = now
        for cache in (self.default, *self._named.values()):
            cache._now = now


_not_implemented("Cache", "add addAll keys matchAll")
_not_implemented("CacheStorage", "delete has keys match")


caches: CacheStorage = CacheStorage.new()
"""The caches of this host's Worker."""
