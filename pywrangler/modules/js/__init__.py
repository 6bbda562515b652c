"""The global scope of JavaScript: `import js; js.X`, `from js import X` (spec/js-and-ffi.md, section 3).

Each name is imported when it is first asked for. Setting an attribute defines a global.
"""

from __future__ import annotations

import opcode
import sys
from typing import Any

from pywrangler.runtime.js import globals as scope

_IMPORT_FROM = opcode.opmap["IMPORT_FROM"]


def __getattr__(name: str) -> Any:
    if name in {"globalThis", "self"} or (name == "global" and scope.has_node):
        return sys.modules[__name__]
    try:
        value = globals()[name] = scope.find(name)
    except LookupError:
        if name.startswith("__"):
            raise AttributeError(f"module 'js' has no attribute {name!r}") from None
        raise _missing(name) from None
    return value


def __dir__() -> list[str]:
    defined = {name for name in globals() if name[0] != "_" and name not in {"annotations", "opcode", "scope", "sys"}}
    return sorted({*scope.known_names(), "globalThis", "self", *defined} - {"Any"})


def _missing(name: str) -> Exception:
    """Return the error of `js.name`, or of `from js import name`, which Python would otherwise word itself."""
    caller = sys._getframe(2)
    importing = (
        0 <= caller.f_lasti < len(caller.f_code.co_code) and caller.f_code.co_code[caller.f_lasti] == _IMPORT_FROM
    )
    if importing:
        return ImportError(f"cannot import name {name!r} from 'js': {scope.why_missing(name)}", name="js")
    return AttributeError(scope.why_missing(name), name=name, obj=sys.modules[__name__])
