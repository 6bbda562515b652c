"""The lock that says which session keeps the state of a Worker: its objects, workflows and queued messages.

It lies in the state directory, one file for each Worker: `<persist-to>/v3/locks/<name>`. The session opens the file and
its hosts inherit the descriptor, so all of them are one owner, and a reload changes nothing. Whoever holds the lock
writes down how it is reached. The kernel drops the lock when the last of these processes has ended, however it did;
what the file says afterwards is out of date until the next owner writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pywrangler.protocol.malformed import MALFORMED

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "locks"
LIMIT_BYTES = 16 * 1024


class Holder(msgspec.Struct, frozen=True):
    """Who keeps the state."""

    address: str
    """Private listener of the host: `unix:<absolute path>`."""
    url: str
    """Public URL of the Worker."""
    pid: int
    """Of the host that took the lock."""


_decoder = msgspec.json.Decoder(Holder)


def lock_path(state_root: Path, worker: str) -> Path:
    """Return the file of a Worker's lock."""
    return state_root / FOLDER / worker


def encode(holder: Holder) -> bytes:
    """Return the content of the file, one line."""
    return msgspec.json.encode(holder) + b"\n"


def decode(content: bytes) -> Holder | None:
    """Return who holds the lock; None if that is not told yet, or by bytes that are not ours."""
    try:
        return _decoder.decode(content.partition(b"\n")[0])
    except MALFORMED:
        return None
