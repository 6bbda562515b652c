"""Workers of several sessions find each other, whatever the order and whatever dies (spec/registry.md)."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import CALLER, CALLER_CONFIG, COUNTER, COUNTER_CONFIG, eventually, free_port, is_alive

if TYPE_CHECKING:
    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes


def write(project: Project) -> None:
    project.worker("backend", COUNTER, **COUNTER_CONFIG)
    project.worker("frontend", CALLER, **CALLER_CONFIG)


def start(project: Project, name: str, *arguments: str) -> Dev:
    return project.dev(*arguments, cwd=project.root / name).ready()


@pytest.mark.parametrize("order", [("backend", "frontend"), ("frontend", "backend")])
def test_either_start_order_works(project: Project, order: tuple[str, str]) -> None:
    write(project)
    for name in order:
        start(project, name)
    assert eventually(lambda: project.get("frontend")[1] == "1" or project.get("frontend")[1].isdigit())
    assert project.get("frontend", "/fetch") == (200, "object says hello")
    assert project.get("frontend", "/service") == (200, "5")


def test_both_callers_reach_the_same_object(project: Project) -> None:
    write(project)
    start(project, "backend")
    start(project, "frontend")
    assert [project.get("backend")[1], project.get("frontend")[1], project.get("backend")[1]] == ["1", "2", "3"]


def test_an_error_crosses_with_its_message(project: Project) -> None:
    write(project)
    start(project, "backend")
    start(project, "frontend")
    status, text = project.get("frontend", "/fail")
    assert status == 500
    assert "ValueError: from the object" in text


def test_a_missing_target_is_named(project: Project) -> None:
    write(project)
    frontend = start(project, "frontend")
    sentence = 'Worker "backend" not found. Make sure it is running locally.'
    assert project.get("frontend", "/fetch") == (503, sentence)
    status, text = project.get("frontend")
    assert status == 500
    assert sentence in text
    assert "[not connected]" in frontend.output


def test_status_lines_tell_when_a_target_comes_and_goes(project: Project) -> None:
    write(project)
    frontend = start(project, "frontend")
    backend = start(project, "backend")
    frontend.expect("backend [connected]")
    mark = frontend.mark()
    assert backend.stop() == 130
    frontend.expect("backend [not connected]", after=mark)


def test_a_target_that_comes_back_on_another_port_is_found(project: Project) -> None:
    write(project)
    start(project, "frontend")
    backend = start(project, "backend")
    assert project.get("frontend")[1] == "1"
    backend.stop()
    start(project, "backend", "--port", str(free_port()))
    assert project.get("frontend")[1] == "2"


def test_a_target_killed_hard_and_restarted_is_found_at_once(project: Project) -> None:
    write(project)
    start(project, "frontend")
    backend = start(project, "backend")
    assert project.get("frontend")[1] == "1"
    assert backend.stop(signal.SIGKILL) == -signal.SIGKILL
    status, text = project.get("frontend")
    assert status == 500
    assert "backend" in text or "Network connection lost" in text
    start(project, "backend")
    assert project.get("frontend")[1] == "2"


def test_a_second_session_of_a_name_is_announced_and_takes_over(project: Project) -> None:
    write(project)
    first = start(project, "backend")
    start(project, "frontend")
    second = project.dev("--port", str(free_port()), cwd=project.root / "backend").ready()
    second.expect('Worker "backend" is already running in another session')
    assert f"pid {first.process.pid}" in second.output
    assert project.get("frontend")[1] == "1"
    first.stop()
    assert eventually(lambda: project.get("frontend")[1] == "2")


def test_garbage_in_the_registry_is_ignored(project: Project) -> None:
    write(project)
    project.registry.mkdir()
    (project.registry / "backend").write_text("{ not json")
    (project.registry / "other").write_bytes(b"\xff\x00")
    start(project, "frontend")
    assert project.get("frontend", "/fetch")[0] == 503
    start(project, "backend")
    assert eventually(lambda: project.get("frontend", "/fetch")[0] == 200)


def test_a_registry_deleted_while_running_is_made_again(project: Project) -> None:
    write(project)
    start(project, "backend")
    start(project, "frontend")
    for entry in project.registry.iterdir():
        entry.unlink()
    project.registry.rmdir()
    eventually((project.registry / "backend").exists)
    assert project.get("frontend")[1] == "1"


def test_a_clean_exit_removes_the_entry(project: Project) -> None:
    write(project)
    backend = start(project, "backend")
    assert (project.registry / "backend").exists()
    assert (project.registry / "backend").stat().st_mode & 0o777 == 0o600
    backend.stop()
    assert not (project.registry / "backend").exists()


def test_nothing_survives_a_session_that_is_killed(project: Project) -> None:
    write(project)
    backend = start(project, "backend")
    below = backend.tree()
    assert len(below) >= 2
    backend.stop(signal.SIGKILL)
    eventually(lambda: not any(is_alive(pid) for pid in below))


def test_two_workers_in_one_session_reach_each_other(project: Project) -> None:
    write(project)
    session = project.dev("-c", "backend/wrangler.jsonc", "-c", "frontend/wrangler.jsonc").ready()
    eventually(lambda: session.output.count("Ready on http") == 2)
    assert project.get("frontend")[1] == "1"
    assert session.stop() == 130


def test_the_root_of_a_project_runs_every_worker_below_it(project: Project) -> None:
    write(project)
    session = project.dev().ready()
    eventually(lambda: session.output.count("Ready on http") == 2)
    assert project.get("frontend")[1] == "1"
