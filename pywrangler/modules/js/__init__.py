"""The global scope of JavaScript: `import js; js.X`, `from js import X` (spec/js-and-ffi.md, section 3).

Each name is imported when it is first asked for. Setting an attribute defines a global.
"""

from __future__ import annotations

import opcode
import sys
from typing import Any

from pywrangler.runtime.js.globals import CONSTANTS, TABLE, find, why_missing

_IMPORT_FROM = opcode.opmap["IMPORT_FROM"]


def __getattr__(name: str) -> Any:
    if name in {"globalThis", "self", "global"}:
        return sys.modules[__name__]
    if name not in TABLE and name not in CONSTANTS:
        if name.startswith("__"):
            raise AttributeError(f"module 'js' has no attribute {name!r}")
        raise _missing(name)
    value = globals()[name] = find(name)
    return value


def __dir__() -> list[str]:
    return sorted({*TABLE, *CONSTANTS, "globalThis", "self", *(name for name in globals() if not name.startswith("_"))})


def _missing(name: str) -> Exception:
    """Return the error of `js.name`, or of `from js import name`, which Python would otherwise word itself."""
    caller = sys._getframe(2)
    importing = (
        0 <= caller.f_lasti < len(caller.f_code.co_code) and caller.f_code.co_code[caller.f_lasti] == _IMPORT_FROM
    )
    if importing:
        return ImportError(f"cannot import name {name!r} from 'js': {why_missing(name)}", name="js")
    return AttributeError(why_missing(name), name=name, obj=sys.modules[__name__])
