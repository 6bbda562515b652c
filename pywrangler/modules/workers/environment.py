"""`env` as user code sees it (contract: spec/workers-module.md, section 7)."""

from __future__ import annotations

from typing import Any, Self

from pywrangler.runtime.js.proxy import JsProxy
from workers._javascript import js_name
from workers._mode import MODE
from workers.wrappers import WRAPPERS, _BindingWrapper

CONVERTING = frozenset(
    {
        "KvNamespace",
        "R2Bucket",
        "D1Database",
        "WorkerQueue",
        "Ai",
        "VectorizeIndexImpl",
        "Vectorize",
        "AnalyticsEngineDataset",
        "AnalyticsEngine",
        "ImagesBindingImpl",
        "Images",
        "Ratelimit",
    }
)
"""Bindings that the vendored SDK wraps and the older one leaves raw."""


def wrap_binding(value: Any) -> Any:
    """Return one value of `env` as user code sees it; plain values and other bindings stay as they are."""
    if not isinstance(value, JsProxy):
        return value
    name = js_name(value)
    wrapper = WRAPPERS.get(name)
    if wrapper is not None:
        return wrapper(value)
    return _BindingWrapper(value) if name in CONVERTING and MODE.external_sdk else value


class _EnvWrapper:
    """`env`: bindings are wrapped on first read and kept; a missing name is an AttributeError."""

    __slots__ = ("__dict__", "_env")

    _env: Any

    def __new__(cls, env: Any) -> Self:
        """Return `env` itself if it is wrapped already."""
        return env if isinstance(env, cls) else object.__new__(cls)

    def __init__(self, env: Any) -> None:
        if env is not self:
            self._env = env

    @property
    def js_object(self) -> Any:
        """The raw environment."""
        return self._env

    def __getattr__(self, name: str) -> Any:
        value = wrap_binding(getattr(self._env, name))
        self.__dict__[name] = value
        return value
