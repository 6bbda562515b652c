"""What R2 refuses, with its codes (https://developers.cloudflare.com/r2/api/error-codes/)."""

from __future__ import annotations

from pywrangler.errors import PywranglerError

MAX_KEY_BYTES = 1024
MAX_OBJECT_BYTES = 5 * 1024**3 - 5 * 1024**2
"""Also of one part of a multipart upload."""
MAX_METADATA_BYTES = 8192
MIN_PART_BYTES = 5 * 1024**2
MAX_PARTS = 10_000
MAX_LISTED = 1000


class Refused(PywranglerError):
    """An operation that R2 refuses; `code` is R2's number."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def internal_error() -> Refused:
    """Return what the platform answers where it has no better words: an upload it never heard of, a part twice."""
    return Refused(10001, "We encountered an internal error. Please try again.")


def no_such_key() -> Refused:
    """Return the error for an object that is not there."""
    return Refused(10007, "The specified key does not exist.")


def too_small() -> Refused:
    """Return the error for a part that is none but the last one's size."""
    return Refused(10011, "Your proposed upload is smaller than the minimum allowed object size.")


def no_such_upload() -> Refused:
    """Return the error for an upload that is not going on."""
    return Refused(10024, "The specified multipart upload does not exist.")


def invalid_part() -> Refused:
    """Return the error for a part that was not uploaded, or replaced since."""
    return Refused(10025, "One or more of the specified parts could not be found.")


def bad_digest(algorithm: str, given: str, actual: str) -> Refused:
    """Return the error for a checksum that does not fit the body; both in hexadecimal."""
    return Refused(
        10037,
        f"The {algorithm} checksum you specified did not match what we received.\n"
        f"You provided a {algorithm} checksum with value: {given}\n"
        f"Actual {algorithm} was: {actual}",
    )


def invalid_range() -> Refused:
    """Return the error for a range that lies outside the object."""
    return Refused(10039, "The requested range is not satisfiable")


def bad_upload() -> Refused:
    """Return the error for parts of unequal size."""
    return Refused(10048, "There was a problem with the multipart upload.")


def check_key(key: str) -> None:
    """Refuse a key that is too long."""
    if len(key.encode("utf-8", "replace")) > MAX_KEY_BYTES:
        raise Refused(10020, "The specified object name is not valid.")


def check_size(size: int) -> None:
    """Refuse a body that is too large."""
    if size > MAX_OBJECT_BYTES:
        raise Refused(100100, "Your proposed upload exceeds the maximum allowed object size.")


def check_metadata(custom: dict[str, str]) -> None:
    """Refuse custom metadata that is too large: two bytes for each character of a text that is not Latin-1."""
    if sum(_stored_bytes(name) + _stored_bytes(value) for name, value in custom.items()) > MAX_METADATA_BYTES:
        raise Refused(10012, "Your metadata headers exceed the maximum allowed metadata size.")


def check_limit(limit: int) -> None:
    """Refuse a number of objects that cannot be listed at once."""
    if not 1 <= limit <= MAX_LISTED:
        raise Refused(10022, "MaxKeys params must be positive integer <= 1000.")


def _stored_bytes(text: str) -> int:
    try:
        return len(text.encode("latin-1"))
    except UnicodeEncodeError:
        return len(text.encode("utf-16-le", "surrogatepass"))
