"""The format of a registry entry: one JSON file per Worker, named like the Worker.

Upstream's tools read the same directory. They look for top-level keys such as `debugPortAddress`; ours are kept
apart in one object, `pywrangler`, which they ignore. What the files mean is told in spec/registry.md, section 8.
"""

from __future__ import annotations

import os
import re
from typing import Any

import msgspec

from pywrangler.protocol.malformed import MALFORMED

VERSION = 1
"""Protocol between hosts; a different number means that two sessions cannot talk."""
HEARTBEAT_SECONDS = 10
STALE_SECONDS = 90
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One running Worker."""

    name: str
    pid: int
    started: float
    """Start of the owning session, seconds since the epoch."""
    instance: str
    """Random, new for each session."""
    address: str
    """Private listener of the host: `unix:<absolute path>`."""
    url: str
    """Public URL."""
    classes: tuple[str, ...] = ()
    entrypoints: tuple[str, ...] = ()
    queue_consumers: tuple[str, ...] = ()
    environment: str | None = None
    config_path: str = ""
    version: int = VERSION


class _File(msgspec.Struct, frozen=True):
    pywrangler: Entry
    instanceId: str = ""
    queueConsumers: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(_File)


def encode(entry: Entry) -> bytes:
    """Return the whole content of the entry's file."""
    file: Any = _File(entry, entry.instance, entry.queue_consumers)
    return msgspec.json.format(msgspec.json.encode(file), indent=2)


def decode(content: bytes) -> Entry | None:
    """Return the entry, or None for a file that is not one of ours: garbage, upstream's, or half written."""
    try:
        return _decoder.decode(content).pywrangler
    except MALFORMED:
        return None


def process_exists(pid: int) -> bool:
    """Tell whether the process of an owner exists."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
