"""What two hosts say to each other over one connection: frames and the messages in them.

A frame is a header (`!IBI`: size of the payload, kind, stream) and its payload. The side that connects sends one byte
that names the connection's purpose, then HELLO; the other side answers WELCOME, or GOODBYE with a reason.

- Streams are numbered by the side that opens them: odd by the one that connected, even by the other.
- CALL, FETCH and EVENT open a stream and are answered once: RESULT, RESPONSE or ERROR.
- A body is DATA up to END, or ABORT. It starts when the receiver has given CREDIT, never sends more than that, and
  stops at CANCEL_BODY, which also says before RESPONSE that nobody waits for that any more. Small bodies stand in the
  head instead. So nothing of a call is lost that is sent again.
- After RESPONSE with a WebSocket the stream carries TEXT, BINARY, CLOSE and DROP both ways. TAKE asks the other side to
  stop sending and to expect the descriptor of the client's connection; TAKEN answers after its last message.
- References (functions, RpcTargets) are numbered by their owner; RELEASE gives one back.
- GOAWAY names the last stream that was started; calls to Workers on later streams did not begin and are sent again on
  another connection. Calls of references go on: what they refer to lives here.

Payloads are MessagePack, except for DATA, TEXT, BINARY (raw) and CREDIT (four bytes). Limits are enforced for both
frames and messages; whatever breaks a rule is a ProtocolError, and ends the connection.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Any

import msgspec

from pywrangler.errors import FrameError, ProtocolError
from pywrangler.protocol.malformed import MALFORMED

CHANNEL = b"C"
"""First byte of a connection that carries calls."""
DELIVERY = b"D"
"""First byte of a connection that carries one descriptor."""

FRAME_LIMIT_BYTES = 36 * 1024 * 1024
"""A value of 32 MiB with its head fits."""
CHUNK_BYTES = 64 * 1024
"""Most bytes of a body in one frame, as we send it."""
WINDOW_BYTES = 512 * 1024
"""Bytes of a body that may be on their way."""
INLINE_BYTES = 64 * 1024
"""Longest body that stands in the head."""
STREAMS_LIMIT = 100_000
NAME_LIMIT = 4096
PATH_LIMIT = 64

HEADER = struct.Struct("!IBI")
_CREDIT = struct.Struct("!I")


class Kind(IntEnum):
    """Kinds of frames."""

    HELLO = 1
    WELCOME = 2
    GOODBYE = 3
    CALL = 4
    FETCH = 5
    EVENT = 6
    RESULT = 7
    RESPONSE = 8
    ERROR = 9
    DATA = 10
    END = 11
    ABORT = 12
    CREDIT = 13
    CANCEL_BODY = 14
    TEXT = 15
    BINARY = 16
    CLOSE = 17
    DROP = 18
    TAKE = 19
    TAKEN = 20
    RELEASE = 21
    GOAWAY = 22


class Record(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Base of the messages: their fields in order."""


class Hello(Record, frozen=True):
    """HELLO: who connects, wanting whom; `token` where the listener is not a Unix socket."""

    version: int
    worker: str
    wanted: str
    token: str = ""


class Welcome(Record, frozen=True):
    """WELCOME: who answers; `instance` names the process for deliveries."""

    version: int
    worker: str
    instance: str


class Goodbye(Record, frozen=True):
    """GOODBYE: why the connection is refused (`version`, `token`), or `protocol` with what was wrong."""

    reason: str
    detail: str = ""
    version: int = 0


class Address(Record, frozen=True):
    """The target of an event; see `runtime.ports.Target`. The Worker is the one that was connected to."""

    kind: str
    name: str
    object_id: str
    object_name: str | None
    props: bytes
    """A frozen value; empty for none."""


Externals = tuple[tuple[str, int], ...]
"""What a value holds by reference: (`stub`, reference), or (`readable` | `writable` | `socket`, stream)."""

Pairs = list[tuple[str, str]]


class Call(Record, frozen=True):
    """CALL: of a method of a target, or of a reference of the receiver."""

    target: Address | None
    reference: int
    path: tuple[str, ...]
    face: str
    """How the caller will look at the result; told for completeness only."""
    arguments: bytes
    externals: Externals


class Fetch(Record, frozen=True):
    """FETCH: `body` is None, the whole body, or True if it streams; `cf` is a frozen value or empty."""

    target: Address
    method: str
    url: str
    headers: Pairs
    body: bytes | bool | None
    length: int | None
    cf: bytes
    redirect: str


class Event(Record, frozen=True):
    """EVENT: kind and plain payload, frozen."""

    target: Address
    kind: str
    payload: bytes


class Result(Record, frozen=True):
    """RESULT."""

    value: bytes
    externals: Externals


class Response(Record, frozen=True):
    """RESPONSE: `body` as in Fetch."""

    status: int
    status_text: str
    headers: Pairs
    body: bytes | bool | None
    length: int | None
    url: str
    redirected: bool
    socket: bool
    protocol: str


class Failure(Record, frozen=True):
    """ERROR and ABORT: an error as JavaScript sees it; `properties` is a frozen value or empty."""

    name: str
    message: str
    stack: str
    properties: bytes


class Close(Record, frozen=True):
    """CLOSE of a WebSocket."""

    code: int | None
    reason: str


class Release(Record, frozen=True):
    """RELEASE: so many holders of a reference are gone."""

    reference: int
    count: int


class Taken(Record, frozen=True):
    """TAKEN: whether the descriptor may be delivered, and the key to say with it."""

    accepted: bool
    key: str


class Delivery(Record, frozen=True):
    """What travels with a descriptor: the process and key that expect it, the state of the wire.

    `messages` reached the sender but not the client yet: whether each is text, and its bytes; then perhaps a Close.
    """

    instance: str
    key: str
    state: bytes
    messages: list[tuple[bool, bytes]]
    close: Close | None


_KINDS: dict[Kind, type[Record]] = {
    Kind.HELLO: Hello, Kind.WELCOME: Welcome, Kind.GOODBYE: Goodbye, Kind.CALL: Call, Kind.FETCH: Fetch,
    Kind.EVENT: Event, Kind.RESULT: Result, Kind.RESPONSE: Response, Kind.ERROR: Failure, Kind.ABORT: Failure,
    Kind.CLOSE: Close, Kind.RELEASE: Release, Kind.TAKEN: Taken,
}  # fmt: skip
_RAW = frozenset((Kind.DATA, Kind.TEXT, Kind.BINARY))

_encode = msgspec.msgpack.Encoder().encode
_decoders = {kind: msgspec.msgpack.Decoder(record).decode for kind, record in _KINDS.items()}
_delivery_decoder = msgspec.msgpack.Decoder(Delivery)


def frame(kind: Kind, stream: int, message: Record) -> bytes:
    """Return a frame with a message."""
    payload = _encode(message)
    return HEADER.pack(len(payload), kind, stream) + payload


def raw_frame(kind: Kind, stream: int, payload: bytes | memoryview = b"") -> bytes:
    """Return a frame with bytes, or an empty one. For GOAWAY the stream is the last one that was started."""
    return HEADER.pack(len(payload), kind, stream) + payload


def credit_frame(stream: int, size: int) -> bytes:
    """Return a CREDIT frame."""
    return HEADER.pack(_CREDIT.size, Kind.CREDIT, stream) + _CREDIT.pack(size)


Frame = tuple[Kind, int, Any]
"""Kind, stream and content: a message, bytes, str for TEXT, int for CREDIT, None for empty frames."""


class FrameDecoder:
    """Splits a byte stream into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take what arrived and return the frames that are complete, in order; ProtocolError if one is malformed."""
        if self._rest:
            self._rest += data
            data = self._rest  # type: ignore[assignment]
        frames: list[Frame] = []
        at, end = 0, len(data)
        while end - at >= HEADER.size:
            size, kind, stream = HEADER.unpack_from(data, at)
            if size > FRAME_LIMIT_BYTES:
                raise FrameError(f"a frame of {size} bytes")
            stop = at + HEADER.size + size
            if stop > end:
                break
            frames.append(_content(kind, stream, bytes(data[at + HEADER.size : stop])))
            at = stop
        if data is self._rest:
            del self._rest[:at]
        else:
            self._rest = bytearray(data[at:])
        return frames

    @property
    def waiting(self) -> int:
        """Bytes of a frame that is not complete."""
        return len(self._rest)


def _content(number: int, stream: int, payload: bytes) -> Frame:
    try:
        kind = Kind(number)
        decode = _decoders.get(kind)
        if decode is not None:
            return kind, stream, decode(payload)
        if kind is Kind.TEXT:
            return kind, stream, payload.decode()
    except (*MALFORMED, ValueError) as error:
        raise FrameError(f"frame of kind {number}: {error}") from error
    if kind in _RAW:
        return kind, stream, payload
    if kind is Kind.CREDIT:
        if len(payload) != _CREDIT.size:
            raise FrameError("a CREDIT of the wrong size")
        return kind, stream, _CREDIT.unpack(payload)[0]
    if payload:
        raise FrameError(f"{kind.name} carries {len(payload)} bytes")
    return kind, stream, None


def check_call(call: Call) -> Call:
    """Return the call if its names are within bounds; ProtocolError otherwise."""
    if len(call.path) > PATH_LIMIT or any(len(name) > NAME_LIMIT for name in call.path):
        raise ProtocolError("a method's name is too long")
    if len(call.externals) > STREAMS_LIMIT:
        raise ProtocolError(f"{len(call.externals)} references in one call")
    return call


def pack_delivery(delivery: Delivery) -> bytes:
    """Return what is sent with a descriptor, length first."""
    payload = _encode(delivery)
    return _CREDIT.pack(len(payload)) + payload


def delivery_size(prefix: bytes) -> int:
    """Return the size of the message that the first four bytes announce; ProtocolError beyond the limit."""
    size: int = _CREDIT.unpack(prefix)[0]
    if size > FRAME_LIMIT_BYTES:
        raise ProtocolError(f"a delivery of {size} bytes")
    return size


def unpack_delivery(payload: bytes) -> Delivery:
    """Return the message that came with a descriptor; ProtocolError if it is malformed."""
    try:
        return _delivery_decoder.decode(payload)
    except MALFORMED as error:
        raise ProtocolError(f"delivery: {error}") from error
