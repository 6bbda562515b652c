"""Listing a bucket: keys in the order of their UTF-8, in pages.

With a delimiter, keys that have it after the prefix are put together: their common beginning up to and including the
delimiter counts as one entry. A page ends with a cursor, base64 of its last key; the last key of a group, so that the
next page does not show the group again.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.r2.refusals import MAX_LISTED, check_limit
from pywrangler.bindings.r2.tables import COLUMNS, Stored, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.bindings.r2.storage import Bucket

MAX_WITH_METADATA = 100
_LAST_CHARACTER = "\U0010ffff"
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


@dataclass(frozen=True, slots=True)
class Query:
    """What is to be listed; `include` names metadata that is wanted, which makes pages shorter."""

    prefix: str = ""
    delimiter: str = ""
    limit: int = MAX_LISTED
    cursor: str | None = None
    start_after: str | None = None
    include: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `cursor` is None on the last one."""

    objects: list[Stored]
    prefixes: list[str]
    cursor: str | None


def list_page(bucket: Bucket, query: Query) -> Page:
    """Return a page; Refused for a limit that is none."""
    check_limit(query.limit)
    limit = min(query.limit, MAX_WITH_METADATA) if query.include else query.limit
    after = query.start_after
    if query.cursor is not None:
        reached = _decoded(query.cursor)
        after = reached if after is None or reached > after else after
    objects: list[Stored] = []
    prefixes: list[str] = []
    last = ""
    for key, entry in _entries(bucket, query.prefix, query.delimiter, after):
        if len(objects) + len(prefixes) == limit:
            return Page(objects, prefixes, base64.b64encode(last.encode()).decode())
        last = key
        if isinstance(entry, str):
            prefixes.append(entry)
        else:
            objects.append(entry)
    return Page(objects, prefixes, None)


def _entries(bucket: Bucket, prefix: str, delimiter: str, after: str | None) -> Iterator[tuple[str, Stored | str]]:
    """Yield objects, and groups by their common beginning, each with its (last) key."""
    end = follower(prefix)
    start: tuple[str, str] | None = (">=", prefix) if after is None or after < prefix else (">", after)
    while start is not None:
        comparison, key = start
        start = None
        where = f"key {comparison} ?{'' if end is None else ' AND key < ?'}"
        bounds: tuple[Any, ...] = (key,) if end is None else (key, end)
        sql = f"SELECT {COLUMNS} FROM _mf_objects WHERE {where} ORDER BY key"  # noqa: S608 - no outside text
        for row in bucket.run(sql, bounds):
            position = row[0].find(delimiter, len(prefix)) if delimiter else -1
            if position < 0:
                yield row[0], stored(row)
                continue
            group = row[0][: position + len(delimiter)]
            yield _last_key(bucket, group), group
            beyond = follower(group)
            start = None if beyond is None else (">=", beyond)
            break


def _last_key(bucket: Bucket, prefix: str) -> str:
    end = follower(prefix)
    condition, bounds = ("key >= ?", (prefix,)) if end is None else ("key >= ? AND key < ?", (prefix, end))
    sql = f"SELECT max(key) FROM _mf_objects WHERE {condition}"  # noqa: S608 - no outside text
    return str(bucket.run(sql, bounds).fetchone()[0])


def follower(prefix: str) -> str | None:
    """Return the least text above all that begin with `prefix`, in the order of UTF-8; None if there is none."""
    stem = prefix.rstrip(_LAST_CHARACTER)
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if 0xD800 <= following < 0xE000 else following)


def _decoded(cursor: str) -> str:
    """Return the key of a cursor; what is no base64 is skipped, as upstream."""
    digits = _NO_BASE64.sub("", cursor.partition("=")[0])
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.b64decode(digits + "=" * (-len(digits) % 4)).decode("utf-8", "replace")
