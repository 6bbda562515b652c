"""Multipart uploads of a bucket on the disk (https://developers.cloudflare.com/r2/objects/multipart-objects/).

An upload is in progress, completed or aborted; its row stays. A part that is uploaded again replaces the one before.
On completion every part but the last has to have 5 MiB at least, all of them the same size, and the last not more.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, NamedTuple

from pywrangler.bindings.r2.refusals import (
    MIN_PART_BYTES,
    bad_upload,
    check_key,
    internal_error,
    invalid_part,
    no_such_upload,
    too_small,
)
from pywrangler.bindings.r2.tables import Metadata, Stored, dumped, loaded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.bindings.r2.bodies import Writing
    from pywrangler.bindings.r2.storage import Bucket

IN_PROGRESS, COMPLETED, ABORTED = range(3)
_ID_BYTES = 128
_FIND = "SELECT state, http_metadata, custom_metadata FROM _mf_multipart_uploads WHERE upload_id = ? AND key = ?"
_SET_STATE = "UPDATE _mf_multipart_uploads SET state = ? WHERE upload_id = ?"
_PUT_PART = (
    "INSERT OR REPLACE INTO _mf_multipart_parts (upload_id, part_number, blob_id, size, etag, checksum_md5) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
_LIST_PARTS = "SELECT part_number, blob_id, size, etag, checksum_md5 FROM _mf_multipart_parts WHERE upload_id = ?"


class Part(NamedTuple):
    """A part as it was uploaded."""

    number: int
    blob: str
    size: int
    etag: str
    md5: str


def create(bucket: Bucket, key: str, metadata: Metadata) -> str:
    """Begin an upload; return its id."""
    check_key(key)
    upload = secrets.token_urlsafe(_ID_BYTES)
    bucket.run(
        "INSERT INTO _mf_multipart_uploads (upload_id, key, http_metadata, custom_metadata) VALUES (?, ?, ?, ?)",
        (upload, key, dumped(metadata.http), dumped(metadata.custom)),
    )
    return upload


def put_part(bucket: Bucket, key: str, upload: str, number: int, body: Writing) -> str:
    """Make a body that was written a part; return its etag. Refused if the upload is not in progress."""
    check_key(key)
    body.close()
    etag = secrets.token_urlsafe(_ID_BYTES)
    with bucket.change():
        row = bucket.run(_FIND, (upload, key)).fetchone()
        if row is None or row[0] != IN_PROGRESS:
            raise no_such_upload()
        replaced = bucket.run(
            "SELECT blob_id FROM _mf_multipart_parts WHERE upload_id = ? AND part_number = ?", (upload, number)
        ).fetchall()
        values = (upload, number, body.blob, body.size, etag, body.digests["md5"])
        bucket.run(_PUT_PART, values)
    body.keep()
    bucket.drop(blob for (blob,) in replaced)
    return etag


def complete(bucket: Bucket, key: str, upload: str, wanted: Sequence[tuple[int, str]]) -> Stored:
    """Make an object of parts (number, etag); those that are not named are dropped."""
    check_key(key)
    run = bucket.run
    with bucket.change():
        row = run(_FIND, (upload, key)).fetchone()
        if row is None:
            raise internal_error()
        if row[0] != IN_PROGRESS:
            raise no_such_upload()
        parts = _choose([Part(*found) for found in run(_LIST_PARTS, (upload,))], wanted)
        item = Stored(
            key,
            None,
            secrets.token_hex(16),
            sum(part.size for part in parts),
            etag_of([part.md5 for part in parts]),
            int(bucket.now() * 1000),
            {},
            loaded(row[1], row[2]),
        )
        dropped = bucket.replace(item)
        for part in parts:
            link = "UPDATE _mf_multipart_parts SET object_key = ? WHERE upload_id = ? AND part_number = ?"
            run(link, (key, upload, part.number))
        unused = run(
            "DELETE FROM _mf_multipart_parts WHERE upload_id = ? AND object_key IS NULL RETURNING blob_id", (upload,)
        ).fetchall()
        run(_SET_STATE, (COMPLETED, upload))
    bucket.drop([*dropped, *(blob for (blob,) in unused)])
    return item


def abort(bucket: Bucket, key: str, upload: str) -> None:
    """End an upload without an object; one that has ended stays as it is."""
    check_key(key)
    with bucket.change():
        row = bucket.run(_FIND, (upload, key)).fetchone()
        if row is None:
            raise internal_error()
        if row[0] != IN_PROGRESS:
            return
        query = "DELETE FROM _mf_multipart_parts WHERE upload_id = ? RETURNING blob_id"
        dropped = bucket.run(query, (upload,)).fetchall()
        bucket.run(_SET_STATE, (ABORTED, upload))
    bucket.drop(blob for (blob,) in dropped)


def _choose(uploaded: list[Part], wanted: Sequence[tuple[int, str]]) -> list[Part]:
    """Return the parts that make the object, in the order of their numbers; Refused if they cannot."""
    if len({number for number, _ in wanted}) < len(wanted):
        raise internal_error()
    known = {(part.number, part.etag): part for part in uploaded}
    if not all(item in known for item in wanted):
        raise invalid_part()
    parts = [known[item] for item in wanted]
    if any(part.size < MIN_PART_BYTES for part in parts[:-1]):
        raise too_small()
    parts.sort()
    if len(parts) > 1:
        size = parts[0].size
        if size < MIN_PART_BYTES or any(part.size != size for part in parts[:-1]) or parts[-1].size > size:
            raise bad_upload()
    return parts


def etag_of(md5s: Sequence[str]) -> str:
    """Return the etag of an object of parts: the MD5 of their MD5s, and how many they are."""
    digest = hashlib.md5(b"".join(map(bytes.fromhex, md5s)), usedforsecurity=False).hexdigest()
    return f"{digest}-{len(md5s)}"
