"""What a retiring host sends to its heir, over a Unix stream socket, in the framing of `protocol.control`.

First comes `Busy`, then connections and sockets in any order, at last `Done`; the end of the file without `Done` means
that the predecessor died, and frees everything. Descriptors arrive in order: each message says how many it takes.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pywrangler.errors import ProtocolError
from pywrangler.protocol.control import Message
from pywrangler.protocol.malformed import MALFORMED


class Busy(Message, frozen=True):
    """Objects that still run in the old host: no event may reach them in the new one until `Free`."""

    objects: tuple[tuple[str, str], ...]
    """Class name and id."""


class Free(Message, frozen=True):
    """An object is let go of; its sockets were sent before."""

    object: tuple[str, str]


class Connection(Message, frozen=True):
    """An idle keep-alive connection. One descriptor."""

    state: bytes


class Sockets(Message, frozen=True):
    """What an object's hibernatable sockets share: auto-response and event timeout. No descriptor."""

    object: tuple[str, str]
    shared: bytes


class Socket(Message, frozen=True):
    """A hibernatable socket with tags and attachment. One descriptor."""

    object: tuple[str, str]
    record: bytes
    state: bytes


class Done(Message, frozen=True):
    """Nothing more comes."""


_decoder = msgspec.msgpack.Decoder(Busy | Free | Connection | Sockets | Socket | Done)


def unpack(body: bytes) -> Any:
    """Return the message in `body`; ProtocolError if it is none."""
    try:
        return _decoder.decode(body)
    except MALFORMED as error:
        raise ProtocolError(f"handover message: {error}") from error


def descriptors_of(message: Message) -> int:
    """How many descriptors the message takes."""
    return 1 if isinstance(message, Connection | Socket) else 0
