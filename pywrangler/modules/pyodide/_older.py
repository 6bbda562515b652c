"""Pyodide 0.26, which Workers with compatibility dates before 2025-09-29 run on, where it has less than 0.28.

Names that came later are gone, so that code which needs them fails here as it fails there. (That `null` is None there
is `runtime.js.null_as_none`.)
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

from pywrangler.runtime.missing_names import missing_name

SINCE = "2025-09-29"
LATER = {
    "pyodide.ffi": (
        *("IN_PYODIDE", "JsBigInt", "JsCallableDoubleProxy", "JsError", "JsNull", "JsOnceCallable", "JsWeakRef"),
        *("can_run_sync", "jsnull", "run_sync"),
    ),
    "pyodide.http": ("AbortError", "BodyUsedError", "HttpStatusError"),
}
"""By module: the names that 0.26 lacks."""


def install() -> None:
    """Make Pyodide of this process the older one."""
    import pyodide

    pyodide.__version__ = "0.26.0a2"
    for module, names in LATER.items():
        _forget(importlib.import_module(module), names)
    _offer_cloudflare_workers()


def _forget(module: ModuleType, names: tuple[str, ...]) -> None:
    for name in names:
        vars(module).pop(name, None)
    vars(module)["__all__"] = [name for name in module.__all__ if name not in names]
    others = getattr(module, "__getattr__", None)

    def find(name: str) -> Any:
        if name in names:
            why = f"{name} came with Pyodide 0.28, which Workers have from compatibility_date {SINCE} on"
            raise missing_name(module.__name__, name, why)
        if others is None:
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        return others(name)

    vars(module)["__getattr__"] = find


def _offer_cloudflare_workers() -> None:
    """The package `workers` was there by the name `cloudflare.workers` too, for code that was older still."""
    if "cloudflare" in sys.modules or importlib.util.find_spec("cloudflare") is not None:
        return
    import workers

    parent = ModuleType("cloudflare")
    parent.__path__ = []
    parent.workers = workers  # type: ignore[attr-defined]
    sys.modules["cloudflare"] = parent
    sys.modules["cloudflare.workers"] = workers
