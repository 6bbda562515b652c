"""Hands every request to the FastAPI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asgi
from app import app
from workers import Request, WorkerEntrypoint

if TYPE_CHECKING:
    import js
    from worker_configuration import Env  # written by `pywrangler types`


class Default(WorkerEntrypoint):
    env: Env

    async def fetch(self, request: Request) -> js.Response:
        return await asgi.fetch(app, request.js_object, self.env)
