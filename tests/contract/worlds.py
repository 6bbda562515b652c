"""Where the sample Worker runs: in child processes, or behind a router in this one."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from pywrangler.protocol import registry
from pywrangler.runtime.channels.router import ChannelRouter
from pywrangler.runtime.ports import Target
from tests.contract.receiver import SampleReceiver

HERE = Path(__file__).parent
TARGET = Target("other", "object", "Thing", "ab" * 32, "its name")


class Host:
    """A child process that serves the sample Worker."""

    def __init__(self, directory: Path, *, listener: socket.socket | None = None, version: int | None = None) -> None:
        self.path = directory / f"{os.urandom(4).hex()}.sock"
        if listener is None:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self.path))
            listener.listen(64)
        self.listener = listener
        command = [sys.executable, str(HERE / "host.py"), str(listener.fileno())]
        self.process = subprocess.Popen(
            command + ([] if version is None else [str(version)]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(listener.fileno(),),
        )

    def ready(self) -> Host:
        """Wait until it serves."""
        assert self.read_line() == b"serving\n"
        return self

    def read_line(self) -> bytes:
        """Return the next line it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def retire(self) -> None:
        """Let it finish and begin nothing more."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        assert self.read_line() == b"retiring\n"

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it."""
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self.listener.close()


def entry(path: Path, name: str = "other", **fields: Any) -> bytes:
    """Return the registry entry of a host."""
    known = {"pid": 1, "started": 0.0, "instance": path.name, "address": f"unix:{path}", "url": ""} | fields
    return registry.encode(registry.Entry(name=name, **known))


def open_descriptors() -> int:
    """Return how many descriptors this process has."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only their number counts


class World:
    """A router, and what its targets are."""

    def __init__(self, own: str, directory: Path) -> None:
        self.own = own
        self.directory = directory
        self.connections: list[tuple[str, bool]] = []
        self.receiver = SampleReceiver()
        self.router: Any = None

    def open(self) -> Any:
        """Make the router, inside the loop; returns the channel to the sample Worker."""
        self.router = ChannelRouter(
            self.own, self.receiver, self.directory, lambda name, up: self.connections.append((name, up))
        )
        self.receiver.router = self.router
        return self.router.channel("other")

    def register(self, host: Host, **fields: Any) -> None:
        """Write the entry of a host."""
        (self.directory / "other").write_bytes(entry(host.path, **fields))
