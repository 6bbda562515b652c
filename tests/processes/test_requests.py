"""Requests, streams and sockets through real hosts, alone and across Workers."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import socket
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.processes.dev import eventually

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

OBJECT = """
import hashlib
from js import ReadableStream, TransformStream, Uint8Array, WebSocketPair
from pyodide.ffi import to_js
from workers import DurableObject, Response, WorkerEntrypoint
from urllib.parse import urlsplit

async def answer(request):
    path = urlsplit(request.url).path
    if path == "/digest":
        return Response(hashlib.sha256(await request.bytes()).hexdigest())
    if path == "/echo":
        return Response(request.js_object.body, headers={"x-kind": "stream"})
    if path == "/cookies":
        return Response("two", headers=[("set-cookie", "a=1"), ("set-cookie", "b=2")])
    if path == "/method":
        return Response(f"{request.method} {request.headers.get('x-sent')}")
    if path == "/socket":
        client, server = WebSocketPair.new().object_values()
        server.accept()
        def received(event):
            server.send("echo " + event.data) if isinstance(event.data, str) else server.send(event.data)
        server.binaryType = "arraybuffer"
        server.onmessage = received
        return Response(None, status=101, web_socket=client)
    if path == "/error":
        raise ValueError("on purpose")
    if path == "/print":
        print("printed by the worker")
        import logging
        logging.getLogger("mine").warning("logged by the worker")
        return Response("printed")
    return Response("nothing here", status=404)

class Thing(DurableObject):
    async def fetch(self, request):
        return await answer(request)

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if "object" in (request.headers.get("x-target") or ""):
            return await self.env.THING.getByName("main").fetch(request)
        return await answer(request)
"""
FRONT = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        target = self.env.THING.getByName("main") if "object" in request.headers.get("x-target") else self.env.SVC
        return await target.fetch(request)
"""
BINDINGS: dict[str, Any] = {"durable_objects": {"bindings": [{"name": "THING", "class_name": "Thing"}]}}
FRONT_BINDINGS: dict[str, Any] = {
    "durable_objects": {"bindings": [{"name": "THING", "class_name": "Thing", "script_name": "back"}]},
    "services": [{"binding": "SVC", "service": "back"}],
}

# Every case runs over all four ways a request can take.
WAYS = [("back", "none"), ("back", "object"), ("front", "service"), ("front", "object")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from tests.processes.dev import Project as RealProject

    project = RealProject(tmp_path_factory.mktemp("requests"))
    back = project.worker("back", OBJECT, migrations=[{"tag": "v1", "new_sqlite_classes": ["Thing"]}], **BINDINGS)
    front = project.worker("front", FRONT, **FRONT_BINDINGS)
    project.dev(cwd=back).ready()
    project.dev(cwd=front).ready()
    yield project
    project.close()


def run(project: Project, way: tuple[str, str], use: Any) -> Any:
    name, target = way

    async def main() -> Any:
        base = f"http://127.0.0.1:{project.port(name)}"
        async with aiohttp.ClientSession(base, headers={"x-target": target}) as http:
            return await use(http)

    return asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [0, 10, 3_000_000])
def test_a_request_body_arrives_whole(running: Project, way: tuple[str, str], size: int) -> None:
    body = os.urandom(size)

    async def use(http: aiohttp.ClientSession) -> str:
        async with http.post("/digest", data=io.BytesIO(body)) as response:
            return await response.text()

    assert run(running, way, use) == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("way", WAYS)
def test_a_body_streams_in_both_directions(running: Project, way: tuple[str, str]) -> None:
    parts = [os.urandom(70_000) for _ in range(20)]

    async def upload() -> Any:
        for part in parts:
            yield part

    async def use(http: aiohttp.ClientSession) -> tuple[str | None, bytes]:
        async with http.post("/echo", data=upload()) as response:
            return response.headers.get("x-kind"), await response.read()

    assert run(running, way, use) == ("stream", b"".join(parts))


@pytest.mark.parametrize("way", WAYS)
def test_repeated_cookies_stay_apart(running: Project, way: tuple[str, str]) -> None:
    async def use(http: aiohttp.ClientSession) -> list[str]:
        async with http.get("/cookies") as response:
            return response.headers.getall("set-cookie")

    assert run(running, way, use) == ["a=1", "b=2"]


@pytest.mark.parametrize("way", WAYS)
def test_method_and_headers_arrive(running: Project, way: tuple[str, str]) -> None:
    async def use(http: aiohttp.ClientSession) -> str:
        async with http.put("/method", headers={"x-sent": "yes"}) as response:
            return await response.text()

    assert run(running, way, use) == "PUT yes"


@pytest.mark.parametrize("way", WAYS)
def test_a_websocket_carries_text_and_binary_and_closes(running: Project, way: tuple[str, str]) -> None:
    async def use(http: aiohttp.ClientSession) -> tuple[Any, ...]:
        async with http.ws_connect("/socket") as socket:
            await socket.send_str("hällo")
            text = await socket.receive_str(timeout=5)
            await socket.send_bytes(bytes(range(256)) * 500)
            binary = await socket.receive_bytes(timeout=5)
            await socket.close(code=4001, message=b"enough")
            return text, len(binary), socket.close_code

    assert run(running, way, use) == ("echo hällo", 128_000, 4001)


@pytest.mark.parametrize("way", WAYS)
def test_an_uncaught_exception_is_a_500_with_the_traceback(running: Project, way: tuple[str, str]) -> None:
    async def use(http: aiohttp.ClientSession) -> tuple[int, str]:
        async with http.get("/error") as response:
            return response.status, await response.text()

    status, text = run(running, way, use)
    assert status == 500
    assert "ValueError: on purpose" in text
    session = running.sessions[0 if way[0] == "back" else 1]
    session.expect("ValueError: on purpose")


def test_a_browser_gets_the_error_as_a_page(running: Project) -> None:
    headers = {"accept": "text/html", "sec-fetch-mode": "navigate"}

    async def use(http: aiohttp.ClientSession) -> tuple[int, str, str]:
        async with http.get("/error", headers=headers) as response:
            return response.status, response.headers["content-type"], await response.text()

    status, kind, text = run(running, WAYS[0], use)
    assert (status, kind) == (500, "text/html;charset=UTF-8")
    assert "on purpose" in text
    assert "entry.py" in text


def test_output_of_the_worker_and_the_request_line_are_shown(running: Project) -> None:
    session = running.sessions[0]
    seen = session.mark()
    assert running.get("back", "/print?secret=1", **{"x-target": "none"}) == (200, "printed")
    session.expect("printed by the worker", after=seen)
    session.expect("logged by the worker", after=seen)
    session.expect("GET /print 200 OK", after=seen)
    assert "secret=1" not in session.output


def test_what_lies_below_cdn_cgi_answers_localhost_only(running: Project) -> None:
    path = "/cdn-cgi/handler/scheduled"
    assert running.get("back", path, Host="evil.example")[0] == 403
    assert running.get("back", path, Origin="https://evil.example")[0] == 403
    assert eventually(lambda: running.get("back", path)[0] == 500)  # there is no scheduled handler


LEAVING = """
import asyncio
from workers import Response, WorkerEntrypoint

class Other(WorkerEntrypoint):
    async def fetch(self, request):
        watch(self, "service", request)
        await asyncio.Event().wait()

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        watch(self, "client", request)
        if request.url.endswith("/service"):
            import js
            controller = js.AbortController.new()
            asyncio.get_running_loop().call_later(0.01, controller.abort)
            try:
                await self.env.OTHER.fetch("http://other/", signal=controller.signal)
            except Exception as problem:
                return Response(str(problem))
        print("waits")
        await asyncio.Event().wait()

def watch(worker, what, request):
    signal = request.js_object.signal

    async def left(_event):
        worker.ctx.waitUntil(say())

    async def say():
        await asyncio.sleep(0.01)
        print(what, "left:", signal.reason)

    signal.addEventListener("abort", left)
"""


def test_the_signal_of_a_request_tells_the_worker_that_its_client_left(project: Project) -> None:
    directory = project.worker(
        "leaving",
        LEAVING,
        compatibility_flags=["python_workers", "enable_request_signal"],
        services=[{"binding": "OTHER", "service": "leaving", "entrypoint": "Other"}],
    )
    session = project.dev(cwd=directory).ready()
    with socket.create_connection(("127.0.0.1", project.port("leaving"))) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        session.expect("waits")
    session.expect("client left: AbortError: The client has disconnected")
    assert project.get("leaving", "/service") == (200, "The operation was aborted")
    session.expect("service left: AbortError: The client has disconnected")
