"""What user code gives to the methods of a bucket, read and checked as the platform does it, down to its words.

A Python object that reaches JavaScript as it is (older SDK) is of no type that fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.r2.bodies import ALGORITHMS
from pywrangler.bindings.r2.fields import (
    bad_element,
    check_encryption,
    condition_of,
    custom_metadata,
    digest_of,
    http_metadata,
    included,
    range_of,
    strict_text,
)
from pywrangler.bindings.r2.listing import Query
from pywrangler.bindings.r2.refusals import MAX_LISTED, MAX_PARTS
from pywrangler.bindings.r2.tables import Metadata
from pywrangler.runtime.js.advice import warn_once
from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.blob import Blob
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import is_primitive, is_py_proxy, to_integer
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.webidl import absent, buffer_bytes, encode, usv_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pywrangler.bindings.r2.conditions import Condition
    from pywrangler.bindings.r2.ranges import Header, Slice

VALUE_TYPES = "JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob"
UNKNOWN_LENGTH = (
    "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)"
)
_INT32 = 2**31

NOT_GIVEN: Any = object()
"""Stands for an argument that the call lacks."""


@dataclass(frozen=True, slots=True)
class PutOptions:
    """What `put` is asked for; `digest` is an algorithm with a value in hexadecimal."""

    condition: Condition | None
    metadata: Metadata
    digest: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Call:
    """The method that is called, for the words of errors."""

    method: str
    owner: str = "R2Bucket"

    def given(self, value: Any, position: int, types: str) -> Any:
        """Return an argument; TypeError if the call lacks it."""
        if value is NOT_GIVEN:
            raise self.bad(position, types)
        return value

    def text(self, value: Any, position: int = 1) -> str:
        """Return an argument that is a string; anything becomes one."""
        return usv_string(self.given(value, position, "string"))

    def bad(self, position: int, types: str) -> Exception:
        """Return the error for an argument of a wrong type."""
        return type_error(
            f"Failed to execute '{self.method}' on '{self.owner}': parameter {position} is not of type '{types}'."
        )

    def options(self, value: Any, named: Mapping[str, Any], position: int, kind: str) -> Mapping[str, Any]:
        """Return an argument that is an object of options, or keywords."""
        if not absent(value) and is_primitive(value):
            raise self.bad(position, kind)
        return options(value, named)

    def body(self, value: Any, position: int) -> bytes | ReadableStream:
        """Return an argument that is a body: bytes, or a stream of known length that nobody has read from."""
        if type(value) is str:
            return encode(value)
        if isinstance(value, ReadableStream):
            if value.locked or value.disturbed:
                raise type_error("The ReadableStream has been locked to a reader.")
            if value.known_length is None:
                raise type_error(UNKNOWN_LENGTH)
            return value
        if isinstance(value, Blob):
            return value.content
        if is_py_proxy(value):
            warn_once(f"{self.method}: a Python {type(value).__name__} is no value for R2; pass to_js(value).")
            raise self.bad(position, VALUE_TYPES)
        content = None if is_primitive(value) else buffer_bytes(value)
        if content is None:
            raise self.bad(position, VALUE_TYPES)
        return content


# ---- options of operations ------------------------------------------------------------------------------


def get_options(given: Mapping[str, Any]) -> tuple[Condition | None, Slice | Header | None]:
    """Return the condition and the range of a `get`."""
    condition = condition_of(given.get("onlyIf"), "GetOptions")
    wanted = range_of(given.get("range"))
    check_encryption(given.get("ssecKey"), "GetOptions")
    return condition, wanted


def put_options(given: Mapping[str, Any]) -> PutOptions:
    """Return what a `put` asks for; storage class and encryption mean nothing here."""
    condition = condition_of(given.get("onlyIf"), "PutOptions")
    metadata = upload_options(given, "PutOptions")
    digest: tuple[str, str] | None = None
    for name in ALGORITHMS:
        value = given.get(name)
        if value is None:
            continue
        if digest is not None:
            raise type_error("You cannot specify multiple hashing algorithms.")
        digest = name, digest_of(name, value, "PutOptions")
    return PutOptions(condition, metadata, digest)


def upload_options(given: Mapping[str, Any], kind: str = "MultipartOptions") -> Metadata:
    """Return the metadata of an object that is to be made."""
    http = http_metadata(given.get("httpMetadata"), kind)
    custom = custom_metadata(given.get("customMetadata"), kind)
    check_encryption(given.get("ssecKey"), kind)
    return Metadata(http, custom)


def list_options(given: Mapping[str, Any]) -> Query:
    """Return what a `list` asks for."""
    limit = given.get("limit")
    number = MAX_LISTED if limit is None else integer(limit)
    texts = {name: strict_text(given.get(name), name) for name in ("prefix", "cursor", "delimiter", "startAfter")}
    include = included(given.get("include"))
    return Query(
        texts["prefix"] or "",
        texts["delimiter"] or "",
        MAX_LISTED if number < 0 else number,
        texts["cursor"],
        texts["startAfter"],
        frozenset(include),
    )


def part_number(value: Any) -> int:
    """Return the number of a part; TypeError if it is none."""
    number = integer(value)
    if not 1 <= number <= MAX_PARTS:
        raise type_error(f"Part number must be between 1 and {MAX_PARTS} (inclusive). Actual value was: {number}")
    return number


def uploaded_parts(value: Any, call: Call) -> list[tuple[int, str]]:
    """Return number and etag of each part that `complete` is given."""
    if not isinstance(value, JsArray):
        raise call.bad(1, "Array")
    found = []
    for index, item in enumerate(value):
        if absent(item) or is_primitive(item):
            raise bad_element(index, "UploadedPart")
        fields = options(item)
        found.append((part_number(fields.get("partNumber")), usv_string(fields.get("etag"))))
    return found


def keys(value: Any) -> list[str]:
    """Return the keys of a `delete`: those of an array, or one."""
    if isinstance(value, JsArray):
        return [usv_string(item) for item in value]
    if isinstance(value, (list, tuple)):
        warn_once("delete: a Python list is no array for R2, and becomes one odd key; pass to_js(keys).")
    return [usv_string(value)]


def integer(value: Any) -> int:
    """Return a number as a 32-bit integer; TypeError if it is too large."""
    number = to_integer(value)
    if not math.isfinite(number):
        return 0
    if not -_INT32 <= number < _INT32:
        raise type_error(f"Value out of range. Must be between {-_INT32} and {_INT32 - 1} (inclusive).")
    return int(number)
