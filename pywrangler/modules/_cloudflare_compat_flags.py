"""`_cloudflare_compat_flags`: the compatibility flags of the Worker, each with whether it is on."""

from __future__ import annotations

from pywrangler.runtime.js.cloudflare import Cloudflare
from pywrangler.runtime.missing_names import missing_name


def __getattr__(name: str) -> bool:
    flags = dict(Cloudflare.compatibilityFlags._own_properties())
    if name not in flags:
        raise missing_name(__name__, name, f"there is no compatibility flag {name!r}")
    return bool(flags[name])


def __dir__() -> list[str]:
    return sorted(Cloudflare.compatibilityFlags._own_properties())
