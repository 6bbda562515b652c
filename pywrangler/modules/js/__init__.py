"""The global scope of JavaScript: `import js; js.X`, `from js import X` (spec/js-and-ffi.md, section 3).

Each name is imported when it is first asked for. Setting an attribute defines a global.
"""

from __future__ import annotations

import sys
from typing import Any

from pywrangler.runtime.js import globals as scope
from pywrangler.runtime.missing_names import missing_name


def __getattr__(name: str) -> Any:
    if name in {"globalThis", "self"} or (name == "global" and scope.has_node):
        return sys.modules[__name__]
    try:
        value = globals()[name] = scope.find(name)
    except LookupError:
        if name.startswith("__"):
            raise AttributeError(f"module 'js' has no attribute {name!r}") from None
        raise missing_name("js", name, scope.why_missing(name)) from None
    return value


def __dir__() -> list[str]:
    own = {"annotations", "missing_name", "scope", "sys"}
    defined = {name for name in globals() if name[0] != "_" and name not in own}
    return sorted({*scope.known_names(), "globalThis", "self", *defined} - {"Any"})
