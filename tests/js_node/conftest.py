"""The modules of Node.js, by name, in a Worker with `nodejs_compat`."""

from __future__ import annotations

import pytest

from pywrangler.runtime.js import globals as scope
from pywrangler.runtime.js.node import load_module


@pytest.fixture(autouse=True)
def with_node():
    before = scope.has_node
    scope.configure(node=True)
    yield
    scope.configure(node=before)


@pytest.fixture
def node():
    return lambda name: load_module(f"node:{name}")
