"""ASGI applications, and what can be seen from outside when the bridge runs them.

`asgi_expected.json` was recorded with the released SDK on our `js` and `pyodide`:

    pip install --target sdk --no-deps workers-runtime-sdk==1.9.5
    PYTHONPATH=sdk:pywrangler/modules:. python -m tests.sdk.asgi_cases > tests/sdk/asgi_expected.json
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable

OK = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}


class Seen:
    """What happened, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.tasks: list[asyncio.Future[Any]] = []

    def waitUntil(self, awaitable: Any) -> None:
        self.tasks.append(asyncio.ensure_future(awaitable))


def plain_body(seen: Seen) -> Any:
    async def app(scope, _receive, send):
        if scope["type"] != "http":
            raise NotImplementedError
        await send(OK)
        await send({"type": "http.response.body", "body": b"hello"})
        seen.events.append("app ended")

    return app


def with_lifespan(seen: Seen, *, startup: str = "complete", shutdown: str = "complete", inner: Any = None) -> Any:
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await (inner or plain_body(seen))(scope, receive, send)
            return
        seen.events.append(f"lifespan scope {sorted(scope)}")
        await receive()
        scope["state"]["number"] = 1
        if startup == "raises":
            raise ValueError("at startup")
        if startup == "returns":
            return
        await send({"type": f"lifespan.startup.{startup}", "message": "no database"})
        await receive()
        seen.events.append("shutdown")
        await asyncio.sleep(0.01)
        seen.events.append("shut down")
        if shutdown == "raises":
            raise ValueError("at shutdown")
        if shutdown == "returns":
            return
        await send({"type": f"lifespan.shutdown.{shutdown}", "message": "not closed"})

    return app


def works_on(seen: Seen) -> Any:
    async def app(scope, _receive, send):
        await send(OK)
        await send({"type": "http.response.body", "body": b"hello"})
        await asyncio.sleep(0.01)
        seen.events.append("worked on")

    return app


def streams(seen: Seen, *, fails: bool = False) -> Any:
    async def app(scope, _receive, send):
        await send(OK)
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await asyncio.sleep(0.01)
        if fails:
            raise ValueError("while streaming")
        await send({"type": "http.response.body", "body": b"b"})
        seen.events.append("streamed")

    return app


def fails(_seen: Seen) -> Any:
    async def app(scope, _receive, _send):
        raise ValueError("before the response")

    return app


def fails_after(_seen: Seen) -> Any:
    async def app(scope, _receive, send):
        await send(OK)
        await send({"type": "http.response.body", "body": b"hello"})
        raise ValueError("after the response")

    return app


def silent(_seen: Seen) -> Any:
    async def app(scope, _receive, _send):
        return

    return app


def only_starts(_seen: Seen) -> Any:
    async def app(scope, _receive, send):
        await send(OK)

    return app


def starts_twice(_seen: Seen) -> Any:
    async def app(scope, _receive, send):
        await send(OK)
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"sorry"})

    return app


def repeats_headers(_seen: Seen) -> Any:
    async def app(scope, _receive, send):
        headers = [(b"Set-Cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"X-A", b"1"), (b"x-a", b"2")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b"x"})

    return app


def null_body(_seen: Seen, *, more: bool = False) -> Any:
    async def app(scope, _receive, send):
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body", "body": b"", "more_body": more})

    return app


def headers_that_are_no_text(_seen: Seen) -> Any:
    async def app(scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"\xff")]})
        await send({"type": "http.response.body", "body": b"x"})

    return app


def tells_the_scope(_seen: Seen) -> Any:
    async def app(scope, _receive, send):
        told = {name: repr(value) for name, value in sorted(scope.items()) if name != "env"}
        await send(OK)
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})

    return app


CASES: dict[str, Callable[[Seen], Any]] = {
    "no lifespan": plain_body,
    "lifespan": with_lifespan,
    "startup fails": lambda seen: with_lifespan(seen, startup="failed"),
    "startup raises": lambda seen: with_lifespan(seen, startup="raises"),
    "startup returns": lambda seen: with_lifespan(seen, startup="returns"),
    "shutdown fails": lambda seen: with_lifespan(seen, shutdown="failed"),
    "shutdown raises": lambda seen: with_lifespan(seen, shutdown="raises"),
    "shutdown returns": lambda seen: with_lifespan(seen, shutdown="returns"),
    "works on": lambda seen: with_lifespan(seen, inner=works_on(seen)),
    "streams": lambda seen: with_lifespan(seen, inner=streams(seen)),
    "streams, shutdown fails": lambda seen: with_lifespan(seen, inner=streams(seen), shutdown="failed"),
    "fails while streaming": lambda seen: with_lifespan(seen, inner=streams(seen, fails=True)),
    "fails": lambda seen: with_lifespan(seen, inner=fails(seen)),
    "fails, shutdown fails": lambda seen: with_lifespan(seen, inner=fails(seen), shutdown="failed"),
    "fails after": lambda seen: with_lifespan(seen, inner=fails_after(seen)),
    "silent": lambda seen: with_lifespan(seen, inner=silent(seen)),
    "only starts": lambda seen: with_lifespan(seen, inner=only_starts(seen)),
    "starts twice": starts_twice,
    "repeats headers": repeats_headers,
    "null body": null_body,
    "null body, more": lambda seen: null_body(seen, more=True),
    "headers that are no text": headers_that_are_no_text,
    "scope": lambda seen: with_lifespan(seen, inner=tells_the_scope(seen)),
}


class Records(logging.Handler):
    """What was logged, as texts."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        problem = record.exc_info[1] if record.exc_info else None
        self.texts.append(f"{record.name} {record.levelname} {record.getMessage()}: {problem!r}")


def observe(asgi: Any, case: str) -> dict[str, Any]:
    """Run one case with a module `asgi`; returns the answer, what happened in which order, and what was logged."""
    return asyncio.run(asyncio.wait_for(_observe(asgi, case), 10))


async def _observe(asgi: Any, case: str) -> dict[str, Any]:
    seen, records = Seen(), Records()
    logging.getLogger().addHandler(records)
    token = context.enter(context.EventContext(None, plain({}), seen))
    headers = [("host", "localhost"), ("x-b", "é"), ("accept", "a"), ("x-b", "2")]
    request = Request.from_wire("GET", "http://localhost:8787/a%20b/%C3%A9?x=1&y=%20", headers, None)
    try:
        try:
            response = await asgi.fetch(CASES[case](seen), request, {"env": 1})
        except Exception as problem:
            result: Any = f"{type(problem).__name__}: {problem}"
        else:
            seen.events.append("answered")
            pairs = sorted([str(name), str(value)] for name, value in response.headers)
            result = [response.status, pairs, await response.text()]
        outcomes = await asyncio.gather(*seen.tasks, return_exceptions=True)
    finally:
        context.leave(token)
        logging.getLogger().removeHandler(records)
    failed = [repr(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
    return {"result": result, "events": seen.events, "logged": records.texts, "wait_until": failed}


def prepare_released() -> None:
    """Give the released SDK what the platform gives to it."""

    def wait_until(awaitable: Any) -> None:
        event = context.current()
        assert event is not None
        event.ctx.waitUntil(awaitable)

    given = SimpleNamespace(cloudflareWorkersModule=SimpleNamespace(waitUntil=wait_until))
    sys.modules["_pyodide_entrypoint_helper"] = given  # type: ignore[assignment]


if __name__ == "__main__":
    prepare_released()
    from workers import asgi as released

    json.dump({case: observe(released, case) for case in CASES}, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
