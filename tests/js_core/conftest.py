from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pywrangler.runtime import context
from pywrangler.runtime.js import advice

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def logged() -> Iterator[list[tuple[str, str]]]:
    """Return the list that log output of user code is added to, as (level, text)."""
    lines: list[tuple[str, str]] = []
    advice._given.clear()
    context.set_log_sink(lambda level, text: lines.append((level, text)))
    yield lines
    context.set_log_sink(lambda _level, _text: None)
