"""How a function of a test is named to a Worker: file, line, name, and copies of the variables that it uses."""

from __future__ import annotations

import inspect
import sys
import types
from typing import TYPE_CHECKING, Any

from pywrangler.protocol import testing as protocol
from pywrangler.testing import values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def reference(function: Callable[..., Any]) -> protocol.Function:
    """Return what names a function; TypeError if it is not written in Python, or uses what cannot be copied."""
    return _reference(function, ())


def search_path() -> tuple[str, ...]:
    """Return where the test imports from."""
    return tuple(entry for entry in sys.path if entry)


def _reference(function: Any, around: tuple[Any, ...]) -> protocol.Function:
    if not isinstance(function, types.FunctionType):
        raise TypeError(f"A function defined in a test is needed, not {function!r:.80}")
    if function in around:
        raise TypeError(f"{function.__qualname__} uses itself through a variable around it; define it in the module.")
    code = function.__code__
    where = (*around, function)
    names = set(_names(code))
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    return protocol.Function(
        file=code.co_filename,
        line=code.co_firstlineno,
        name=code.co_qualname,
        module=function.__module__,
        needs_module=any(name in function.__globals__ for name in names),
        captured={name: _captured(name, cell.cell_contents, where) for name, cell in cells},
        defaults=tuple(_captured("a default", value, where) for value in function.__defaults__ or ()),
        keyword_defaults={
            name: _captured(name, value, where) for name, value in (function.__kwdefaults__ or {}).items()
        },
    )


def _names(code: types.CodeType) -> Iterator[str]:
    """Return the names that are looked up outside of the function, and some attributes."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _captured(name: str, value: Any, around: tuple[Any, ...]) -> protocol.Captured:
    if inspect.ismodule(value):
        return protocol.Named(value.__name__)
    if isinstance(value, types.FunctionType) and "<locals>" in value.__qualname__:
        return _reference(value, around)
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
        return protocol.Named(value.__module__, value.__qualname__)
    try:
        return protocol.Value(values.encode(value))
    except TypeError as error:
        raise TypeError(f"{around[-1].__qualname__} uses {name}, which cannot go into a Worker: {error}") from None
