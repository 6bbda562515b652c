"""The module in which older SDKs kept everything; published Workers import from it."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    import workers
    from workers import rpc

    if hasattr(workers, name):
        return getattr(workers, name)
    return getattr(rpc, name)
