"""The rows of a bucket, in wrangler's layout: its tables, and what their columns hold.

`blob_id` is null for an object that came as a multipart upload; its body is that of the parts which name it as
`object_key`, in the order of their numbers. Metadata and checksums are JSON objects; a checksum is hexadecimal, and MD5
is not among them but the etag. Dates are milliseconds since the epoch.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

TABLES = (
    """CREATE TABLE IF NOT EXISTS _mf_objects (
        key TEXT PRIMARY KEY, blob_id TEXT, version TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        uploaded INTEGER NOT NULL, checksums TEXT NOT NULL, http_metadata TEXT NOT NULL, custom_metadata TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS _mf_multipart_uploads (
        upload_id TEXT PRIMARY KEY, key TEXT NOT NULL, http_metadata TEXT NOT NULL, custom_metadata TEXT NOT NULL,
        state TINYINT DEFAULT 0 NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS _mf_multipart_parts (
        upload_id TEXT NOT NULL REFERENCES _mf_multipart_uploads(upload_id), part_number INTEGER NOT NULL,
        blob_id TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, checksum_md5 TEXT NOT NULL,
        object_key TEXT REFERENCES _mf_objects(key) DEFERRABLE INITIALLY DEFERRED,
        PRIMARY KEY (upload_id, part_number)
    )""",
)
COLUMNS = "key, blob_id, version, size, etag, uploaded, checksums, http_metadata, custom_metadata"
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an object carries along."""

    http: dict[str, Any] = field(default_factory=dict)
    """`contentType` and so on; `cacheExpiry` in milliseconds."""
    custom: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: everything but the body."""

    key: str
    blob: str | None
    version: str
    size: int
    etag: str
    uploaded: int
    checksums: dict[str, str]
    metadata: Metadata

    def row(self) -> tuple[Any, ...]:
        """Return the values of `COLUMNS`."""
        return (
            self.key,
            self.blob,
            self.version,
            self.size,
            self.etag,
            self.uploaded,
            dumped(self.checksums),
            dumped(self.metadata.http),
            dumped(self.metadata.custom),
        )


def stored(row: Any) -> Stored:
    """Return the object of a row of `COLUMNS`."""
    key, blob, version, size, etag, uploaded, checksums, http, custom = row
    return Stored(key, blob, version, size, etag, uploaded, json.loads(checksums), loaded(http, custom))


def loaded(http: str, custom: str) -> Metadata:
    """Return the metadata of two columns."""
    return Metadata(json.loads(http), json.loads(custom))


def dumped(value: dict[str, Any]) -> str:
    """Return the text of a column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def all_checksums(item: Stored) -> dict[str, str]:
    """Return the checksums in hexadecimal; the etag is the MD5, unless there were several parts."""
    return {**({"md5": item.etag} if _MD5.fullmatch(item.etag) else {}), **item.checksums}
