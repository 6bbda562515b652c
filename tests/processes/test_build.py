"""The `build` command of a config runs before the code is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import HELLO, eventually

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

SOURCE = "from generated import TEXT\n" + HELLO.replace('"one"', "TEXT")
COMMAND = 'printf \'TEXT = "%s"\\n\' "$(cat settings.txt)" > src/generated.py'


def test_what_a_build_writes_is_served_and_is_no_reason_to_reload(project: Project) -> None:
    directory = project.worker("built", SOURCE, build={"command": COMMAND, "watch_dir": "settings.txt"})
    (directory / "settings.txt").write_text("first")
    session = project.dev(cwd=directory).ready()
    assert project.get("built") == (200, "first")
    (directory / "settings.txt").write_text("second")
    eventually(lambda: project.get("built") == (200, "second"))
    session.expect("updated and ready")
    assert session.output.count("Reloading") == 1
