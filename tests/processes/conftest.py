from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project; its sessions are stopped at the end."""
    made = Project(tmp_path)
    yield made
    made.close()
