"""Two sessions with one Worker on one state directory: each object exists once, nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import eventually, free_port, is_alive, request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes

COUNTER = """
    import os
    from workers import DurableObject, Response, WorkerEntrypoint

    class Counter(DurableObject):
        def __init__(self, ctx, env):
            super().__init__(ctx, env)
            self.ctx = ctx

        async def add(self):
            number = (await self.ctx.storage.get("n") or 0) + 1
            await self.ctx.storage.put("n", number)
            return {"n": number, "pid": os.getpid()}

        async def due(self, milliseconds):
            await self.ctx.storage.setAlarm(milliseconds)

        async def rang(self):
            return await self.ctx.storage.get("rang")

        async def alarm(self, *args):
            await self.ctx.storage.put("rang", (await self.ctx.storage.get("rang") or 0) + 1)

        async def fetch(self, request):
            return Response(str(os.getpid()))

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            path = request.url.split("/", 3)[3].split("?")[0]
            stub = self.env.COUNTER.getByName("one")
            if path == "fetch":
                return await stub.fetch("http://object/")
            if path == "add":
                return Response.json(await stub.add())
            if path.startswith("due"):
                await stub.due(int(path[3:]))
            return Response.json({"rang": await stub.rang(), "pid": os.getpid()})
"""
OBJECTS = {
    "durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter"}]},
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter"]}],
}
MOVED = "are kept by another session"


def _start(project: Project, directory: Path, *arguments: str) -> tuple[Dev, int]:
    port = free_port()
    session = project.dev("--port", str(port), *arguments, cwd=directory).ready()
    return session, port


def _add(port: int) -> dict[str, int]:
    status, text = request(port, "/add")
    assert status == 200, text
    result: dict[str, int] = json.loads(text)
    return result


def test_no_update_of_two_sessions_is_lost_and_the_second_says_where_its_objects_are(project: Project) -> None:
    directory = project.worker("counter", COUNTER, **OBJECTS)
    first, one = _start(project, directory)
    second, two = _start(project, directory)
    second.expect(MOVED)
    assert MOVED not in first.output
    seen: list[int] = []

    def add(port: int) -> None:
        seen.extend(_add(port)["n"] for _ in range(60))

    threads = [threading.Thread(target=add, args=(port,)) for port in (one, two, one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 241))
    assert request(one, "/fetch")[1] == request(two, "/fetch")[1] == str(_add(two)["pid"])


@pytest.mark.parametrize("how", ["the session is killed", "the session ends", "the host is killed"])
def test_what_was_acknowledged_is_there_when_the_owner_is_gone(project: Project, how: str) -> None:
    directory = project.worker("counter", COUNTER, **OBJECTS)
    first, one = _start(project, directory)
    _second, two = _start(project, directory)
    (owner,) = first.hosts()
    acknowledged: list[int] = []
    stop = threading.Event()

    def add() -> None:
        while not stop.is_set():
            status, text = request(two, "/add")
            if status == 200:
                acknowledged.append(json.loads(text)["n"])

    thread = threading.Thread(target=add)
    thread.start()
    eventually(lambda: len(acknowledged) > 20)
    if how == "the session ends":
        first.stop()
    else:
        os.kill(owner if how == "the host is killed" else first.process.pid, signal.SIGKILL)
    count = len(acknowledged)
    eventually(lambda: len(acknowledged) > count + 20)
    stop.set()
    thread.join()
    assert acknowledged == sorted(set(acknowledged))
    last = _add(two)
    assert last["n"] > acknowledged[-1]
    if how == "the host is killed":
        assert eventually(lambda: request(one, "/add")[0] == 200)
    else:
        assert not is_alive(owner)


def test_alarms_run_once_and_with_the_owner_that_is_left(project: Project) -> None:
    directory = project.worker("counter", COUNTER, **OBJECTS)
    first, _one = _start(project, directory)
    second, two = _start(project, directory)
    request(two, f"/due{int(time.time() * 1000) + 50}")
    eventually(lambda: json.loads(request(two, "/")[1])["rang"] == 1)
    first.process.send_signal(signal.SIGSTOP)  # a stopped session, whose hosts go on
    request(two, f"/due{int(time.time() * 1000) + 50}")
    eventually(lambda: json.loads(request(two, "/")[1])["rang"] == 2)
    request(two, f"/due{int(time.time() * 1000) + 400}")
    first.process.kill()
    first.process.wait()
    # Nobody calls the object: the second session finds out by itself.
    rang = project.root / "counter" / ".wrangler" / "state" / "v3" / "locks" / "counter"
    eventually(lambda: json.loads(rang.read_bytes())["url"].endswith(str(two)))
    eventually(lambda: json.loads(request(two, "/")[1])["rang"] == 3)
    assert "error" not in second.output.lower()


def test_a_host_that_stands_still_keeps_its_objects(project: Project) -> None:
    directory = project.worker("counter", COUNTER, **OBJECTS)
    first, one = _start(project, directory)
    _second, two = _start(project, directory)
    before = _add(one)["n"]
    (owner,) = first.hosts()
    os.kill(owner, signal.SIGSTOP)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(_add(two)["n"]))
    thread.start()
    thread.join(0.3)
    assert not answers
    os.kill(owner, signal.SIGCONT)
    thread.join()
    assert answers == [before + 1]
    assert _add(one)["n"] == before + 2


def test_reloads_in_both_sessions_lose_nothing(project: Project) -> None:
    directory = project.worker("counter", COUNTER, **OBJECTS)
    first, one = _start(project, directory)
    second, two = _start(project, directory)
    acknowledged: list[int] = []
    refused: list[str] = []
    stop = threading.Event()

    def add(port: int) -> None:
        while not stop.is_set():
            status, text = request(port, "/add")
            (acknowledged if status == 200 else refused).append(json.loads(text)["n"] if status == 200 else text)

    threads = [threading.Thread(target=add, args=(port,)) for port in (one, two)]
    for thread in threads:
        thread.start()
    entry = directory / "src" / "entry.py"
    for number in range(3):
        marks = first.mark(), second.mark()
        entry.write_text(entry.read_text() + f"\nVERSION = {number}\n")
        first.expect("updated and ready", after=marks[0])
        second.expect("updated and ready", after=marks[1])
    stop.set()
    for thread in threads:
        thread.join()
    assert not refused
    assert sorted(acknowledged) == list(range(1, len(acknowledged) + 1))


def test_one_name_under_two_environments_is_one_owner_and_other_names_are_others(project: Project) -> None:
    environments = {"left": {**OBJECTS, "name": "shared"}, "right": {**OBJECTS, "name": "shared"}, "other": OBJECTS}
    directory = project.worker("counter", COUNTER, **OBJECTS, env=environments)
    _first, one = _start(project, directory, "-e", "left")
    second, two = _start(project, directory, "-e", "right")
    third, three = _start(project, directory, "-e", "other")
    second.expect(MOVED)
    assert [_add(port)["n"] for port in (one, two, one, two)] == [1, 2, 3, 4]
    assert _add(three)["n"] == 1
    assert MOVED not in third.output


STORES = """
    import json
    from workers import Response, WorkerEntrypoint, WorkflowEntrypoint

    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            @step.do("count")
            async def count():
                return await add(self.env)
            await count()
            data = await step.wait_for_event("go", "go", timeout="1 minute")
            return data.payload

    async def add(env):
        await env.DB.prepare("UPDATE t SET n = n + 1").run()
        return 0

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            what, _, name = request.url.split("/", 3)[3].partition("-")
            env = self.env
            if what == "prepare":
                await env.DB.exec("CREATE TABLE IF NOT EXISTS t (n, one AS (1) UNIQUE)")
            elif what == "add":
                await env.DB.batch([
                    env.DB.prepare("INSERT OR IGNORE INTO t (n) VALUES (0)"), env.DB.prepare("UPDATE t SET n = n + 1"),
                ])
                await env.KV.put(name, name)
                await env.BUCKET.put(name, name)
            elif what == "flow":
                await env.FLOW.create(id=name)
            elif what == "go":
                await (await env.FLOW.get(name)).sendEvent({"type": "go", "payload": "gone"})
            elif what == "status":
                return Response((await (await env.FLOW.get(name)).status())["status"])
            row = await env.DB.prepare("SELECT n FROM t").first()
            kv = [key["name"] for key in (await env.KV.list())["keys"]]
            r2 = [item.key for item in (await env.BUCKET.list()).objects]
            return Response.json([row and row["n"], sorted(kv), sorted(r2)])
"""
BINDINGS = {
    "kv_namespaces": [{"binding": "KV", "id": "kv"}],
    "r2_buckets": [{"binding": "BUCKET", "bucket_name": "bucket"}],
    "d1_databases": [{"binding": "DB", "database_name": "db", "database_id": "db"}],
    "workflows": [{"binding": "FLOW", "name": "flow", "class_name": "Flow"}],
}


def test_two_sessions_write_to_bindings_at_the_same_time(project: Project) -> None:
    directory = project.worker("stores", STORES, **BINDINGS)
    (_first, one), (_second, two) = _start(project, directory), _start(project, directory)
    request(one, "/prepare")

    def add(port: int) -> None:
        for number in range(10):
            status, text = request(port, f"/add-{port}.{number}")
            assert status == 200, text

    threads = [threading.Thread(target=add, args=(port,)) for port in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = sorted(f"{port}.{number}" for port in (one, two) for number in range(10))
    assert json.loads(request(two, "/")[1]) == [20, names, names]


def test_workflows_run_in_the_owner_and_go_on_in_the_session_that_is_left(project: Project) -> None:
    directory = project.worker("stores", STORES, **BINDINGS)
    (first, one), (_second, two) = _start(project, directory), _start(project, directory)
    request(one, "/prepare")
    request(one, "/add-x")
    assert request(two, "/flow-a")[0] == 200
    assert request(two, "/flow-b")[0] == 200
    eventually(lambda: {request(one, "/status-a")[1], request(two, "/status-b")[1]} == {"running"})
    assert request(two, "/go-a")[0] == 200
    eventually(lambda: request(one, "/status-a")[1] == "complete")
    first.stop(signal.SIGKILL)
    assert request(two, "/go-b")[0] == 200
    eventually(lambda: request(two, "/status-b")[1] == "complete")


def test_a_session_whose_worker_does_not_run_lets_another_one_have_its_state(project: Project) -> None:
    shared = str(project.root / "shared")
    broken = project.worker("broken", COUNTER, name="counter", **OBJECTS)
    fine = project.worker("fine", COUNTER, name="counter", **OBJECTS)
    entry = broken / "src" / "entry.py"
    source = entry.read_text()
    entry.write_text("import nothing_of_this_name\n")
    first = project.dev("--persist-to", shared, cwd=broken)
    first.expect("waiting for a change")
    second = project.dev("--persist-to", shared, cwd=fine).ready()
    assert _add(project.port("fine"))["n"] == 1
    assert MOVED not in second.output
    entry.write_text(source)
    first.expect(MOVED)
    assert _add(project.port("broken"))["n"] == 2
