"""Greets whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from workers import Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`


class Default(WorkerEntrypoint):
    env: Env

    async def fetch(self, request: Request) -> Response:
        query = parse_qs(urlsplit(request.url).query)
        name = query.get("name", ["World"])[0]
        return Response(f"{self.env.GREETING}, {name}!")
