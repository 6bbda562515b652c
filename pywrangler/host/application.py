"""What answers an HTTP request of a client: the platform's own URLs, or the Worker with its assets.

The platform's URLs lie under `/cdn-cgi/`, where only this machine may ask (`host.visitors`). The Worker sees the host
name of the config, if that has one. An uncaught exception becomes a 500 with the traceback: as text, or as a page for a
browser.
"""

from __future__ import annotations

import asyncio
import time
from contextvars import Context
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.response import Response
from pywrangler.runtime.ports import Event, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from pywrangler.runtime.js.request import Request
    from pywrangler.runtime.worker import WorkerRuntime

EMAIL_PATHS = frozenset(("/cdn-cgi/local/email", "/cdn-cgi/handler/email"))
SCHEDULED_PATHS = frozenset(("/cdn-cgi/local/scheduled", "/cdn-cgi/handler/scheduled", "/cdn-cgi/mf/scheduled"))
PLATFORM_PREFIX = "/cdn-cgi/"


class Application:
    """Requests in, responses out; raises nothing but cancellation."""

    def __init__(
        self,
        worker: WorkerRuntime,
        root: Path,
        report: Callable[[BaseException], None],
        name: str,
        *,
        state_root: Path,
        test_scheduled: bool = False,
        host: str | None = None,
    ) -> None:
        self._worker = worker
        self._root = root
        self._report = report
        self._target = Target(name, "entrypoint")
        self._state_root = state_root
        self._test_scheduled = test_scheduled
        self._host = host
        self._apart_from_requests: set[asyncio.Task[Response]] = set()

    async def __call__(self, request: Request) -> Response:
        """Answer `request`."""
        url = request.url
        path = url[url.find("/", 8) :].partition("?")[0]
        is_extra = self._test_scheduled and path == "/__scheduled"
        if is_extra or path.startswith(PLATFORM_PREFIX):
            from pywrangler.host import visitors

            refusal = visitors.refusal(url, request.pairs())
            if refusal is not None:
                return _text(403, refusal)
            if path in SCHEDULED_PATHS:
                return await self._apart(self._scheduled(request))
            if path in EMAIL_PATHS:
                return await self._apart(self._email(request))
            if is_extra:
                return await self._apart(self._scheduled(request, "Ran scheduled event"))
        if self._host is None:
            return await self._answer(request)
        from pywrangler.host.renaming import Renaming

        try:
            renaming = Renaming(request, self._host)
        except ValueError as problem:
            return _text(400, f"Bad Request: {problem}")
        return renaming.undo(await self._answer(request))

    async def _answer(self, request: Request) -> Response:
        try:
            response: Response = await self._worker.answer(self._target, request)
            return response
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as problem:  # sys.exit() in a handler, too, is the handler's failure and not ours
            self._report(problem)
            return self._error(request, problem)

    async def _apart(self, answer: Coroutine[Any, Any, Response]) -> Response:
        """Return what comes of an event that a client asked for, which is no part of its request: it goes on alone."""
        task = asyncio.get_running_loop().create_task(answer, context=Context())
        self._apart_from_requests.add(task)
        task.add_done_callback(self._apart_from_requests.discard)
        return await asyncio.shield(task)

    def _error(self, request: Request, problem: BaseException) -> Response:
        from pywrangler.runtime.tracebacks import format_page, format_plain

        headers = dict(request.pairs())
        if headers.get("sec-fetch-mode") == "navigate" and "text/html" in headers.get("accept", ""):
            page = format_page(problem, self._root).encode("utf-8", "replace")
            return Response.from_wire(500, "", [("content-type", "text/html;charset=UTF-8")], page)
        text = format_plain(problem, self._root).encode("utf-8", "replace")
        return Response.from_wire(500, "", [("content-type", "text/plain;charset=UTF-8")], text)

    async def _scheduled(self, request: Request, done: str = "ok") -> Response:
        import json
        from urllib.parse import parse_qs, urlsplit

        query = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
        cron = query.get("cron", [""])[-1]
        try:
            when = float(query["time"][-1]) if "time" in query else float(int(time.time() * 1000))
        except ValueError:
            return _text(400, "time must be milliseconds since the epoch")
        result: Any
        try:
            result = await self._worker.deliver(self._target, Event("scheduled", {"cron": cron, "time": when}))
        except Exception as problem:
            self._report(problem)
            result = {"outcome": "exception", "noRetry": False}
        good = result["outcome"] == "ok"
        if query.get("format") == ["json"]:
            body = json.dumps(result, separators=(",", ":")).encode()
            return Response.from_wire(200 if good else 500, "", [("content-type", "application/json")], body)
        return _text(200 if good else 500, done if good else "exception")

    async def _email(self, request: Request) -> Response:
        from pywrangler.host.email_endpoint import receive

        try:
            return await receive(request, self._worker, self._target, self._state_root, self._report)
        except Exception as problem:
            return self._error(request, problem)


def _text(status: int, text: str) -> Response:
    return Response.from_wire(status, "", [("content-type", "text/plain;charset=UTF-8")], text.encode())
