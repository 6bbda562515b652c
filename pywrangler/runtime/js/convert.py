"""`to_js`, `to_py`, and how options of JavaScript functions are read (spec/js-and-ffi.md, section 2).

To JavaScript: list and tuple are arrays, dict is a Map (or what `dict_converter` makes of its pairs), sets are Sets,
buffers are typed arrays of the same element type, copied. Primitives and JavaScript values pass. Anything else is a
proxy of the Python object.
To Python: arrays are lists, plain objects and Maps dicts, Sets sets, buffers memoryviews; everything else stays.
Objects that occur twice, or inside themselves, do so in the result.
"""

from __future__ import annotations

import array as array_module
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pywrangler.runtime.js.advice import warn_once
from pywrangler.runtime.js.errors import ConversionError, type_error
from pywrangler.runtime.js.primitives import is_primitive, is_py_proxy, number, property_key, to_string
from pywrangler.runtime.js.proxy import JsNull, JsProxy, JsValue, jsnull
from pywrangler.runtime.js.values import JsArray, JsDoubleProxy, JsMap, JsObject, JsSet, array, plain

Converter = Callable[[Any, Callable[[Any], Any], Callable[[Any, Any], None]], Any]


# ---- to JavaScript --------------------------------------------------------------------------------------


def to_js(
    obj: Any,
    /,
    *,
    depth: int = -1,
    pyproxies: JsArray | None = None,
    create_pyproxies: bool = True,
    dict_converter: Callable[[Any], Any] | None = None,
    default_converter: Converter | None = None,
    eager_converter: Converter | None = None,
) -> Any:
    """Convert a Python value; see https://pyodide.org (`pyodide.ffi.to_js`) for the options.

    Raises ConversionError for keys that JavaScript cannot have, and for objects without an equivalent if
    `create_pyproxies` is false.
    """
    if is_primitive(obj) or isinstance(obj, JsValue):
        return obj
    conversion = _ToJs(pyproxies, create_pyproxies, dict_converter, default_converter, eager_converter)
    result = conversion.convert(obj, depth)
    return JsDoubleProxy.new(result) if is_py_proxy(result) else result


class _ToJs:
    """One call of `to_js`."""

    def __init__(
        self,
        pyproxies: JsArray | None,
        create_pyproxies: bool,
        dict_converter: Callable[[Any], Any] | None,
        default_converter: Converter | None,
        eager_converter: Converter | None,
    ) -> None:
        self.pyproxies = pyproxies
        self.create_pyproxies = create_pyproxies
        self.dict_converter = dict_converter
        self.default_converter = default_converter
        self.eager_converter = eager_converter
        self.done: dict[int, tuple[Any, Any]] = {}
        """Conversions by id of the source, which is kept alive beside its result."""

    def convert(self, value: Any, depth: int) -> Any:
        if is_primitive(value):
            return _primitive(value)
        if isinstance(value, JsValue):
            return value
        if id(value) in self.done:
            return self.done[id(value)][1]
        if self.eager_converter is None:
            return self.convert_default(value, depth)
        return self.eager_converter(value, lambda inner: self.convert_inner(inner, value, depth), self.remember)

    def convert_inner(self, inner: Any, outer: Any, depth: int) -> Any:
        """What an eager converter calls: the default for the object itself, the whole conversion for others."""
        return self.convert_default(inner, depth) if inner is outer else self.convert(inner, depth - 1)

    def convert_default(self, value: Any, depth: int) -> Any:
        if is_primitive(value):
            return _primitive(value)
        if depth == 0:
            return self.proxy(value, depth)
        if isinstance(value, (list, tuple)):
            items = array()
            self.remember(value, items)
            items._items.extend([self.convert(item, depth - 1) for item in value])
            return items
        if isinstance(value, dict):
            return self.mapping(value, depth)
        if isinstance(value, (set, frozenset)):
            members: JsSet = JsSet.new()
            self.remember(value, members)
            for item in value:
                members.add(self.key(self.convert(item, depth - 1), item, "Set"))
            return members
        if (view := _buffer(value)) is not None:
            from pywrangler.runtime.js.typed_arrays import from_buffer

            return from_buffer(view)
        return self.proxy(value, depth)

    def mapping(self, value: dict[Any, Any], depth: int) -> Any:
        if self.dict_converter is None:
            result: JsMap = JsMap.new()
            self.remember(value, result)
            for name, item in value.items():
                result.set(self.key(self.convert(name, depth - 1), name, "Map"), self.convert(item, depth - 1))
            return result
        if getattr(self.dict_converter, "_makes_plain_objects", False):
            made = plain({})
            self.remember(value, made)
            state = made.__dict__
            for name, item in value.items():
                state[property_key(self.key(name, name, "Map"))] = self.convert(item, depth - 1)
            return made
        pairs = array(
            array((self.convert(name, depth - 1), self.convert(item, depth - 1))) for name, item in value.items()
        )
        converted = self.dict_converter(pairs)
        self.remember(value, converted)
        return converted

    def proxy(self, value: Any, depth: int) -> Any:
        if self.default_converter is not None:
            return self.default_converter(value, lambda inner: self.convert(inner, depth - 1), self.remember)
        if not self.create_pyproxies:
            raise ConversionError(f"No conversion known for {value!r}.")
        if self.pyproxies is not None:
            self.pyproxies.push(JsDoubleProxy.new(value))
        return value

    def remember(self, source: Any, result: Any) -> None:
        self.done[id(source)] = (source, result)

    @staticmethod
    def key(converted: Any, original: Any, kind: str) -> Any:
        if not is_primitive(converted) and not isinstance(original, JsValue):
            raise ConversionError(f"Cannot use {original!r} as a key for a Javascript {kind}")
        return converted


def _primitive(value: Any) -> Any:
    kind = type(value)
    if kind is float:
        return number(value)
    if kind is str or kind is int or kind is bool or value is None or not isinstance(value, str):
        return value
    # Members of string enums lose their class.
    return str.__str__(value)


def _buffer(value: Any) -> memoryview | None:
    if isinstance(value, (bytes, bytearray, memoryview, array_module.array)):
        return memoryview(value)
    if isinstance(value, type) or callable(value):
        return None
    try:
        return memoryview(value)
    except TypeError:
        return None


# ---- to Python ------------------------------------------------------------------------------------------


def to_py(value: Any, *, depth: int = -1, default_converter: Converter | None = None) -> Any:
    """Convert a JavaScript value; primitives, Python objects and values without an equivalent pass."""
    return _ToPy(default_converter).convert(value, depth)


NULL: Any = jsnull
"""What null becomes; None for Workers with an older compatibility date (see `null_as_none`)."""


class _ToPy:
    """One call of `to_py`."""

    def __init__(self, default_converter: Converter | None) -> None:
        self.default_converter = default_converter
        self.done: dict[int, Any] = {}

    def convert(self, value: Any, depth: int) -> Any:
        if not isinstance(value, JsValue) or depth == 0:
            return NULL if value is jsnull else value
        if id(value) in self.done:
            return self.done[id(value)]
        if isinstance(value, JsArray):
            items: list[Any] = []
            self.done[id(value)] = items
            items.extend([self.convert(item, depth - 1) for item in value._items])
            return items
        if type(value) is JsObject:
            result: dict[Any, Any] = {}
            self.done[id(value)] = result
            for name, item in value._own_properties().items():
                result[name] = self.convert(item, depth - 1)
            return result
        if isinstance(value, JsMap):
            entries: dict[Any, Any] = {}
            self.done[id(value)] = entries
            for name, item in value.items():
                entries[self.key(name, depth, "dict")] = self.convert(item, depth - 1)
            return entries
        if isinstance(value, JsSet):
            members: set[Any] = set()
            self.done[id(value)] = members
            members.update(self.key(item, depth, "set") for item in value)
            return members
        if isinstance(value, JsDoubleProxy):
            return value.unwrap()
        if hasattr(value, "to_memoryview"):
            self.done[id(value)] = view = value.to_memoryview()
            return view
        if self.default_converter is None:
            return value
        return self.default_converter(value, lambda inner: self.convert(inner, depth - 1), self.remember)

    def remember(self, source: Any, result: Any) -> None:
        self.done[id(source)] = result

    def key(self, value: Any, depth: int, kind: str) -> Any:
        converted = self.convert(value, depth - 1)
        if converted.__hash__ is None:
            raise ConversionError(f"Cannot use key of type {type(value)._js_name} as a key to a Python {kind}")
        return converted


# ---- options --------------------------------------------------------------------------------------------


class _ObjectView(Mapping[str, Any]):
    """Properties of an object that is not a plain one, read as options; undefined ones are absent."""

    def __init__(self, source: JsValue) -> None:
        self._source = source

    def __getitem__(self, name: str) -> Any:
        value = getattr(self._source, name, None)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._source._own_properties())

    def __len__(self) -> int:
        return len(self._source._own_properties())


_NOTHING: dict[str, Any] = {}


def options(init: Any, named: Mapping[str, Any] = _NOTHING) -> Mapping[str, Any]:
    """Return the options given to a JavaScript function, as a trailing object or as keyword arguments.

    The result is to be read only. A plain Python dict is no JavaScript object: what it holds is ignored, as in
    production, and a Map has no properties either; both are worth a warning (spec/js-and-ffi.md, sections 2 and 5).
    Raises the platform's TypeError for a primitive.
    """
    if init is None:
        return named
    if type(init) is JsObject:
        return {**init.__dict__, **named} if named else init.__dict__
    if init is jsnull:
        return named
    if isinstance(init, (JsMap, JsSet)):
        warn_once(
            "A Map was given where JavaScript expects an object, so everything in it is ignored: "
            "use to_js(value, dict_converter=Object.fromEntries)."
        )
        return named
    if isinstance(init, JsValue):
        return _ObjectView(init)
    if isinstance(init, (str, int, float, JsNull)):
        raise type_error(f"Incorrect type: {to_string(init)} is not an object.")
    warn_once(
        f"A Python {type(init).__name__} was given where JavaScript expects an object, so everything in it is ignored: "
        "pass the options as keyword arguments, or to_js(value, dict_converter=Object.fromEntries)."
    )
    return named


def from_entries(pairs: Any = None) -> JsObject:
    """`Object.fromEntries(pairs)`: a plain object from any iterable of [key, value] pairs."""
    from pywrangler.runtime.js.maps import entry
    from pywrangler.runtime.js.values import crossing

    if pairs is None or pairs is jsnull or not hasattr(pairs, "__iter__"):
        raise type_error(f"{to_string(pairs)} is not iterable")
    found: Any = pairs.items() if isinstance(pairs, JsMap) else pairs
    return plain({property_key(key): crossing(value) for key, value in map(entry, found)})


from_entries._makes_plain_objects = True  # type: ignore[attr-defined]

__all__ = ["ConversionError", "JsProxy", "from_entries", "options", "to_js", "to_py"]
