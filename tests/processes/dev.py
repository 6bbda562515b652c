"""Real `pywrangler dev` sessions for tests: directories with Workers, a registry of their own, output to wait for."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

COMMAND = str(Path(sys.executable).with_name("pywrangler"))
DEADLINE_SECONDS = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dev:
    """One running session; its output is collected as it comes."""

    def __init__(
        self,
        project: Project,
        arguments: tuple[str, ...],
        cwd: Path,
        environment: dict[str, str],
        *,
        descriptors: int | None = None,
        leads_group: bool = False,
    ) -> None:
        limited = [] if descriptors is None else ["/bin/sh", "-c", 'ulimit -n "$0"; exec "$@"', str(descriptors)]
        self.process = subprocess.Popen(
            [*limited, COMMAND, "dev", *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=leads_group,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(("CLOUDFLARE_", "VITE_"))},
                "WRANGLER_REGISTRY_PATH": str(project.registry),
                "NO_COLOR": "1",
                "PYTHONUNBUFFERED": "1",
                **environment,
            },
        )
        self._text = ""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while part := os.read(self.process.stdout.fileno(), 65536):
            with self._changed:
                self._text += part.decode(errors="replace")
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def output(self) -> str:
        with self._changed:
            return self._text

    def mark(self) -> int:
        """A position in the output, for `expect(..., after=...)`."""
        return len(self.output)

    def expect(self, text: str, *, after: int = 0, seconds: float = DEADLINE_SECONDS) -> str:
        """Wait until `text` is printed; returns everything printed so far."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while text not in self._text[after:]:
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reader.is_alive()):
                    raise AssertionError(f"{text!r} was not printed:\n{self._text}")
                self._changed.wait(min(left, 0.2))
            return self._text

    def ready(self) -> Self:
        self.expect("Ready on http")
        return self

    def tree(self) -> list[int]:
        """Pids of everything below the session."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    children.setdefault(parent, []).append(int(entry.name))
        found: list[int] = []
        queue = [self.process.pid]
        while queue:
            below = children.get(queue.pop(), [])
            found += below
            queue += below
        return found

    def nursery(self) -> int:
        (pid,) = [pid for pid in self.tree() if _parent(pid) == self.process.pid]
        return pid

    def hosts(self) -> list[int]:
        nursery = self.nursery()
        return [pid for pid in self.tree() if _parent(pid) == nursery]

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the session did not stop:\n{self.output}") from None
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def wait(self) -> int:
        """Wait for the session to end by itself."""
        return self.stop(0)


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(check: Any, seconds: float = DEADLINE_SECONDS) -> Any:
    """Return the first true result of `check`; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"still {result!r} after {seconds} s")
        time.sleep(0.01)


class Project:
    """A directory with Workers; every session started from it is stopped at the end of the test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.registry = root / "registry"
        self.sessions: list[Dev] = []

    def worker(self, name: str, source: str, /, **config: Any) -> Path:
        """Write a Worker; returns its directory. `config` overrides keys, None removes one."""
        directory = self.root / name
        (directory / "src").mkdir(parents=True, exist_ok=True)
        (directory / "src" / "entry.py").write_text(textwrap.dedent(source))
        settings = {
            "name": name,
            "main": "src/entry.py",
            "compatibility_date": "2026-06-10",
            "compatibility_flags": ["python_workers"],
            "dev": {"port": free_port()},
            **config,
        }
        settings = {key: value for key, value in settings.items() if value is not None}
        (directory / "wrangler.jsonc").write_text(json.dumps(settings, indent=2))
        return directory

    def port(self, name: str) -> int:
        return int(json.loads((self.root / name / "wrangler.jsonc").read_text())["dev"]["port"])

    def dev(
        self,
        *arguments: str,
        cwd: Path | None = None,
        descriptors: int | None = None,
        leads_group: bool = False,
        **environment: str,
    ) -> Dev:
        """Start a session; `descriptors` is its limit on open files."""
        session = Dev(self, arguments, cwd or self.root, environment, descriptors=descriptors, leads_group=leads_group)
        self.sessions.append(session)
        return session

    def close(self) -> None:
        for session in self.sessions:
            if session.process.poll() is None:
                session.stop(signal.SIGKILL)
            elif session.process.stdout is not None and not session.process.stdout.closed:
                session.stop(0)

    def get(self, name: str, path: str = "/", **headers: str) -> tuple[int, str]:
        return request(self.port(name), path, headers=headers)


def request(
    port: int, path: str = "/", *, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """One request: status and text. Connection errors raise."""
    asked = urllib.request.Request(f"http://localhost:{port}{path}", data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(asked, timeout=DEADLINE_SECONDS) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as response:
        with response:
            return response.code, response.read().decode()


HELLO = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("one")
"""

COUNTER = """
from workers import DurableObject, Response, WorkerEntrypoint

class Counter(DurableObject):
    async def increment(self, by=1):
        value = (await self.ctx.storage.get("value") or 0) + by
        await self.ctx.storage.put("value", value)
        return value

    async def fail(self):
        raise ValueError("from the object")

    async def fetch(self, request):
        return Response("object says " + await request.text())

class Named(WorkerEntrypoint):
    async def add(self, a, b):
        return a + b

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(str(await self.env.COUNTER.getByName("main").increment()))
"""
COUNTER_CONFIG: dict[str, Any] = {
    "durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter"}]},
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter"]}],
}

CALLER = """
from urllib.parse import urlsplit
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = urlsplit(request.url).path
        stub = self.env.COUNTER.getByName("main")
        try:
            if path == "/fetch":
                response = await stub.fetch("http://object/", method="POST", body="hello")
                return Response(await response.text(), status=response.status)
            if path == "/fail":
                await stub.fail()
            if path == "/service":
                return Response(str(await self.env.SVC.add(2, 3)))
            return Response(str(await stub.increment()))
        except Exception as error:
            return Response(f"{type(error).__name__}: {error}", status=500)
"""
CALLER_CONFIG: dict[str, Any] = {
    "durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter", "script_name": "backend"}]},
    "services": [{"binding": "SVC", "service": "backend", "entrypoint": "Named"}],
}
