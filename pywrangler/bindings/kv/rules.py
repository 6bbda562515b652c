"""What KV accepts: keys, options, limits, and the platform's words for everything else (spec/bindings.md, section 1).

The platform refuses some things before it asks its store, as a TypeError, and others by an answer with a status, which
is an Error "KV PUT failed: 413 ...". All of them reject the promise.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

from pywrangler.runtime.js.errors import error, range_error, type_error
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.webidl import absent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.runtime.js.errors import JsException

KEY_BYTES = 512
VALUE_BYTES = 25 * 1024 * 1024
METADATA_BYTES = 1024
LIST_KEYS = 1000
BULK_KEYS = 100
BULK_BYTES = 25 * 1024 * 1024
BULK_TYPES = ("json", "text")
CACHE_SECONDS = 30
EXPIRATION_SECONDS = 60
_INTEGER = 2**31


class Put(NamedTuple):
    """The options of a `put`: `expiration` in seconds since the epoch, `metadata` as JSON text."""

    expiration: int | None = None
    metadata: str | None = None


class Listing(NamedTuple):
    """The options of a `list`."""

    prefix: str
    limit: int
    after: str


def failed(verb: str, status: int, reason: str) -> JsException:
    """Return the error for what the platform's store refuses."""
    return error(f"KV {verb} failed: {status} {reason}")


# ---- keys -----------------------------------------------------------------------------------------------


def key_of(value: Any, verb: str) -> str:
    """Return the key that a value names; raises unless it can be one."""
    key = to_string(value)
    if not key:
        raise type_error("Key name cannot be empty.")
    if key in {".", ".."}:
        raise type_error(f'"{key}" is not allowed as a key name.')
    return _measured(key, verb)


def keys_of(values: Sequence[Any], kind: str) -> list[str]:
    """Return the keys of a request for several values of a type."""
    verb = "GET_BULK"
    if kind not in BULK_TYPES:
        raise failed(verb, 400, f'"{kind}" is not a valid type. Use "json" or "text"')
    if len(values) > BULK_KEYS:
        raise failed(verb, 400, f"You can request a maximum of {BULK_KEYS} keys")
    if not values:
        raise failed(verb, 400, "You must request a minimum of 1 key")
    keys = [to_string(value) for value in values]
    for key in keys:
        if not key:
            raise failed(verb, 400, "Key names must not be empty")
        if key in {".", ".."}:
            raise failed(verb, 400, f'Illegal key name "{key}". Please use a different name.')
        _measured(key, verb)
    return keys


def _measured(text: str, verb: str) -> str:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:  # a lone surrogate
        raise failed(verb, 400, "Could not URL-decode key name") from None
    if size > KEY_BYTES:
        raise failed(verb, 414, f"UTF-8 encoded length of {size} exceeds key length limit of {KEY_BYTES}.")
    return text


# ---- options --------------------------------------------------------------------------------------------


def check_cache(options: Mapping[str, Any], verb: str) -> None:
    """Raise unless `cacheTtl` is one that the platform takes; it has no effect here."""
    if (value := options.get("cacheTtl")) is not None:
        seconds = _integer(value)
        if seconds < CACHE_SECONDS:
            reason = f"Invalid cache_ttl of {seconds}. Cache TTL must be at least {CACHE_SECONDS}."
            raise failed(verb, 400, reason)


def put_options(options: Mapping[str, Any], now: float) -> Put:
    """Return the options of a `put` at `now` (seconds since the epoch); `expirationTtl` outranks `expiration`."""
    ttl, moment, metadata = (options.get(name) for name in ("expirationTtl", "expiration", "metadata"))
    # Both are converted before either is judged.
    seconds = None if ttl is None else _integer(ttl)
    expiration = None if moment is None else _integer(moment)
    text = None if absent(metadata) else metadata_text(metadata)
    if seconds is not None:
        expiration = int(now) + ttl_seconds(seconds)
    elif expiration is not None:
        check_expiration(expiration, now)
    if text is not None and (size := len(text.encode("utf-8", "replace"))) > METADATA_BYTES:
        raise failed("PUT", 413, f"Metadata length of {size} exceeds limit of {METADATA_BYTES}.")
    return Put(expiration, text)


def metadata_text(metadata: Any) -> str:
    """Return metadata as JSON."""
    try:
        text = stringify(metadata)
    except RecursionError:
        raise range_error("Maximum call stack size exceeded") from None
    if text is None:  # a function, or what else JSON has nothing for
        raise failed("PUT", 500, "Internal Server Error")
    return text


def ttl_seconds(seconds: int) -> int:
    """Return a time to live; raises unless it is long enough."""
    if seconds <= 0:
        raise failed("PUT", 400, f"Invalid expiration_ttl of {seconds}. Please specify integer greater than 0.")
    if seconds < EXPIRATION_SECONDS:
        reason = f"Invalid expiration_ttl of {seconds}. Expiration TTL must be at least {EXPIRATION_SECONDS}."
        raise failed("PUT", 400, reason)
    return seconds


def check_expiration(expiration: int, now: float) -> None:
    """Raise unless a time lies far enough in the future."""
    what = f"Invalid expiration of {expiration}."
    if expiration <= int(now):
        remedy = "Please specify integer greater than the current number of seconds since the UNIX epoch."
        raise failed("PUT", 400, f"{what} {remedy}")
    if expiration < int(now) + EXPIRATION_SECONDS:
        remedy = f"Expiration times must be at least {EXPIRATION_SECONDS} seconds in the future."
        raise failed("PUT", 400, f"{what} {remedy}")


def check_value(size: int) -> None:
    """Raise if a value has too many bytes."""
    if size > VALUE_BYTES:
        raise failed("PUT", 413, f"Value length of {size} exceeds limit of {VALUE_BYTES}.")


def list_options(options: Mapping[str, Any]) -> Listing:
    """Return the options of a `list`; a limit of 0 or less means the most there can be."""
    prefix, limit, cursor = (options.get(name) for name in ("prefix", "limit", "cursor"))
    count = LIST_KEYS if limit is None else _integer(limit)
    if count > LIST_KEYS:
        reason = f"Invalid key_count_limit of {count}. Please specify an integer less than {LIST_KEYS}."
        raise failed("GET", 400, reason)
    start = "" if absent(prefix) else _measured(to_string(prefix), "GET")
    return Listing(start, count if count > 0 else LIST_KEYS, "" if absent(cursor) else name_of(to_string(cursor)))


def _integer(value: Any) -> int:
    number = to_integer(value)
    if not -_INTEGER <= number < _INTEGER:
        raise type_error(f"Value out of range. Must be between -{_INTEGER} and {_INTEGER - 1} (inclusive).")
    return int(number)


# ---- cursors --------------------------------------------------------------------------------------------


def cursor_of(name: str) -> str:
    """Return the cursor that leads on behind a key."""
    return b64encode(name.encode()).decode()


def name_of(cursor: str) -> str:
    """Return the key behind which a cursor leads; any text is a cursor, one that is no base64 leads to the start."""
    try:
        return b64decode(cursor.rstrip("=") + "=" * (-len(cursor.rstrip("=")) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ""
