"""Kills hosts (and sometimes whole sessions) in the middle of writes, and compares what is left with what was promised.

Each writer sends one operation after the other and knows which were acknowledged. After a kill the storage of an
object, a KV namespace, a D1 database or an R2 bucket has to be what these left, or what these and the one under way
left: nothing lost, nothing half applied. An alarm that was acknowledged, or whose time is stored, has to run; so has a
workflow that was created, and a message that was sent to a queue has to come.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.sessions import Area, Session, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

LEDGER = {
    "durable_objects": {
        "bindings": [{"name": "LEDGER", "class_name": "Ledger"}, {"name": "SINK", "class_name": "Sink"}]
    },
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Ledger", "Sink"]}],
    "kv_namespaces": [{"binding": "KV", "id": "kv"}],
    "d1_databases": [{"binding": "DB", "database_name": "db", "database_id": "db"}],
    "r2_buckets": [{"binding": "BUCKET", "bucket_name": "bucket"}],
    "workflows": [{"binding": "FLOW", "name": "flow", "class_name": "Flow"}],
    "queues": {
        "producers": [{"binding": "QUEUE", "queue": "jobs"}],
        "consumers": [
            {"queue": "jobs", "max_batch_timeout": 0, "max_retries": 1, "dead_letter_queue": "dead"},
            {"queue": "dead", "max_batch_timeout": 0},
        ],
    },
}
OBJECTS = 4
WRITERS_PER_OBJECT = 3
DEADLINE_SECONDS = 20.0
KINDS = ("put", "put", "many", "mixed", "transaction", "delete")
STORES = {
    "kv": ("put", "put", "delete"),
    "d1": ("batch", "run"),
    "r2": ("put", "put", "multipart", "delete"),
}
"""Bindings and the kinds of their operations."""
DELIVERIES = {"queue": ("plain", "plain", "delayed", "retried", "dead"), "workflow": ("create",)}
"""What is acknowledged now and has its effect later, at least once."""
WRITERS_PER_STORE = 2


def effects(ledger: str, writer: str, n: int, kind: str) -> dict[str, int | None]:
    """What an operation leaves: key and value, None for a key that is gone."""
    changes: dict[str, int | None]
    if ledger in DELIVERIES:
        return {f"{writer}.m{n}": n}
    stores: dict[str, dict[str, dict[str, int | None]]] = {
        "kv": {"put": {f"slot{n % 7}": n}, "delete": {f"slot{n % 3}": None}},
        "d1": {"batch": {"before": n, f"row{n % 5}": n, "after": n}, "run": {"last": n}},
        "r2": {"put": {f"blob{n % 4}": n}, "multipart": {"parts": n}, "delete": {f"blob{n % 2}": None}},
    }
    if ledger in stores:
        return {f"{writer}.{name}": value for name, value in stores[ledger][kind].items()}
    changes = {
        "put": {"last": n, f"slot{n % 7}": n},
        "many": {f"many{index}": n for index in range(4)},
        "mixed": {"before": n, f"row{n % 5}": n, "after": n},
        "transaction": {"first": n, f"row{n % 5}": n, "second": n},
        "delete": {f"many{index}": None for index in range(4)},
        "alarm": {"alarm": n},
    }[kind]
    return {f"{writer}.{name}": value for name, value in changes.items()}


@dataclass
class Writer:
    """One writer, and what it knows of its part of an object."""

    ledger: str
    name: str
    chance: random.Random
    n: int = 0
    known: dict[str, int] = field(default_factory=dict)
    """What the acknowledged operations left."""
    pending: dict[str, int | None] | None = None
    """What the operation under way changes."""

    def next(self) -> tuple[int, str]:
        self.n += 1
        kinds = STORES.get(self.ledger) or DELIVERIES.get(self.ledger) or KINDS
        kind = "alarm" if self.name == "a" else self.chance.choice(kinds)
        self.pending = effects(self.ledger, self.name, self.n, kind)
        return self.n, kind

    def acknowledged(self) -> None:
        self.known = self._applied()
        self.pending = None

    def _applied(self) -> dict[str, int]:
        changed: dict[str, int | None] = {**self.known, **(self.pending or {})}
        return {key: value for key, value in changed.items() if value is not None}

    def settle(self, found: dict[str, int]) -> str | None:
        """Compare with what is stored; returns what is wrong, and goes on from what is there."""
        mine = self._mine(found)
        if self.ledger in DELIVERIES:
            missing = sorted(set(self.known) - set(mine))
            self.pending = None
            return f"{self.ledger}/{self.name}: never came: {missing}" if missing else None
        if mine != self.known and mine != self._applied():
            return f"{self.ledger}/{self.name}: stored {mine}, acknowledged {self.known}, under way {self.pending}"
        self.known, self.pending = mine, None
        return None

    def _mine(self, found: dict[str, int]) -> dict[str, int]:
        return {
            key: value for key, value in found.items() if key.startswith(f"{self.name}.") and not key.endswith(" done")
        }

    def is_settled(self, found: dict[str, int]) -> bool:
        """Whether nothing that is acknowledged is still under way."""
        return self.ledger not in DELIVERIES or self.known.keys() <= found.keys()


class Crash:
    """A session under load that is killed again and again."""

    def __init__(self, area: Area, seed: int = 1) -> None:
        self._area = area
        self._chance = random.Random(seed)
        self._port = free_port()
        self._directory = area.worker("ledger", "ledger", **LEDGER)
        self._session = self._start()
        self.writers = [
            Writer(f"ledger{number}", name, random.Random(f"{seed} {number} {name}"))
            for number in range(OBJECTS)
            for name in ("a", "b", "c")[:WRITERS_PER_OBJECT]
        ]
        self.writers += [
            Writer(ledger, name, random.Random(f"{seed} {ledger} {name}"))
            for ledger in (*STORES, *DELIVERIES)
            for name in ("b", "c")[:WRITERS_PER_STORE]
        ]
        self.acknowledged = 0
        self.problems: list[str] = []

    def _start(self) -> Session:
        return self._area.start("--port", str(self._port), port=self._port, cwd=self._directory)

    # ---- one round ----------------------------------------------------------------------------------------

    def round(self, number: int, *, kill_session: bool = False) -> None:
        """Write, kill, wait for the next host, compare."""
        asyncio.run(asyncio.wait_for(self._round(number, kill_session=kill_session), DEADLINE_SECONDS * 2))

    async def _round(self, number: int, *, kill_session: bool) -> None:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(self._write(writer, stop)) for writer in self.writers]
        await asyncio.sleep(self._chance.uniform(0.01, 0.12))
        if kill_session:
            self._session.process.kill()
            await asyncio.to_thread(self._session.process.wait)
        else:
            if number % 2:
                # A save: the kill falls somewhere in the reload. It also lets the session forget earlier crashes.
                self._save(number)
                await asyncio.sleep(self._chance.uniform(0, 0.06))
            self._kill_host()
        stop.set()
        await asyncio.gather(*tasks)
        if kill_session:
            self._session.output.close()
            self._area.sessions.remove(self._session)
            self._session = await asyncio.to_thread(self._start)
        await self._compare()

    def _save(self, number: int) -> None:
        path = self._directory / "src" / "entry.py"
        path.write_text(re.sub(r"VERSION = \d+", f"VERSION = {number}", path.read_text()))

    def _kill_host(self) -> None:
        (nursery,) = _children(self._session.process.pid)
        hosts = _children(nursery)
        if hosts:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._chance.choice(hosts), signal.SIGKILL)

    async def _write(self, writer: Writer, stop: asyncio.Event) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            connection = await _Connection.open(self._port)
            try:
                while not stop.is_set():
                    n, kind = writer.next()
                    query = f"object={writer.ledger}&writer={writer.name}&n={n}&kind={kind}"
                    status, body = await connection.get(f"/apply?{query}")
                    if status != 200:
                        # A host that was killed cannot answer; one that was told to go may say that it cannot.
                        return
                    assert int(body) == n
                    writer.acknowledged()
                    self.acknowledged += 1
            finally:
                connection.close()

    # ---- comparing ----------------------------------------------------------------------------------------

    async def _compare(self) -> None:
        for ledger in sorted({writer.ledger for writer in self.writers}):
            found = await self._state(ledger, self._is_settled(ledger))
            if found.get("a.alarm") != found.get("a.alarm done"):
                self.problems.append(f"{ledger}: the alarm for {found.get('a.alarm')} never ran")
            for writer in self.writers:
                if writer.ledger == ledger and (problem := writer.settle(found)) is not None:
                    self.problems.append(problem)

    def _is_settled(self, ledger: str) -> Callable[[dict[str, int]], bool]:
        writers = [writer for writer in self.writers if writer.ledger == ledger]

        def check(state: dict[str, int]) -> bool:
            has_rung = state.get("a.alarm") == state.get("a.alarm done")
            return has_rung and all(writer.is_settled(state) for writer in writers)

        return check

    async def _state(self, ledger: str, is_settled: Callable[[dict[str, int]], bool]) -> dict[str, int]:
        """Read an object until its alarm has run and what is to come has come (or the time is up)."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            found: dict[str, int] | None = None
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                connection = await _Connection.open(self._port)
                try:
                    status, body = await asyncio.wait_for(connection.get(f"/state?object={ledger}"), DEADLINE_SECONDS)
                finally:
                    connection.close()
                if status == 200:
                    found = json.loads(body)
            if found is not None and (is_settled(found) or time.monotonic() > deadline):
                return found
            if time.monotonic() > deadline:
                raise RuntimeError(f"{ledger} cannot be read:\n{self._session.log()[-2000:]}")
            await asyncio.sleep(0.005)


class _Connection:
    """A keep-alive connection of a writer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        self._reader = reader
        self._writer = writer
        self._port = port

    @classmethod
    async def open(cls, port: int) -> _Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port), port)

    async def get(self, path: str) -> tuple[int, bytes]:
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost:{self._port}\r\n\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        return int(head.split(b" ", 2)[1]), await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


def _children(pid: int) -> list[int]:
    """Pids of the children of a process, as far as the kernel tells."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found
