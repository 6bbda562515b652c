"""Which Workers a test gets: its mark, else the ini file, else what lies around the test's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.config.discover import discover
from pywrangler.testing.session import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGS = "pywrangler_configs"
ENVIRONMENT = "pywrangler_environment"
_OPTIONS = {"environment", "vars", "mocks"}


def choose(item: pytest.Item) -> Choice:
    """Return the choice for a test; UsageError if there is nothing to run."""
    mark = item.get_closest_marker("workers")
    options: dict[str, Any] = dict(mark.kwargs) if mark is not None else {}
    if unknown := options.keys() - _OPTIONS:
        raise pytest.UsageError(
            f"The mark `workers` knows no {', '.join(sorted(unknown))}, only {', '.join(sorted(_OPTIONS))}."
        )
    environment = options.get("environment") or str(item.config.getini(ENVIRONMENT)) or None
    variables = tuple(f"{name}:{value}" for name, value in dict(options.get("vars") or {}).items())
    mocks = tuple(f"{name}={_find(item, str(path))}" for name, path in dict(options.get("mocks") or {}).items())
    root = item.config.rootpath
    if mark is not None and mark.args:
        configs = tuple(_find(item, str(path)) for path in mark.args)
        return Choice(root, configs, environment, variables, mocks)
    if given := item.config.getini(CONFIGS):
        return Choice(root, tuple(map(Path, given)), environment, variables, mocks)
    return Choice(_around(item), None, environment, variables, mocks)


def _folders(item: pytest.Item) -> Iterator[Path]:
    """Yield the directories from the test's file up to the root."""
    root = item.config.rootpath
    for folder in item.path.parents:
        yield folder
        if folder == root or root not in folder.parents:
            return


def _find(item: pytest.Item, path: str) -> Path:
    for folder in _folders(item):
        if (folder / path).is_file():
            return folder / path
    where = f"{item.path.parent} and the directories above it, up to {item.config.rootpath}"
    raise pytest.UsageError(f'The mark `workers` names "{path}", which is not in {where}.')


def _around(item: pytest.Item) -> Path:
    for folder in _folders(item):
        if discover(None, cwd=folder).configs:
            return folder
    raise pytest.UsageError(
        f"No configuration of a Worker was found around {item.path}. Name it: "
        f'@pytest.mark.workers("path/to/wrangler.jsonc"), or {CONFIGS} in the ini file.'
    )
