"""Few descriptors: everything works that fits, and what does not fit is told with the way out."""

from __future__ import annotations

import socket
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import DEADLINE_SECONDS, request

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

SOURCE = """
    import asyncio
    from workers import DurableObject, Response, WorkerEntrypoint

    class Counter(DurableObject):
        async def add(self, wait):
            number = (await self.ctx.storage.get("n") or 0) + 1
            await self.ctx.storage.put("n", number)
            await asyncio.sleep(wait)
            self.ctx.storage.sql.exec("SELECT 1")
            return number

    kept = []

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            what, _, count = request.url.split("/", 3)[3].partition("-")
            stubs = [self.env.COUNTER.getByName(str(index)) for index in range(int(count or 0))]
            if what == "after":
                return Response(str(sum([await stub.add(0) for stub in stubs])))
            if what == "at":
                return Response(str(sum(await asyncio.gather(*[stub.add(0.1) for stub in stubs]))))
            if what == "take":
                try:
                    while True:
                        kept.append(open(__file__))
                except OSError:
                    for _ in range(int(count)):
                        kept.pop().close()
                return Response("taken")
            if what == "kv":
                return Response(str(await self.env.KV.get("key")))
            if what == "hold":
                await asyncio.sleep(60)
            return Response("ok")
"""
OBJECTS = {
    "durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter"}]},
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter"]}],
}
REMEDY = "Raise it where pywrangler is started: `ulimit -n 4096`"


def test_many_objects_and_connections_live_with_64_descriptors(project: Project) -> None:
    session = project.dev(cwd=project.worker("few", SOURCE, **OBJECTS), descriptors=64).ready()
    assert project.get("few", "/after-60") == (200, "60")
    assert project.get("few", "/at-60") == (200, "120")
    clients = []
    try:
        for _ in range(80):
            client = socket.create_connection(("localhost", project.port("few")), timeout=5)
            clients.append(client)
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(1024).startswith(b"HTTP/1.1 200")  # idle ones of others were closed for it
    finally:
        for client in clients:
            client.close()
    assert project.get("few", "/after-60") == (200, "180")
    assert "Traceback" not in session.output
    assert "open files" not in session.output


def test_connections_beyond_the_limit_are_refused_with_the_way_out(project: Project) -> None:
    session = project.dev(cwd=project.worker("few", SOURCE, **OBJECTS), descriptors=64).ready()
    clients, refused = [], b""
    try:
        for _ in range(20):
            client = socket.create_connection(("localhost", project.port("few")), timeout=5)
            clients.append(client)
            client.sendall(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
        session.expect(REMEDY)
        for client in clients:
            client.settimeout(0.01)
            try:
                refused = refused or client.recv(1024)
            except TimeoutError:
                continue
    finally:
        for client in clients:
            client.close()
    assert refused.startswith(b"HTTP/1.1 503")
    assert b"the limit of this process is 64 (ulimit -n)" in refused
    assert request(project.port("few"), "/")[0] == 200
    assert session.output.count(REMEDY) == 1


@pytest.mark.parametrize(("path", "left"), [("/after-3", 1), ("/after-3", 2), ("/after-3", 3), ("/kv", 0), ("/kv", 2)])
def test_storage_that_finds_no_descriptor_says_what_to_raise(project: Project, path: str, left: int) -> None:
    namespaces = [{"binding": "KV", "id": "kv"}]
    project.dev(cwd=project.worker("few", SOURCE, kv_namespaces=namespaces, **OBJECTS), descriptors=64).ready()
    # One connection for both requests: a second one might need its descriptor before that of the first is free.
    client = HTTPConnection("localhost", project.port("few"), timeout=DEADLINE_SECONDS)
    with closing(client):
        client.request("GET", f"/take-{left}")
        assert client.getresponse().read() == b"taken"
        client.request("GET", path)
        response = client.getresponse()
        text = response.read().decode()
    assert response.status == 500
    assert "no more files and connections can be open: the limit of this process is 64 (ulimit -n). Raise it" in text


@pytest.mark.parametrize("limit", [12, 16])
def test_a_session_that_cannot_start_says_what_to_raise(project: Project, limit: int) -> None:
    session = project.dev(cwd=project.worker("few", SOURCE, **OBJECTS), descriptors=limit)
    assert session.wait() == 1
    assert f"the limit of this process is {limit} (ulimit -n)" in session.output
    assert REMEDY in session.output
    assert "Traceback" not in session.output
