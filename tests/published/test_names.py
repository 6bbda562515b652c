"""Names of JavaScript, Node.js and Pyodide that published Workers use now and then, in a real Worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.published.asking import WORKERS
from tests.published.asking import ask as ask_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes

SOURCE = (WORKERS / "names.py").read_text()


@pytest.fixture(scope="module")
def session(area: Project) -> Dev:
    directory = area.worker(
        "names",
        SOURCE,
        compatibility_date="2026-06-10",
        compatibility_flags=["python_workers", "nodejs_compat"],
        vars={"GREETING": "hi"},
    )
    return area.dev(cwd=directory).ready()


@pytest.fixture
def ask(area: Project, session: Dev) -> Callable[..., Any]:
    return lambda path, **options: ask_port(area.port("names"), path, **options)


def test_modules_are_imported_at_module_level(ask: Callable[..., Any]) -> None:
    assert ask("/start") == ["hi", "c3RhcnQ=", 0, True, "cosine", True, 42]


def test_keys_are_derived_and_used(ask: Callable[..., Any]) -> None:
    found, size, same = ask("/digest")
    assert (len(found), size, same) == (64, 4, True)


def test_values_are_written_for_people(ask: Callable[..., Any]) -> None:
    assert ask("/written") == ["1.234,50\xa0€", "1/1/1970", "ÄÖ"]


def test_values_follow_the_flow(ask: Callable[..., Any]) -> None:
    assert ask("/flow") == [0, 1, 2]


def test_messages_and_events_arrive(ask: Callable[..., Any]) -> None:
    assert ask("/messages") == [{"a": 1}, ["pong"]]


def test_the_module_of_the_platform_is_live(ask: Callable[..., Any]) -> None:
    assert ask("/platform") == ["changed", "hi", "hello me"]


def test_a_console_waits(ask: Callable[..., Any]) -> None:
    assert ask("/console") == "awaited waited\n"


def test_the_log_is_laid_out_as_workers_do(ask: Callable[..., Any], session: Dev) -> None:
    seen = session.mark()
    assert ask("/log") == "logged"
    session.expect("numbers [\n  1, 2, 3, 4,\n  5, 6, 7\n] <Buffer 68 69>", after=seen)


def test_exit_fails_the_request_only(ask: Callable[..., Any]) -> None:
    status, text = ask("/exit")
    assert status == 500
    assert "process.exit(3) API was called" in text
    assert ask("/flow") == [0, 1, 2]
