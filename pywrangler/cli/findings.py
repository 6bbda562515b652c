"""What `doctor` finds: one line each, with what to do where there is something to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    """What it is about, in a word or two; the same for findings that belong together."""
    status: Status
    what: str
    remedy: str = ""


def ok(topic: str, what: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(topic, "ok", what)


def warning(topic: str, what: str, remedy: str = "") -> Finding:
    """Return a finding that may surprise."""
    return Finding(topic, "warning", what, remedy)


def error(topic: str, what: str, remedy: str = "") -> Finding:
    """Return a finding that keeps something from working."""
    return Finding(topic, "error", what, remedy)
