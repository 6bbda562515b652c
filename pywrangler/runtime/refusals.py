"""Values that cannot be sent: the errors, and whose fault they are.

The texts are the platform's: the SDK raises the first before anything is sent, structured clone the second. An argument
is refused in the line that makes the call, so the traceback says enough. A result is refused when the method has ended,
so its error says where it was returned, and the Worker that returned it logs it as well.
"""

from __future__ import annotations

import inspect
from itertools import islice
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import ConversionError, JsException
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy, JsValue

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

_ITEMS_LOOKED_AT = 1000
_SAYS_ALL = "_pywrangler_says_all"
_SDK = " cannot be sent over RPC."
_CLONE = "This type does not support serialization."


def not_sendable(value: Any) -> TypeError:
    """Return the SDK's error for a value that it refuses for its type alone."""
    if isinstance(value, JsProxy):
        return TypeError(f"{type(value).name}{_SDK}")
    if inspect.iscoroutine(value) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
        value.close()  # The error says it: a warning that it was never awaited would name a line of ours.
    return TypeError(f"{'Awaitable ' if inspect.isawaitable(value) else ''}{type(value)}{_SDK}")


def not_cloneable(value: Any) -> JsException:
    """Return structured clone's error for a value that it cannot copy."""
    name = type(value).name if isinstance(value, JsProxy) else type(value).__name__
    return JsException("DataCloneError", f'Could not serialize object of type "{name}". {_CLONE}')


def property_name(key: Any) -> str:
    """Return the name of a property for a key of a dict; ConversionError for one that JavaScript cannot have."""
    if key is None or isinstance(key, (str, int, float)):
        return to_string(key)
    raise ConversionError(f"Cannot use {key!r} as a key for a Javascript Map")


def refuse_items(value: Any) -> None:
    """Raise the SDK's error for what an iterable that it does not convert gives: it looks at that first."""
    if isinstance(value, (str, bytes, JsValue)) or not hasattr(value, "__iter__"):
        return
    for item in islice(iter(value), _ITEMS_LOOKED_AT):
        if isinstance(item, (tuple, bytearray)) or inspect.isawaitable(item):
            raise not_sendable(item)
        refuse_items(item)


def without_frames(problem: BaseException) -> BaseException:
    """Return the error without the frames of the runtime that led to it, for raising it anew."""
    problem.__traceback__ = None
    problem.__context__ = None
    return problem


def returned_by(problem: BaseException, called: Any) -> BaseException:
    """Return the error for a result that cannot be sent: one line with the class and the line that returned it."""
    if isinstance(problem, JsException) and not problem.message.endswith(_CLONE):
        return without_frames(problem)  # it is too large, or nested too deeply
    where = place_of_return(called)
    more = f" (returned {where})" if where else ""
    if isinstance(problem, JsException):
        made: BaseException = JsException(problem.name, f"{problem.message}{more}")
    else:
        made = type(problem)(f"{problem}{more}")
    made.__dict__[_SAYS_ALL] = True
    return made


def says_all(problem: BaseException) -> bool:
    """Say whether the text of an error says where it happened, so that frames of the runtime would say nothing."""
    return _SAYS_ALL in problem.__dict__


def place_of_return(called: Any) -> str:
    """Return "at src/entry.py:12 in Ledger.totals" for a function; its only `return`, else where it begins."""
    from pywrangler.runtime.frames import shown_path  # only a failure needs it

    function = inspect.unwrap(getattr(called, "__func__", called))
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    returns = _returns(code.co_filename, code.co_firstlineno, code.co_name)
    line = returns[0] if len(returns) == 1 else code.co_firstlineno
    return f"at {shown_path(code.co_filename)}:{line} in {function.__qualname__}"


def member(target: Any, path: Sequence[str]) -> Any:
    """Return what a path of names leads to; None if nothing does."""
    for name in path:
        target = getattr(target, name, None)
    return target


def _returns(path: str, first_line: int, name: str) -> list[int]:
    """Return the lines of the `return` statements of a function, or of a lambda's expression."""
    import ast
    import linecache

    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError):
        return []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if first == first_line:
                return [item.lineno for item in _own(node) if isinstance(item, ast.Return) and item.value is not None]
        elif isinstance(node, ast.Lambda) and name == "<lambda>" and node.lineno == first_line:
            return [node.body.lineno]
    return []


def _own(function: ast.AST) -> list[ast.AST]:
    """Return the nodes of a function without those of functions and classes in it."""
    import ast

    found: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))
    return found
