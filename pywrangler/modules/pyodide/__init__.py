"""The part of Pyodide that Workers use, over the runtime."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["__version__", "code", "console", "ffi", "http", "webloop"]

__version__ = "0.28.2"
"""The release of Workers with compatibility dates from 2025-09-29; `_older` sets the one before."""


def __getattr__(name: str) -> Any:
    """Import a part at its first use: `import pyodide` is enough for `pyodide.ffi`."""
    if name in __all__:
        return import_module(f"pyodide.{name}")
    raise AttributeError(f"module 'pyodide' has no attribute {name!r}")
