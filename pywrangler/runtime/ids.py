"""Durable Object ids: 32 bytes, the second half a MAC of the first, keyed by the namespace.

The unique key of a namespace is `<worker>-<Class>` with the Worker that defines the class; the MAC key is its SHA-256.
A name gives HMAC(key, name)[:16] as first half, a new id random bytes (spec/durable-objects.md, section 1, and
spec/interop.md, section 6: the ids equal those that wrangler derives).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.proxy import JsProxy

HALF_BYTES = 16
CARRIED_NAME_BYTES = 1024
"""In UTF-8."""
HEX_DIGITS = 64
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def unique_key(worker: str, class_name: str) -> str:
    """Return the unique key of a namespace; it also names the directory of the class below `do/`."""
    return f"{worker}-{class_name}"


@lru_cache(maxsize=256)
def _mac_key(worker: str, class_name: str) -> bytes:
    return hashlib.sha256(unique_key(worker, class_name).encode("utf-8", "surrogatepass")).digest()


def _complete(key: bytes, first: bytes) -> str:
    return (first + hmac.digest(key, first, "sha256")[:HALF_BYTES]).hex()


@lru_cache(maxsize=4096)
def id_from_name(worker: str, class_name: str, name: str) -> str:
    """Return the id of the object called `name`, as 64 lower-case hex digits; any string is a name."""
    key = _mac_key(worker, class_name)
    return _complete(key, hmac.digest(key, name.encode("utf-8", "replace"), "sha256")[:HALF_BYTES])


def new_unique_id(worker: str, class_name: str) -> str:
    """Return a fresh random id, as 64 lower-case hex digits."""
    return _complete(_mac_key(worker, class_name), os.urandom(HALF_BYTES))


def check(hex_digits: str) -> str:
    """Return the id in lower case; the platform's TypeError unless it is 64 hex digits."""
    if len(hex_digits) != HEX_DIGITS or not _HEXADECIMAL.issuperset(hex_digits):
        raise type_error("Invalid Durable Object ID: must be 64 hex digits")
    return hex_digits.lower()


def id_from_string(worker: str, class_name: str, hex_digits: str) -> str:
    """Return the normalised id; the platform's TypeError if it is malformed or of another namespace."""
    normal = check(hex_digits)
    first = bytes.fromhex(normal)[:HALF_BYTES]
    if not hmac.compare_digest(_complete(_mac_key(worker, class_name), first), normal):
        raise type_error("Durable Object ID is not valid for this namespace.")
    return normal


def carried_name(name: str | None) -> str | None:
    """Return the name that an object is told of itself: none above the platform's limit (wrangler 4.164)."""
    if name is None or len(name) * 4 <= CARRIED_NAME_BYTES:
        return name
    return name if len(name.encode("utf-8", "surrogatepass")) <= CARRIED_NAME_BYTES else None


class DurableObjectId(JsProxy):
    """An id as user code holds it: `DurableObjectId.new(hex, name)`."""

    def __init__(self, hex_digits: str, name: str | None = None, jurisdiction: str | None = None) -> None:
        self._hex = hex_digits
        self.name = name
        self.jurisdiction = jurisdiction

    def toString(self) -> str:
        """Return the 64 hex digits."""
        return self._hex

    def equals(self, other: Any) -> bool:
        """Say whether `other` is the same id, whatever name either carries."""
        if not isinstance(other, DurableObjectId):
            raise type_error(
                "Failed to execute 'equals' on 'DurableObjectId': parameter 1 is not of type 'DurableObjectId'."
            )
        return self._hex == other._hex

    def __str__(self) -> str:
        return self._hex

    def __repr__(self) -> str:
        return f"DurableObjectId({self._hex})"
