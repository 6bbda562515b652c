"""Blocking calls inside a handler suspend the handler, not the host: sockets, TLS, name resolution, `time.sleep`.

So synchronous HTTP clients (requests, urllib3, httpx.Client, urllib.request) and database drivers written in Python
work in a handler while other requests are served, as in production, where the same calls switch stacks.

- A socket operation is tried without blocking; where it would block, the handler waits with `run_sync` until the loop
  says that the socket is ready, at most for the socket's timeout, and tries again. TLS sockets likewise.
- Outside of handlers (threads, module level) and for sockets that do not block, everything is as it was.
- What an object sends waits for the commit of what it wrote before: the output gate of spec/durable-objects.md.

`install` changes the classes in place, so that it does not matter when a library was imported.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import os
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.sync_bridge import can_run_sync, run_sync

if TYPE_CHECKING:
    from collections.abc import Callable

    Operation = Callable[..., Any]

READING, WRITING = False, True

_waiting: dict[tuple[int, bool], list[asyncio.Future[bool]]] = {}
"""Who waits for a descriptor to become readable, or writable."""


def install() -> None:
    """Make blocking calls suspend handlers; for the process of a host only."""
    for name in ("accept", "recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into"):
        _replace(socket.socket, name, _performing(READING))
    for name in ("send", "sendto", "sendmsg"):
        _replace(socket.socket, name, _performing(WRITING))
    _replace(socket.socket, "sendall", _sending_all)
    _replace(socket.socket, "connect", _connecting)
    _replace(socket.socket, "close", _closing)
    for name in ("do_handshake", "read", "unwrap"):
        _replace(ssl.SSLSocket, name, _performing(READING))
    for name in ("send", "write"):
        _replace(ssl.SSLSocket, name, _performing(WRITING))
    _replace(socket, "getaddrinfo", _resolving)
    _replace(time, "sleep", _sleeping)


def _replace(owner: Any, name: str, change: Callable[[Operation], Operation]) -> None:
    original = getattr(owner, name)
    if not hasattr(original, "__wrapped__"):
        setattr(owner, name, functools.wraps(original)(change(original)))


def _suspends(sock: socket.socket) -> bool:
    """Tell whether an operation of this socket, here, would block the host and need not."""
    return can_run_sync() and sock.gettimeout() != 0


def _performing(direction: bool) -> Callable[[Operation], Operation]:
    def change(operation: Operation) -> Operation:
        def perform(sock: socket.socket, *args: Any, **keywords: Any) -> Any:
            if not _suspends(sock):
                return operation(sock, *args, **keywords)
            if direction is WRITING:
                _commit()
            return _Patience(sock).perform(lambda: operation(sock, *args, **keywords), direction)

        return perform

    return change


class _Patience:
    """Tries until an operation succeeds or the socket's timeout is over."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._timeout = sock.gettimeout()
        self._deadline = None if self._timeout is None else time.monotonic() + self._timeout

    def attempt(self, operation: Callable[[], Any]) -> Any:
        """Perform the operation without blocking."""
        # Nothing is switched between these lines: only this attempt sees the socket without its timeout.
        self._socket.settimeout(0)
        try:
            return operation()
        finally:
            if self._socket.fileno() >= 0:
                self._socket.settimeout(self._timeout)

    def perform(self, operation: Callable[[], Any], direction: bool) -> Any:
        """Perform the operation; TimeoutError after the socket's timeout."""
        while True:
            try:
                return self.attempt(operation)
            except BlockingIOError:
                self.wait(direction)
            except ssl.SSLWantReadError:
                self.wait(READING)
            except ssl.SSLWantWriteError:
                self.wait(WRITING)

    def wait(self, direction: bool) -> None:
        """Suspend the handler until the socket is ready."""
        left = None if self._deadline is None else self._deadline - time.monotonic()
        if (left is not None and left <= 0) or not run_sync(_ready(self._socket, direction, left)):
            raise TimeoutError("timed out")
        if self._socket.fileno() < 0:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))


async def _ready(sock: socket.socket, direction: bool, seconds: float | None) -> bool:
    """Wait until the socket can be read from or written to; false after `seconds`."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[bool] = loop.create_future()
    timer = None if seconds is None else loop.call_later(seconds, _settle, future, False)
    key = (sock.fileno(), direction)
    others = _waiting.setdefault(key, [])
    if not others:
        # The socket itself, not its number: the loop then keeps it from being closed below the selector.
        (loop.add_writer if direction else loop.add_reader)(sock, _wake, key)
    others.append(future)
    try:
        return await future
    finally:
        if timer is not None:
            timer.cancel()
        others.remove(future)
        if not others:
            del _waiting[key]
            (loop.remove_writer if direction else loop.remove_reader)(sock)


def _wake(key: tuple[int, bool]) -> None:
    for future in _waiting.get(key, ()):
        _settle(future, True)


def _settle(future: asyncio.Future[bool], result: bool) -> None:
    if not future.done():
        future.set_result(result)


def _commit() -> None:
    """Make durable what the object wrote before something leaves it."""
    event = context.current()
    if event is not None and event.actor is not None:
        event.actor.outputs.end_turn()


def _sending_all(original: Operation) -> Operation:
    def sendall(sock: socket.socket, data: Any, *flags: int) -> None:
        if not _suspends(sock):
            original(sock, data, *flags)
            return
        patience = _Patience(sock)
        _commit()
        rest = memoryview(data).cast("B")
        while rest:
            sent = patience.perform(functools.partial(socket.socket.send, sock, rest, *flags), WRITING)
            rest = rest[sent:]

    return sendall


def _connecting(original: Operation) -> Operation:
    def connect(sock: socket.socket, address: Any) -> None:
        if not _suspends(sock):
            original(sock, address)
            return
        _commit()
        patience = _Patience(sock)
        try:
            patience.attempt(lambda: original(sock, address))
        except BlockingIOError:
            patience.wait(WRITING)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code)) from None

    return connect


def _closing(original: Operation) -> Operation:
    def close(sock: socket.socket) -> None:
        number = sock.fileno()
        original(sock)
        _wake((number, READING))
        _wake((number, WRITING))

    return close


def _resolving(original: Operation) -> Operation:
    def getaddrinfo(host: Any, *args: Any, **keywords: Any) -> Any:
        if not can_run_sync() or host is None or _is_numeric(host):
            return original(host, *args, **keywords)
        loop = asyncio.get_running_loop()
        return run_sync(loop.run_in_executor(None, functools.partial(original, host, *args, **keywords)))

    return getaddrinfo


def _is_numeric(host: str | bytes) -> bool:
    text = host if isinstance(host, str) else host.decode("ascii", "replace")
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, ValueError):
            socket.inet_pton(family, text)
            return True
    return False


def _sleeping(original: Operation) -> Operation:
    def sleep(seconds: float) -> None:
        if can_run_sync():
            if seconds < 0:
                raise ValueError("sleep length must be non-negative")
            run_sync(asyncio.sleep(seconds))
        else:
            original(seconds)

    return sleep
