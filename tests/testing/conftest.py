from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of this directory that use Workers use those of `project`."""
    for item in items:
        if item.path.parent.name == "testing" and not item.get_closest_marker("workers"):
            item.add_marker(pytest.mark.workers("project/backend/wrangler.jsonc", "project/frontend/wrangler.jsonc"))
