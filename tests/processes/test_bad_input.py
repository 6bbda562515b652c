"""What a user can get wrong: each has a clear error, no traceback, and does no damage."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import COMMAND, COUNTER, COUNTER_CONFIG, HELLO, eventually, is_alive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.dev import Project

pytestmark = pytest.mark.processes


def fails(project: Project, cwd: Path, *arguments: str, **environment: str) -> str:
    """Run `dev`, which must end with status 1 and without a traceback; returns the output."""
    session = project.dev(*arguments, cwd=cwd, **environment)
    assert session.wait() == 1, session.output
    assert "Traceback" not in session.output
    return session.output


def test_no_config(project: Project) -> None:
    empty = project.root / "empty"
    empty.mkdir()
    assert "wrangler.jsonc" in fails(project, empty)


def test_a_config_that_does_not_exist(project: Project) -> None:
    assert "nope.jsonc" in fails(project, project.root, "-c", "nope.jsonc")


def test_two_configs_with_one_name(project: Project) -> None:
    one = project.worker("one", HELLO, name="same")
    two = project.worker("two", HELLO, name="same")
    output = fails(project, project.root, "-c", str(one / "wrangler.jsonc"), "-c", str(two / "wrangler.jsonc"))
    assert "one/wrangler.jsonc" in output
    assert "two/wrangler.jsonc" in output


def test_every_problem_of_a_config_is_reported_at_once_with_its_place(project: Project) -> None:
    directory = project.worker("bad", HELLO)
    (directory / "wrangler.jsonc").write_text(
        '{\n  "name": "Bad Name",\n  "main": "src/nope.py",\n  "compatibility_date": "2026-13-01",\n  "nmae": 1\n}\n'
    )
    output = fails(project, directory)
    for place in ("wrangler.jsonc:2:", "wrangler.jsonc:3:", "wrangler.jsonc:4:", "wrangler.jsonc:5:"):
        assert place in output
    assert '"name"' in output  # the nearest known key to "nmae"


def test_a_main_that_is_not_python(project: Project) -> None:
    directory = project.worker("js", HELLO, main="src/index.js")
    (directory / "src/index.js").write_text("export default {}")
    output = fails(project, directory)
    assert "index.js" in output
    assert "Python" in output


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\n", "exports no entrypoint"),
        ("raise RuntimeError('at import')\n", "at import"),
        ("from workers import Nope\n", "Nope"),
        ("async def on_fetch(request, env, ctx):\n    pass\n", "on_fetch"),
    ],
)
def test_a_main_that_cannot_be_served_is_explained_and_awaits_an_edit(
    project: Project, source: str, expected: str
) -> None:
    directory = project.worker("bad", source)
    session = project.dev(cwd=directory)
    session.expect(expected)
    assert "entry.py" in session.output
    (directory / "src/entry.py").write_text(HELLO)
    session.expect("Ready on http")


def test_a_class_that_is_not_exported_is_named_with_the_place_of_the_binding(project: Project) -> None:
    directory = project.worker("bad", HELLO, **COUNTER_CONFIG)
    session = project.dev(cwd=directory)
    session.expect('"Counter"')
    assert "wrangler.jsonc:" in session.output


def test_a_class_without_migration_is_a_warning(project: Project) -> None:
    directory = project.worker("counter", COUNTER, durable_objects=COUNTER_CONFIG["durable_objects"])
    session = project.dev(cwd=directory).ready()
    assert "Counter" in session.output
    assert "WARNING" in session.output
    assert project.get("counter") == (200, "1")


def test_a_taken_port_names_its_owner(project: Project) -> None:
    directory = project.worker("hello", HELLO)
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", project.port("hello")))
        owner.listen()
        output = fails(project, directory)
    assert str(project.port("hello")) in output
    assert f"pid {os.getpid()}" in output


def test_dev_vars_that_is_a_directory(project: Project) -> None:
    directory = project.worker("hello", HELLO)
    (directory / ".dev.vars").mkdir()
    assert ".dev.vars" in fails(project, directory)


def test_dev_vars_that_is_not_text(project: Project) -> None:
    directory = project.worker("hello", HELLO)
    (directory / ".dev.vars").write_bytes(b"A=1\nB=\xff\xfe\n")
    assert ".dev.vars" in fails(project, directory)


def test_a_registry_that_cannot_be_written(project: Project) -> None:
    project.worker("backend", COUNTER, **COUNTER_CONFIG)
    project.registry.write_text("a file where the directory should be")
    session = project.dev(cwd=project.root / "backend").ready()
    assert str(project.registry) in session.output
    assert project.get("backend") == (200, "1")


def test_a_corrupt_database_is_set_aside_and_named(project: Project) -> None:
    directory = project.worker("counter", COUNTER, **COUNTER_CONFIG)
    session = project.dev(cwd=directory).ready()
    assert project.get("counter") == (200, "1")
    session.stop()
    (database,) = (directory / ".wrangler/state/v3/do/counter-Counter").glob("*[0-9a-f].sqlite")
    for extra in directory.rglob("*.sqlite-*"):
        extra.unlink()
    garbage = b"this is not a database" * 500
    database.write_bytes(garbage)
    session = project.dev(cwd=directory).ready()
    assert project.get("counter") == (200, "1")
    session.expect(".corrupt-")
    (aside,) = database.parent.glob("*.corrupt-*")
    assert aside.read_bytes() == garbage


def test_a_virtual_environment_of_another_python_is_refused_with_advice(project: Project) -> None:
    directory = project.worker("hello", HELLO)
    (directory / ".venv/lib/python3.9/site-packages").mkdir(parents=True)
    (directory / ".venv/pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.9.1\n")
    output = fails(project, directory)
    assert "3.9" in output
    assert ".venv" in output


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3])
def test_control_c_at_any_moment_leaves_130_no_traceback_and_no_orphan(project: Project, delay: float) -> None:
    directory = project.worker("hello", HELLO)
    session = project.dev(cwd=directory)
    # The nursery is the first thing that our code starts; before that, the interpreter itself answers a signal.
    eventually(session.tree)
    time.sleep(delay)  # the moment is the point of this test
    below = session.tree()
    status = session.stop(signal.SIGINT)
    assert "Traceback" not in session.output
    assert status == 130
    eventually(lambda: not any(is_alive(pid) for pid in below))


def test_sigterm_leaves_143(project: Project) -> None:
    session = project.dev(cwd=project.worker("hello", HELLO)).ready()
    assert session.stop(signal.SIGTERM) == 143


def test_an_unknown_option_is_an_error_with_a_hint(project: Project) -> None:
    output = fails(project, project.worker("hello", HELLO), "--prot", "1")
    assert "Unknown argument: prot" in output
    assert "Did you mean --port" in output


def test_a_default_port_that_is_taken_is_not_an_error(project: Project) -> None:
    directory = project.worker("hello", HELLO, dev=None)
    first = project.dev(cwd=directory).ready()
    second = project.dev(cwd=directory).ready()
    assert _ready_line(first) != _ready_line(second)


def _ready_line(session: Any) -> str:
    return next(line for line in session.output.splitlines() if "Ready on http" in line)


def test_vars_explain_shows_sources_and_hides_secrets(project: Project) -> None:
    directory = project.worker("hello", HELLO, vars={"GREETING": "hello", "TOKEN": "public"})
    (directory / ".dev.vars").write_text("# secret\nTOKEN=very-secret\n")
    done = subprocess.run(
        [COMMAND, "vars", "--explain"], cwd=directory, capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 0, done.stderr
    assert "GREETING" in done.stdout
    assert "hello" in done.stdout
    assert ".dev.vars:2" in done.stdout
    assert "wrangler.jsonc" in done.stdout
    assert "very-secret" not in done.stdout + done.stderr
