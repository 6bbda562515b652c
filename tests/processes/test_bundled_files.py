"""Files beside the modules are read where Cloudflare has them: relative to `__file__`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

SOURCE = """
from pathlib import Path
from workers import WorkerEntrypoint, Response

HERE = Path(__file__).parent

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        data = (HERE / "data" / "table.bin").read_bytes()
        return Response((HERE / "page.html").read_text() + data.decode())
"""


def test_text_and_data_modules_are_files_beside_the_module(project: Project) -> None:
    directory = project.worker("pages", SOURCE)
    source = next(directory.rglob("*.py")).parent
    (source / "page.html").write_text("<h1>page</h1>")
    (source / "data").mkdir()
    (source / "data" / "table.bin").write_bytes(b"bytes")
    project.dev(cwd=directory.parent).ready()
    assert project.get("pages") == (200, "<h1>page</h1>bytes")
