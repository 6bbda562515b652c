"""How copied values look to the one who receives them: two `Builder`s for the reader of V8's format.

Python's face (spec/workers-module.md, section 9): null and undefined are None, integral numbers ints, objects and Maps
`JsDict`, Sets `set`, buffers and views `memoryview`, dates naive local `datetime`, errors `Exception("Name: message")`.
JavaScript's face: the classes of `runtime.js`. Values with no counterpart in Python (RegExp, stubs, streams, requests)
look the same on both; the SDK wraps those that it has a class for.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pywrangler.errors import CloneError
from pywrangler.protocol.v8_format import VIEWS, plain_number
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.primitives import MAX_SAFE_INTEGER
from pywrangler.runtime.js.proxy import jsnull

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.protocol.v8_reader import Reader
    from pywrangler.runtime.ports import FaceName

_FORMATS = {
    "Int8Array": "b", "Int16Array": "h", "Uint16Array": "H", "Int32Array": "i", "Uint32Array": "I",
    "Float32Array": "f", "Float64Array": "d", "BigInt64Array": "q", "BigUint64Array": "Q",
}  # fmt: skip
"""Item formats of memoryviews; all other views are bytes."""


def no_hosts(_reader: Reader, tag: int) -> Any:
    """Refuse host objects, as storage does."""
    raise CloneError(f"host object {tag} cannot be read here")


class PythonFace:
    """Builds Python values."""

    __slots__ = ("host",)

    undefined = None
    null = None
    integer = staticmethod(plain_number)

    def __init__(self, host: Callable[[Reader, int], Any] = no_hosts) -> None:
        self.host = host

    def bigint(self, value: int) -> int:
        """Return an int."""
        return value

    def object(self) -> tuple[Any, Callable[[str, Any], None]]:
        """Return a JsDict."""
        result = JsDict()
        return result, result.__setitem__

    def array(self) -> tuple[Any, Callable[[Any], None]]:
        """Return a list."""
        result: list[Any] = []
        return result, result.append

    def map(self) -> tuple[Any, Callable[[Any, Any], None]]:
        """Return a JsDict; a key that Python cannot hash makes the Map unreadable."""
        result = JsDict()

        def put(key: Any, value: Any) -> None:
            try:
                result[key] = value
            except TypeError as error:
                raise CloneError(f"a key of a Map has no counterpart in Python: {error}") from None

        return result, put

    def set(self) -> tuple[Any, Callable[[Any], None]]:
        """Return a set; a member that Python cannot hash makes the Set unreadable."""
        result: set[Any] = set()

        def add(value: Any) -> None:
            try:
                result.add(value)
            except TypeError as error:
                raise CloneError(f"a member of a Set has no counterpart in Python: {error}") from None

        return result, add

    def boxed(self, value: Any) -> Any:
        """Return the primitive."""
        return value

    def date(self, milliseconds: float) -> datetime:
        """Return the local time, naive; a date beyond Python's range cannot be read."""
        try:
            return datetime.fromtimestamp(milliseconds / 1000)  # noqa: DTZ006 - naive local time is the rule
        except (ValueError, OverflowError, OSError) as error:
            raise CloneError(f"a Date has no counterpart in Python: {error}") from None

    def regexp(self, source: str, flags: str) -> Any:
        """Return a JavaScript RegExp: Python's are different."""
        return make_regexp(source, flags)

    def buffer(self, data: bytearray) -> memoryview:
        """Return a memoryview of bytes."""
        return memoryview(data)

    def view(self, kind: str, _buffer: Any, data: bytearray, offset: int, length: int) -> memoryview:
        """Return a memoryview with the view's kind of items."""
        part = memoryview(data)[offset : offset + length]
        item = _FORMATS.get(kind)
        return part.cast(item) if item is not None else part  # type: ignore[call-overload]

    def error(self) -> tuple[Any, Callable[[str, str, str, dict[str, Any]], None]]:
        """Return an Exception whose text is "Name: message"."""
        result = Exception()

        def fill(name: str, message: str, _stack: str, _properties: dict[str, Any]) -> None:
            result.args = (f"{name}: {message}",)

        return result, fill


class ScriptFace:
    """Builds JavaScript values."""

    __slots__ = ("host",)

    undefined = None
    null = jsnull
    integer = staticmethod(plain_number)

    def __init__(self, host: Callable[[Reader, int], Any] = no_hosts) -> None:
        self.host = host

    def bigint(self, value: int) -> int:
        """Return a BigInt that stays one."""
        from pywrangler.runtime.js.values import JsBigInt

        return JsBigInt(value)

    def object(self) -> tuple[Any, Callable[[str, Any], None]]:
        """Return a plain object; it keeps its properties in its `__dict__`."""
        from pywrangler.runtime.js.values import JsObject

        result = JsObject.new()
        return result, result.__dict__.__setitem__

    def array(self) -> tuple[Any, Callable[[Any], None]]:
        """Return an Array."""
        from pywrangler.runtime.js.values import JsArray

        result = JsArray.new()
        return result, result.append

    def map(self) -> tuple[Any, Callable[[Any, Any], None]]:
        """Return a Map."""
        from pywrangler.runtime.js.values import JsMap

        result = JsMap.new()
        return result, result.set

    def set(self) -> tuple[Any, Callable[[Any], None]]:
        """Return a Set."""
        from pywrangler.runtime.js.values import JsSet

        result = JsSet.new()
        return result, result.add

    def boxed(self, value: Any) -> Any:
        """Return the object that stands for a primitive; that of a BigInt is the BigInt."""
        from pywrangler.runtime.js.builtins.number_object import BooleanObject, NumberObject
        from pywrangler.runtime.js.builtins.string_object import StringObject

        if isinstance(value, bool):
            return BooleanObject.new(value)
        if isinstance(value, str):
            return StringObject.new(value)
        return value if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER else NumberObject.new(value)

    def date(self, milliseconds: float) -> Any:
        """Return a Date."""
        from pywrangler.runtime.js.date import JsDate

        return JsDate.new(plain_number(milliseconds))

    def regexp(self, source: str, flags: str) -> Any:
        """Return a RegExp."""
        return make_regexp(source, flags)

    def buffer(self, data: bytearray) -> Any:
        """Return an ArrayBuffer."""
        from pywrangler.runtime.js.typed_arrays import ArrayBuffer

        return ArrayBuffer.adopt(data)

    def view(self, kind: str, buffer: Any, _data: bytearray, offset: int, length: int) -> Any:
        """Return a typed array or DataView on its buffer."""
        from pywrangler.runtime.js import typed_arrays

        return getattr(typed_arrays, kind).new(buffer, offset, length // VIEWS[kind][1])

    def error(self) -> tuple[Any, Callable[[str, str, str, dict[str, Any]], None]]:
        """Return the error as JavaScript code would catch it."""
        result = JsException("Error", "")

        def fill(name: str, message: str, stack: str, properties: dict[str, Any]) -> None:
            result.args = (message,)
            result.name = name
            result.message = message
            result.stack = stack or f"{name}: {message}"
            result.properties = properties

        return result, fill


def make_regexp(source: str, flags: str) -> Any:
    """Return a JavaScript RegExp."""
    from pywrangler.runtime.js.regexp import JsRegExp

    return JsRegExp.new(source, flags)


def builder(face: FaceName, host: Callable[[Reader, int], Any] = no_hosts) -> PythonFace | ScriptFace:
    """Return what builds values that wear `face`."""
    return PythonFace(host) if face == "python" else ScriptFace(host)
