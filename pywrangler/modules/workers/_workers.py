"""The module in which older releases of the SDK kept everything; published Workers import from it."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    import workers
    from workers import entrypoints, rpc, utils

    for module in (workers, rpc, entrypoints, utils):
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
