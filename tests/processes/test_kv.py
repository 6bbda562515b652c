"""KV in real sessions: reload, restart, two sessions with the same data, and commands beside them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import COMMAND, request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

SOURCE = """
    from workers import Response, WorkerEntrypoint

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            key = request.url.rpartition("/")[2]
            if request.method == "PUT":
                await self.env.KV.put(key, await request.text())
            return Response(str(await self.env.KV.get(key)) + self.env.TEXT)
"""
CONFIG = {"kv_namespaces": [{"binding": "KV", "id": "shared"}], "text_blobs": {"TEXT": "greeting.txt"}}


def kv(directory: Path, *words: str) -> str:
    done = subprocess.run(
        [COMMAND, "kv", *words, "--binding", "KV"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return done.stdout


def write_worker(project: Project, name: str) -> Path:
    directory = project.worker(name, SOURCE, **CONFIG)
    (directory / "greeting.txt").write_text("!")
    return directory


def test_data_outlives_reloads_and_sessions(project: Project) -> None:
    directory = write_worker(project, "one")
    session = project.dev(cwd=directory).ready()
    assert request(project.port("one"), "/k", method="PUT", body=b"first") == (200, "first!")
    assert kv(directory, "key", "get", "k") == "first"
    kv(directory, "key", "put", "k", "from the command line")
    assert project.get("one", "/k") == (200, "from the command line!")
    mark = session.mark()
    (directory / "greeting.txt").write_text("?")
    session.expect("updated and ready", after=mark)
    assert project.get("one", "/k") == (200, "from the command line?")
    (directory / "greeting.txt").unlink()
    output = session.expect("still serving the previous version", after=mark)
    assert 'The file "greeting.txt" of the binding TEXT cannot be read: No such file or directory.' in output
    assert project.get("one", "/k") == (200, "from the command line?")
    assert session.stop() == 130
    assert kv(directory, "key", "get", "k") == "from the command line"
    (directory / "greeting.txt").write_text(".")
    project.dev(cwd=directory).ready()
    assert project.get("one", "/k") == (200, "from the command line.")


def test_sessions_share_a_namespace_in_the_same_directory(project: Project) -> None:
    for name in ("one", "two"):
        project.dev("--persist-to", str(project.root / "data"), cwd=write_worker(project, name)).ready()
    for number in range(10):
        writer, reader = ("one", "two") if number % 2 else ("two", "one")
        assert request(project.port(writer), "/k", method="PUT", body=b"%d" % number)[0] == 200
        assert project.get(reader, "/k") == (200, f"{number}!")
    assert kv(project.root / "one", "key", "get", "k", "--persist-to", "../data") == "9"


def test_a_database_without_a_connection_string_is_a_problem_with_a_place(project: Project) -> None:
    directory = project.worker("db", SOURCE, hyperdrive=[{"binding": "DB", "id": "x"}])
    session = project.dev(cwd=directory)
    assert session.wait() == 1
    assert 'The Hyperdrive binding "DB" has no local connection string.' in session.output
    assert "wrangler.jsonc:" in session.output
    assert "Set CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB" in session.output
