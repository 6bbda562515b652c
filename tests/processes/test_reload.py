"""Saving a file: the new code answers, nothing fails, what is broken is shown (cli.md "Reload")."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.processes.dev import COUNTER, COUNTER_CONFIG, HELLO, eventually, is_alive, request

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes


def test_a_save_is_served(project: Project) -> None:
    directory = project.worker("hello", HELLO)
    session = project.dev(cwd=directory).ready()
    assert project.get("hello") == (200, "one")
    (directory / "src/entry.py").write_text(HELLO.replace("one", "two"))
    eventually(lambda: project.get("hello") == (200, "two"))
    session.expect("updated and ready")
    session.expect("entry.py")


def test_an_imported_module_of_the_worker_is_reloaded_too(project: Project) -> None:
    directory = project.worker("hello", "from text import TEXT\n" + HELLO.replace('"one"', "TEXT"))
    (directory / "src/text.py").write_text("TEXT = 'first'\n")
    project.dev(cwd=directory).ready()
    assert project.get("hello")[1] == "first"
    (directory / "src/text.py").write_text("TEXT = 'second'\n")
    eventually(lambda: project.get("hello")[1] == "second")


@pytest.mark.parametrize(
    ("broken", "shown"),
    [("def broken(:\n", "entry.py:"), ("import does_not_exist\n", "does_not_exist"), ("1 / 0\n", "ZeroDivisionError")],
)
def test_broken_code_is_shown_and_the_old_code_goes_on(project: Project, broken: str, shown: str) -> None:
    directory = project.worker("hello", HELLO)
    session = project.dev(cwd=directory).ready()
    (directory / "src/entry.py").write_text(HELLO + broken)
    session.expect(shown)
    assert project.get("hello") == (200, "one")
    (directory / "src/entry.py").write_text(HELLO.replace("one", "fixed"))
    eventually(lambda: project.get("hello") == (200, "fixed"))


def test_a_syntax_error_has_file_line_and_caret(project: Project) -> None:
    directory = project.worker("hello", HELLO)
    session = project.dev(cwd=directory).ready()
    (directory / "src/entry.py").write_text("x = 1\ny = (1,\nz = 2 3\n")
    output = session.expect("^")
    assert "entry.py:" in output


def test_broken_code_at_the_start_waits_for_the_fix(project: Project) -> None:
    directory = project.worker("hello", "def broken(:\n")
    session = project.dev(cwd=directory)
    session.expect("entry.py:1")
    (directory / "src/entry.py").write_text(HELLO)
    session.expect("Ready on http")
    assert project.get("hello") == (200, "one")


def test_dev_vars_reload_the_worker(project: Project) -> None:
    source = HELLO.replace('"one"', 'self.env.GREETING + getattr(self.env, "SECRET", "-")')
    directory = project.worker("hello", source, vars={"GREETING": "from vars "})
    session = project.dev(cwd=directory).ready()
    assert project.get("hello")[1] == "from vars -"
    (directory / ".dev.vars").write_text("SECRET=hush-hush\n")
    eventually(lambda: project.get("hello")[1] == "from vars hush-hush")
    (directory / ".dev.vars").write_text("GREETING=from file \n")
    eventually(lambda: project.get("hello")[1] == "from file-")
    (directory / ".dev.vars").unlink()
    eventually(lambda: project.get("hello")[1] == "from vars -")
    assert "hush-hush" not in session.output


def test_a_bad_config_keeps_the_old_worker(project: Project) -> None:
    directory = project.worker("hello", HELLO)
    session = project.dev(cwd=directory).ready()
    text = (directory / "wrangler.jsonc").read_text()
    (directory / "wrangler.jsonc").write_text(text.replace('"src/entry.py"', "5"))
    session.expect("wrangler.jsonc:")
    assert project.get("hello") == (200, "one")
    (directory / "wrangler.jsonc").write_text(text.replace('"name"', '"vars": {"A": "b"}, "name"'))
    session.expect("updated and ready")
    assert project.get("hello") == (200, "one")


def test_no_request_fails_while_the_code_is_replaced(project: Project) -> None:
    directory = project.worker("counter", COUNTER, **COUNTER_CONFIG)
    session = project.dev(cwd=directory).ready()
    port = project.port("counter")

    async def load() -> tuple[list[int], list[str]]:
        values: list[int] = []
        failures: list[str] = []
        stop = asyncio.Event()

        async def client(keep_alive: bool) -> None:
            connector = aiohttp.TCPConnector(force_close=not keep_alive)
            async with aiohttp.ClientSession(connector=connector) as http:
                while not stop.is_set():
                    try:
                        async with http.get(f"http://127.0.0.1:{port}/") as response:
                            values.append(int(await response.text()))
                    except (aiohttp.ClientError, ValueError) as problem:
                        failures.append(repr(problem))

        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(client(number % 2 == 0))
            for number in range(8):
                seen = session.mark()
                (directory / "src/entry.py").write_text(COUNTER + f"\nVERSION = {number}\n")
                await asyncio.to_thread(session.expect, "updated and ready", after=seen)
            stop.set()
        return values, failures

    values, failures = asyncio.run(asyncio.wait_for(load(), 40))
    assert failures == []
    assert sorted(values) == list(range(1, len(values) + 1))


ROOM = """
from js import WebSocketPair
from workers import DurableObject, Response, WorkerEntrypoint

VERSION = 1

class Room(DurableObject):
    async def fetch(self, request):
        client, server = WebSocketPair.new().object_values()
        if request.url.endswith("plain"):
            server.accept()
            server.send("plain")
        else:
            self.ctx.acceptWebSocket(server)
            server.serializeAttachment("attached")
        return Response(None, status=101, web_socket=client)

    async def webSocketMessage(self, ws, message):
        ws.send(f"{VERSION} {ws.deserializeAttachment()} {message} {len(self.ctx.getWebSockets())}")

    async def webSocketClose(self, ws, code, reason, was_clean):
        ws.close(1000, "bye")

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await self.env.ROOM.getByName("main").fetch(request)
"""
ROOM_CONFIG: dict[str, Any] = {
    "durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room"}]},
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Room"]}],
}
PROXY = """
from workers import WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await self.env.ROOM.getByName("main").fetch(request)
"""
PROXY_CONFIG: dict[str, Any] = {
    "durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room", "script_name": "room"}]}
}


@pytest.mark.parametrize("through", ["room", "proxy"])
def test_hibernatable_sockets_stay_open_and_others_close_with_1012(project: Project, through: str) -> None:
    directory = project.worker("room", ROOM, **ROOM_CONFIG)
    project.worker("proxy", PROXY, **PROXY_CONFIG)
    session = project.dev(cwd=directory).ready()
    project.dev(cwd=project.root / "proxy").ready()
    port = project.port(through)

    async def answer(socket: aiohttp.ClientWebSocketResponse, text: str, version: int) -> str:
        """Ask until the code of `version` answers: a slow machine may notice the file twice."""
        while True:
            await socket.send_str(text)
            answered = await socket.receive_str(timeout=5)
            if answered.startswith(f"{version} "):
                return answered

    async def main() -> None:
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"http://127.0.0.1:{port}/room") as one,
            http.ws_connect(f"http://127.0.0.1:{port}/room") as two,
            http.ws_connect(f"http://127.0.0.1:{port}/plain") as plain,
        ):
            assert await plain.receive_str(timeout=5) == "plain"
            await one.send_str("hi")
            assert await one.receive_str(timeout=5) == "1 attached hi 2"
            for version in range(2, 5):
                seen = session.mark()
                (directory / "src/entry.py").write_text(ROOM.replace("VERSION = 1", f"VERSION = {version}"))
                await asyncio.to_thread(session.expect, "updated and ready", after=seen)
                assert await answer(two, "there", version) == f"{version} attached there 2"
            assert await answer(one, "still", 4) == "4 attached still 2"
            message = await plain.receive(timeout=5)
            assert message.type is aiohttp.WSMsgType.CLOSE
            assert message.data == 1012

    asyncio.run(asyncio.wait_for(main(), 40))


def test_a_request_that_runs_during_a_reload_is_finished_by_the_old_code(project: Project) -> None:
    source = """
    import asyncio
    from pathlib import Path
    from workers import Response, WorkerEntrypoint

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            if request.url.endswith("slow"):
                print("started", flush=True)
                while not Path("go").exists():
                    await asyncio.sleep(0.01)
            return Response("one")
    """
    directory = project.worker("hello", source)
    session = project.dev(cwd=directory).ready()
    answers: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: answers.append(request(project.port("hello"), "/slow")))
    thread.start()
    session.expect("started")
    path = directory / "src/entry.py"
    path.write_text(path.read_text().replace("one", "two"))
    eventually(lambda: project.get("hello") == (200, "two"))
    assert answers == []
    (directory / "go").touch()
    thread.join(10)
    assert answers == [(200, "one")]


def test_a_killed_host_is_restarted_with_its_storage(project: Project) -> None:
    directory = project.worker("counter", COUNTER, **COUNTER_CONFIG)
    session = project.dev(cwd=directory).ready()
    assert project.get("counter")[1] == "1"
    (host,) = session.hosts()
    os.kill(host, signal.SIGKILL)
    eventually(lambda: not is_alive(host))
    assert project.get("counter")[1] == "2"


def test_a_killed_nursery_is_replaced(project: Project) -> None:
    directory = project.worker("counter", COUNTER, **COUNTER_CONFIG)
    session = project.dev(cwd=directory).ready()
    assert project.get("counter")[1] == "1"
    nursery, (host,) = session.nursery(), session.hosts()
    os.kill(nursery, signal.SIGKILL)
    eventually(lambda: not is_alive(host))
    assert project.get("counter")[1] == "2"
    (directory / "src/entry.py").write_text(COUNTER.replace("+ by", "+ by * 10"))
    eventually(lambda: int(project.get("counter")[1]) > 10)


def test_a_host_that_crashes_in_a_loop_waits_for_an_edit(project: Project) -> None:
    crash = HELLO + "\nimport os, threading\nthreading.Timer(0.02, lambda: os._exit(9)).start()\n"
    directory = project.worker("hello", crash)
    session = project.dev(cwd=directory)
    session.expect("waiting for a change", seconds=30)
    (directory / "src/entry.py").write_text(HELLO)
    eventually(lambda: session.output.count("Ready on http") and project.get("hello") == (200, "one"))


def test_timers_tasks_and_open_sockets_of_an_object_do_not_keep_its_new_code_waiting(project: Project) -> None:
    source = """
    import asyncio
    import js
    from js import WebSocketPair
    from workers import DurableObject, Response, WorkerEntrypoint

    class Busy(DurableObject):
        async def start(self):
            js.setInterval(lambda: None, 5)
            async def loop():
                while True:
                    await asyncio.sleep(0.01)
            self.task = asyncio.create_task(loop())
            self.one, self.two = WebSocketPair.new().object_values()
            self.one.accept()
            self.two.accept()
            return "started"

        async def version(self):
            return "version 1"

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            stub = self.env.BUSY.getByName("busy")
            return Response(await (stub.start() if request.url.endswith("start") else stub.version()))
    """
    directory = project.worker(
        "busy",
        source,
        durable_objects={"bindings": [{"name": "BUSY", "class_name": "Busy"}]},
        migrations=[{"tag": "v1", "new_sqlite_classes": ["Busy"]}],
    )
    session = project.dev(cwd=directory).ready()
    assert project.get("busy", "/start") == (200, "started")
    path = directory / "src/entry.py"
    path.write_text(path.read_text().replace("version 1", "version 2"))
    session.expect("updated and ready")
    # The grace of the old host is ten seconds.
    eventually(lambda: project.get("busy") == (200, "version 2"), 5)
    assert "Traceback" not in session.output
