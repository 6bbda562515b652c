"""What tests of the runtime share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pywrangler.runtime import context

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What is logged, as `level: text`."""
    lines: list[str] = []
    context.set_log_sink(lambda level, text: lines.append(f"{level}: {text}"))
    yield lines
    context.set_log_sink(lambda _level, _text: None)
