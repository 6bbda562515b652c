"""`js.Cloudflare`: what the runtime tells of itself."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.compat_flags import flags_at
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

_settings: list[Any] = ["9999-12-31", ()]
"""Compatibility date and flags; in plain tests the newest behaviour."""


def configure(date: str, flags: tuple[str, ...]) -> None:
    """Set date and flags, for the Worker of this process."""
    _settings[:] = [date, flags]


class CloudflareNamespace(JsProxy, js_name="Cloudflare"):
    """The value of `js.Cloudflare`."""

    @property
    def compatibilityFlags(self) -> JsObject:
        """All flags, each with whether it is on."""
        return plain(dict(flags_at(*_settings)))


Cloudflare: CloudflareNamespace = CloudflareNamespace.new()
