"""A small copy of Cloudflare's API on this machine: secrets, accounts, and faults on demand (spec/deploy-api.md)."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

TOKEN = "cf-token-swordfish"
ACCOUNT = "a" * 32


@dataclass
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class FakeApi:
    """Runs in a thread of its own; `workers` is what is deployed, `faults` answers instead, first come first served."""

    workers: dict[str, dict[str, str]] = field(default_factory=dict)
    accounts: list[dict[str, str]] = field(default_factory=lambda: [{"id": ACCOUNT, "name": "Mine"}])
    faults: list[tuple[int, str | dict[str, Any], dict[str, str]]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(5)
        return self

    def __exit__(self, *_error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _start(self) -> None:
        application = web.Application(middlewares=[self._record])
        scripts = "/client/v4/accounts/{account}/workers/scripts/{name}"
        application.add_routes([
            web.get("/client/v4/accounts", self._list_accounts),
            web.get("/client/v4/memberships", self._list_memberships),
            web.put(scripts, self._upload),
            web.get(f"{scripts}/secrets", self._list),
            web.put(f"{scripts}/secrets", self._put),
            web.delete(f"{scripts}/secrets/{{key}}", self._delete),
            web.patch(f"{scripts}/secrets-bulk", self._bulk),
        ])  # fmt: skip
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/client/v4"

    @web.middleware
    async def _record(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.content_type == "multipart/form-data":
            parts = await request.post()
            body: Any = {name: part if isinstance(part, str) else part.file.read() for name, part in parts.items()}
        else:
            body = await request.json() if request.can_read_body else None
        self.seen.append(Seen(request.method, request.path_qs.removeprefix("/client/v4"), dict(request.headers), body))
        if self.faults:
            status, content, headers = self.faults.pop(0)
            if isinstance(content, str):
                return web.Response(status=status, text=content.replace("ECHO", str(body)), headers=headers)
            return web.json_response(content, status=status, headers=headers)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return failed(403, 10000, "Authentication error")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _list_accounts(self, request: web.Request) -> web.Response:
        page = int(request.query["page"])
        shown = self.accounts[page - 1 : page]
        info = {"page": page, "per_page": 1, "total_pages": len(self.accounts)}
        return web.json_response({"success": True, "errors": [], "result": shown, "result_info": info})

    async def _list_memberships(self, _request: web.Request) -> web.Response:
        return ok([{"id": "m", "account": account} for account in self.accounts[:1]])

    async def _upload(self, request: web.Request) -> web.Response:
        self.workers.setdefault(request.match_info["name"], {})
        return ok({"id": request.match_info["name"]})

    def _secrets(self, request: web.Request) -> dict[str, str] | None:
        return self.workers.get(request.match_info["name"])

    async def _list(self, request: web.Request) -> web.Response:
        secrets = self._secrets(request)
        return no_worker() if secrets is None else ok([{"name": name, "type": "secret_text"} for name in secrets])

    async def _put(self, request: web.Request) -> web.Response:
        secrets = self._secrets(request)
        if secrets is None:
            return no_worker()
        body = await request.json()
        secrets[body["name"]] = body["text"]
        return ok({"name": body["name"], "type": body["type"]})

    async def _delete(self, request: web.Request) -> web.Response:
        secrets = self._secrets(request)
        if secrets is None:
            return no_worker()
        if secrets.pop(request.match_info["key"], None) is None:
            return failed(404, 10056, "Binding not found")
        return ok(None)

    async def _bulk(self, request: web.Request) -> web.Response:
        secrets = self._secrets(request)
        if secrets is None:
            return no_worker()
        for name, entry in (await request.json())["secrets"].items():
            if entry is None:
                secrets.pop(name, None)
            else:
                secrets[name] = entry["text"]
        return ok({})


def ok(result: Any) -> web.Response:
    return web.json_response({"success": True, "errors": [], "messages": [], "result": result})


def failed(status: int, code: int, message: str) -> web.Response:
    body = {"success": False, "errors": [{"code": code, "message": message}], "result": None}
    return web.json_response(body, status=status)


def no_worker() -> web.Response:
    return failed(404, 10007, "This Worker does not exist on your account.")
