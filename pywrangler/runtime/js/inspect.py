"""How values look in the log: as `console.log` of Workers shows them, Python objects by their `repr`."""

from __future__ import annotations

import math
import re
from typing import Any

from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.json import quote
from pywrangler.runtime.js.maps import JsMap, JsSet
from pywrangler.runtime.js.primitives import JsBigInt, to_string
from pywrangler.runtime.js.proxy import JsClass, JsPromise, JsValue, jsnull
from pywrangler.runtime.js.values import JsDoubleProxy, JsObject

WIDTH = 80
DEPTH = 2
LONGEST = 100
"""Items of a container that are shown."""

_COMBINED = 3
"""Objects that hold no more levels than this are written in one line, if it is short enough."""


def inspect(value: Any, depth: int = DEPTH) -> str:
    """Return one value in the manner of a debugger; strings are quoted. Objects further down are named only."""
    return _Writing(depth).show(value, 0, 0, ())


class _Writing:
    """Writes one value; knows how deep the object went that was written last."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._reached = 0
        self._circular: dict[int, int] = {}
        """The objects that hold themselves, by identity, with their numbers."""

    def show(self, value: Any, level: int, indent: int, seen: tuple[int, ...]) -> str:
        if isinstance(value, str):
            return _quoted(value)
        if isinstance(value, JsBigInt):
            return f"{int(value)}n"
        if isinstance(value, float) and value == 0 and math.copysign(1, value) < 0:
            return "-0"
        if value is None or value is jsnull or isinstance(value, (int, float)):
            return to_string(value)
        if not isinstance(value, JsValue):
            return repr(value)
        if isinstance(value, BaseException):
            return _error(value)
        if isinstance(value, JsClass):
            return f"[class {value.name}]"
        if id(value) in seen:
            return f"[Circular *{self._circular.setdefault(id(value), len(self._circular) + 1)}]"
        return self._object(value, level, indent, (*seen, id(value)))

    def _object(self, value: JsValue, level: int, indent: int, seen: tuple[int, ...]) -> str:
        kind = type(value).__dict__.get("_js_name", type(value).__name__)
        if value.typeof == "function":
            return f"[Function: {getattr(value, 'name', '') or '(anonymous)'}]"
        if value.typeof == "symbol":
            return value.toString()
        if isinstance(value, JsDoubleProxy):
            return repr(value.unwrap()) if value._alive else "[destroyed PyProxy]"
        if kind in {"Date", "RegExp"}:
            return value.toISOString() if kind == "Date" and value.getTime() == value.getTime() else value.toString()  # type: ignore[attr-defined]
        if isinstance(value, JsPromise):
            return f"Promise {{ {self._settled(value, level, indent, seen)} }}"
        if kind == "ArrayBuffer":
            data = value.to_bytes()  # type: ignore[attr-defined]
            more = f" ... {len(data) - 50} more byte{'s' if len(data) > 51 else ''}" if len(data) > 50 else ""
            return f"ArrayBuffer {{ [Uint8Contents]: <{data[:50].hex(' ')}{more}>, byteLength: {len(data)} }}"
        if kind == "Buffer":
            return str(value.inspect())  # type: ignore[attr-defined]

        def show(item: Any) -> str:
            return self.show(item, level + 1, indent + 2, seen)

        label, marks, count, parts, is_array = _parts(value, kind, show)
        if count and level > self._depth:
            return f"[{label.strip() or ('Array' if marks == '[]' else 'Object')}]"
        self._reached = level
        texts = parts()
        if count > LONGEST and is_array:
            texts.append(f"... {count - LONGEST} more item{'s' if count - LONGEST > 1 else ''}")
        if id(value) in self._circular:
            label = f"<ref *{self._circular[id(value)]}> {label}"
        return self._enclose(label, marks, texts, level, indent, is_array=is_array)

    def _settled(self, promise: JsPromise, level: int, indent: int, seen: tuple[int, ...]) -> str:
        future = promise._future
        if future is not None and not future.done():
            return "<pending>"
        if future is not None and future.cancelled():
            return "<rejected> CancelledError"
        problem = promise._error if future is None else future.exception()
        if problem is not None:
            return f"<rejected> {self.show(problem, level + 1, indent + 2, seen)}"
        return self.show(promise._value if future is None else future.result(), level + 1, indent + 2, seen)

    def _enclose(self, label: str, marks: str, parts: list[str], level: int, indent: int, *, is_array: bool) -> str:
        left, right = f"{label}{marks[0]}", marks[1]
        if not parts:
            return left + right
        lines = _grouped(parts, indent) if is_array and len(parts) > 6 else parts
        if self._reached - level < _COMBINED and len(lines) == len(parts):
            length = sum(map(len, lines)) + 2 * len(lines) + indent + len(left) + 10
            if length <= WIDTH and not any("\n" in part for part in lines):
                return f"{left} {', '.join(lines)} {right}"
        gap = "\n" + " " * (indent + 2)
        return f"{left}{gap}{f',{gap}'.join(lines)}\n{' ' * indent}{right}"


def _parts(value: Any, kind: str, show: Any) -> tuple[str, str, int, Any, bool]:
    """Return label, brackets, number of items, a function that writes them, and whether they are one list."""
    if isinstance(value, JsArray):
        return "", "[]", len(value), lambda: [show(item) for item in value._items[:LONGEST]], True
    if isinstance(value, JsMap):
        pairs = value.items()
        return f"Map({len(value)}) ", "{}", len(value), lambda: [f"{show(k)} => {show(v)}" for k, v in pairs], False
    if isinstance(value, JsSet):
        return f"Set({len(value)}) ", "{}", len(value), lambda: [show(item) for item in value], False
    if hasattr(value, "to_memoryview"):
        items = list(value) if hasattr(value, "__len__") else list(value.to_bytes())
        return f"{kind}({len(items)}) ", "[]", len(items), lambda: [show(item) for item in items[:LONGEST]], True
    properties = value._own_properties() if type(value) is JsObject else _visible(value)
    members = properties.items()
    label = "" if type(value) is JsObject else f"{kind} "
    return label, "{}", len(members), lambda: [f"{_key(name)}: {show(item)}" for name, item in members], False


def _key(name: str) -> str:
    return name if name.isidentifier() else _quoted(name)


def _quoted(text: str) -> str:
    mark = next((mark for mark in "'\"`" if mark not in text), "'")
    body = quote(text)[1:-1].replace('\\"', '"')
    return mark + (body.replace("'", "\\'") if mark == "'" else body) + mark


def _grouped(parts: list[str], indent: int) -> list[str]:
    """Write short items in columns; numbers stand to the right."""
    listed = [part for part in parts if not part.startswith("... ")]
    longest = max(map(len, listed))
    width, total = longest + 2, sum(map(len, listed)) + 2 * len(listed)
    if width * 3 + indent >= WIDTH or not (total / width > 5 or longest <= 6):
        return parts
    bias = math.sqrt(width - total / len(parts))
    biased = max(width - 3 - bias, 1)
    columns = int(
        min(
            math.floor(math.sqrt(2.5 * biased * len(listed)) / biased + 0.5),
            (WIDTH - indent) // width,
            _COMBINED * 4,
            15,
        )
    )
    if columns <= 1:
        return parts
    widths = [max(map(len, listed[column::columns])) + 2 for column in range(columns)]
    right = all(_NUMBER.fullmatch(part) for part in listed)
    lines = []
    for start in range(0, len(listed), columns):
        row = listed[start : start + columns]
        cells = [f"{part}, " for part in row[:-1]]
        last = row[-1].rjust(widths[len(row) - 1] - 2) if right else row[-1]
        padded = [cell.rjust(size) if right else cell.ljust(size) for cell, size in zip(cells, widths, strict=False)]
        lines.append("".join(padded) + last)
    return lines + parts[len(listed) :]


_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?n?|Infinity)|NaN")


def _error(value: BaseException) -> str:
    stack = getattr(value, "stack", "") or str(value)
    return f"{stack}" if "\n" in stack else str(value)


def _visible(value: JsValue) -> dict[str, Any]:
    """Own properties, and those of the platform's objects that say something and cost nothing to read."""
    computed = {
        name: getattr(value, name) for name in _TELLING if isinstance(getattr(type(value), name, None), property)
    }
    return computed | value._own_properties()


_TELLING = ("method", "url", "href", "status", "statusText", "name", "size", "readyState", "aborted", "bodyUsed")
