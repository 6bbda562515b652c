"""What the terminal shows of output and failures of a real Worker."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.published.asking import WORKERS
from tests.published.asking import ask as ask_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def session(area: Project) -> Dev:
    directory = area.worker(
        "terminal",
        (WORKERS / "terminal.py").read_text(),
        durable_objects={"bindings": [{"name": "THING", "class_name": "Thing"}]},
        migrations=[{"tag": "v1", "new_sqlite_classes": ["Thing"]}],
    )
    return area.dev(cwd=directory).ready()


@pytest.fixture
def shown(area: Project, session: Dev) -> Callable[[str], str]:
    """Return `shown(name)`: what one request makes the terminal show."""

    def show(name: str) -> str:
        seen = session.mark()
        ask_port(area.port("terminal"), f"/{name}")
        line = f"GET /{name} "
        session.expect(line, after=seen)
        ask_port(area.port("terminal"), "/favicon.ico")
        return session.expect("GET /favicon.ico", after=seen)[seen:]

    return show


def test_output_of_all_kinds_keeps_its_order(shown: Callable[[str], str], session: Dev) -> None:
    assert "printed at import" in session.output
    text = shown("order")
    found = re.findall(r"^(?:\S* ?\[\w+\] |INFO:mine:|\S*Warning: |.*Warning: )?(\d+ .*)$", text, re.MULTILINE)
    assert found == [
        "1 print", "2 console.log", "3 logging", "4 stderr", "5 console.error", "6 flushed", "7 two", "8 warning",
        "9 console.warn", "10 in parts",
    ]  # fmt: skip
    assert "lines\n" in text


@pytest.mark.parametrize(
    ("name", "prefix", "function"),
    [
        ("task", "", "work"),
        ("waited", "", "work"),
        ("callback", "Uncaught ", "fire"),
        ("loop", "", "loop"),
    ],
)
def test_failures_show_frames_of_the_user_only(
    shown: Callable[[str], str], name: str, prefix: str, function: str
) -> None:
    text = shown(name)
    assert f"[ERROR] {prefix}LookupError: in helper" in text
    assert re.search(r"at src/entry\.py:\d+ in helper", text)
    assert f" in {function}\n" in text
    assert "sync_bridge" not in text
    assert text.count("LookupError: in helper") == 1


def test_a_remote_failure_shows_local_frames_above_the_remote_ones(shown: Callable[[str], str]) -> None:
    text = shown("remote")
    local, _, remote = text.partition("on the other side of the call:")
    assert " in remote\n" in local
    assert "in fail" in remote
    assert "pywrangler/runtime" not in text
