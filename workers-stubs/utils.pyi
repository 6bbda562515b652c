"""Small things."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

def import_from_javascript(name: str) -> Any:
    """Return a JavaScript module such as "cloudflare:workers" or "cloudflare:sockets"."""

def patch_env(
    values: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, **more: Any
) -> AbstractContextManager[None]:
    """Let the importable `env` have these names and no others during a `with` block: for tests."""
