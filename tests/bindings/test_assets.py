"""Static assets as clients and the Worker see them (spec/config.md, "Assets"; spec/bindings.md, section 6)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pywrangler.bindings.assets import AssetReply, AssetsFetcher, AssetStore
from pywrangler.bindings.static_files import files
from pywrangler.config.compat import derive
from pywrangler.config.model import Assets
from pywrangler.runtime import context
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.url_parser import parse

NEW, OLD = derive("2026-06-01"), derive("2025-03-31")
NAVIGATE = {"sec-fetch-mode": "navigate"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "public"
    for name, text in {
        "index.html": "home",
        "about.html": "about",
        "sub/index.html": "sub",
        "both.html": "page",
        "both/index.html": "folder",
        "style.css": "body {}",
        "file.bin": "binary",
        "with space.txt": "space",
        "ü.txt": "umlaut",
        "at@.txt": "at",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def store(site: Path) -> Any:
    def make(compat: Any = NEW, **options: Any) -> AssetStore:
        return AssetStore(Assets(site, **options), compat)

    return make


@pytest.fixture
def log() -> Any:
    lines: list[tuple[str, str]] = []
    context.set_log_sink(lambda level, text: lines.append((level, text)))
    yield lines
    context.set_log_sink(lambda _level, _text: None)


def get(store: AssetStore, path: str, method: str = "GET", **headers: str) -> AssetReply:
    return store.find(method, path, {name.replace("_", "-"): value for name, value in headers.items()})


def outcome(reply: AssetReply) -> tuple[int, str]:
    location = dict(reply.headers).get("location")
    return reply.status, location if location is not None else (reply.body or b"").decode()


# ---- paths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "path", "expected"),
    [
        ("auto-trailing-slash", "/", (200, "home")),
        ("auto-trailing-slash", "/index", (307, "/")),
        ("auto-trailing-slash", "/index.html", (307, "/")),
        ("auto-trailing-slash", "/about", (200, "about")),
        ("auto-trailing-slash", "/about/", (307, "/about")),
        ("auto-trailing-slash", "/about.html", (307, "/about")),
        ("auto-trailing-slash", "/about/index", (307, "/about")),
        ("auto-trailing-slash", "/about/index.html", (307, "/about")),
        ("auto-trailing-slash", "/sub", (307, "/sub/")),
        ("auto-trailing-slash", "/sub/", (200, "sub")),
        ("auto-trailing-slash", "/sub.html", (307, "/sub/")),
        ("auto-trailing-slash", "/sub/index", (307, "/sub/")),
        ("auto-trailing-slash", "/sub/index.html", (307, "/sub/")),
        ("auto-trailing-slash", "/both", (200, "page")),
        ("auto-trailing-slash", "/both/", (200, "folder")),
        ("auto-trailing-slash", "/style.css", (200, "body {}")),
        ("auto-trailing-slash", "/style.css/", (404, "")),
        ("auto-trailing-slash", "/nope", (404, "")),
        ("force-trailing-slash", "/", (200, "home")),
        ("force-trailing-slash", "/index.html", (307, "/")),
        ("force-trailing-slash", "/about", (307, "/about/")),
        ("force-trailing-slash", "/about/", (200, "about")),
        ("force-trailing-slash", "/about.html", (307, "/about/")),
        ("force-trailing-slash", "/sub", (307, "/sub/")),
        ("force-trailing-slash", "/sub/", (200, "sub")),
        ("force-trailing-slash", "/sub/index", (307, "/sub/")),
        ("force-trailing-slash", "/both/", (200, "folder")),
        ("force-trailing-slash", "/both.html", (200, "page")),
        ("force-trailing-slash", "/style.css", (200, "body {}")),
        ("drop-trailing-slash", "/", (200, "home")),
        ("drop-trailing-slash", "/index", (307, "/")),
        ("drop-trailing-slash", "/index.html", (307, "/")),
        ("drop-trailing-slash", "/about", (200, "about")),
        ("drop-trailing-slash", "/about/", (307, "/about")),
        ("drop-trailing-slash", "/about.html", (307, "/about")),
        ("drop-trailing-slash", "/sub", (200, "sub")),
        ("drop-trailing-slash", "/sub/", (307, "/sub")),
        ("drop-trailing-slash", "/sub/index.html", (307, "/sub")),
        ("drop-trailing-slash", "/both", (200, "page")),
        ("drop-trailing-slash", "/both/", (307, "/both")),
        ("drop-trailing-slash", "/both/index.html", (200, "folder")),
        ("none", "/", (404, "")),
        ("none", "/about", (404, "")),
        ("none", "/about.html", (200, "about")),
        ("none", "/sub/", (404, "")),
        ("none", "/sub/index.html", (200, "sub")),
    ],
)
def test_html_handling(store: Any, mode: str, path: str, expected: tuple[int, str]) -> None:
    assert outcome(get(store(html_handling=mode), path)) == expected


@pytest.mark.parametrize("mode", ["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"])
def test_no_redirect_leads_to_another(store: Any, site: Path, mode: str) -> None:
    assets = store(html_handling=mode)
    for path in site.rglob("*"):
        name = "/" + path.relative_to(site).as_posix()
        for spelling in (
            name,
            name + "/",
            name.removesuffix(".html"),
            name.removesuffix("index.html"),
            name + "/index",
        ):
            reply = get(assets, spelling)
            if reply.status == 307:
                assert get(assets, dict(reply.headers)["location"]).status == 200, spelling


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/with%20space.txt", (200, "space")),
        ("/%C3%BC.txt", (200, "umlaut")),
        ("/%61bout", (307, "/about")),
        ("/at@.txt", (307, "/at%40.txt")),
        ("/at%40.txt", (200, "at")),
        ("//about", (307, "/about")),
        ("/sub//", (307, "/sub/")),
        ("//evil.example", (404, "")),
        ("/about.html?a=1&b=%20", (307, "/about?a=1&b=%20")),
        ("/%ff", (404, "")),
        ("/%zz", (404, "")),
        ("/a%00b", (404, "")),
        ("/" + "x" * 5000, (404, "")),
    ],
)
def test_spellings_of_paths(store: Any, path: str, expected: tuple[int, str]) -> None:
    assert outcome(get(store(), path)) == expected


# ---- nothing outside is served --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/sub/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/%2fetc/passwd",
        "//etc/passwd",
        "/./index.html",
        "/sub/../about.html",
    ],
)
def test_no_path_leaves_the_directory(store: Any, site: Path, path: str) -> None:
    (site.parent / "secret.txt").write_text("secret")
    assert get(store(), path).status in (307, 404)
    assert get(store(html_handling="none"), path).status == 404


def test_a_directory_whose_name_begins_alike_is_outside(store: Any, site: Path) -> None:
    (site.parent / "public-not").mkdir()
    (site.parent / "public-not" / "x.txt").write_text("x")
    (site / "link.txt").symlink_to(site.parent / "public-not" / "x.txt")
    assert get(store(), "/link.txt").status == 404


def test_links_are_followed_only_inside(store: Any, site: Path) -> None:
    (site.parent / "secret.txt").write_text("secret")
    (site / "out.txt").symlink_to(site.parent / "secret.txt")
    (site / "outdir").symlink_to(site.parent)
    (site / "in.css").symlink_to(site / "style.css")
    assets = store()
    assert get(assets, "/out.txt").status == 404
    assert get(assets, "/outdir/secret.txt").status == 404
    assert get(assets, "/in.css").body == b"body {}"


def test_a_link_that_turns_outside_is_refused_from_then_on(store: Any, site: Path) -> None:
    (site.parent / "secret.txt").write_text("body {}")
    (site / "link.css").symlink_to(site / "style.css")
    assets = store()
    assert get(assets, "/link.css").status == 200
    (site / "link.css").unlink()
    (site / "link.css").symlink_to(site.parent / "secret.txt")
    assert get(assets, "/link.css").status == 404


def test_the_assets_directory_itself_may_be_a_link(site: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(site)
    assert get(AssetStore(Assets(tmp_path / "link"), NEW), "/about").body == b"about"


def test_a_pipe_is_no_file(store: Any, site: Path) -> None:
    os.mkfifo(site / "pipe")
    assert get(store(), "/pipe").status == 404


def test_a_missing_directory_has_no_files(tmp_path: Path) -> None:
    assert get(AssetStore(Assets(tmp_path / "nope"), NEW), "/").status == 404


@pytest.mark.parametrize("name", ["_headers", "_redirects", ".assetsignore", "_worker.js", "_worker.js/index.js"])
def test_control_files_are_not_served(store: Any, site: Path, name: str) -> None:
    (site / name).parent.mkdir(exist_ok=True)
    (site / name).write_text("# x")
    assert get(store(), f"/{name}").status == 404


@pytest.mark.parametrize("name", [".dev.vars", ".dev.vars.staging", ".env", "sub/.env.local", ".wrangler/state/x"])
def test_secrets_are_never_served(store: Any, site: Path, name: str) -> None:
    (site / name).parent.mkdir(parents=True, exist_ok=True)
    (site / name).write_text("A=1")
    (site / ".assetsignore").write_text("!.dev.vars*\n!.env*\n!.wrangler\n")
    (site / "link.txt").symlink_to(site / name)
    assert get(store(), f"/{name}").status == 404
    assert get(store(), "/link.txt").status == 404


def test_ignored_files_are_not_served_and_the_list_may_change(store: Any, site: Path) -> None:
    assets = store()
    assert get(assets, "/style.css").status == 200
    (site / ".assetsignore").write_text("*.css\n")
    assert get(assets, "/style.css").status == 404
    (site / ".assetsignore").unlink()
    assert get(assets, "/style.css").status == 200


# ---- responses ------------------------------------------------------------------------------------------


def test_an_asset_has_its_headers(store: Any) -> None:
    headers = dict(get(store(), "/style.css").headers)
    assert headers["content-type"] == "text/css; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert headers["cf-cache-status"] == "HIT"
    assert headers["etag"].startswith('"')
    assert headers["etag"].endswith('"')


def test_a_known_etag_gets_304_without_a_body(store: Any) -> None:
    assets = store()
    etag = dict(get(assets, "/style.css").headers)["etag"]
    for value in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        reply = get(assets, "/style.css", if_none_match=value)
        assert (reply.status, reply.body) == (304, None)
        assert dict(reply.headers)["etag"] == etag
    assert get(assets, "/style.css", if_none_match='"other"').status == 200


def test_the_etag_depends_on_the_content_only(store: Any, site: Path) -> None:
    (site / "copy.css").write_text("body {}")
    assets = store()
    first, second = (dict(get(assets, path).headers)["etag"] for path in ("/style.css", "/copy.css"))
    assert first == second


def test_head_has_the_length_and_no_body(store: Any) -> None:
    reply = get(store(), "/style.css", "HEAD")
    assert (reply.status, reply.body) == (200, None)
    assert dict(reply.headers)["content-length"] == "7"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed_on_assets(store: Any, method: str) -> None:
    assets = store()
    assert get(assets, "/style.css", method).status == 405
    assert get(assets, "/about.html", method).status == 405
    assert get(assets, "/nope", method).status == 404


def test_credentials_and_ranges_are_not_for_caches(store: Any) -> None:
    assert "cache-control" not in dict(get(store(), "/style.css", authorization="x").headers)
    assert "cache-control" not in dict(get(store(), "/style.css", range="bytes=0-").headers)


# ---- files change ---------------------------------------------------------------------------------------


def test_an_edit_counts_at_once_even_with_the_same_size_and_time(store: Any, site: Path) -> None:
    assets = store()
    path = site / "style.css"
    for number in range(20):
        path.write_text(f"body {number:02}")
        assert get(assets, "/style.css").body == f"body {number:02}".encode()


def test_files_come_and_go(store: Any, site: Path) -> None:
    assets = store()
    assert get(assets, "/new").status == 404
    (site / "new.html").write_text("new")
    assert get(assets, "/new").body == b"new"
    (site / "new.html").unlink()
    assert get(assets, "/new").status == 404


def test_a_settled_file_is_read_once(store: Any, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SETTLED_NANOSECONDS", -(10**12))
    reads = []
    read = files._read
    monkeypatch.setattr(files, "_read", lambda full: reads.append(full) or read(full))
    assets = store()
    for _ in range(5):
        assert get(assets, "/style.css").status == 200
    assert len(reads) == 1


def test_the_cache_is_bounded(store: Any, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SETTLED_NANOSECONDS", -(10**12))
    monkeypatch.setattr(files, "CACHE_LIMIT_BYTES", 1000)
    assets = store()
    for number in range(30):
        (site / f"{number}.bin").write_bytes(bytes(100))
        assert len(get(assets, f"/{number}.bin").body or b"") == 100
    assert assets._directory._cached_bytes <= 1000
    assert get(assets, "/0.bin").status == 200


def test_a_large_file_is_served_but_not_kept(store: Any, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SETTLED_NANOSECONDS", -(10**12))
    monkeypatch.setattr(files, "BODY_LIMIT_BYTES", 10)
    (site / "large.bin").write_bytes(b"x" * 11)
    assets = store()
    assert get(assets, "/large.bin").body == b"x" * 11
    assert get(assets, "/large.bin").body == b"x" * 11
    assert assets._directory._cached_bytes == 0
    assert dict(get(assets, "/large.bin", "HEAD").headers)["content-length"] == "11"


def test_a_file_beyond_the_limit_is_refused_and_told_once(
    store: Any, site: Path, monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    monkeypatch.setattr(files, "FILE_LIMIT_BYTES", 10)
    (site / "huge.bin").write_bytes(b"x" * 11)
    assets = store()
    assert [get(assets, "/huge.bin").status for _ in range(3)] == [404] * 3
    assert [level for level, _ in log] == ["error"]


# ---- who answers ----------------------------------------------------------------------------------------


def decide(store: AssetStore, path: str, method: str = "GET", has_worker: bool = True, **headers: str) -> str:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = store.answer(method, path, given, has_worker=has_worker)
    if answer is None:
        return "worker"
    assert answer == store.find(method, path, given)
    return "asset"


def test_a_matching_file_comes_before_the_worker(store: Any) -> None:
    assets = store()
    assert decide(assets, "/style.css") == "asset"
    assert decide(assets, "/about.html") == "asset"
    assert decide(assets, "/style.css", "POST") == "asset"
    assert decide(assets, "/nope") == "worker"
    assert decide(assets, "/nope?x=/style.css") == "worker"


def test_without_a_worker_assets_answer_everything(store: Any) -> None:
    assert decide(store(), "/nope", has_worker=False) == "asset"
    assert decide(store(run_worker_first=True), "/nope", has_worker=False) == "asset"


def test_the_worker_may_run_first(store: Any) -> None:
    assert decide(store(run_worker_first=True), "/style.css") == "worker"


def test_rules_say_where_the_worker_runs_first(store: Any) -> None:
    assets = store(run_worker_first=("/style*", "/sub/*", "!/sub/i*"))
    assert decide(assets, "/style.css") == "worker"
    assert decide(assets, "/sub/") == "worker"
    assert decide(assets, "/sub/index.html") == "asset"
    assert decide(assets, "/sub/innothing") == "asset"
    assert decide(assets, "/about") == "asset"
    assert decide(assets, "/nope") == "worker"


@pytest.mark.parametrize("handling", ["single-page-application", "404-page"])
def test_navigation_prefers_pages_from_its_date(store: Any, site: Path, handling: str) -> None:
    (site / "404.html").write_text("lost")
    assert decide(store(NEW, not_found_handling=handling), "/route", **NAVIGATE) == "asset"
    assert decide(store(OLD, not_found_handling=handling), "/route", **NAVIGATE) == "worker"
    assert decide(store(NEW, not_found_handling=handling), "/route", **{"sec-fetch-mode": "cors"}) == "worker"
    assert decide(store(NEW, not_found_handling=handling), "/route") == "worker"


def test_navigation_without_a_page_to_give_runs_the_worker(store: Any) -> None:
    assert decide(store(), "/route", **NAVIGATE) == "worker"
    assert decide(store(not_found_handling="404-page"), "/route", **NAVIGATE) == "worker"


def test_with_rules_what_matches_none_gets_the_page(store: Any) -> None:
    assets = store(run_worker_first=("/api/*",), not_found_handling="single-page-application")
    assert decide(assets, "/route") == "asset"
    assert decide(assets, "/api/x", **NAVIGATE) == "worker"


# ---- not found ------------------------------------------------------------------------------------------


def test_a_single_page_application_answers_200_with_its_index(store: Any) -> None:
    assert outcome(get(store(not_found_handling="single-page-application"), "/any/route")) == (200, "home")


def test_the_nearest_404_page_is_found(store: Any, site: Path) -> None:
    (site / "404.html").write_text("top")
    (site / "sub" / "404.html").write_text("below")
    assets = store(not_found_handling="404-page")
    assert outcome(get(assets, "/sub/deep/er")) == (404, "below")
    assert outcome(get(assets, "/sub/")) == (200, "sub")
    assert outcome(get(assets, "/other/x")) == (404, "top")
    assert outcome(get(assets, "/x")) == (404, "top")


def test_none_is_an_empty_404(store: Any) -> None:
    assert get(store(), "/nope") == AssetReply(404, [], b"")


# ---- _redirects and _headers ----------------------------------------------------------------------------


def test_redirects_come_before_files_and_for_every_method(store: Any, site: Path) -> None:
    (site / "_redirects").write_text("/style.css /new.css 301\n/old /about\n/r/* /x/:splat 308\n")
    assets = store()
    assert outcome(get(assets, "/style.css")) == (301, "/new.css")
    assert outcome(get(assets, "/old?q=1")) == (302, "/about?q=1")
    assert outcome(get(assets, "/r/a/b", "POST")) == (308, "/x/a/b")
    assert decide(assets, "/old") == "asset"


def test_a_rewrite_serves_another_asset_at_the_same_url(store: Any, site: Path) -> None:
    (site / "_redirects").write_text("/users/* /about 200\n/lost /nothing 200\n")
    assets = store()
    assert outcome(get(assets, "/users/7")) == (200, "about")
    assert get(assets, "/lost").status == 404
    assert decide(assets, "/lost") == "asset"


def test_redirects_may_change_while_running(store: Any, site: Path) -> None:
    assets = store()
    assert get(assets, "/old").status == 404
    (site / "_redirects").write_text("/old /a\n")
    assert outcome(get(assets, "/old")) == (302, "/a")
    (site / "_redirects").write_text("/old /b\n")
    assert outcome(get(assets, "/old")) == (302, "/b")
    (site / "_redirects").unlink()
    assert get(assets, "/old").status == 404


def test_broken_rules_are_told_once_with_their_line(store: Any, site: Path, log: Any) -> None:
    (site / "_redirects").write_text("/a /b\nnonsense\n")
    assets = store()
    for _ in range(3):
        get(assets, "/style.css")
    assert [(level, f"{site / '_redirects'}:2:1" in text) for level, text in log] == [("warn", True)]


def test_headers_are_added_replaced_and_removed(store: Any, site: Path) -> None:
    (site / "_headers").write_text(
        "/*\n  X-All: yes\n  Cache-Control: no-store\n  X-Many: a\n"
        "/style.*\n  ! X-All\n  X-Many: b\n  X-Splat: :splat\n"
        "https://other.example/*\n  X-Other: 1\n"
    )
    assets = store()
    css = dict(get(assets, "/style.css").headers)
    assert css["cache-control"] == "no-store"
    assert css["x-many"] == "a, b"
    assert css["x-splat"] == "css"
    assert "x-all" not in css
    assert "x-other" not in css
    assert dict(get(assets, "/about").headers)["x-all"] == "yes"
    assert dict(get(assets, "/about", host="other.example:8787").headers)["x-other"] == "1"


# ---- env.ASSETS -----------------------------------------------------------------------------------------


def test_the_binding_answers_urls_and_requests(store: Any, run_async: Any) -> None:
    from pywrangler.runtime.js.request import Request

    fetcher = AssetsFetcher.new(store(run_worker_first=True))

    async def use() -> None:
        response = await fetcher.fetch("https://any.host/style.css?x=1")
        assert response.status == 200
        assert response.headers.get("content-type") == "text/css; charset=utf-8"
        assert await response.text() == "body {}"
        response = await fetcher.fetch(Request.new("http://x/about.html", method="HEAD", redirect="manual"))
        assert (response.status, response.headers.get("location"), response.redirected) == (307, "/about", False)
        response = await fetcher.fetch("http://x/nope")
        assert (response.status, await response.text()) == (404, "")
        response = await fetcher.fetch("http://x/style.css", method="POST")
        assert response.status == 405

    run_async(use())


def test_the_binding_follows_redirects_of_its_own(store: Any, run_async: Any) -> None:
    fetcher = AssetsFetcher.new(store(run_worker_first=True))

    async def use() -> None:
        response = await fetcher.fetch("https://assets.local/about.html")
        assert (response.status, response.redirected, response.url) == (200, True, "https://assets.local/about")

    run_async(use())


def test_the_binding_rejects_what_is_no_url(store: Any, run_async: Any) -> None:
    fetcher = AssetsFetcher.new(store())

    async def use() -> None:
        with pytest.raises(JsException, match="Invalid URL"):
            await fetcher.fetch("/relative")

    run_async(use())


def test_the_binding_is_a_fetcher_to_the_sdk(store: Any) -> None:
    assert type(AssetsFetcher.new(store())).name == "Fetcher"


def test_looking_at_the_disk_stays_cheap_in_calls(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SETTLED_NANOSECONDS", -(10**12))
    assets = store()
    get(assets, "/style.css")
    calls = []
    stat = os.stat
    monkeypatch.setattr(files.os, "stat", lambda *args, **more: calls.append(args) or stat(*args, **more))
    get(assets, "/style.css")
    assert len(calls) <= 5


# Asked of `wrangler dev` 4.164.0 for a Worker of assets only that has these rules: path, status, Location, body.
RECORDED_REDIRECTS = json.loads((Path(__file__).parent / "redirects_expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("recorded", RECORDED_REDIRECTS, ids=["escapes", "grammar"])
def test_wrangler_redirects_the_same(tmp_path, recorded):
    (tmp_path / "_redirects").write_text("\n".join(recorded["rules"]), encoding="utf-8")
    (tmp_path / "datei-ö.txt").write_text("inhalt\n")
    store = AssetStore(Assets(tmp_path), derive("2026-03-01"))
    answers = []
    for path, *_ in recorded["answers"]:
        url = parse(f"http://localhost:8787{path}")  # as the server does first
        sent = url.pathname + (f"?{url.query}" if url.query else "")
        reply = store.answer("GET", sent, {"host": "localhost:8787"}, has_worker=False)
        body = reply.body.decode() if reply.status == 200 else ""
        answers.append([path, reply.status, dict(reply.headers).get("location"), body])
    assert answers == recorded["answers"]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("a.TXT", "text/plain; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("LICENSE", None),
        ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.m3u8", "application/vnd.apple.mpegurl"),
        ("a.ts", "video/mp2t"),
        ("a.mkv", "video/x-matroska"),
        ("a.geojson", "application/geo+json"),
        ("a.svgz", "image/svg+xml"),
        ("a.wgsl", "text/wgsl; charset=utf-8"),
        ("a.pem", "application/x-x509-ca-cert"),
        ("a.JS", "text/javascript; charset=utf-8"),
        ("a.ico", "image/vnd.microsoft.icon"),
        ("deep/a.tar.gz", "application/gzip"),
        ("apple-app-site-association", None),
        ("a.unknown", None),
        (".json", None),
        ("a.", None),
        (".well-known/security.txt", "text/plain; charset=utf-8"),
    ],
)
def test_content_types_are_those_of_wrangler(tmp_path, name, media_type):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x")
    store = AssetStore(Assets(tmp_path, html_handling="none"), NEW)
    assert dict(get(store, f"/{name}").headers).get("content-type") == media_type
