"""The Workers of these tests, and requests to them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

WORKERS = Path(__file__).parent / "workers"
"""Sources of Workers, in the shapes of published ones."""


def ask(
    port: int,
    *paths: str,
    method: str | None = None,
    body: bytes | str | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """Return the answers in order, or the answer to a lone path: JSON decoded, text, or (status, text) if not 200."""

    async def one(http: aiohttp.ClientSession, path: str) -> Any:
        verb = method or ("GET" if body is None else "POST")
        async with http.request(verb, path, data=body, headers=headers, allow_redirects=False) as response:
            text = await response.text()
            if response.status != 200:
                return response.status, text
            return await response.json() if response.content_type == "application/json" else text

    async def main() -> Any:
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout) as http:
            answers = await asyncio.gather(*(one(http, path) for path in paths))
            return answers[0] if len(paths) == 1 else answers

    return asyncio.run(main())


def respond(port: int, path: str, method: str = "GET", **options: Any) -> tuple[int, Any, bytes]:
    """Return status, headers and body of one answer; redirects are not followed."""

    async def main() -> tuple[int, Any, bytes]:
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
            http.request(method, path, allow_redirects=False, **options) as response,
        ):
            return response.status, response.headers, await response.read()

    return asyncio.run(main())
