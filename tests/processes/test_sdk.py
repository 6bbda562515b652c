"""The SDK that a project vendors, and values that it cannot send, in real sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

USES_WSGI = """
from workers import DurableObject, Response, WorkerEntrypoint, wait_until, wsgi

class Keeps:
    def __init__(self, ctx, env):
        self.ctx = ctx
        self.env = env

class Room(Keeps, DurableObject):
    def rows(self):
        return self.ctx.storage.sql.exec("SELECT 1 AS a, 'x' AS b").raw().toArray().to_py()

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"by wsgi"]

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.url.endswith("/wsgi"):
            return await wsgi.fetch(app, request, self.env)
        if request.url.endswith("/mixin"):
            return Response(repr(await self.env.ROOM.getByName("a").rows()))
        return Response(repr(await self.env.KV.get("missing")))
"""
OBJECTS: Any = {
    "durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room"}]},
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Room"]}],
}
KV: Any = [{"binding": "KV", "id": "kv"}]


def vendor(directory: Path, version: str) -> None:
    """Lay a release of the SDK down as an installer does, as far as anybody looks at it."""
    package = directory / "python_modules" / "workers"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('the SDK of the platform was imported')\n")
    info = package.parent / f"workers_runtime_sdk-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.5\nName: workers-runtime-sdk\nVersion: {version}\n")


def test_a_vendored_sdk_counts_at_every_date_and_as_soon_as_it_is_there(project: Project) -> None:
    directory = project.worker("old", USES_WSGI, compatibility_date="2025-11-02", kv_namespaces=KV, **OBJECTS)
    session = project.dev("-c", "old/wrangler.jsonc")
    session.expect("The built-in SDK of compatibility date 2025-11-02 has no workers.wsgi")
    session.expect('add "workers-runtime-sdk>=1.6.0" to the dependencies')
    session.expect("waiting for a change")
    vendor(directory, "1.9.5")
    session.ready()
    assert project.get("old") == (200, "None")
    assert project.get("old", "/wsgi") == (200, "by wsgi")
    assert project.get("old", "/mixin") == (200, "[[1, 'x']]")


GIVES = """
from workers import Response, WorkerEntrypoint

class Foo:
    pass

class Gives(WorkerEntrypoint):
    async def pair(self):
        return {"deep": [(1, 2)]}

    async def foo(self):
        return [Foo()]

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("gives")
"""
ASKS = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        try:
            await getattr(self.env.GIVES, request.url.rpartition("/")[2])()
        except Exception as problem:
            return Response(str(problem))
"""


def test_a_result_that_cannot_be_sent_is_one_line_for_both_sessions(project: Project) -> None:
    project.worker("gives", GIVES)
    project.worker("asks", ASKS, services=[{"binding": "GIVES", "service": "gives", "entrypoint": "Gives"}])
    gives = project.dev(cwd=project.root / "gives").ready()
    project.dev(cwd=project.root / "asks").ready()
    line = GIVES[: GIVES.index('return {"deep"')].count("\n") + 1
    refused = f"TypeError: <class 'tuple'> cannot be sent over RPC. (returned at src/entry.py:{line} in Gives.pair)"
    assert eventually(lambda: project.get("asks", "/pair")[1]) == f"Error: {refused}"
    gives.expect(f"[ERROR] {refused}")
    cloned = 'Could not serialize object of type "Foo". This type does not support serialization.'
    assert project.get("asks", "/foo")[1].startswith(f"DataCloneError: {cloned} (returned at src/entry.py:")
    gives.expect(f"[ERROR] DataCloneError: {cloned}")
    assert "Traceback" not in gives.output


HANDLES = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("by the class")
"""


def test_a_handler_of_another_date_is_named_at_the_start_and_in_the_500(project: Project) -> None:
    directory = project.worker("old", HANDLES, compatibility_date="2025-08-01")
    session = project.dev("-c", "old/wrangler.jsonc").ready()
    advice = "Default defines fetch(), but at compatibility date 2025-08-01 the platform calls on_fetch()."
    assert f"[WARNING] {advice}" in session.output
    status, text = project.get("old")
    assert (status, text.splitlines()[0].partition(" Rename it")[0]) == (
        500,
        f"TypeError: Handler does not export an on_fetch() function. {advice}",
    )
    source = directory / "src" / "entry.py"
    source.write_text(source.read_text().replace("def fetch", "def on_fetch"))
    eventually(lambda: project.get("old") == (200, "by the class"))
