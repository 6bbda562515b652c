"""`scheduled()` and `queue()` of a service binding, for callers with the flag `service_binding_extra_handlers`.

Measured with wrangler 4.164; the source is `Fetcher` in workerd's `api/http.h`.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import invocations
from pywrangler.runtime.clone import serialize
from pywrangler.runtime.js import convert
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_integer, to_number, to_string
from pywrangler.runtime.js.webidl import absent, buffer_bytes
from pywrangler.runtime.queues.messages import Queued

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.runtime.ports import Event

HANDLERS = frozenset({"scheduled", "queue"})


def event_of(name: str, arguments: Sequence[Any]) -> Event:
    """Return the event that a call asks for; `arguments` are JavaScript values, TypeErrors are the platform's."""
    return _scheduled(*arguments[:1]) if name == "scheduled" else _queue(*arguments[:2])


def _scheduled(options: Any = None) -> Event:
    given = {} if absent(options) else convert.options(options)
    cron, when = given.get("cron"), given.get("scheduledTime")
    milliseconds = int(time.time() * 1000) if absent(when) else _milliseconds(when)
    return invocations.scheduled_event("" if absent(cron) else to_string(cron), float(milliseconds))


def _queue(name: Any = None, messages: Any = None) -> Event:
    if absent(name):
        raise _wrong_argument(1, "string")
    if not hasattr(messages, "__iter__") or isinstance(messages, str):
        raise _wrong_argument(2, "Array")
    return invocations.queue_event(to_string(name), [_message(convert.options(item)) for item in messages])


def _message(given: Any) -> Queued:
    when = given.get("timestamp")
    if absent(when):
        raise type_error(
            "Incorrect type for the 'timestamp' field on 'ServiceBindingQueueMessage': "
            "the provided value is not of type 'date'."
        )
    attempts = to_number(given.get("attempts"))
    if math.isnan(attempts):
        raise type_error("The value cannot be converted because it is not an integer.")
    body, serialized = given.get("body"), given.get("serializedBody")
    if (body is None) == (serialized is None):
        raise type_error("Expected one of body or serializedBody for each message")
    data = serialize(body) if serialized is None else buffer_bytes(serialized) or b""
    return Queued(to_string(given.get("id")), float(_milliseconds(when)), "v8", data, max(1, int(to_integer(attempts))))


def _milliseconds(value: Any) -> int | float:
    return value.getTime() if isinstance(value, JsDate) else to_number(value)


def _wrong_argument(position: int, kind: str) -> Exception:
    return type_error(f"Failed to execute 'queue' on 'Fetcher': parameter {position} is not of type '{kind}'.")
