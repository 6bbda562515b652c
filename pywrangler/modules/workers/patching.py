"""The importable `env`, and overlays on it for tests."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from workers._mode import MODE, raw_env
from workers.rpc import _EnvWrapper

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_overlay: ContextVar[Mapping[str, Any]] = ContextVar("workers_env_overlay", default=_NOTHING)


class ImportableEnv:
    """`from workers import env`: the environment of whoever asks, whenever it asks.

    A name is looked up in the overlays of `patch_env`, then in the `env` of the running event, then in that of the
    Worker. The SDK of older compatibility dates gives raw JavaScript values here (spec/workers-module.md, section 14).
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        overlay = _overlay.get()
        if name in overlay:
            return overlay[name]
        raw = raw_env()
        if raw is None:
            raise AttributeError(f"env has no {name!r}: no Worker is running here; patch_env() sets values for tests")
        return getattr(_EnvWrapper(raw) if MODE.external_sdk else raw, name)

    def __repr__(self) -> str:
        return "<env>"


ENV = ImportableEnv()


@contextmanager
def patch_env(
    values: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, **more: Any
) -> Generator[None, None, None]:
    """Overlay names of the importable `env` during a `with` block, also in tasks that the block starts."""
    token = _overlay.set({**_overlay.get(), **dict(values), **more})
    try:
        yield
    finally:
        _overlay.reset(token)
