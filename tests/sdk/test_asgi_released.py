"""The bridge to ASGI against the released SDK, and the functions that it is made of."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest
from workers import Request, _mode, asgi

from pywrangler.runtime import context
from pywrangler.runtime.js.request import Request as JsRequest
from tests.sdk.asgi_cases import CASES, observe

EXPECTED = json.loads(Path(__file__).with_name("asgi_expected.json").read_text())


def request(url="http://localhost/"):
    return JsRequest.from_wire("GET", url, [("header1", "Value1")], None)


@pytest.mark.parametrize("case", CASES)
def test_the_bridge_does_what_the_released_sdk_does(case):
    assert json.loads(json.dumps(observe(asgi, case))) == EXPECTED[case]


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"hello"})


def test_a_worker_may_keep_its_application_started(run_async):
    async def use():
        shutdown, state = await asgi.start_application(app)
        assert state == {}
        for _ in range(2):
            response, task = await asgi.process_request(app, request(), {}, None, state=state)
            assert task.done()
            assert await response.text() == "hello"
        await shutdown()

    run_async(use())


class Taking:
    def __init__(self):
        self.given = []

    def waitUntil(self, awaitable):
        self.given.append(awaitable)


@pytest.mark.parametrize(
    ("release", "has_state", "has_task"),
    [((0, 0, 0), False, False), ((1, 6, 14), True, False), ((1, 8, 0), True, True)],
)
def test_what_the_parts_return_depends_on_the_release(release, has_state, has_task, run_async, monkeypatch):
    monkeypatch.setattr(_mode.MODE, "sdk", release)

    async def use():
        started = await asgi.start_application(app)
        assert isinstance(started, tuple) is has_state
        ctx = Taking()
        answered = await asgi.process_request(app, request(), {}, ctx)
        assert isinstance(answered, tuple) is has_task
        assert len(ctx.given) == (not has_task)
        await asyncio.gather(*ctx.given)
        await (started[0] if has_state else started)()

    run_async(use())


def test_request_to_scope_takes_requests_of_both_kinds():
    scopes = [asgi.request_to_scope(given, "env") for given in (request(), Request(request()))]
    assert scopes[0] == scopes[1]
    assert scopes[0]["headers"] == [(b"header1", b"Value1")]
    assert "state" not in scopes[0]


@pytest.mark.parametrize(("release", "path", "raw_path"), [((1, 6, 5), "/a%20b", None), ((1, 6, 6), "/a b", b"/a%20b")])
def test_paths_are_decoded_since_a_release(release, path, raw_path, monkeypatch):
    monkeypatch.setattr(_mode.MODE, "sdk", release)
    scope = asgi.request_to_scope(request("http://localhost/a%20b"), {})
    assert (scope["path"], scope.get("raw_path")) == (path, raw_path)


def test_state_of_a_scope_is_a_copy():
    state = {"a": 1}
    scope = asgi.request_to_scope(request(), {}, state=state)
    assert scope["state"] == state
    assert scope["state"] is not state


def test_scope_of_a_websocket_has_the_scheme_of_the_url():
    scope = asgi.request_to_scope(request("https://localhost/ws"), {}, True)
    assert (scope["type"], scope["scheme"]) == ("websocket", "https")


def test_work_in_the_background_is_kept_and_its_failure_logged(run_async, caplog):
    async def fails():
        await asyncio.sleep(0)
        raise ValueError("boom")

    async def use():
        future = asgi.run_in_background(fails())
        assert future in asgi.background_tasks
        await asyncio.wait([future])
        await asyncio.sleep(0)
        assert future not in asgi.background_tasks

    run_async(use())
    assert [(record.name, record.exc_info[1].args) for record in caplog.records] == [("asgi", ("boom",))]


def test_a_failure_that_the_bridge_logged_is_shown_once(run_async, monkeypatch):
    shown = []
    monkeypatch.setattr(context, "_reporter", lambda problem, prefix: shown.append(prefix))
    monkeypatch.setattr(logging.root, "handlers", [])

    async def broken(scope, receive, send):
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom") as failure:
        run_async(asgi.fetch(broken, request(), {}))
    assert shown == ["ASGI request failed: "]
    assert [context.was_shown(failure.value) for _ in range(2)] == [True, False]


def test_bytes_reach_javascript():
    with asgi.acquire_js_buffer(b"abc") as data:
        assert data.to_bytes() == b"abc"


def test_a_stream_that_cannot_be_closed_is_no_error(run_async):
    class Broken:
        async def close(self):
            raise OSError("gone")

    run_async(asgi.close_stream_quietly(Broken()))
