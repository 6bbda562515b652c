"""The methods of `Buffer` that read and write numbers: `readInt32LE`, `writeDoubleBE` and their kin."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.node.arguments import is_number, need_integer, out_of_range
from pywrangler.runtime.js.primitives import JsBigInt, to_number, to_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.js.node.buffer import Buffer

    Pair = tuple[Callable[..., Any], Callable[..., Any]]


def numbers() -> dict[str, Callable[..., Any]]:
    """Return the methods by name; `UInt` may be written `Uint`."""
    pairs: dict[str, Pair] = {}
    for signed, word in ((True, "Int"), (False, "UInt")):
        pairs[f"{word}8"] = _integers(1, signed=signed, order="big")
        for suffix, order in (("LE", "little"), ("BE", "big")):
            pairs[f"{word}16{suffix}"] = _integers(2, signed=signed, order=order)
            pairs[f"{word}32{suffix}"] = _integers(4, signed=signed, order=order)
            pairs[f"Big{word}64{suffix}"] = _big_integers(signed=signed, order=order)
            pairs[f"{word}{suffix}"] = _any_length(signed=signed, order=order)
    for suffix, sign in (("LE", "<"), ("BE", ">")):
        pairs[f"Float{suffix}"] = _floats(f"{sign}f")
        pairs[f"Double{suffix}"] = _floats(f"{sign}d")
    found = {}
    for name, pair in pairs.items():
        for verb, function in zip(("read", "write"), pair, strict=True):
            function.__name__ = function.__qualname__ = verb + name
            found[verb + name] = found[verb + name.replace("UInt", "Uint")] = function
    return found


def _place(buffer: Buffer, offset: Any, size: int) -> int:
    place = need_integer("offset", 0 if offset is None else offset, 0, len(buffer))
    if size > len(buffer):
        raise range_error("Attempt to access memory outside buffer bounds", code="ERR_BUFFER_OUT_OF_BOUNDS")
    if place > len(buffer) - size:
        raise out_of_range("offset", f">= 0 and <= {len(buffer) - size}", offset)
    return place


def _read(buffer: Buffer, offset: Any, size: int) -> bytes:
    place = _place(buffer, offset, size)
    return bytes(buffer._bytes_view()[place : place + size])


def _write(buffer: Buffer, offset: Any, data: bytes) -> int:
    place = _place(buffer, offset, len(data))
    buffer._bytes_view()[place : place + len(data)] = data
    return place + len(data)


def _integers(size: int, *, signed: bool, order: Any) -> Pair:
    def read(self: Buffer, offset: Any = 0) -> int:
        return int.from_bytes(_read(self, offset, size), order, signed=signed)

    def write(self: Buffer, value: Any = None, offset: Any = 0) -> int:
        need_integer("offset", 0 if offset is None else offset, 0, len(self))
        return _write(self, offset, _encoded(value, size, order=order, signed=signed))

    return read, write


def _any_length(*, signed: bool, order: Any) -> Pair:
    def read(self: Buffer, offset: Any = None, byteLength: Any = None) -> int:
        return int.from_bytes(_read(self, offset, _byte_length(byteLength)), order, signed=signed)

    def write(self: Buffer, value: Any = None, offset: Any = None, byteLength: Any = None) -> int:
        return _write(self, offset, _encoded(value, _byte_length(byteLength), order=order, signed=signed))

    return read, write


def _byte_length(length: Any) -> int:
    if not is_number(length) or length != int(length):
        raise out_of_range("byteLength", "an integer", length)
    if not 1 <= length <= 6:
        raise out_of_range("byteLength", ">= 1 and <= 6", length)
    return int(length)


def _encoded(value: Any, size: int, *, signed: bool, order: Any) -> bytes:
    found = to_number(value)
    low, high = (-(1 << (8 * size - 1)), (1 << (8 * size - 1)) - 1) if signed else (0, (1 << (8 * size)) - 1)
    if math.isnan(found):
        return bytes(size)
    if not low <= found <= high:
        bits = 8 * size
        if size > 4:
            bounds = f">= -(2 ** {bits - 1}) and < 2 ** {bits - 1}" if signed else f">= 0 and < 2 ** {bits}"
        else:
            bounds = f">= {low} and <= {high}"
        raise out_of_range("value", bounds, value)
    return int(found).to_bytes(size, order, signed=signed)


def _big_integers(*, signed: bool, order: Any) -> Pair:
    low, high = (-(1 << 63), (1 << 63) - 1) if signed else (0, (1 << 64) - 1)

    def read(self: Buffer, offset: Any = 0) -> JsBigInt:
        return JsBigInt(int.from_bytes(_read(self, offset, 8), order, signed=signed))

    def write(self: Buffer, value: Any = None, offset: Any = 0) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise type_error(f"Cannot convert {to_string(value)} to a BigInt")
        if not low <= value <= high:
            bounds = ">= -(2n ** 63n) and < 2n ** 63n" if signed else ">= 0n and < 2n ** 64n"
            raise out_of_range("value", bounds, f"{int(value):_}n")
        return _write(self, offset, int(value).to_bytes(8, order, signed=signed))

    return read, write


def _floats(form: str) -> Pair:
    size = struct.calcsize(form)

    def read(self: Buffer, offset: Any = 0) -> float:
        return struct.unpack(form, _read(self, offset, size))[0]  # type: ignore[no-any-return]

    def write(self: Buffer, value: Any = None, offset: Any = 0) -> int:
        found = float(to_number(value))
        if size == 4 and math.isfinite(found) and abs(found) >= 2.0**128 - 2.0**103:
            found = math.copysign(math.inf, found)
        return _write(self, offset, struct.pack(form, found))

    return read, write
