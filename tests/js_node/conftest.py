"""The modules of Node.js, by name."""

from __future__ import annotations

import pytest

from pywrangler.runtime.js.node import load_module


@pytest.fixture
def node():
    return lambda name: load_module(f"node:{name}")
