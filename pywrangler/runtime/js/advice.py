"""Warnings about code that production ignores or fails on: once for each place in user code."""

from __future__ import annotations

import sys
from os.path import dirname
from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.js.proxy import JsValue

_OURS = dirname(dirname(dirname(__file__)))  # noqa: PTH120 - pathlib costs start-up time
_given: set[tuple[str, int, str]] = set()


def warn_once(text: str) -> None:
    """Log a warning, with the line of user code that caused it; the same line is told once."""
    place = user_place()
    if place is None or (*place, text) in _given:
        return
    _given.add((*place, text))
    context.log("warn", f"{text} ({place[0]}:{place[1]})")


def warn_borrowed(function: Any, where: str) -> None:
    """Warn about a plain Python function that is to be called later: production destroys it when the call ends."""
    if isinstance(function, JsValue):
        return
    code = getattr(function, "__code__", None)
    if code is None or not code.co_filename.startswith(_OURS):
        warn_once(
            f"{where} was given a Python function that production lets go of as soon as the call ends: "
            "pass create_proxy(function), or create_once_callable(function) if it is called once."
        )


def user_place() -> tuple[str, int] | None:
    """Return file and line of the innermost caller outside this package; None if there is none."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back  # type: ignore[assignment]
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)
