"""`JSON.parse` and `JSON.stringify`, with JavaScript's errors, number formats and rules about what is left out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.primitives import MAX_SAFE_INTEGER, JsBigInt, number_text, to_integer, to_string
from pywrangler.runtime.js.proxy import JsProxy, JsValue, jsnull
from pywrangler.runtime.js.values import JsObject, plain

_LEFT_OUT = object()
_encode_string = json.encoder.encode_basestring


def parse_json(text: Any, reviver: Any = None) -> Any:
    """Return the JavaScript value of a JSON text; `JsException` SyntaxError if it is malformed."""
    source = to_string(text)
    try:
        value = _decoder.decode(source)
    except json.JSONDecodeError as problem:
        raise JsException("SyntaxError", _syntax_message(source, problem)) from None
    except RecursionError:
        raise JsException("RangeError", "Maximum call stack size exceeded") from None
    result = _script(value)
    return result if reviver is None else _revive(plain({"": result}), "", reviver)


def _constant(name: str) -> Any:
    raise json.JSONDecodeError(f"Unexpected token {name}", name, 0)


def _integer(text: str) -> int | float:
    value = int(text) if len(text) < 400 else math.copysign(math.inf, -1 if text[0] == "-" else 1)
    if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _float(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else value


_decoder = json.JSONDecoder(object_hook=plain, parse_int=_integer, parse_float=_float, parse_constant=_constant)


def _script(value: Any) -> Any:
    """Turn Python's lists and None into arrays and null, in place below objects."""
    if value is None:
        return jsnull
    if type(value) is list:
        return array(_script(item) for item in value)
    if type(value) is JsObject:
        state = value.__dict__
        for name, item in state.items():
            if item is None or type(item) is list or type(item) is JsObject:
                state[name] = _script(item)
    return value


def _syntax_message(source: str, problem: json.JSONDecodeError) -> str:
    at = problem.pos
    if at >= len(source.rstrip()):
        return "Unexpected end of JSON input"
    if problem.msg.startswith("Extra data"):
        return f"Unexpected non-whitespace character after JSON at position {at}"
    return f"Unexpected token '{source[at]}', \"{source[:20]}{'...' if len(source) > 20 else ''}\" is not valid JSON"


def _revive(holder: Any, name: str, reviver: Callable[[Any, Any], Any]) -> Any:
    value = holder._items[int(name)] if isinstance(holder, JsArray) else holder.__dict__[name]
    if type(value) is JsObject or isinstance(value, JsArray):
        for key in list(value._own_properties()):
            revived = _revive(value, key, reviver)
            if isinstance(value, JsArray):
                value._items[int(key)] = revived
            elif revived is None:
                del value.__dict__[key]
            else:
                value.__dict__[key] = revived
    return reviver(name, value)


def stringify(value: Any = None, replacer: Any = None, space: Any = None) -> str | None:
    """Return the JSON text of a JavaScript value; None (undefined) for what has none, such as a function."""
    function = replacer if callable(replacer) else None
    listed = {to_string(name) for name in replacer} if isinstance(replacer, JsArray) else None
    text = _Writer(function, listed, _gap(space)).write("", value, "")
    return None if text is _LEFT_OUT else text


def _gap(space: Any) -> str:
    if isinstance(space, str):
        return space[:10]
    if isinstance(space, (int, float)) and not isinstance(space, bool):
        return " " * int(max(0, min(10, to_integer(space))))
    return ""


class _Writer:
    """One call of `stringify`."""

    def __init__(self, replacer: Callable[[Any, Any], Any] | None, listed: set[str] | None, gap: str) -> None:
        self.replacer = replacer
        self.listed = listed
        self.gap = gap
        self.open: list[int] = []

    def write(self, name: str, value: Any, indent: str) -> Any:
        to_json = getattr(value, "toJSON", None) if isinstance(value, JsValue) else None
        if callable(to_json):
            value = to_json(name)
        if self.replacer is not None:
            value = self.replacer(name, value)
        if value is None:
            return _LEFT_OUT
        if value is jsnull:
            return "null"
        if value is True or value is False:
            return "true" if value else "false"
        if isinstance(value, str):
            return quote(value)
        if isinstance(value, (int, float)):
            return _number_text(value)
        if not isinstance(value, JsValue):
            return self.write_py_proxy(value)
        if value.typeof in {"function", "symbol"}:
            return _LEFT_OUT
        if isinstance(value, RawJson):
            return value.rawJSON
        primitive = value.valueOf()
        return self.write_object(value, indent) if primitive is value else self.write(name, primitive, indent)

    def write_py_proxy(self, value: Any) -> Any:
        from pywrangler.runtime.js.advice import warn_once

        warn_once(
            f"JSON.stringify was given a Python {type(value).__name__}, which is not a JavaScript object: "
            "use json.dumps, or to_js(value, dict_converter=Object.fromEntries)."
        )
        return _LEFT_OUT if callable(value) else "{}"

    def write_object(self, value: Any, indent: str) -> str:
        if id(value) in self.open:
            raise type_error("Converting circular structure to JSON")
        self.open.append(id(value))
        inner = indent + self.gap
        try:
            if isinstance(value, JsArray):
                parts = [self.write(str(i), item, inner) for i, item in enumerate(value._items)]
                return self.enclose("[", ["null" if part is _LEFT_OUT else part for part in parts], "]", indent)
            colon = ": " if self.gap else ":"
            members = []
            for name, item in value._own_properties().items():
                if self.listed is None or name in self.listed:
                    part = self.write(name, item, inner)
                    if part is not _LEFT_OUT:
                        members.append(f"{quote(name)}{colon}{part}")
            return self.enclose("{", members, "}", indent)
        finally:
            self.open.pop()

    def enclose(self, left: str, parts: list[str], right: str, indent: str) -> str:
        if not parts or not self.gap:
            return f"{left}{','.join(parts)}{right}"
        inner = f"\n{indent}{self.gap}"
        return f"{left}{inner}{f',{inner}'.join(parts)}\n{indent}{right}"


def _number_text(value: float) -> str:
    if isinstance(value, JsBigInt) or (isinstance(value, int) and not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER):
        raise type_error("Do not know how to serialize a BigInt")
    if isinstance(value, int):
        return int.__repr__(value)
    return number_text(value) if math.isfinite(value) else "null"


def quote(text: str) -> str:
    """Return a JSON string; lone surrogates are escaped."""
    quoted = _encode_string(text)
    if text.isascii():
        return quoted
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in quoted)


class RawJson(JsProxy, js_name="Object"):
    """What `JSON.rawJSON` gives: a piece of JSON that `stringify` writes as it is."""

    __slots__ = ("rawJSON",)

    def __init__(self, text: str) -> None:
        self.rawJSON = text

    def _own_properties(self) -> dict[str, Any]:
        return {"rawJSON": self.rawJSON}


class JSON(JsProxy):
    """The namespace `JSON`."""

    parse = staticmethod(parse_json)
    stringify = staticmethod(stringify)

    @staticmethod
    def rawJSON(text: Any = None) -> RawJson:
        """Return what `stringify` writes as that text, which is the JSON of a primitive: numbers of any length."""
        source = to_string(text)
        value = None if source[:1] in " \t\n\r" or source[-1:] in " \t\n\r" else parse_json(source)
        if value is None or isinstance(value, JsValue):
            raise JsException("SyntaxError", "Invalid value for JSON.rawJSON")
        return RawJson.new(source)  # type: ignore[no-any-return]

    @staticmethod
    def isRawJSON(value: Any = None) -> bool:
        """Tell whether `rawJSON` made a value."""
        return isinstance(value, RawJson)
