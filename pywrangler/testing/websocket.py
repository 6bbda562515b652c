"""A WebSocket client for tests: blocking, on a plain socket."""

from __future__ import annotations

import base64
import json as _json
import os
import socket
import time
from typing import TYPE_CHECKING, Any, Self

from pywrangler.errors import PywranglerError
from pywrangler.protocol.websocket import (
    Close,
    Decoder,
    Ping,
    Pong,
    accept_key,
    encode_client_message,
    encode_close,
    encode_pong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECEIVE_SECONDS = 10.0
HEAD_LIMIT_BYTES = 64 * 1024


class NotUpgradedError(PywranglerError):
    """The Worker answered something else than 101."""

    def __init__(self, status: int, reason: str, body: str) -> None:
        super().__init__(f"The WebSocket was refused: {status} {reason}\n{body}".rstrip())
        self.status = status
        self.body = body


class SocketClosedError(PywranglerError):
    """The Worker closed the socket: `code` and `reason`; 1006 if the connection just ended."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"The WebSocket was closed: {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class WebSocket:
    """An open socket; a context manager that closes it, and an iterator over messages until the Worker closes."""

    def __init__(self, port: int, host: str, path: str, headers: Mapping[str, str], timeout: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._decoder = Decoder(from_client=False)
        self.close_code: int | None = None
        """Why the Worker closed it; None while it is open."""
        self.close_reason = ""
        self.headers: dict[str, str] = {}
        """Of the response, names in lower case."""
        try:
            self._shake_hands(host, path, headers)
        except BaseException:
            self._socket.close()
            raise

    def _shake_hands(self, host: str, path: str, headers: Mapping[str, str]) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        given = {
            "Host": host, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key, **headers,
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        received = b""
        while b"\r\n\r\n" not in received and len(received) < HEAD_LIMIT_BYTES:
            part = self._socket.recv(65536)
            if not part:
                raise SocketClosedError(1006, "no response")
            received += part
        first, _, rest = received.partition(b"\r\n\r\n")
        line, *lines = first.decode("latin-1").split("\r\n")
        _, status, reason, *_ = [*line.split(" ", 2), ""]
        self.headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in lines)}
        if status != "101":
            raise NotUpgradedError(int(status), reason, self._rest_of_body(rest))
        if self.headers.get("sec-websocket-accept") != accept_key(key):
            raise SocketClosedError(1002, "a wrong Sec-WebSocket-Accept")
        self._decoder.receive(rest)

    def _rest_of_body(self, received: bytes) -> str:
        size = self.headers.get("content-length", "")
        while size.isdecimal() and len(received) < int(size):
            part = self._socket.recv(65536)
            if not part:
                break
            received += part
        return received.decode(errors="replace")

    # ---- sending

    def send(self, message: str | bytes) -> None:
        """Send text, or bytes as a binary message."""
        self._socket.sendall(encode_client_message(message, deflate=False))

    def send_json(self, value: Any) -> None:
        """Send a value as JSON text."""
        self.send(_json.dumps(value))

    # ---- receiving

    def receive(self, timeout: float = RECEIVE_SECONDS) -> str | bytes:
        """Return the next message; SocketClosedError when the Worker closes, TimeoutError if nothing comes."""
        deadline = time.monotonic() + timeout
        while True:
            event = self._decoder.next_event() if self.close_code is None else None
            if isinstance(event, str | bytes):
                return event
            if isinstance(event, Ping):
                self._socket.sendall(encode_pong(event.payload, mask=os.urandom(4)))
            elif isinstance(event, Close):
                self._closed(event.code, event.reason)
            elif not isinstance(event, Pong):
                self._read(deadline)

    def receive_json(self, timeout: float = RECEIVE_SECONDS) -> Any:
        """Return the next message, which is JSON."""
        return _json.loads(self.receive(timeout))

    def _read(self, deadline: float) -> None:
        if self.close_code is not None:
            raise SocketClosedError(self.close_code, self.close_reason)
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("No message came in time.")
        self._socket.settimeout(left)
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            raise TimeoutError("No message came in time.") from None
        except OSError:
            data = b""
        if not data:
            self._closed(1006, "")
        self._decoder.receive(data)

    def _closed(self, code: int, reason: str) -> None:
        self.close_code, self.close_reason = code, reason
        if code != 1006:
            self._say_close(None if code == 1005 else code, "")
        self._socket.close()
        raise SocketClosedError(code, reason)

    def _say_close(self, code: int | None, reason: str) -> None:
        try:
            self._socket.sendall(encode_close(code, reason, mask=os.urandom(4)))
        except OSError:
            return  # it is gone already

    def __iter__(self) -> Iterator[str | bytes]:
        while True:
            try:
                yield self.receive()
            except SocketClosedError:
                return

    # ---- the end

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it and wait for the Worker's answer, or for a second."""
        if self.close_code is not None or self._socket.fileno() < 0:
            return
        self._say_close(code, reason)
        deadline = time.monotonic() + 1.0
        try:
            while True:
                self.receive(max(0.0, deadline - time.monotonic()))
        except (SocketClosedError, TimeoutError, OSError):
            self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
