"""WSGI applications, and what can be seen from outside when the bridge runs them.

`wsgi_expected.json` was recorded with the released SDK on our `js` and `pyodide`:

    pip install --target sdk --no-deps workers-runtime-sdk==1.9.5
    PYTHONPATH=sdk:pywrangler/modules:. python -m tests.sdk.wsgi_cases > tests/sdk/wsgi_expected.json
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.sync_bridge import run_in_greenlet
from tests.sdk.asgi_cases import Records, Seen, prepare_released

if TYPE_CHECKING:
    from collections.abc import Callable

    App = Callable[[dict[str, Any], Callable[..., Any]], Any]


class Closing:
    """What an application returns, with `close`."""

    def __init__(self, seen: Seen, parts: Any) -> None:
        self.seen, self.parts = seen, iter(parts)

    def __iter__(self) -> Any:
        return self.parts

    def close(self) -> None:
        self.seen.events.append("closed")


def hello(seen: Seen) -> App:
    def app(_environ, start_response):
        start_response("404 Not Here", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-A", "1")])
        return Closing(seen, [b"a", b"", b"b"])

    return app


def late_start(_seen: Seen) -> App:
    def app(_environ, start_response):
        yield b""
        start_response("200 OK", [])
        yield b"late"

    return app


def written(_seen: Seen) -> App:
    def app(_environ, start_response):
        start_response("200 OK", [])(b"before ")
        return [b"after"]

    return app


def never_starts(seen: Seen) -> App:
    return lambda _environ, _start_response: Closing(seen, [b"x"])


def starts_twice(_seen: Seen) -> App:
    def app(_environ, start_response):
        start_response("200 OK", [])
        start_response("500 Sorry", [])
        return [b"x"]

    return app


def starts_again_with_an_error(_seen: Seen) -> App:
    def app(_environ, start_response):
        start_response("200 OK", [])
        try:
            raise ValueError("first")
        except ValueError:
            start_response("500 Sorry", [], sys.exc_info())
        return [b"x"]

    return app


def starts_once_with_an_error(_seen: Seen) -> App:
    def app(_environ, start_response):
        try:
            raise ValueError("first")
        except ValueError:
            start_response("500 Sorry", [], sys.exc_info())
        return [b"sorry"]

    return app


def fails(_seen: Seen) -> App:
    def app(_environ, _start_response):
        raise ValueError("before the response")

    return app


def fails_at_the_first_part(seen: Seen) -> App:
    def parts():
        raise ValueError("at the first part")
        yield b""

    def app(_environ, start_response):
        start_response("200 OK", [])
        return Closing(seen, parts())

    return app


def null_body(seen: Seen) -> App:
    def app(_environ, start_response):
        start_response("204 No Content", [])
        return Closing(seen, [])

    return app


def echoes(_seen: Seen) -> App:
    def app(environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read(3), b"|", environ["wsgi.input"].read()]

    return app


def tells_the_environ(_seen: Seen) -> App:
    def app(environ, start_response):
        told = {name: repr(environ[name]) for name in sorted(environ.keys() - {"wsgi.input", "wsgi.errors"})}
        start_response("200 OK", [])
        return [json.dumps(told).encode()]

    return app


def get() -> Request:
    headers = [("host", "localhost"), ("x-b", "é"), ("accept", "a"), ("x-b", "2")]
    return Request.from_wire("GET", "http://localhost:8787/a%20b/%C3%A9%ff?x=1&y=%20", headers, None)


def post() -> Request:
    headers = [("content-type", "text/x"), ("content-length", "7")]
    return Request.from_wire("POST", "https://x.test/", headers, b"content")


def post_of_unknown_length() -> Request:
    return Request.from_wire("POST", "https://x.test/", [], b"content")


def stream() -> Request:
    return Request.from_wire("POST", "https://x.test/", [], ReadableStream.from_([b"ab", b"cde"]))


CASES: dict[str, tuple[Callable[[Seen], App], Callable[[], Request]]] = {
    "parts": (hello, get),
    "late start": (late_start, get),
    "written": (written, get),
    "never starts": (never_starts, get),
    "starts twice": (starts_twice, get),
    "starts again with an error": (starts_again_with_an_error, get),
    "starts once with an error": (starts_once_with_an_error, get),
    "fails": (fails, get),
    "fails at the first part": (fails_at_the_first_part, get),
    "null body": (null_body, get),
    "echo": (echoes, post),
    "echo of a stream": (echoes, stream),
    "environ": (tells_the_environ, get),
    "environ of a post": (tells_the_environ, post),
    "environ of a post of unknown length": (tells_the_environ, post_of_unknown_length),
    "environ of a stream": (tells_the_environ, stream),
}


def observe(wsgi: Any, case: str) -> dict[str, Any]:
    """Run one case with a module `wsgi`; returns the answer, what happened, and what was logged."""
    return asyncio.run(asyncio.wait_for(_observe(wsgi, case), 10))


async def _observe(wsgi: Any, case: str) -> dict[str, Any]:
    make, request = CASES[case]
    seen, records = Seen(), Records()
    logging.getLogger().addHandler(records)
    token = context.enter(context.EventContext(None, plain({}), seen))
    try:
        try:
            response = await run_in_greenlet(lambda: wsgi.fetch(make(seen), request(), {"env": 1}))
            pairs = sorted([str(name), str(value)] for name, value in response.headers)
            result: Any = [response.status, response.statusText, pairs, await response.text()]
        except Exception as problem:
            result = f"{type(problem).__name__}: {problem}"
        await asyncio.gather(*seen.tasks, return_exceptions=True)
    finally:
        context.leave(token)
        logging.getLogger().removeHandler(records)
    return {"result": result, "events": seen.events, "logged": records.texts}


if __name__ == "__main__":
    prepare_released()
    from workers import wsgi as released

    json.dump({case: observe(released, case) for case in CASES}, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
