"""Production's limits on storage, which local platforms do not enforce.

By default passing one is reported once per object and kind; with strict limits it is an error
(https://developers.cloudflare.com/durable-objects/platform/limits/).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.errors import Problem
from pywrangler.runtime.js.errors import range_error

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS_PER_CALL = 128
KEY_BYTES = 2048
VALUE_BYTES = 128 * 1024
ROW_BYTES = 2 * 1024 * 1024
# Nothing smaller can pass any limit, whatever its characters.
HARMLESS_KEY_CHARACTERS = KEY_BYTES // 4
HARMLESS_VALUE_BYTES = VALUE_BYTES


class Limits:
    """The limits for one object's storage."""

    __slots__ = ("_notice", "_object", "_reported", "_sqlite", "_strict")

    def __init__(self, described: str, notice: Callable[[Problem], None], *, sqlite: bool, strict: bool) -> None:
        self._object = described
        self._notice = notice
        self._sqlite = sqlite
        self._strict = strict
        self._reported: set[str] = set()

    def check_entry(self, key: str, data: bytes) -> None:
        """Report or refuse a key and value that production would not store."""
        key_bytes = len(key.encode("utf-8", "replace"))
        if self._sqlite:
            size = key_bytes + len(data)
            if size > ROW_BYTES:
                self._passed(
                    "entry", f"Keys and values together cannot be larger than {ROW_BYTES} bytes; this one has {size}."
                )
            return
        self.check_key(key)
        if len(data) > VALUE_BYTES:
            self._passed("value", f"Values cannot be larger than {VALUE_BYTES} bytes; this one has {len(data)}.")

    def check_key(self, key: str) -> None:
        """Report or refuse a key that production would not look up."""
        size = len(key.encode("utf-8", "replace"))
        if not self._sqlite and size > KEY_BYTES:
            self._passed("key", f"Keys cannot be larger than {KEY_BYTES} bytes; this one has {size}.")

    def check_count(self, count: int) -> None:
        """Report or refuse a call with too many keys."""
        if count > KEYS_PER_CALL:
            self._passed("count", f"At most {KEYS_PER_CALL} keys can be given in one call; this one has {count}.")

    def check_sql_value(self, value: str | bytes) -> None:
        """Report a string or BLOB that production would not store; with strict limits SQLite refuses it."""
        if len(value) > ROW_BYTES and not self._strict:
            self._passed(
                "row", f"Strings, BLOBs and rows cannot be larger than {ROW_BYTES} bytes; this one has {len(value)}."
            )

    def _passed(self, kind: str, what: str) -> None:
        if self._strict:
            raise range_error(what)
        if kind not in self._reported:
            self._reported.add(kind)
            self._notice(
                Problem(
                    f"storage-limit-{kind}",
                    f"{self._object}: {what}",
                    "It works here, but production refuses it.",
                    severity="warning",
                )
            )
