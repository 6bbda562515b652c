"""How a binding that arrives in a call becomes an object here: the binding's module says how it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.runtime.js.errors import error

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.js.proxy import JsProxy
    from pywrangler.runtime.ports import Router, Target

    Make = Callable[[Router, Target], JsProxy]

_makers: dict[str, Make] = {}


def register_binding(kind: str, make: Make) -> None:
    """Say how bindings to targets of a kind (`entrypoint`, `object`) are made; told once, by their module."""
    _makers[kind] = make


def make_binding(router: Router | None, target: Target) -> JsProxy:
    """Return a binding to `target`."""
    make = _makers.get(target.kind)
    if make is None or router is None:
        raise error(f"Bindings of kind {target.kind!r} cannot be received here.")
    return make(router, target)
