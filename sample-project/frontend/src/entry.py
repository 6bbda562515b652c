"""The frontend: a page, two form actions, and the guarded door to the backend's sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import session
from page import render
from workers import Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`

__all__ = ["Default"]


class Default(WorkerEntrypoint):
    env: Env

    async def fetch(self, request: Request) -> Response:
        url = urlsplit(request.url)
        if url.path == "/api/ws/connect":
            return await self.connect(request)
        if url.path == "/" and request.method == "POST":
            return await self.act(request, url)
        if url.path == "/" and request.method in ("GET", "HEAD"):
            return await self.page(request, url)
        return await self.env.ASSETS.fetch(request)

    @property
    def is_development(self) -> bool:
        return getattr(self.env, "NODE_ENV", "production") in ("development", "test")

    @property
    def session_key(self) -> str:
        return getattr(self.env, "SESSION_KEY", "")

    # ---- the page -------------------------------------------------------------------------------

    async def page(self, request: Request, url: SplitResult) -> Response:
        greeting: str | None = None
        counter: int | None = None
        problem: str | None = None
        try:
            test = self.env.TEST_DURABLE_OBJECT.getByName("main")
            greeting = await test.say_hello("visitor")
            counter = await test.increment()
        except Exception as error:
            problem = last_line(error)
        host, path = self.socket_address(url)
        text = render(
            greeting=greeting,
            counter=counter,
            problem=problem,
            socket_host=host,
            socket_path=path,
            notice=parse_qs(url.query).get("notice", [None])[0],
        )
        headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
        if self.session_key:
            headers["set-cookie"] = session.cookie(self.session_key, secure=url.scheme == "https")
        return Response(text, headers=headers)

    def socket_address(self, url: SplitResult) -> tuple[str, str]:
        """Straight to the backend in development, through this Worker in production."""
        if self.is_development:
            try:
                from page_settings import SETTINGS
            except ImportError:
                SETTINGS = {}
            if SETTINGS.get("VITE_WS_HOST"):
                return SETTINGS["VITE_WS_HOST"], SETTINGS.get("VITE_WS_PATH", "/ws/connect")
        return url.netloc, "/api/ws/connect"

    # ---- forms ----------------------------------------------------------------------------------

    async def act(self, request: Request, url: SplitResult) -> Response:
        """Pass the form on to the coordinator; answer JSON to a program, and the page to a form without JavaScript."""
        query = parse_qs(url.query, keep_blank_values=True)
        action = next((name for name in ("/countdown", "/message") if name in query), None)
        if action is None:
            return Response("Not found", status=404)
        form = await request.form_data()
        body: dict[str, Any]
        if action == "/countdown":
            start = str(form["from"] or "").strip()
            body = {"from": int(start) if start.isdigit() and len(start) < 10 else start}
        else:
            body = {"text": str(form["text"] or ""), "from": str(form["name"] or "a form")[:40]}
        status, result = await self.post(action, body)
        if "application/json" in (request.headers.get("accept") or ""):
            return Response.from_json(result, status=status)
        location = "/" if status == 200 else f"/?notice={session.quote(result.get('error', 'That did not work.'))}"
        return Response(None, status=303, headers={"location": location})

    async def post(self, action: str, body: dict[str, Any]) -> tuple[int, Any]:
        import json

        try:
            response = await self.env.MESSAGE_COORDINATOR.getByName("main").fetch(
                f"http://coordinator{action}",
                method="POST",
                headers={"content-type": "application/json"},
                body=json.dumps(body),
            )
            text = await response.text()
        except Exception as error:
            return 503, {"error": last_line(error)}
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, {"error": text}

    # ---- the socket -----------------------------------------------------------------------------

    async def connect(self, request: Request) -> Response:
        if (request.headers.get("upgrade") or "").lower() != "websocket":
            return Response("This address speaks WebSocket only", status=426, headers={"Upgrade": "websocket"})
        if not self.session_key:
            why = "SESSION_KEY is not set, so nobody can be let in. Set it: pywrangler secret put SESSION_KEY"
            return Response(why, status=401)
        if not session.is_authorized(request, self.session_key):
            return Response("Unauthorized", status=401)
        return await self.env.MESSAGE_COORDINATOR.getByName("main").fetch(request)


def last_line(error: Exception) -> str:
    """The message of an error, without the traceback of the other Worker."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
