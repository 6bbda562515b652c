"""WebSocket frames and handshakes without I/O (RFC 6455, RFC 7692).

Rules kept here:
- A client's frames are masked, a server's are not; reserved bits, unknown opcodes, fragmented or long control frames,
  and lengths that are not in their shortest form break the protocol (close code 1002).
- Text is UTF-8 (1007), a message is at most `MESSAGE_LIMIT_BYTES` after decompression (1009).
- permessage-deflate is only ever agreed without context takeover in both directions. A frame then depends on nothing
  but itself, so a connection can move to another process between two frames, and a broadcast is compressed once.
- Nothing is decoded before it is asked for: what was not asked for is part of the exported state.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import zlib

import msgspec

from pywrangler.errors import FrameError, ProtocolError
from pywrangler.protocol.malformed import MALFORMED

MESSAGE_LIMIT_BYTES = 32 * 1024 * 1024
DEFLATE_FROM_BYTES = 1024  # below this a frame costs less than its compression
CACHED_UP_TO_BYTES = 1024 * 1024
AGREED_DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
REASON_LIMIT_BYTES = 123

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FIN, _DEFLATED = 0x80, 0x40
_TAIL = b"\x00\x00\xff\xff"  # what RFC 7692 cuts off the end of a compressed message
_UNSENDABLE_CODES = frozenset((1004, 1005, 1006, 1015))
_SHORT = struct.Struct("!BBH")
_LONG = struct.Struct("!BBQ")
_CODE = struct.Struct("!H")


class Ping(msgspec.Struct, frozen=True):
    """The peer asks for a Pong with the same payload."""

    payload: bytes


class Pong(msgspec.Struct, frozen=True):
    """The peer answered a Ping, or just says that it is there."""

    payload: bytes


class Close(msgspec.Struct, frozen=True):
    """The peer sends nothing more; `code` is 1005 if it gave none."""

    code: int
    reason: str


Event = str | bytes | Ping | Pong | Close
"""What a decoder yields: a text message, a binary message, or a control frame."""


# ---- handshake ------------------------------------------------------------------------------------------


def accept_key(key: str) -> str:
    """Return the `Sec-WebSocket-Accept` that answers `Sec-WebSocket-Key`."""
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + _GUID, usedforsecurity=False).digest()).decode()


def is_key(key: str) -> bool:
    """Whether `key` is a `Sec-WebSocket-Key`: 16 bytes in base64."""
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False


def accept_deflate(offers: str) -> bool:
    """Whether a client's `Sec-WebSocket-Extensions` holds an offer that `AGREED_DEFLATE` may answer."""
    return any(map(_is_acceptable, offers.split(",")))


def _is_acceptable(offer: str) -> bool:
    name, *parameters = (part.strip() for part in offer.split(";"))
    if name.lower() != "permessage-deflate":
        return False
    seen = set()
    for parameter in parameters:
        key, _, value = (part.strip().strip('"').lower() for part in parameter.partition("="))
        if key in seen:
            return False
        seen.add(key)
        if key in ("server_no_context_takeover", "client_no_context_takeover"):
            acceptable = not value
        elif key == "client_max_window_bits":
            acceptable = not value or value in map(str, range(8, 16))
        else:
            # A smaller window of ours would make broadcasts differ from socket to socket.
            acceptable = key == "server_max_window_bits" and value == "15"
        if not acceptable:
            return False
    return True


# ---- encoding -------------------------------------------------------------------------------------------


def is_close_code(code: int) -> bool:
    """Whether a Close frame may carry `code` (spec/websocket.md, section 1)."""
    return 1000 <= code <= 4999 and code not in _UNSENDABLE_CODES


def apply_mask(payload: bytes | bytearray | memoryview, mask: bytes) -> bytes:
    """Return `payload` XOR the repeated 4-byte `mask`: masks and unmasks."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    # One XOR over big integers is two orders of magnitude faster than a loop over bytes.
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


def encode_frame(opcode: int, payload: bytes, *, head: int = _FIN, mask: bytes | None = None) -> bytes:
    """Return one frame; `head` holds the FIN and RSV bits, `mask` is given by clients only."""
    size = len(payload)
    masked = 0
    if mask is not None:
        masked = 0x80
        payload = mask + apply_mask(payload, mask)
    if size < 126:
        return bytes((head | opcode, masked | size)) + payload
    if size < 65536:
        return _SHORT.pack(head | opcode, masked | 126, size) + payload
    return _LONG.pack(head | opcode, masked | 127, size) + payload


def utf8(text: str) -> bytes:
    """Encode as JavaScript does: a lone surrogate becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _encode_message(data: str | bytes, *, deflate: bool, mask: bytes | None = None) -> bytes:
    if isinstance(data, str):
        opcode, payload = _TEXT, utf8(data)
    else:
        opcode, payload = _BINARY, data
    if deflate and len(payload) >= DEFLATE_FROM_BYTES:
        deflater = zlib.compressobj(1, wbits=-15)
        small = deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)
        if len(small) - len(_TAIL) < len(payload):
            return encode_frame(opcode, small[: -len(_TAIL)], head=_FIN | _DEFLATED, mask=mask)
    return encode_frame(opcode, payload, mask=mask)


class MessageEncoder:
    """Encodes a server's messages; remembers the last one of each kind, so a broadcast of one object encodes once."""

    __slots__ = ("_deflated", "_plain")

    def __init__(self) -> None:
        self._plain: tuple[str | bytes, bytes] = ("", encode_frame(_TEXT, b""))
        self._deflated: tuple[str | bytes, bytes] = self._plain

    def encode(self, data: str | bytes, deflate: bool) -> bytes:
        """Return the frame of one message; `deflate` says what the handshake agreed."""
        known, frame = self._deflated if deflate else self._plain
        if known is data:
            return frame
        frame = _encode_message(data, deflate=deflate)
        if len(data) <= CACHED_UP_TO_BYTES:
            if deflate:
                self._deflated = (data, frame)
            else:
                self._plain = (data, frame)
        return frame


encode_message = MessageEncoder().encode
"""Return a server's frame of one message (see `MessageEncoder.encode`)."""


def encode_client_message(data: str | bytes, *, deflate: bool) -> bytes:
    """Return a client's (masked) frame of one message."""
    return _encode_message(data, deflate=deflate, mask=os.urandom(4))


def encode_close(code: int | None, reason: str = "", *, mask: bytes | None = None) -> bytes:
    """Return a Close frame, without a body if `code` is None; a reason that is too long is cut at a character."""
    if code is None:
        return encode_frame(_CLOSE, b"", mask=mask)
    text = utf8(reason)[:REASON_LIMIT_BYTES].decode(errors="ignore").encode()
    return encode_frame(_CLOSE, _CODE.pack(code) + text, mask=mask)


def encode_pong(payload: bytes = b"", *, mask: bytes | None = None) -> bytes:
    """Return a Pong frame."""
    return encode_frame(_PONG, payload, mask=mask)


# ---- decoding -------------------------------------------------------------------------------------------


class _State(msgspec.Struct, array_like=True):
    """What `Decoder.export_state` writes."""

    from_client: bool
    deflate: bool
    is_closed: bool
    opcode: int
    is_deflated: bool
    fragments: bytes
    unread: bytes


class Decoder:
    """Turns a byte stream into events: `receive` what arrives, take events with `next_event` until it gives None.

    `from_client` says who is at the other end, `deflate` what the handshake agreed. After a Close frame or a FrameError
    nothing more is decoded.
    """

    __slots__ = (
        "_buffer", "_deflate", "_fragments", "_from_client", "_is_deflated", "_opcode", "_position", "is_closed",
    )  # fmt: skip

    def __init__(self, *, from_client: bool = True, deflate: bool = False) -> None:
        self._from_client = from_client
        self._deflate = deflate
        self._buffer: bytes | bytearray = b""
        self._position = 0
        self._opcode = 0  # of the message whose fragments are being collected; 0 between messages
        self._is_deflated = False
        self._fragments: bytearray | None = None
        self.is_closed = False

    @property
    def unread(self) -> int:
        """The number of bytes received and not decoded yet."""
        return len(self._buffer) - self._position

    def receive(self, data: bytes) -> None:
        """Take bytes that arrived; decodes nothing."""
        if self._position == len(self._buffer):
            self._buffer, self._position = data, 0
            return
        if not isinstance(self._buffer, bytearray):
            self._buffer = bytearray(memoryview(self._buffer)[self._position :])
            self._position = 0
        elif self._position:
            del self._buffer[: self._position]
            self._position = 0
        self._buffer += data

    def next_event(self) -> Event | None:
        """Return the next event, None if more bytes are needed; FrameError if the peer breaks the protocol."""
        if self.is_closed:
            self._buffer, self._position = b"", 0
            return None
        try:
            return self._decode()
        except FrameError:
            self.is_closed = True
            raise

    def _decode(self) -> Event | None:
        while True:
            frame = self._next_frame()
            if frame is None:
                return None
            first, payload = frame
            opcode = first & 0x0F
            if opcode >= _CLOSE:
                return self._control(opcode, payload)
            if opcode == _CONTINUATION:
                if self._fragments is None:
                    raise FrameError("a continuation without a message to continue")
                self._fragments += payload
                if len(self._fragments) > MESSAGE_LIMIT_BYTES:
                    raise FrameError("message too big", 1009)
                if not first & _FIN:
                    continue
                opcode, is_deflated, payload = self._opcode, self._is_deflated, bytes(self._fragments)
                self._fragments = None
                return self._message(opcode, payload, is_deflated)
            if self._fragments is not None:
                raise FrameError("a new message inside a fragmented one")
            if first & _FIN:
                return self._message(opcode, payload, bool(first & _DEFLATED))
            self._opcode, self._is_deflated, self._fragments = opcode, bool(first & _DEFLATED), bytearray(payload)

    def _next_frame(self) -> tuple[int, bytes] | None:
        """Return first byte and unmasked payload of the next complete frame."""
        buffer, start = self._buffer, self._position
        available = len(buffer) - start
        if available < 2:
            return None
        first, second = buffer[start], buffer[start + 1]
        self._check_head(first, second)
        size = second & 0x7F
        head = 2
        if size >= 126:
            width = 2 if size == 126 else 8
            head += width
            if available < head:
                return None
            size = int.from_bytes(buffer[start + 2 : start + head], "big")
            if size < (126 if width == 2 else 65536) or size >> 63:
                raise FrameError("a length that is not in its shortest form")
            if size > MESSAGE_LIMIT_BYTES:
                raise FrameError("message too big", 1009)
        if self._from_client:
            head += 4
        end = start + head + size
        if len(buffer) < end:
            return None
        payload = buffer[start + head : end]
        if self._from_client and size:
            payload = apply_mask(payload, bytes(buffer[start + head - 4 : start + head]))
        self._position = end
        return first, bytes(payload)

    def _check_head(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if bool(second & 0x80) is not self._from_client:
            raise FrameError("a client's frame is not masked" if self._from_client else "a server's frame is masked")
        if first & 0x30 or (first & _DEFLATED and (not self._deflate or opcode not in (_TEXT, _BINARY))):
            raise FrameError("reserved bits are set")
        if _BINARY < opcode < _CLOSE or opcode > _PONG:
            raise FrameError("an unknown opcode")
        if opcode >= _CLOSE and (not first & _FIN or second & 0x7F > 125):
            raise FrameError("a control frame that is fragmented or too long")

    def _control(self, opcode: int, payload: bytes) -> Event:
        if opcode == _PING:
            return Ping(payload)
        if opcode == _PONG:
            return Pong(payload)
        if not payload:
            self.is_closed = True
            return Close(1005, "")
        code = int.from_bytes(payload[:2], "big")
        if len(payload) < 2 or not is_close_code(code):
            raise FrameError("an invalid close code")
        reason = _text(payload[2:])
        self.is_closed = True
        return Close(code, reason)

    def _message(self, opcode: int, payload: bytes, is_deflated: bool) -> str | bytes:
        if is_deflated:
            payload = _inflate(payload)
        return _text(payload) if opcode == _TEXT else payload

    def export_state(self) -> bytes:
        """Return everything a decoder in another process needs to go on from here."""
        return msgspec.msgpack.encode(
            _State(
                from_client=self._from_client,
                deflate=self._deflate,
                is_closed=self.is_closed,
                opcode=self._opcode if self._fragments is not None else 0,
                is_deflated=self._is_deflated,
                fragments=bytes(self._fragments or b""),
                unread=bytes(self._buffer[self._position :]),
            )
        )

    @classmethod
    def from_state(cls, state: bytes) -> Decoder:
        """Return a decoder that goes on where `export_state` was called; ProtocolError if `state` is not one."""
        try:
            known = msgspec.msgpack.decode(state, type=_State)
        except MALFORMED as error:
            raise ProtocolError(f"state of a WebSocket decoder: {error}") from error
        decoder = cls(from_client=known.from_client, deflate=known.deflate)
        decoder.is_closed = known.is_closed
        decoder._buffer = known.unread
        if known.opcode:
            decoder._opcode, decoder._is_deflated = known.opcode, known.is_deflated
            decoder._fragments = bytearray(known.fragments)
        return decoder


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise FrameError("text that is not UTF-8", 1007) from error


def _inflate(payload: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=-15)
    try:
        data = inflater.decompress(payload + _TAIL, MESSAGE_LIMIT_BYTES + 1)
    except zlib.error as error:
        raise FrameError("a message that cannot be decompressed", 1007) from error
    if len(data) > MESSAGE_LIMIT_BYTES:
        raise FrameError("message too big", 1009)
    return data
