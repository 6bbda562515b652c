"""Fields of the options of a bucket's methods, checked as the platform does it, down to the words of its errors.

A primitive where an object belongs, or null where a text belongs, is a TypeError; numbers are converted, and so are
the texts of metadata.
"""

from __future__ import annotations

import math
from typing import Any

from pywrangler.bindings.r2.bodies import ALGORITHMS
from pywrangler.bindings.r2.conditions import ANY, Condition, Etag, parse_etags
from pywrangler.bindings.r2.ranges import Header, Slice
from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import error, range_error, type_error
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.primitives import is_primitive, is_py_proxy, to_number, to_string, truthy
from pywrangler.runtime.js.proxy import JsValue, jsnull
from pywrangler.runtime.js.webidl import absent, buffer_bytes, usv_string

HTTP_HEADERS = {
    "contentType": "content-type",
    "contentLanguage": "content-language",
    "contentDisposition": "content-disposition",
    "contentEncoding": "content-encoding",
    "cacheControl": "cache-control",
}
_DIGEST_BYTES = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
_KEY_BYTES = 32


def bad_field(name: str, kind: str, types: str) -> Exception:
    """Return the error for a field of a wrong type."""
    return type_error(
        f"Incorrect type for the '{name}' field on '{kind}': the provided value is not of type '{types}'."
    )


def bad_element(index: int, types: str) -> Exception:
    """Return the error for an element of a wrong type."""
    return type_error(f"Incorrect type for array element {index}: the provided value is not of type '{types}'.")


def _is_no_object(value: Any) -> bool:
    return value is not jsnull and is_primitive(value)


def strict_text(value: Any, name: str, kind: str = "ListOptions") -> str | None:
    """Return a field that is a string, or undefined."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise bad_field(name, kind, "string")
    return usv_string(value)


def included(value: Any) -> set[str]:
    """Return which metadata a `list` shall show."""
    if value is None:
        return set()
    if not isinstance(value, JsArray):
        raise bad_field("include", "ListOptions", "Array")
    for index, item in enumerate(value):
        if not isinstance(item, str):
            raise bad_element(index, "string")
    for item in value:
        if item not in ("httpMetadata", "customMetadata"):
            raise range_error(f"Unsupported include value {item}")
    return set(value)


def _date(value: Any, name: str, kind: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, JsDate)):
        raise bad_field(name, kind, "date")
    moment = to_number(value)
    if not math.isfinite(moment):
        raise type_error("The value cannot be converted because it is not a valid Date.")
    return int(moment)


def _header_date(text: str) -> int:
    """Return the milliseconds of a date in a header; those of 1970 if it is no date, as the platform takes it."""
    moment = JsDate.parse(text)
    return int(moment) if math.isfinite(moment) else 0


def _fields(headers: Headers) -> dict[str, str]:
    return dict(headers.combined())


def condition_of(value: Any, kind: str) -> Condition | None:
    """Return the condition of an `onlyIf`; TypeError or Error if it is malformed."""
    if absent(value):
        return None
    if isinstance(value, Headers):
        return _header_condition(_fields(value))
    if _is_no_object(value):
        raise bad_field("onlyIf", kind, "Conditional or Headers")
    given = options(value)
    matches, differs = (
        strict_text(given.get(name), name, "Conditional") for name in ("etagMatches", "etagDoesNotMatch")
    )
    before, after = (_date(given.get(name), name, "Conditional") for name in ("uploadedBefore", "uploadedAfter"))
    return Condition(_etag(matches), _etag(differs), before, after, truthy(given.get("secondsGranularity")))


def _etag(text: str | None) -> tuple[Etag, ...] | None:
    if text is None:
        return None
    if text.startswith('"') and text.endswith('"'):
        raise type_error(f"Conditional ETag should not be wrapped in quotes ({text}).")
    return (ANY if text == "*" else Etag(text),)


def _header_condition(fields: dict[str, str]) -> Condition:
    matches, differs = fields.get("if-match"), fields.get("if-none-match")
    before, after = fields.get("if-unmodified-since"), fields.get("if-modified-since")
    return Condition(
        None if matches is None else parse_etags(matches, "if-match"),
        None if differs is None else parse_etags(differs, "if-none-match"),
        None if before is None else _header_date(before),
        None if after is None else _header_date(after),
        whole_seconds=True,
    )


def range_of(value: Any) -> Slice | Header | None:
    """Return the range of a `get`; TypeError or RangeError if it is none."""
    if absent(value):
        return None
    if isinstance(value, Headers):
        text = _fields(value).get("range")
        return None if text is None else Header(text)
    if _is_no_object(value):
        raise bad_field("range", "GetOptions", "Range or Headers")
    given = options(value)
    names = ("offset", "length", "suffix")
    offset, length, suffix = (None if given.get(name) is None else to_number(given[name]) for name in names)
    _check_bound(offset, "Invalid range. Starting offset", "Starting offset")
    _check_bound(length, "Invalid range. Length", "Length")
    if suffix is not None:
        if offset is not None:
            raise type_error("Suffix is incompatible with offset.")
        if length is not None:
            raise type_error("Suffix is incompatible with length.")
        _check_bound(suffix, "Invalid suffix. Suffix", "Suffix")
    return Slice(offset, length, suffix)


def _check_bound(value: float | None, start: str, name: str) -> None:
    if value is None:
        return
    shown = "nan" if math.isnan(value) else to_string(value)
    if not value >= 0:
        raise range_error(f"{start} ({shown}) must be greater than or equal to 0.")
    if math.isfinite(value) and value != int(value):
        raise range_error(f"Invalid range. {name} ({shown}) must be an integer, not floating point.")


def http_metadata(value: Any, kind: str) -> dict[str, Any]:
    """Return what is stored of an `httpMetadata`."""
    if absent(value):
        return {}
    found: dict[str, Any] = {}
    if isinstance(value, Headers):
        fields = _fields(value)
        found = {name: fields[header] for name, header in HTTP_HEADERS.items() if header in fields}
        if "expires" in fields:
            found["cacheExpiry"] = _header_date(fields["expires"])
        return found
    if _is_no_object(value):
        raise bad_field("httpMetadata", kind, "HttpMetadata or Headers")
    given = options(value)
    found = {name: usv_string(given[name]) for name in HTTP_HEADERS if given.get(name) is not None}
    expiry = _date(given.get("cacheExpiry"), "cacheExpiry", "HttpMetadata")
    if expiry is not None:
        found["cacheExpiry"] = expiry
    return found


def custom_metadata(value: Any, kind: str) -> dict[str, str]:
    """Return what is stored of a `customMetadata`: own properties, as strings."""
    if value is None:
        return {}
    if is_primitive(value):
        raise bad_field("customMetadata", kind, "object")
    given = value._own_properties() if isinstance(value, JsValue) else options(value)
    return {usv_string(name): usv_string(item) for name, item in given.items()}


def digest_of(name: str, value: Any, kind: str) -> str:
    """Return a checksum in hexadecimal; TypeError if it is none of that algorithm."""
    given = value if isinstance(value, str) else None if is_py_proxy(value) else buffer_bytes(value)
    if given is None:
        raise bad_field(name, kind, "BufferSource or string")
    size, shown = _DIGEST_BYTES[name], ALGORITHMS[name]
    if isinstance(given, bytes):
        if len(given) != size:
            raise type_error(f"{shown} is {size} bytes, not {len(given)}")
        return given.hex()
    if len(given) != 2 * size:
        raise type_error(f"{shown} is {2 * size} hex characters, not {len(given)}")
    content = _unhexed(given)
    if content is None:
        raise type_error(f"Provided {shown} wasn't a valid hex string")
    return content.hex()


def _unhexed(text: str) -> bytes | None:
    try:
        return None if any(map(str.isspace, text)) else bytes.fromhex(text)
    except ValueError:
        return None


def check_encryption(value: Any, kind: str) -> None:
    """Check a key for encryption; locally nothing is encrypted."""
    if value is None:
        return
    content = _unhexed(value) if isinstance(value, str) else None if is_py_proxy(value) else buffer_bytes(value)
    if content is None and not isinstance(value, str):
        raise bad_field("ssecKey", kind, "ArrayBuffer or string")
    if content is None or len(content) != _KEY_BYTES:
        raise error("SSE-C Key must be 32 bytes in length")
