"""The importable `env`, and another in its place for tests."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from workers._mode import MODE, raw_env
from workers.rpc import _EnvWrapper

_patch: ContextVar[Mapping[str, Any] | None] = ContextVar("workers_env_patch", default=None)
"""What stands in the place of the environment."""


class ImportableEnv:
    """`from workers import env`: the environment of whoever asks, whenever it asks.

    A name is looked up in the `env` of the running event, else in that of the Worker; during `patch_env` in what that
    was given, and nowhere else. The SDK of older compatibility dates gives raw JavaScript values here
    (spec/workers-module.md, section 14).
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        patch = _patch.get()
        if patch is not None:
            if name not in patch:
                raise AttributeError(f"env has no {name!r}: patch_env() put another in its place, without that name")
            return patch[name]
        raw = raw_env()
        if raw is None:
            raise AttributeError(f"env has no {name!r}: no Worker is running here; patch_env() sets values for tests")
        return getattr(_EnvWrapper(raw) if MODE.external_sdk else raw, name)

    def __repr__(self) -> str:
        return "<env>"


ENV = ImportableEnv()


def patched() -> Mapping[str, Any] | None:
    """Return what `patch_env` put in the place of the environment, if anything."""
    return _patch.get()


@contextmanager
def patch_env(
    d: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None, **kwds: Any
) -> Generator[None, None, None]:
    """Let the importable `env` have these names and no others during a `with` block, also in tasks that it starts."""
    token = _patch.set({**dict(d or ()), **kwds})
    try:
        yield
    finally:
        _patch.reset(token)
