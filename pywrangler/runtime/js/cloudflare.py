"""`js.Cloudflare`: what the runtime tells of itself."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.compat_flags import flags_at
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

_settings: list[Any] = ["9999-12-31", (), None]
"""Compatibility date, flags and raw environment; in plain tests the newest behaviour and none."""


def configure(date: str, flags: tuple[str, ...], env: Any = None) -> None:
    """Set date, flags and environment, for the Worker of this process."""
    _settings[:] = [date, flags, env]


def settings() -> tuple[str, tuple[str, ...]]:
    """Return date and flags of the Worker of this process."""
    return _settings[0], _settings[1]


def is_on(flag: str) -> bool:
    """Tell whether a compatibility flag is on for the Worker of this process."""
    return flags_at(*settings()).get(flag, False)


def environment() -> Any:
    """Return the raw environment of the Worker of this process; None in plain tests."""
    return _settings[2]


class CloudflareNamespace(JsProxy, js_name="Cloudflare"):
    """The value of `js.Cloudflare`."""

    @property
    def compatibilityFlags(self) -> JsObject:
        """All flags, each with whether it is on."""
        return plain(dict(flags_at(*settings())))


Cloudflare: CloudflareNamespace = CloudflareNamespace.new()
