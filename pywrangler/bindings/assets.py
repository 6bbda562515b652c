"""Static assets: what a request for a file is answered, and the binding `env.ASSETS`.

`AssetStore.answer` is all that a server needs. The order of things, as in
production (spec/config.md, "Assets"; spec/bindings.md, section 6):

1. `run_worker_first`: true runs the Worker always; rules run it where one matches, exceptions (`!`) never.
2. A line of `_redirects`, a matching file, or a spelling that redirects to one: the assets answer, also to methods
   other than GET and HEAD (with 405).
3. Nothing matches: the Worker, if there is one. Except that a browser's navigation (`Sec-Fetch-Mode: navigate`, from
   compatibility date 2025-04-01) and every request under `run_worker_first` rules get `not_found_handling` if that
   yields a page.
4. No Worker: `not_found_handling`, else an empty 404.

`_headers` applies to everything that assets answer. `env.ASSETS.fetch` asks `find`, ignores the host, and follows
redirects unless the request says otherwise (one that came in says `manual`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.static_files.files import Directory, File, Identity
from pywrangler.bindings.static_files.routing import Move, Serve, decode, encode, route
from pywrangler.bindings.static_files.rules import HeaderRules, Redirects, location, worker_first
from pywrangler.runtime import context
from pywrangler.runtime.js.proxy import JsPromise, JsProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pywrangler.config.model import Assets, Compat
    from pywrangler.runtime.js.request import Request
    from pywrangler.runtime.js.response import Response

CACHE_CONTROL = "public, max-age=0, must-revalidate"
METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class AssetReply:
    """A whole response; names of headers in lower case. `body` is None for HEAD and 304."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class _Match:
    """What a path leads to: a file with its status, or a redirect with its target, or the status alone."""

    status: int
    file: File | None = None
    location: str = ""
    any_method: bool = False
    """It answers POST as it answers GET."""


class AssetStore:
    """The assets of one Worker. Every request looks at the disk, so edits count at once."""

    def __init__(self, assets: Assets, compat: Compat) -> None:
        self._assets = assets
        self._directory = Directory(assets.directory)
        self._prefers_pages = compat.spa_navigation
        rules = assets.run_worker_first
        self._worker_first = worker_first(rules) if isinstance(rules, tuple) else None
        self._redirects = Redirects("", assets.directory)
        self._redirects_identity: Identity | None = None
        self._header_rules = HeaderRules("", assets.directory)
        self._headers_identity: Identity | None = None
        self._told: set[str] = set()

    def answer(self, method: str, path: str, headers: Mapping[str, str], *, has_worker: bool) -> AssetReply | None:
        """Return the answer to a client's request, None if the Worker has to give it.

        `path` is that of the URL as sent, with its query; names of headers are in lower case.
        """
        path, _, query = path.partition("?")
        is_ours, match = self._judge(path, query, headers, has_worker=has_worker)
        return self._reply(match, method, path, headers) if is_ours else None

    def answers(self, *, has_worker: bool) -> Callable[[Request], Response | None]:
        """Return what stands in front of the Worker: a function that answers a request, or leaves it to the Worker."""

        def answer(request: Request) -> Response | None:
            from pywrangler.runtime.js.response import Response

            url: str = request.url
            target = url[url.find("/", url.find("//") + 2) :].partition("#")[0]
            reply = self.answer(request.method, target, dict(request.pairs()), has_worker=has_worker)
            if reply is None:
                return None
            response: Response = Response.from_wire(reply.status, "", reply.headers, reply.body, url=url)
            return response

        return answer

    def find(self, method: str, path: str, headers: Mapping[str, str]) -> AssetReply:
        """Return the answer of the assets, whatever the Worker may want: an empty 404 if nothing matches."""
        path, _, query = path.partition("?")
        match = self._match(path, query, headers.get("host", ""), with_not_found=True)
        return self._reply(match, method, path, headers)

    def _judge(
        self, path: str, query: str, headers: Mapping[str, str], *, has_worker: bool
    ) -> tuple[bool, _Match | None]:
        """Return whether the assets answer, and with what."""
        host = headers.get("host", "")
        if not has_worker:
            return True, self._match(path, query, host, with_not_found=True)
        if self._assets.run_worker_first is True:
            return False, None
        is_ruled = self._worker_first(path) if self._worker_first is not None else None
        if is_ruled is not None:
            return not is_ruled, None if is_ruled else self._match(path, query, host, with_not_found=True)
        is_page_wanted = self._worker_first is not None or (
            self._prefers_pages and headers.get("sec-fetch-mode") == "navigate"
        )
        match = self._match(path, query, host, with_not_found=is_page_wanted)
        return match is not None, match

    def _reply(self, match: _Match | None, method: str, path: str, headers: Mapping[str, str]) -> AssetReply:
        if match is None:
            reply = AssetReply(404, [], b"")
        elif method not in METHODS and not match.any_method:
            reply = AssetReply(405, [], b"")
        elif match.file is None:
            reply = AssetReply(match.status, [("location", match.location)] if match.location else [], b"")
        else:
            reply = self._file_reply(match, match.file, method, headers)
        if self._header_rules:
            host = headers.get("host", "").partition(":")[0]
            reply = AssetReply(reply.status, self._header_rules.apply(host, path, reply.headers), reply.body)
        return reply

    def _file_reply(self, match: _Match, file: File, method: str, headers: Mapping[str, str]) -> AssetReply:
        sent = [("etag", file.etag), ("cf-cache-status", "HIT")]
        if "authorization" not in headers and "range" not in headers:
            sent.append(("cache-control", CACHE_CONTROL))
        wanted = headers.get("if-none-match")
        if wanted is not None and _matches(wanted, file.etag):
            return AssetReply(304, sent, None)
        if file.media_type is not None:
            sent.append(("content-type", file.media_type))
        if method == "HEAD":
            sent.append(("content-length", str(file.size)))
            return AssetReply(match.status, sent, None)
        body = self._directory.read(file)
        if body is None:
            # It changed between two looks; a file being replaced is there again in an instant.
            return AssetReply(503, [("retry-after", "1")], b"")
        return AssetReply(match.status, sent, body)

    # ---- matching --------------------------------------------------------------------------------------

    def _match(self, path: str, query: str, host: str, *, with_not_found: bool) -> _Match | None:
        self._refresh()
        is_rewritten = False
        if self._redirects:
            rule = self._redirects.find(host.partition(":")[0], path)
            if rule is not None and rule.status != 200:
                return _Match(rule.status, location=location(rule.target, query), any_method=True)
            if rule is not None:
                path, is_rewritten = rule.target.partition("?")[0].partition("#")[0], True
        decoded = decode(path)
        found = route(self._assets.html_handling, decoded, self._directory.find) if decoded.startswith("/") else None
        if isinstance(found, Move):
            return _Match(307, location=location(encode(found.path), query))
        if isinstance(found, Serve):
            canonical = encode(decoded)
            if canonical != path:
                return _Match(307, location=location(canonical, query))
            return _Match(200, found.file)
        page = self._not_found(decoded) if with_not_found else None
        return page or (_Match(404, any_method=True) if is_rewritten else None)

    def _not_found(self, path: str) -> _Match | None:
        handling = self._assets.not_found_handling
        if handling == "single-page-application":
            file = self._directory.find("/index.html")
            return _Match(200, file) if file is not None else None
        if handling == "404-page":
            while path:
                path = path.rpartition("/")[0]
                file = self._directory.find(f"{path}/404.html")
                if file is not None:
                    return _Match(404, file)
        return None

    def _refresh(self) -> None:
        """Read the control files again if they changed; tell once what is wrong with them."""
        root = self._assets.directory
        self._directory.refresh()
        text, self._redirects_identity = self._directory.control("_redirects", self._redirects_identity)
        if text is not None:
            follows_index = self._assets.html_handling != "none"
            self._redirects = Redirects(text, root / "_redirects", follows_index=follows_index)
            self._tell(self._redirects)
        text, self._headers_identity = self._directory.control("_headers", self._headers_identity)
        if text is not None:
            self._header_rules = HeaderRules(text, root / "_headers")
            self._tell(self._header_rules)

    def _tell(self, rules: Redirects | HeaderRules) -> None:
        for problem in rules.problems:
            text = str(problem)
            if text not in self._told:
                self._told.add(text)
                context.log("warn", text)


def _matches(header: str, etag: str) -> bool:
    """Compare If-None-Match (RFC 9110, section 13.1.2): any of a list, weak or not."""
    return header.strip() == "*" or any(item.strip().removeprefix("W/") == etag for item in header.split(","))


class AssetsFetcher(JsProxy, js_name="Fetcher"):
    """`env.ASSETS`."""

    def __init__(self, store: AssetStore) -> None:
        self._store = store

    def fetch(self, input: Any, init: Any = None, /, **options: Any) -> JsPromise:
        """Return the promise of the response to a URL or Request; the host is ignored, the Worker never runs."""
        from pywrangler.runtime.js.errors import JsException
        from pywrangler.runtime.js.request import Request

        try:
            is_ready = isinstance(input, Request) and init is None and not options
            request = input if is_ready else Request.new(input, init, **options)
        except JsException as error:
            return JsPromise.rejected(error)
        return self._fetch(request)

    def _fetch(self, request: Request) -> JsPromise:
        if request.redirect != "follow":
            return JsPromise.start(self._send(request))
        from pywrangler.bindings.stubs import Journey

        promise: JsPromise = JsPromise.new(Journey(self, request).answer)
        return promise

    async def _send(self, request: Request) -> Response:
        from pywrangler.runtime.js.response import Response

        url: str = request.url
        path = url[url.find("/", url.find("//") + 2) :].partition("#")[0]
        reply = self._store.find(request.method, path, {**dict(request.pairs()), "host": ""})
        response: Response = Response.from_wire(reply.status, "", reply.headers, reply.body, url=url)
        return response
