"""Public ports: bound by the session before any host starts, inherited by every host.

The rules (spec/cli.md, section 2, Ports): a port that the user asked for is used or the session does not start;
without one, 8787 to 8797 are tried in order, then any free port (in CI: 8787, then any). `0` means any.
`localhost` is 127.0.0.1 and, where the machine has it, ::1 on the same port.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pywrangler.errors import Place, Problem, StartError

DEFAULT_PORT = 8787
PROBED_PORTS = 11
BACKLOG = 1024
RANDOM_TRIES = 20
_EVERYWHERE = {"*": ("0.0.0.0", "::"), "0.0.0.0": ("0.0.0.0",), "::": ("::",)}


@dataclass(frozen=True, slots=True)
class PublicPort:
    """Listening sockets of one Worker and the URLs that lead to them, the best one first."""

    sockets: tuple[socket.socket, ...]
    port: int
    urls: tuple[str, ...]
    public_url: str
    """What the Worker is reached at from this machine."""

    def close(self) -> None:
        """Close the session's copies of the sockets."""
        for listener in self.sockets:
            listener.close()


def bind_public(ip: str, port: int | None, *, in_ci: bool = False, place: Place | None = None) -> PublicPort:
    """Bind and listen; StartError if the address cannot be had. `place` says where the port was configured."""
    addresses = ("127.0.0.1", "::1") if ip == "localhost" else _EVERYWHERE.get(ip, (ip.strip("[]"),))
    if port:
        return _described(ip, _bind_explicit(ip, addresses, port, place))
    if port is None:
        for candidate in range(DEFAULT_PORT, DEFAULT_PORT + (1 if in_ci else PROBED_PORTS)):
            try:
                return _described(ip, _bind_all(addresses, candidate))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise _cannot_bind(ip, candidate, error, place) from error
    return _described(ip, _bind_random(ip, addresses, place))


def _bind_explicit(ip: str, addresses: tuple[str, ...], port: int, place: Place | None) -> tuple[socket.socket, ...]:
    try:
        return _bind_all(addresses, port)
    except OSError as error:
        raise _cannot_bind(ip, port, error, place) from error


def _bind_random(ip: str, addresses: tuple[str, ...], place: Place | None) -> tuple[socket.socket, ...]:
    for _ in range(RANDOM_TRIES):
        try:
            return _bind_all(addresses, 0)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise _cannot_bind(ip, 0, error, place) from error
    raise StartError(Problem("port-unavailable", f"No free port was found on {ip}."))


def _bind_all(addresses: tuple[str, ...], port: int) -> tuple[socket.socket, ...]:
    """Listen on the same port of every address that this machine has; OSError if one of them is taken."""
    with ExitStack() as bound:
        listeners: list[socket.socket] = []
        for address in addresses:
            try:
                listener = _bind_one(address, port)
            except OSError as error:
                if listeners and error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                    continue  # A machine without IPv6.
                raise
            bound.callback(listener.close)
            listeners.append(listener)
            port = listener.getsockname()[1]
        bound.pop_all()
        return tuple(listeners)


def _bind_one(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _described(ip: str, sockets: tuple[socket.socket, ...]) -> PublicPort:
    port: int = sockets[0].getsockname()[1]
    everywhere = ip in _EVERYWHERE
    if ip == "localhost":
        urls = [f"http://localhost:{port}"]
    elif everywhere:
        first = "0.0.0.0" if ip == "*" else ip
        urls = [f"http://{_bracketed(first)}:{port}"]
        if ip == "*":
            urls += [f"http://localhost:{port}", f"http://[::1]:{port}"]
        urls += [f"http://{address}:{port}" for address in _lan_addresses()]
    else:
        urls = [f"http://{_bracketed(ip)}:{port}"]
    return PublicPort(sockets, port, tuple(urls), f"http://localhost:{port}" if everywhere else urls[0])


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address and not address.startswith("[") else address


def _lan_addresses() -> tuple[str, ...]:
    """Return the address that this machine uses towards its network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ()
        address: str = probe.getsockname()[0]
    return () if address.startswith("127.") else (address,)


def _cannot_bind(ip: str, port: int, error: OSError, place: Place | None) -> StartError:
    where = f"{_bracketed(ip)}:{port}"
    if error.errno == errno.EADDRINUSE:
        owner = port_owner(port)
        who = f"It is in use by {owner}. " if owner else ""
        return StartError(
            Problem(
                "port-in-use",
                f"Address already in use ({where}). {who}Please check that you are not already running a server on "
                "this address or specify a different port with --port.",
                place=place,
            )
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return StartError(
            Problem(
                "port-not-permitted",
                f"Failed to bind to {where}: permission denied.",
                "Ports below 1024 need privileges; choose a higher one with --port.",
                place,
            )
        )
    return StartError(
        Problem("port-unavailable", f"Failed to bind to {where}: {error.strerror or error}.", "Check --ip.", place)
    )


# ---- who owns a port (Linux: /proc) ----------------------------------------------------------------------


def port_owner(port: int, proc: Path = Path("/proc")) -> str:
    """Return `name (pid 123)` of the process that listens on the port, or "" where that cannot be found out."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listening_inodes(proc / "net" / table, port)}
    targets = {f"socket:[{inode}]" for inode in inodes}
    if not targets:
        return ""
    for process in proc.iterdir():
        if process.name.isdigit() and _holds(process / "fd", targets):
            return f"{_process_name(process)} (pid {process.name})"
    return ""


def _listening_inodes(table: Path, port: int) -> list[str]:
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [row[9] for row in rows if len(row) > 9 and row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port]


def _holds(descriptors: Path, targets: set[str]) -> bool:
    try:
        names = os.listdir(descriptors)  # noqa: PTH208 - a listing of strings, thousands of times
    except OSError:
        return False  # Another user's process, or one that just ended.
    for name in names:
        try:
            if os.readlink(descriptors / name) in targets:  # noqa: PTH115 - as above
                return True
        except OSError:
            continue
    return False


def _process_name(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
        name = (process / "comm").read_text().strip()
    except OSError:
        return "a process"
    script = next((word for word in words[1:2] if word and not word.startswith(b"-")), b"")
    return f"{name} {script.decode(errors='replace')}".strip() if script else name
