"""Starts and stops real `pywrangler dev` sessions for the benchmarks, each in a directory of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

COMMAND = [str(Path(sys.executable).with_name("pywrangler"))]
WORKERS = Path(__file__).parent / "workers"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Area:
    """A temporary directory with Workers and a registry of its own; removes everything at the end."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="pywrangler-bench-"))
        self.sessions: list[Session] = []

    def worker(self, name: str, source: str, *, copy_of: str | None = None, **config: object) -> Path:
        """Make the directory of a Worker with `source` (a file of bench/workers) as its main module."""
        directory = self.root / name
        (directory / "src").mkdir(parents=True)
        shutil.copy(WORKERS / f"{copy_of or source}.py", directory / "src" / "entry.py")
        settings = {
            "name": name,
            "main": "src/entry.py",
            "compatibility_date": "2026-06-10",
            "compatibility_flags": ["python_workers"],
            **config,
        }
        (directory / "wrangler.jsonc").write_text(json.dumps(settings))
        return directory

    def start(self, *arguments: str, port: int, cwd: Path, wait: bool = True) -> Session:
        session = Session(self, [*COMMAND, "dev", *arguments], port, cwd)
        self.sessions.append(session)
        if wait:
            session.wait()
        return session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self.sessions:
            session.stop()
        shutil.rmtree(self.root, ignore_errors=True)


class Session:
    """One running command."""

    def __init__(self, area: Area, command: list[str], port: int, cwd: Path) -> None:
        self.port = port
        self.output = (area.root / f"session-{port}.log").open("w+b")
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "WRANGLER_REGISTRY_PATH": str(area.root / "registry"), "CLOUDFLARE_ENV": ""},
        )

    def wait(self, path: str = "/", deadline_seconds: float = 20.0) -> float:
        """Wait for the first 200 and return the seconds since the start."""
        deadline = self.started + deadline_seconds
        while time.perf_counter() < deadline:
            if fetch(self.port, path)[0] == 200:
                return time.perf_counter() - self.started
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        raise RuntimeError(f"not ready on port {self.port}:\n{self.log()}")

    def log(self) -> str:
        self.output.seek(0)
        return self.output.read().decode(errors="replace")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.output.close()

    def tree(self) -> list[int]:
        """Pids of the session and everything below it."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    children.setdefault(parent, []).append(int(entry.name))
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue += children.get(pid, [])
        return found

    def pss_mib(self) -> float:
        """Proportional set size of the whole tree."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total / 1024

    def cpu_seconds(self) -> float:
        """Processor time of the whole tree so far."""
        ticks = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def fetch(port: int, path: str = "/", timeout: float = 10.0, method: str = "GET") -> tuple[int, bytes]:
    """One blocking request; status 0 if nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            head = f"{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n"
            connection.sendall(f"{head}Content-Length: 0\r\n\r\n".encode())
            data = b""
            while part := connection.recv(1 << 16):
                data += part
    except OSError:
        return 0, b""
    head, _, body = data.partition(b"\r\n\r\n")
    return (int(head.split(b" ", 2)[1]) if head else 0), body
