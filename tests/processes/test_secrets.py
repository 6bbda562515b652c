"""Secrets and a running session: what `pywrangler secret` writes is seen at once."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import COMMAND, eventually

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

SHOW = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(repr(getattr(self.env, "TOKEN", None)))
"""
VALUE = "hunter2 #\n'x' \\n ${HOME}"


def secret(project: Project, *words: str, input: str = "") -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOUDFLARE_")}
    subprocess.run(
        [COMMAND, "secret", *words],
        cwd=project.root / "app",
        input=input,
        text=True,
        check=True,
        capture_output=True,
        env=environment,
    )


def test_a_running_session_sees_every_change(project: Project) -> None:
    directory = project.worker("app", SHOW, secrets={"required": ["TOKEN"]})
    session = project.dev(cwd=directory).ready()
    session.expect("Missing required secrets: TOKEN.")
    session.expect("`pywrangler secret put TOKEN` writes .dev.vars")
    assert project.get("app") == (200, "None")
    secret(project, "put", "TOKEN", input=VALUE)
    eventually(lambda: project.get("app") == (200, repr(VALUE)))
    secret(project, "put", "TOKEN", input="second")
    eventually(lambda: project.get("app") == (200, "'second'"))
    secret(project, "delete", "TOKEN")
    eventually(lambda: project.get("app") == (200, "None"))
    assert "hunter2" not in session.output
    assert ".dev.vars" in session.output
