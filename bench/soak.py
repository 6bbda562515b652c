"""Clients that break their requests off, at every stage and by every way a body can take; what the hosts keep of them.

A body has 20 MiB and each way is broken off a dozen times, half by FIN and half by RST. Then the hosts have a moment of
quiet, as a developer's machine has, and their resident memory is compared with that before.
"""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.sessions import Area, fetch, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.sessions import Session

BODY_BYTES = 20 << 20
BREAKS = 12
QUIET_SECONDS = 2.5
"""The host collects after a second; a client that leaves while nothing is read of it is noticed after another."""

DOWNLOADS = ("bytes", "pull", "iterator", "transform", "transform-waited", "pipe", "tee", "asgi", "wsgi")
PLACES = ("/service", "/object", "/remote", "/remote-object")
STAGES = {
    "in the head of the request": ("/",),
    "in its body": ("/upload", "/upload-ignored", "/upload-through"),
    "before the response": ("/before", "/before-waited", *(f"{place}/before-waited" for place in PLACES)),
    "in the response": (
        *(f"/{way}" for way in DOWNLOADS),
        *(f"{place}/{way}" for place in PLACES for way in ("bytes", "pull", "transform-waited", "asgi")),
        "/rpc",
    ),
    "with a response that is not read": ("/bytes", "/pull"),
    "in a WebSocket": ("/socket",),
}
_HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def kept_mib() -> Iterator[tuple[str, float, float]]:
    """Yield for each stage what it added to the memory of all processes, in MiB, and what its worst way added."""
    with Area() as area:
        session = _start(area)
        for path in ("/remote/", "/rpc", "/asgi", "/wsgi"):  # what is imported once
            fetch(session.port, path)
        for stage, paths in STAGES.items():
            begun = before = _settled_mib(session)
            worst = 0.0
            for path in paths:
                for number in range(BREAKS):
                    _break_off(session.port, stage, path, resets=number % 2 == 1)
                after = _settled_mib(session)
                worst, before = max(worst, after - before), after
            yield stage, before - begun, worst


def _start(area: Area) -> Session:
    objects = [{"name": "OBJECT", "class_name": "Bodies"}]
    migrations = [{"tag": "v1", "new_sqlite_classes": ["Bodies"]}]
    far = area.worker("far", "bodies", durable_objects={"bindings": objects}, migrations=migrations)
    near = area.worker(
        "near",
        "bodies",
        services=[{"binding": "SELF", "service": "near"}, {"binding": "REMOTE", "service": "far"}],
        durable_objects={
            "bindings": [*objects, {"name": "REMOTE_OBJECT", "class_name": "Bodies", "script_name": "far"}]
        },
        migrations=migrations,
    )
    port = free_port()
    return area.start(
        *("-c", str(near / "wrangler.jsonc"), "-c", str(far / "wrangler.jsonc"), "--port", str(port)),
        port=port,
        cwd=area.root,
    )


def _settled_mib(session: Session) -> float:
    time.sleep(QUIET_SECONDS)
    return sum(_resident_mib(pid) for pid in session.tree())


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _break_off(port: int, stage: str, path: str, *, resets: bool) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        if resets:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if stage == "in the head of the request":
            client.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {'a' * 100_000}".encode())
        elif stage == "in its body":
            client.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {BODY_BYTES}\r\n\r\n".encode())
            client.settimeout(0.2)
            try:
                client.sendall(bytes(BODY_BYTES // 2))
            except TimeoutError:
                return  # nobody reads on
        else:
            more = _HANDSHAKE if stage == "in a WebSocket" else ""
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())
            if stage in ("in the response", "in a WebSocket"):
                client.recv(1 << 16)
            time.sleep(0.05)
