"""A link that records, and events as a Worker of some compatibility date would see them."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from pywrangler.config.model import Compat
from pywrangler.runtime import context
from pywrangler.runtime.links import End


class FakeLink:
    """The far side of a socket: records what is sent, and lets a test play the peer."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.events: Any = None

    def send(self, data: str | bytes) -> None:
        self.sent.append(data)

    def close(self, code: int | None, reason: str) -> None:
        self.sent.append(("close", code, reason))

    def abort(self) -> None:
        self.sent.append("abort")

    def attach(self, events: Any) -> None:
        self.events = events

    def receive(self, data: str | bytes) -> None:
        self.events.on_message(data)

    def receive_close(self, code: int = 1005, reason: str = "") -> None:
        self.events.on_close(code, reason, True)

    def vanish(self) -> None:
        self.events.on_close(1006, "WebSocket disconnected without sending Close frame.", False)


@contextmanager
def event(**compat: Any):
    """Run as code of a stateless Worker with these compatibility switches."""
    worker = SimpleNamespace(config=SimpleNamespace(compat=Compat("2026-06-10", **compat)))
    token = context.enter(context.EventContext(worker, None, None))
    try:
        yield
    finally:
        context.leave(token)


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
def end(link: FakeLink) -> End:
    return End(link)


@pytest.fixture
def worker():
    return event


@pytest.fixture
def logged():
    """What user code was told, as (level, text)."""
    lines: list[tuple[str, str]] = []
    context.set_log_sink(lambda level, text: lines.append((level, text)))
    yield lines
    context.set_log_sink(lambda _level, _text: None)
