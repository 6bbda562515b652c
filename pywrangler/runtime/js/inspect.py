"""How values look in the log: as `console.log` of Workers shows them, Python objects by their `repr`."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.json import quote
from pywrangler.runtime.js.maps import JsMap, JsSet
from pywrangler.runtime.js.primitives import JsBigInt, to_string
from pywrangler.runtime.js.proxy import JsClass, JsPromise, JsValue, jsnull
from pywrangler.runtime.js.values import JsDoubleProxy, JsObject

WIDTH = 72
DEPTH = 4
LONGEST = 100
"""Items of a container that are shown."""


def inspect(value: Any, depth: int = DEPTH, indent: int = 0, seen: tuple[int, ...] = ()) -> str:
    """Return one value in the manner of a debugger; strings are quoted."""
    if isinstance(value, str):
        return f"'{value}'" if "'" not in value else quote(value)
    if isinstance(value, JsBigInt):
        return f"{int(value)}n"
    if value is None or value is jsnull or isinstance(value, (int, float)):
        return to_string(value)
    if not isinstance(value, JsValue):
        return repr(value)
    if isinstance(value, BaseException):
        return _error(value)
    if isinstance(value, JsClass):
        return f"[class {value.name}]"
    if id(value) in seen:
        return "[Circular]"
    return _object(value, depth, indent, (*seen, id(value)))


def _error(value: BaseException) -> str:
    stack = getattr(value, "stack", "") or str(value)
    return f"{stack}" if "\n" in stack else str(value)


def _object(value: JsValue, depth: int, indent: int, seen: tuple[int, ...]) -> str:
    kind = type(value).__dict__.get("_js_name", type(value).__name__)
    if value.typeof == "function":
        return f"[Function: {getattr(value, 'name', '') or '(anonymous)'}]"
    if value.typeof == "symbol":
        return value.toString()

    def show(item: Any) -> str:
        return inspect(item, depth - 1, indent + 2, seen)

    if isinstance(value, JsDoubleProxy):
        return repr(value.unwrap()) if value._alive else "[destroyed PyProxy]"
    if kind in {"Date", "RegExp"}:
        return value.toISOString() if kind == "Date" and value.getTime() == value.getTime() else value.toString()  # type: ignore[attr-defined]
    if isinstance(value, JsPromise):
        return "Promise { <pending> }" if value._future is not None and not value._future.done() else "Promise"
    if isinstance(value, JsArray):
        return _enclose("", "[", [show(item) for item in value._items[:LONGEST]], "]", indent, len(value), depth)
    if isinstance(value, JsMap):
        pairs = [f"{show(key)} => {show(item)}" for key, item in value.items()]
        return _enclose(f"Map({len(value)}) ", "{", pairs, "}", indent, len(value), depth)
    if isinstance(value, JsSet):
        return _enclose(f"Set({len(value)}) ", "{", [show(item) for item in value], "}", indent, len(value), depth)
    if hasattr(value, "to_memoryview"):
        items = list(value) if hasattr(value, "__len__") else list(value.to_bytes())  # type: ignore[call-overload, attr-defined]
        label = f"{kind}({len(items)}) "
        return _enclose(label, "[", [show(item) for item in items[:LONGEST]], "]", indent, len(items), depth)
    properties = value._own_properties() if type(value) is JsObject else _visible(value)
    members = [f"{name if name.isidentifier() else inspect(name)}: {show(item)}" for name, item in properties.items()]
    label = "" if type(value) is JsObject else f"{kind} "
    return _enclose(label, "{", members, "}", indent, len(members), depth)


def _visible(value: JsValue) -> dict[str, Any]:
    """Own properties, and those of the platform's objects that say something and cost nothing to read."""
    computed = {
        name: getattr(value, name) for name in _TELLING if isinstance(getattr(type(value), name, None), property)
    }
    return computed | value._own_properties()


_TELLING = ("method", "url", "href", "status", "statusText", "name", "size", "readyState", "aborted", "bodyUsed")


def _enclose(label: str, left: str, parts: list[str], right: str, indent: int, count: int, depth: int) -> str:
    if count and depth < 0:
        return f"[{label.strip() or ('Array' if left == '[' else 'Object')}]"
    if count > LONGEST:
        parts = [*parts[:LONGEST], f"... {count - LONGEST} more items"]
    if not parts:
        return f"{label}{left}{right}"
    line = f"{label}{left} {', '.join(parts)} {right}"
    if len(line) + indent <= WIDTH and "\n" not in line:
        return line
    gap = "\n" + " " * (indent + 2)
    return f"{label}{left}{gap}{f',{gap}'.join(parts)}\n{' ' * indent}{right}"
