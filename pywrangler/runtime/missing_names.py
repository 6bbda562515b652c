"""The error of a name that a module lacks, with why: Python's own for `from module import name` says less."""

from __future__ import annotations

import opcode
import sys

_IMPORT_FROM = opcode.opmap["IMPORT_FROM"]


def missing_name(module: str, name: str, why: str) -> Exception:
    """Return what the `__getattr__` of a module raises, which calls this: ImportError while it is imported from."""
    caller = sys._getframe(2)
    code = caller.f_code.co_code
    if 0 <= caller.f_lasti < len(code) and code[caller.f_lasti] == _IMPORT_FROM:
        return ImportError(f"cannot import name {name!r} from {module!r}: {why}", name=module)
    return AttributeError(why, name=name, obj=sys.modules.get(module))
