"""The SDK of older compatibility dates, where it differs by what it has: spec/workers-module.md, section 14.

Names that came later are gone, so that code which needs them fails here as it fails there. The other differences are
decided where they matter, by `MODE.external_sdk`.
"""

from __future__ import annotations

import sys
from typing import Any

from pywrangler.runtime.js.jsdict import JsDict

LATER_NAMES = ("patch_env", "waitUntil", "wait_until")
LATER_MODULES = ("workers.wsgi",)


def install() -> None:
    """Make the `workers` package of this process the older one."""
    import workers

    for name in LATER_NAMES:
        vars(workers).pop(name, None)
    workers.__all__ = [name for name in workers.__all__ if name not in LATER_NAMES]
    workers.__getattr__ = _without_later_names(workers.__getattr__)
    for name in LATER_MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    # Its results are plain; code of that time converts them whenever it can.
    JsDict.to_py = _to_py  # type: ignore[attr-defined]


def _without_later_names(original: Any) -> Any:
    def find(name: str) -> Any:
        if name in LATER_NAMES:
            raise AttributeError(f"module 'workers' has no attribute {name!r}")
        return original(name)

    return find


def _to_py(value: Any, **_options: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_py(item) for key, item in value.items()}
    return [_to_py(item) for item in value] if isinstance(value, list) else value
