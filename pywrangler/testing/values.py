"""Values between a test and its Workers: structured clones, as between Workers, with Python's classes on both sides.

What a Worker could send to another one can be sent from here: None, bool, int, float, str, list, dict with text as
keys, set, bytes, datetime (naive means local time), exceptions. What comes back looks as user code would see it, but
objects are plain dicts and bytes are `bytes`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pywrangler.errors import CloneError
from pywrangler.protocol import v8
from pywrangler.protocol.v8_format import plain_number
from pywrangler.protocol.v8_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable


def encode(value: Any) -> bytes:
    """Return a clone of the value; TypeError if it is no data."""
    writer = v8.Writer(_describe)
    try:
        writer.write(value)
    except (CloneError, RecursionError) as error:
        raise TypeError(f"The value cannot be sent to a Worker: {error}") from None
    return writer.finish()


def decode(data: bytes) -> Any:
    """Return what `encode`, or a Worker, wrote."""
    return Reader(data, _Builder()).value()


def _describe(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        content = bytes(value)
        return v8.View("Uint8Array", v8.Buffer(content), 0, len(content))
    if isinstance(value, dict):
        return v8.Object({str(key): item for key, item in value.items()})
    if isinstance(value, list):
        return v8.Array(value)
    if isinstance(value, set | frozenset):
        return v8.Set(value)
    if isinstance(value, datetime):
        return v8.Date(round(value.timestamp() * 1000))
    if isinstance(value, str | int | float):  # subclasses, such as the members of an enumeration
        return next(kind(value) for kind in (str, int, float) if isinstance(value, kind))
    if isinstance(value, BaseException):
        return v8.Error("Error", str(value))
    what = "a tuple (use a list)" if isinstance(value, tuple) else f"{type(value).__module__}.{type(value).__name__}"
    raise TypeError(f"Only data can be sent to a Worker, and {what} is none: {value!r:.80}")


class _Builder:
    """Makes Python's values."""

    undefined = None
    null = None
    integer = staticmethod(plain_number)

    def bigint(self, value: int) -> int:
        return value

    def object(self) -> tuple[Any, Callable[[str, Any], None]]:
        made: dict[str, Any] = {}
        return made, made.__setitem__

    def array(self) -> tuple[Any, Callable[[Any], None]]:
        made: list[Any] = []
        return made, made.append

    def map(self) -> tuple[Any, Callable[[Any, Any], None]]:
        made: dict[Any, Any] = {}
        return made, made.__setitem__

    def set(self) -> tuple[Any, Callable[[Any], None]]:
        made: set[Any] = set()
        return made, made.add

    def boxed(self, value: Any) -> Any:
        return value

    def date(self, milliseconds: float) -> datetime:
        return datetime.fromtimestamp(milliseconds / 1000)  # noqa: DTZ006 - naive, as user code gets it

    def regexp(self, source: str, flags: str) -> Any:
        raise CloneError(f"a regular expression cannot be handed to a test: /{source}/{flags}")

    def buffer(self, data: bytearray) -> bytes:
        return bytes(data)

    def view(self, _kind: str, _buffer: Any, data: bytearray, offset: int, length: int) -> bytes:
        return bytes(data[offset : offset + length])

    def error(self) -> tuple[Any, Callable[[str, str, str, dict[str, Any]], None]]:
        made = Exception()

        def fill(name: str, message: str, _stack: str, _properties: dict[str, Any]) -> None:
            made.args = (f"{name}: {message}",)

        return made, fill

    def host(self, _reader: Reader, tag: int) -> Any:
        raise CloneError(f"host object {tag} cannot be handed to a test")
