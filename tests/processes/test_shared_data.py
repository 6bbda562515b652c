"""In a session the same id is the same data, however its Workers were found and whatever the session is for."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import COMMAND

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

SOURCE = """
    from workers import Response, WorkerEntrypoint

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            env, (what, value) = self.env, request.url.split("/")[3:5]
            if what == "put":
                await env.KV.put("key", value)
                await env.BUCKET.put("key", value)
                await env.DB.exec("CREATE TABLE IF NOT EXISTS t (v)")
                await env.DB.prepare("INSERT INTO t VALUES (?)").bind(value).run()
                await env.OWN.put("key", value)
            else:
                await env.DB.exec("CREATE TABLE IF NOT EXISTS t (v)")
            body = await env.BUCKET.get("key")
            rows = (await env.DB.prepare("SELECT v FROM t").all()).results
            return Response.json([await env.KV.get("key"), body and await body.text(), [row.v for row in rows],
                                  await env.OWN.get("key")])
"""


def _bindings(name: str) -> dict[str, Any]:
    return {
        "kv_namespaces": [{"binding": "KV", "id": "the-same"}, {"binding": "OWN", "id": f"of-{name}"}],
        "r2_buckets": [{"binding": "BUCKET", "bucket_name": "the-same"}],
        "d1_databases": [{"binding": "DB", "database_name": "d", "database_id": "the-same"}],
    }


def _ask(project: Project, name: str, path: str) -> Any:
    status, text = project.get(name, path)
    assert status == 200, text
    return json.loads(text)


@pytest.mark.parametrize("arguments", [(), ("-c", "a/wrangler.jsonc", "-c", "b/wrangler.jsonc"), ("--persist-to", "x")])
def test_workers_of_a_session_share_what_has_the_same_id(project: Project, arguments: tuple[str, ...]) -> None:
    for name in ("a", "b"):
        project.worker(name, SOURCE, **_bindings(name))
    session = project.dev(*arguments)
    session.expect("Ready on http")
    assert _ask(project, "b", "/put/one") == ["one", "one", ["one"], "one"]
    assert _ask(project, "a", "/get/-") == ["one", "one", ["one"], None]
    assert _ask(project, "a", "/put/two") == ["two", "two", ["one", "two"], "two"]
    assert _ask(project, "b", "/get/-") == ["two", "two", ["one", "two"], "one"]


def test_what_is_shared_lies_with_the_first_worker_and_the_rest_with_each(project: Project) -> None:
    for name in ("a", "b"):
        project.worker(name, SOURCE, **_bindings(name))
    session = project.dev().ready()
    assert _ask(project, "b", "/put/one")[0] == "one"
    session.stop()
    alone = project.dev(cwd=project.root / "a").ready()
    assert _ask(project, "a", "/get/-") == ["one", "one", ["one"], None]
    alone.stop()
    commands = {"a": ("KV", "one"), "b": ("OWN", "one")}
    for name, (binding, value) in commands.items():
        found = subprocess.run(
            [COMMAND, "kv", "key", "get", "key", "--binding", binding, "--local"],
            cwd=project.root / name,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert found.stdout.strip() == value, found.stderr
