"""The tags of V8's value format, version 15, shared by `v8` (writing) and `v8_reader` (spec/interop.md, section 5).

A value is a tag byte and its content. Every object (also dates, buffers, views, errors and host objects) takes the next
number in order of first sight; a second sight is a back reference to that number, so cycles and sharing survive.
A view follows its buffer, whether that is written out or referred to. Two-byte strings start at even offsets.
"""

from __future__ import annotations

import struct

VERSION = 15
OLDEST_READABLE = 13
DEPTH_LIMIT = 200
SPARSE_LIMIT = 1 << 20
"""Longest sparse array that is read; a dense one is bounded by its bytes."""
SAFE_INTEGER = 2**53 - 1

HEADER = bytes((0xFF, VERSION))
DOUBLE = struct.Struct("<d")
SMALL = 1 << 30

UNDEFINED, NULL, TRUE, FALSE = 0x5F, 0x30, 0x54, 0x46
INTEGER, UNSIGNED, NUMBER, BIGINT = 0x49, 0x55, 0x4E, 0x5A
LATIN, WIDE, UTF8 = 0x22, 0x63, 0x53
OBJECT, OBJECT_END = 0x6F, 0x7B
DENSE, DENSE_END, SPARSE, SPARSE_END, HOLE = 0x41, 0x24, 0x61, 0x40, 0x2D
MAP, MAP_END, SET, SET_END = 0x3B, 0x3A, 0x27, 0x2C
DATE, REGEXP, ERROR = 0x44, 0x52, 0x72
BUFFER, RESIZABLE, VIEW = 0x42, 0x7E, 0x56
BACK, HOST, COUNT, PADDING = 0x5E, 0x5C, 0x3F, 0x00
BOXED_TRUE, BOXED_FALSE, BOXED_NUMBER, BOXED_BIGINT, BOXED_STRING = 0x79, 0x78, 0x6E, 0x7A, 0x73

HOST_ERROR = 10
"""Host object tag of an error with its own properties."""
HOST_DOM_EXCEPTIONS = (7, 8)

ERROR_PROTOTYPES = {
    "EvalError": 0x45, "RangeError": 0x52, "ReferenceError": 0x46,
    "SyntaxError": 0x53, "TypeError": 0x54, "URIError": 0x55,
}  # fmt: skip
ERROR_NAMES = {tag: name for name, tag in ERROR_PROTOTYPES.items()}
NATIVE_ERRORS = (
    "", "Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError", "CompileError", "LinkError",
    "RuntimeError", "SuspendError", "EvalError", "URIError", "AggregateError", "SuppressedError",
)  # fmt: skip

VIEWS = {
    "Int8Array": (0x62, 1), "Uint8Array": (0x42, 1), "Uint8ClampedArray": (0x43, 1),
    "Int16Array": (0x77, 2), "Uint16Array": (0x57, 2), "Float16Array": (0x68, 2),
    "Int32Array": (0x64, 4), "Uint32Array": (0x44, 4), "Float32Array": (0x66, 4),
    "Float64Array": (0x46, 8), "BigInt64Array": (0x71, 8), "BigUint64Array": (0x51, 8), "DataView": (0x3F, 1),
}  # fmt: skip
"""Tag and bytes per element of each kind of view."""
VIEW_NAMES = {tag: (name, width) for name, (tag, width) in VIEWS.items()}

# Bits of a RegExp's flags in V8 (regexp-flags.h of V8's sources names them in this order).
FLAGS = "gimyusldv"


def array_index(key: str) -> int | None:
    """Return the index that a property name spells, or None; JavaScript keeps such properties as elements."""
    if key.isascii() and key.isdigit() and (key[0] != "0" or key == "0") and len(key) <= 10:
        index = int(key)
        return index if index < 2**32 - 1 else None
    return None


def plain_number(value: float) -> int | float:
    """Return a Number as Python sees it: an int if it is integral and safe."""
    if type(value) is float and value.is_integer() and -SAFE_INTEGER <= value <= SAFE_INTEGER:
        return int(value)
    return value
