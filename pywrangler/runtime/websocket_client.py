"""`new WebSocket(url, protocols)`: checks what it is given, and connects by way of `fetch` (spec/websocket.md, 5)."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import JsException, dom_exception
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.url_parser import parse

if TYPE_CHECKING:
    from pywrangler.runtime.js.response import Response
    from pywrangler.runtime.websockets import WebSocket

ABANDONED = "WebSocket is closed before the connection is established."
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def parse_target(url: Any, protocols: Any) -> tuple[str, tuple[str, ...]]:
    """Return URL (without user info) and sub-protocols; DOMException SyntaxError for what cannot be used."""
    text = to_string(url)
    parsed = parse(text)
    if parsed is None:
        raise dom_exception("SyntaxError", f"Invalid WebSocket URL: {text}")
    if parsed.scheme not in {"ws", "wss"}:
        raise dom_exception("SyntaxError", f"The scheme of a WebSocket URL is ws or wss, not {parsed.scheme}.")
    if parsed.fragment is not None:
        raise dom_exception("SyntaxError", "A WebSocket URL cannot have a fragment.")
    parsed.username = parsed.password = ""
    return parsed.href, _protocols(protocols)


def _protocols(given: Any) -> tuple[str, ...]:
    if given is None or given is jsnull:
        return ()
    names = (given,) if isinstance(given, str) or not hasattr(given, "__iter__") else tuple(given)
    texts = tuple(map(to_string, names))
    for text in texts:
        if _TOKEN.fullmatch(text) is None:
            raise dom_exception("SyntaxError", f'"{text}" is not a valid WebSocket protocol.')
    if len({text.lower() for text in texts}) != len(texts):
        raise dom_exception("SyntaxError", "The WebSocket protocols must be distinct.")
    return texts


def connect(socket: WebSocket, url: str, protocols: tuple[str, ...]) -> asyncio.Task[None]:
    """Start the handshake; the socket is told how it ends, unless the task is cancelled."""
    return asyncio.get_running_loop().create_task(_connect(socket, url, protocols))


async def _connect(socket: WebSocket, url: str, protocols: tuple[str, ...]) -> None:
    try:
        response = await _shake_hands(url, protocols)
    except JsException as problem:
        socket.not_opened(problem.message)
        return
    if response.webSocket is jsnull:
        if isinstance(response._body, ReadableStream):
            response._body.stop()
        socket.not_opened(
            "Failed to establish the WebSocket connection: expected server to reply with HTTP status code 101 "
            f"(switching protocols), but received {response.status} instead."
        )
        return
    chosen = next((value for name, value in response.pairs() if name == "sec-websocket-protocol"), "")
    socket.opened(response.webSocket.release(), chosen)


async def _shake_hands(url: str, protocols: tuple[str, ...]) -> Response:
    from pywrangler.runtime.js.fetch import fetch
    from pywrangler.runtime.js.headers import Headers
    from pywrangler.runtime.js.request import Request

    headers = [("upgrade", "websocket")]
    if protocols:
        headers.append(("sec-websocket-protocol", ", ".join(protocols)))
    response: Response = await fetch(Request.new("http" + url[2:], headers=Headers.from_pairs(headers)))
    return response
