"""The frontend: the page, and what it asks for under /api."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workers import Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from .worker_configuration import Env  # written by `pywrangler types`; the backend has such a module, too


class Default(WorkerEntrypoint):
    env: Env

    async def fetch(self, request: Request) -> Response:
        route = (request.method, urlsplit(request.url).path)
        guestbook = self.env.GUESTBOOK.getByName("main")
        match route:
            case ("GET", "/api/entries"):
                return Response.from_json(await guestbook.latest())
            case ("POST", "/api/entries"):
                name, text, problem = entry_in(await request.text())
                if problem:
                    return Response.from_json({"error": problem}, status=400)
                return Response.from_json({"entries": await guestbook.sign(name, text)}, status=201)
            case ("GET", "/api/health"):
                return Response.from_json(await self.env.BACKEND.health())
        return await self.env.ASSETS.fetch(request)


def entry_in(body: str) -> tuple[str, str, str]:
    """Return name, text, and what is wrong with them."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return "", "", "The body has to be a JSON object."
    name, text = found.get("name", ""), found.get("text")
    if not isinstance(name, str) or not isinstance(text, str) or not 0 < len(text.strip()) <= 500:
        return "", "", "An entry needs a `text` of 1 to 500 characters."
    return name, text, ""
