"""Messages of queues: how a body is written and read, how messages travel between hosts (spec/bindings.md, section 4).

A body is bytes from the moment it is sent: JSON, UTF-8 text, plain bytes, or a structured clone in V8's format. Each
delivery reads it anew, so that a handler never sees what an earlier attempt did to it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

import msgspec

from pywrangler.errors import ProtocolError
from pywrangler.protocol.malformed import MALFORMED
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.js import json
from pywrangler.runtime.js.buffers import ArrayBuffer, View
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsValue, jsnull
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.js.webidl import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.runtime.js.values import JsObject

KIND = "queueMessages"
"""The event that brings messages to the Worker that consumes their queue; its answer is a `Metrics`."""
REFUSED = "Unknown Internal Error (15000)"
"""What the platform says to whatever breaks a limit, and to a value without a JSON text."""

ContentType = Literal["json", "text", "bytes", "v8"]
_CONTENT_TYPES: tuple[str, ...] = get_args(ContentType)


class Queued(msgspec.Struct, frozen=True, array_like=True):
    """One message on its way."""

    id: str
    """32 hex digits."""
    milliseconds: float
    """When it was sent."""
    content_type: ContentType
    body: bytes
    attempts: int = 1
    """Number of the next delivery."""
    due: float = 0.0
    """When it may be delivered, or has been waiting since: seconds since the epoch; 0 means now."""


class Metrics(NamedTuple):
    """What waits in a queue; messages that are delayed do not count."""

    waiting: int = 0
    size: int = 0
    """Bytes of the bodies."""
    oldest: float | None = None
    """When the oldest message was sent, in milliseconds since the epoch."""

    def to_js(self) -> JsObject:
        """Return it as user code sees it."""
        shown: dict[str, Any] = {"backlogCount": self.waiting, "backlogBytes": self.size}
        if self.oldest is not None:
            shown["oldestMessageTimestamp"] = JsDate.new(self.oldest)
        return plain(shown)


# ---- bodies ---------------------------------------------------------------------------------------------


def content_type_of(given: Any) -> ContentType:
    """Return the content type of a name in any case; the platform's TypeError for another one."""
    name = to_string(given)
    if name.lower() not in _CONTENT_TYPES:
        raise type_error(f"Unsupported queue message content type: {name}")
    return cast("ContentType", name.lower())


def write_body(value: Any, content_type: ContentType) -> bytes:
    """Return the bytes of a body; raises what `send` rejects with for a value that the content type cannot hold."""
    if value is None:
        raise type_error("Message body cannot be undefined")
    if content_type == "text":
        if not isinstance(value, str):
            raise _wrong_type(content_type, "string", value)
        return encode(value)
    if content_type == "bytes":
        if not isinstance(value, View):
            raise _wrong_type(content_type, "ArrayBufferView", value)
        return value.to_bytes()
    if content_type == "v8":
        return serialize(value)
    text = json.stringify(value)
    if text is None:
        raise error(REFUSED)
    return encode(text)


def read_body(message: Queued) -> Any:
    """Return a new JavaScript value of the body; CloneError or JsException for bytes that nothing of ours wrote."""
    if message.content_type == "text":
        return message.body.decode("utf-8", "replace")
    if message.content_type == "bytes":
        return ArrayBuffer.from_bytes(message.body)
    if message.content_type == "v8":
        return deserialize(message.body, "js")
    return json.parse_json(message.body.decode("utf-8", "replace"))


def _wrong_type(content_type: str, wanted: str, value: Any) -> Exception:
    if isinstance(value, str):
        kind = "string"
    elif isinstance(value, bool):
        kind = "boolean"
    elif isinstance(value, (int, float)):
        kind = "number"
    else:
        kind = value.typeof if isinstance(value, JsValue) and value is not jsnull else "object"
    return type_error(
        f'Content Type "{content_type}" requires a value of type {wanted}, but received: {kind}',
    )


# ---- between hosts --------------------------------------------------------------------------------------

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Queued])


def payload_of(queue: str, messages: Sequence[Queued]) -> dict[str, Any]:
    """Return the payload of the event that brings messages; without any it asks for the metrics only."""
    return {"queue": queue, "messages": _encoder.encode(list(messages))}


def read_payload(payload: Mapping[str, Any]) -> tuple[str, list[Queued]]:
    """Return queue and messages of an event; ProtocolError if it is malformed."""
    queue, packed = payload.get("queue"), payload.get("messages")
    if not isinstance(queue, str) or not isinstance(packed, (bytes, bytearray, memoryview)):
        raise ProtocolError("messages of a queue without its name, or without messages")
    try:
        messages = _decoder.decode(packed)
    except MALFORMED as problem:
        raise ProtocolError(f"messages of the queue {queue!r}: {problem}") from problem
    if not all(math.isfinite(message.due) and message.attempts > 0 for message in messages):
        raise ProtocolError(f"messages of the queue {queue!r}: impossible times or attempts")
    return queue, messages


def answer_of(metrics: Metrics) -> dict[str, Any]:
    """Return the answer to the event as it travels."""
    return metrics._asdict()


def read_answer(answer: Any) -> Metrics:
    """Return what the consumer answered; nothing waits where nobody answered."""
    return Metrics(answer["waiting"], answer["size"], answer["oldest"]) if isinstance(answer, dict) else Metrics()
