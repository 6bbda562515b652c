"""Small things that code imports from here by habit."""

import http.client
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import js
from workers.types import Headers

jsnull: Any
RESPONSE_ACCEPTED_TYPES: set[str]

class HTTPMessageMapping(http.client.HTTPMessage):
    """Headers as Python reads them."""

def import_from_javascript(module_name: str) -> Any:
    """Return a JavaScript module such as "cloudflare:workers" or "cloudflare:sockets"."""

async def import_sdk_javascript_module_async(name: str) -> Any:
    """Return a JavaScript module of the SDK."""

def patch_env(
    d: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None, **kwds: Any
) -> AbstractContextManager[None]:
    """Let the importable `env` have these names and no others during a `with` block: for tests."""

def get_compat_flag(flag: str) -> bool:
    """Say whether a compatibility flag is on."""

def _to_js_headers(headers: Headers) -> js.Headers:
    """Return JavaScript Headers; TypeError for anything but a dict, a list of pairs, or JavaScript Headers."""
