"""What is measured. Each scenario returns rows: what, the promise if there is one, the figure and its unit."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.client import Load, http_load, open_socket
from bench.crash import Crash
from bench.sessions import COMMAND, Area, Session, fetch, free_port
from bench.soak import kept_mib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OBJECTS = {
    "durable_objects": {
        "bindings": [{"name": "COUNTER", "class_name": "Counter"}, {"name": "ROOM", "class_name": "Room"}]
    },
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter", "Room"]}],
}
REMOTE = {"durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter", "script_name": "objects"}]}}


@dataclass(frozen=True)
class Row:
    what: str
    measured: float
    unit: str
    promise: float | None = None
    least: bool = False
    """True if the promise is a minimum."""

    @property
    def is_kept(self) -> bool:
        if self.promise is None:
            return True
        return self.measured >= self.promise if self.least else self.measured <= self.promise


def _median(values: list[float]) -> float:
    return statistics.median(values)


def cold_start() -> list[Row]:
    times = []
    for _ in range(9):
        with Area() as area:
            port = free_port()
            session = area.start("--port", str(port), port=port, cwd=area.worker("hello", "hello"), wait=False)
            times.append(session.wait())
    return [Row("dev to first 200, hello Worker (median of 9)", _median(times) * 1000, "ms", 300)]


def cold_start_of_two() -> list[Row]:
    times = []
    for _ in range(5):
        with Area() as area:
            back, front = free_port(), free_port()
            a = area.worker("objects", "objects", dev={"port": back}, **OBJECTS)
            b = area.worker("caller", "caller", dev={"port": front}, **REMOTE)
            started = time.perf_counter()
            area.start(port=back, cwd=a, wait=False)
            session = area.start(port=front, cwd=b, wait=False)
            deadline = started + 20
            while fetch(front)[0] != 200 and time.perf_counter() < deadline and session.process.poll() is None:
                time.sleep(0.002)
            times.append(time.perf_counter() - started)
    return [
        Row("two sessions until the object answers through the other (median of 5)", _median(times) * 1000, "ms", 450)
    ]


def _save(path: Path, number: int) -> None:
    text = re.sub(r"VERSION = \d+", f"VERSION = {number}", path.read_text())
    path.write_text(text)


def _save_to_served(source: str, saves: int) -> list[float]:
    with Area() as area:
        port = free_port()
        directory = area.worker(source, source)
        session = area.start("--port", str(port), port=port, cwd=directory, wait=False)
        session.wait("/version")
        times = []
        for number in range(1, saves + 1):
            time.sleep(0.15)  # a person does not save faster
            _save(directory / "src/entry.py", number)
            saved = time.perf_counter()
            while fetch(port, "/version")[1] != str(number).encode():
                if time.perf_counter() - saved > 5:
                    raise RuntimeError(session.log())
            times.append(time.perf_counter() - saved)
    return sorted(times)


def reload() -> list[Row]:
    rows = []
    for source in ("hello", "fast"):
        if source == "fast":
            try:
                import fastapi  # noqa: F401
            except ImportError:
                continue
        times = _save_to_served(source, 50)
        name = {"hello": "hello", "fast": "FastAPI"}[source]
        rows.append(Row(f"save to served, {name}, p50 of 50", times[len(times) // 2] * 1000, "ms", 30))
        rows.append(Row(f"save to served, {name}, p95 of 50", times[int(len(times) * 0.95)] * 1000, "ms", 80))
    return rows


def reload_under_load() -> list[Row]:
    with Area() as area:
        port = free_port()
        directory = area.worker("objects", "objects", **OBJECTS)
        session = area.start("--port", str(port), port=port, cwd=directory)
        lost: list[object] = []
        dropped: list[object] = []
        answers: list[bytes] = []

        async def run() -> Load:
            sockets = [
                await open_socket(
                    port, "/room", lambda _s, text, _t: answers.append(text), lambda s, _p: lost.append(s)
                )
                for _ in range(20)
            ]
            load = asyncio.create_task(http_load(port, "/", connections=16, seconds=12))
            for number in range(1, 51):
                await asyncio.sleep(0.2)
                _save(directory / "src/entry.py", number)
            result = await load
            await asyncio.sleep(0.5)
            for client in sockets:
                client.send(b"version")
            await asyncio.sleep(1)
            dropped.extend(lost)
            for client in sockets:
                client.transport.abort()
            result.failures += [f"socket answered {text!r}" for text in set(answers) - {b"50"}]
            if len(answers) != 20:
                result.failures.append(f"{len(answers)} of 20 sockets answered")
            return result

        load = asyncio.run(run())
        reloads = session.log().count("updated and ready")
        for failure in sorted(set(load.failures))[:5]:
            print(f"    {failure}")
        return [
            Row("reloads seen", reloads, "", 25, least=True),
            Row("requests failed over 50 saves under load", len(load.failures), f"of {len(load.latencies)}", 0),
            Row("hibernatable sockets dropped over 50 saves", len(dropped), "of 20", 0),
        ]


def hello() -> list[Row]:
    with Area() as area:
        port = free_port()
        session = area.start("--port", str(port), port=port, cwd=area.worker("hello", "hello"))
        asyncio.run(http_load(port, seconds=1))
        cpu = session.cpu_seconds()
        load = asyncio.run(http_load(port, seconds=5))
        cpu = session.cpu_seconds() - cpu
        _complain(load, session)
        return [
            Row("HTTP hello, 64 connections", load.rate, "requests/s", 12_000, least=True),
            Row("HTTP hello, CPU per request (all processes)", cpu / len(load.latencies) * 1e6, "us", 60),
            Row("HTTP hello, p99", load.percentile(0.99) * 1000, "ms", 10),
        ]


def _complain(load: Load, session: Session) -> None:
    if load.failures:
        print(f"    {len(load.failures)} failures: {load.failures[0]}")
        print(session.log()[-2000:])


def objects() -> list[Row]:
    with Area() as area:
        back, front = free_port(), free_port()
        session = area.start("--port", str(back), port=back, cwd=area.worker("objects", "objects", **OBJECTS))
        caller = area.start("--port", str(front), port=front, cwd=area.worker("caller", "caller", **REMOTE))
        local = asyncio.run(http_load(back, seconds=5))
        remote = asyncio.run(http_load(front, seconds=5))
        one = asyncio.run(http_load(front, connections=1, seconds=3))
        for load, owner in ((local, session), (remote, caller), (one, caller)):
            _complain(load, owner)
        rows = [
            Row("object counter behind HTTP, 64 connections", local.rate, "requests/s", 9_000, least=True),
            Row("the same by script_name from another session", remote.rate, "requests/s", 6_000, least=True),
            Row("by script_name, one connection, p50", one.percentile(0.5) * 1000, "ms", 0.5),
        ]
        for kind in ("put", "get", "sql"):
            _, body = fetch(back, f"/storage?kind={kind}&count=20000")
            rows.append(Row(f"storage {kind} inside one object", 20_000 / float(body), "per s"))
        return rows


def many_objects() -> list[Row]:
    with Area() as area:
        port = free_port()
        session = area.start("--port", str(port), port=port, cwd=area.worker("objects", "objects", **OBJECTS))

        async def calls(names: Iterator[int], seconds: float = 60.0) -> int:
            """Increment by 16 connections until the names or the seconds are used up."""
            done = 0
            deadline = time.perf_counter() + seconds

            async def one() -> None:
                nonlocal done
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                for name in names:
                    writer.write(f"GET /?name={name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(int(re.search(rb"content-length: (\d+)", head.lower())[1]))
                    done += 1
                    if time.perf_counter() > deadline:
                        break
                writer.close()

            await asyncio.gather(*(one() for _ in range(16)))
            return done

        def over(count: int, seconds: float = 3.0) -> float:
            """Calls per second over so many objects, which live already."""
            asyncio.run(calls(iter(range(count))))
            return asyncio.run(calls(itertools.cycle(range(count)), seconds)) / seconds

        one, hundred = over(1), over(100)
        before = session.pss_mib()
        thousand = over(1_000)
        after = session.pss_mib()
        ten_thousand = over(10_000, 6.0)
        most = session.pss_mib()
        time.sleep(12)  # idle objects are evicted after 10 s
        left = session.pss_mib()
        return [
            Row("increments on 1 object", one, "per s"),
            Row("increments over 100 objects", hundred, "per s"),
            Row("increments over 1,000 objects", thousand, "per s"),
            Row("increments over 10,000 objects", ten_thousand, "per s"),
            Row("cost per call, 1,000 objects against 100", hundred / thousand, "times", 1.2),
            Row("memory per live object, of 1,000", (after - before) * 1024 / 900, "KB", 100),
            Row("memory per live object, of 10,000", (most - before) * 1024 / 9_900, "KB"),
            Row("memory per object after its eviction", (left - before) * 1024 / 9_900, "KB"),
        ]


def sockets() -> list[Row]:
    with Area() as area:
        port = free_port()
        area.start("--port", str(port), port=port, cwd=area.worker("objects", "objects", **OBJECTS))

        async def echo() -> list[float]:
            answered = asyncio.Event()
            times: list[float] = []
            sent = 0.0

            def received(_socket: object, _text: bytes, now: float) -> None:
                times.append(now - sent)
                answered.set()

            client = await open_socket(port, "/room", received)
            for _ in range(3000):
                answered.clear()
                sent = time.perf_counter()
                client.send(b"x")
                await answered.wait()
            client.transport.abort()
            return sorted(times)

        async def broadcast(count: int, rounds: int) -> tuple[float, float]:
            left = 0
            all_there = asyncio.Event()
            last: list[float] = []

            def received(_socket: object, _text: bytes, _now: float) -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    all_there.set()

            clients = [await open_socket(port, f"/room?name=b{count}", received) for _ in range(count)]
            for _ in range(rounds):
                left = count
                all_there.clear()
                sent = time.perf_counter()
                clients[0].send(b"all")
                await asyncio.wait_for(all_there.wait(), 20)
                last.append(time.perf_counter() - sent)
            left = count * rounds
            all_there.clear()
            sent = time.perf_counter()
            for _ in range(rounds):
                clients[0].send(b"all")
            await asyncio.wait_for(all_there.wait(), 60)
            rate = count * rounds / (time.perf_counter() - sent)
            for client in clients:
                client.transport.abort()
            return sorted(last)[len(last) // 2], rate

        times = asyncio.run(echo())
        rows = [Row("echo on one socket, p50", times[len(times) // 2] * 1000, "ms", 0.2)]
        for count, promise in ((500, 8.0), (1000, None), (5000, None)):
            median, rate = asyncio.run(broadcast(count, 20))
            rows.append(Row(f"broadcast to {count} sockets, last client", median * 1000, "ms", promise))
            least = 120_000 if promise else None
            rows.append(Row(f"20 broadcasts to {count} sockets in a row", rate, "messages/s", least, least=True))
        return rows


def idle() -> list[Row]:
    """What waits costs memory only: sockets of one object that sleeps, and objects that sleep with one socket each."""

    def asleep(paths: list[str]) -> float:
        with Area() as area:
            port = free_port()
            session = area.start("--port", str(port), port=port, cwd=area.worker("objects", "objects", **OBJECTS))
            before = session.pss_mib()

            async def connect() -> float:
                clients = [await open_socket(port, path, lambda *_: None) for path in paths]
                await asyncio.sleep(12)  # idle objects are evicted after 10 s
                taken = session.pss_mib()
                for client in clients:
                    client.transport.abort()
                return taken

            return (asyncio.run(connect()) - before) * 1024 / len(paths)

    return [
        Row("memory per hibernated socket, 5,000 of one object", asleep(["/room"] * 5_000), "KB"),
        Row("memory per hibernated object with one socket", asleep([f"/room?name={n}" for n in range(1_000)]), "KB"),
    ]


def memory() -> list[Row]:
    with Area() as area:
        first = area.start("--port", str(port := free_port()), port=port, cwd=area.worker("hello", "hello"))
        alone = first.pss_mib()
        for number in range(2, 6):
            directory = area.worker(f"hello{number}", "hello")
            area.start("--port", str(port := free_port()), port=port, cwd=directory)
        five = sum(session.pss_mib() for session in area.sessions)
    with Area() as area:
        directories = [area.worker(f"w{number}", "hello", dev={"port": free_port()}) for number in range(1, 4)]
        arguments = [text for path in directories for text in ("-c", str(path / "wrangler.jsonc"))]
        port = int(re.search(r'"port": (\d+)', (directories[0] / "wrangler.jsonc").read_text())[1])
        session = area.start(*arguments, port=port, cwd=area.root)
        time.sleep(0.5)
        three = session.pss_mib()
    return [
        Row("memory of one session (PSS of the tree)", alone, "MiB", 90),
        Row("memory of five sessions", five, "MiB", 350),
        Row("memory per additional Worker in a session", (three - alone) / 2, "MiB", 40),
    ]


def assets() -> list[Row]:
    with Area() as area:
        port = free_port()
        directory = area.worker("hello", "hello", assets={"directory": "public"})
        (directory / "public").mkdir()
        (directory / "public" / "small.txt").write_bytes(b"x" * 1024)
        (directory / "public" / "large.bin").write_bytes(os.urandom(1 << 20))
        session = area.start("--port", str(port), port=port, cwd=directory)
        small = asyncio.run(http_load(port, "/small.txt", connections=16, seconds=4))
        rate = _drain_large(port, 4.0)
        _complain(small, session)
        return [
            Row("static file of 1 KB, 16 connections", small.rate, "per s", 10_000, least=True),
            Row("static file of 1 MB, 16 connections", rate, "per s", 2_500, least=True),
        ]


def _drain_large(port: int, seconds: float) -> float:
    """Read 1 MB files with blocking sockets that keep nothing, so that the client costs as little as it can."""
    import socket

    counts = [0] * 16
    until = time.perf_counter() + seconds
    request = f"GET /large.bin HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()

    def one(index: int) -> None:
        buffer = bytearray(1 << 20)
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            while time.perf_counter() < until:
                connection.sendall(request)
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(1024)
                left = (1 << 20) - len(head.partition(b"\r\n\r\n")[2])
                while left:
                    left -= connection.recv_into(buffer, min(left, 1 << 20))
                counts[index] += 1

    threads = [threading.Thread(target=one, args=(index,)) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def help_text() -> list[Row]:
    times = []
    for _ in range(9):
        started = time.perf_counter()
        subprocess.run([*COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return [Row("pywrangler --help (median of 9)", _median(times) * 1000, "ms", 150)]


TRIVIAL_TESTS = 200
_TESTS = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_nothing({fixtures}number):
    {body}
"""


def _pytest_seconds(area: Area, fixtures: str, body: str, count: int = TRIVIAL_TESTS) -> float:
    (area.root / "test_it.py").write_text(_TESTS.format(count=count, fixtures=fixtures, body=body))
    started = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(area.root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=area.root)
    return time.perf_counter() - started


def testing() -> list[Row]:
    with Area() as area:
        area.worker("objects", "objects", **OBJECTS)
        plain = [_pytest_seconds(area, "", "pass", count) for count in (1, TRIVIAL_TESTS) * 3]
        idle = [_pytest_seconds(area, "workers, ", "pass", count) for count in (1, TRIVIAL_TESTS) * 3]
        body = "assert workers.first.get().status == 200"
        used = [_pytest_seconds(area, "workers, ", body, count) for count in (1, TRIVIAL_TESTS) * 3]
    without, trivial, one = ((_median(it[1::2]) - _median(it[::2])) / (TRIVIAL_TESTS - 1) for it in (plain, idle, used))
    return [
        Row(f"a trivial test of {TRIVIAL_TESTS}, without Workers", without * 1000, "ms"),
        Row("what the fixture `workers` adds to it", (trivial - without) * 1000, "ms", 15),
        Row("what one request to a fresh object adds", (one - trivial) * 1000, "ms"),
        Row("what starting the Workers adds to a test run", (_median(idle[::2]) - _median(plain[::2])) * 1000, "ms"),
    ]


def crashes() -> list[Row]:
    """Kill the host a thousand times, every fiftieth time the session, in the middle of writes."""
    rounds = int(os.environ.get("BENCH_CRASH_ROUNDS", "1000"))
    with Area() as area:
        crash = Crash(area, seed=int(time.time()))
        started = time.perf_counter()
        for number in range(rounds):
            crash.round(number, kill_session=number % 50 == 49)
        seconds = time.perf_counter() - started
    for problem in crash.problems[:5]:
        print(f"    {problem}")
    return [
        Row("writes acknowledged between kills", crash.acknowledged, f"in {seconds:.0f} s"),
        Row("writes lost or half applied", len(crash.problems), f"in {rounds:,} kills", 0),
    ]


def soak() -> list[Row]:
    rows, total = [], 0.0
    for stage, added, worst in kept_mib():
        total += added
        rows.append(Row(f"memory kept after requests broken off {stage}: worst way", worst, "MiB", 8))
    return [*rows, Row("memory kept after all of them", total, "MiB", 30)]


SCENARIOS = {
    "start": cold_start,
    "start-two": cold_start_of_two,
    "reload": reload,
    "reload-load": reload_under_load,
    "hello": hello,
    "objects": objects,
    "many": many_objects,
    "sockets": sockets,
    "idle": idle,
    "memory": memory,
    "assets": assets,
    "help": help_text,
    "testing": testing,
    "crash": crashes,
    "soak": soak,
}
