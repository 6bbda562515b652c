"""One real session for each module of tests: many entrypoints and paths, few processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import Project

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """An empty project for a module's sessions."""
    project = Project(tmp_path_factory.mktemp("published"))
    yield project
    project.close()
