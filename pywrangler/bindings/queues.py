"""`queues.producers`: a binding that sends messages to a queue (spec/bindings.md, section 4).

Every mistake rejects the promise. What breaks a limit gets the platform's error, which says nothing; the log says what
was wrong.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from pywrangler.bindings.operations import operation
from pywrangler.runtime import context
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.primitives import is_primitive
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.js.webidl import absent, to_int
from pywrangler.runtime.queues.messages import REFUSED, Queued, content_type_of, write_body
from pywrangler.runtime.queues.outbox import Outbox
from pywrangler.runtime.queues.store import TABLES, MessageStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.config.model import OtherBinding
    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.js.proxy import JsPromise
    from pywrangler.runtime.queues.messages import ContentType, Metrics

MESSAGE_BYTES = 128_000
BATCH_BYTES = 288_000
BATCH_MESSAGES = 100
DELAY_SECONDS = 86_400


class Defaults(NamedTuple):
    """What a message gets that says nothing about it."""

    content_type: ContentType = "json"
    delay: float = 0.0
    """Seconds."""


class WorkerQueue(JsProxy):
    """The binding."""

    __slots__ = ("_clock", "_defaults", "_outbox", "_queue")

    def __init__(self, queue: str, outbox: Outbox, clock: Clock, defaults: Defaults) -> None:
        self._queue = queue
        self._outbox = outbox
        self._clock = clock
        self._defaults = defaults

    def send(self, *given: Any, **named: Any) -> JsPromise:
        """Send one message: `send(body, {contentType, delaySeconds})`; the result has the metrics of the queue."""

        def prepare() -> list[Queued]:
            if not given and not named:
                raise _wrong_parameter("send", 1, "Value")
            # Keyword arguments are the last parameter, whichever that is.
            body, rest = (given[0], named) if given else (plain(named), {})
            chosen = _options("send", given[1] if len(given) > 1 else None, rest, "SendOptions")
            return [self._message(body, chosen, None)]

        return self._sent(_now_or_later(prepare))

    def sendBatch(self, *given: Any, **named: Any) -> JsPromise:
        """Send up to 100 messages at once: `sendBatch([{body, contentType, delaySeconds}], {delaySeconds})`."""

        def prepare() -> list[Queued]:
            items: Any = given[0] if given else None
            if is_primitive(items) or not hasattr(items, "__iter__"):
                raise _wrong_parameter("sendBatch", 1, "Sequence")
            chosen = _options("sendBatch", given[1] if len(given) > 1 else None, named, "SendBatchOptions")
            delay = chosen.get("delaySeconds")
            messages = [self._item(item, delay) for item in items]
            if not messages:
                raise type_error("sendBatch() requires at least one message")
            self._check_batch(messages)
            return messages

        return self._sent(_now_or_later(prepare))

    def metrics(self) -> JsPromise:
        """Return what waits in the queue: `{backlogCount, backlogBytes, oldestMessageTimestamp}`."""

        async def ask() -> Any:
            return (await self._outbox.send(self._queue, ())).to_js()

        return operation(ask)

    # ---- sending ------------------------------------------------------------------------------------------

    def _sent(self, prepared: Callable[[], list[Queued]]) -> JsPromise:
        async def deliver() -> Any:
            metrics: Metrics = await self._outbox.send(self._queue, prepared())
            return plain({"metadata": plain({"metrics": metrics.to_js()})})

        return operation(deliver)

    def _item(self, item: Any, delay: Any) -> Queued:
        if is_primitive(item):
            raise type_error("Incorrect type: the provided value is not of type 'MessageSendRequest'.")
        chosen = options(item)
        return self._message(chosen.get("body"), chosen, delay)

    def _message(self, body: Any, chosen: Mapping[str, Any], delay: Any) -> Queued:
        given = chosen.get("contentType")
        content_type = self._defaults.content_type if given is None else content_type_of(given)
        written = write_body(body, content_type)
        if len(written) > MESSAGE_BYTES:
            raise self._refused(f"a message of {len(written)} bytes; the limit is {MESSAGE_BYTES} bytes")
        now = self._clock.now()
        asked = delay if chosen.get("delaySeconds") is None else chosen["delaySeconds"]
        seconds = self._defaults.delay if asked is None else self._seconds(asked)
        due = now + seconds if seconds else 0.0
        return Queued(secrets.token_hex(16), round(now * 1000), content_type, written, due=due)

    def _seconds(self, asked: Any) -> int:
        seconds = to_int(asked)
        if not 0 <= seconds <= DELAY_SECONDS:
            raise self._refused(f"a delay of {seconds} seconds; it can be 0 to {DELAY_SECONDS} seconds")
        return seconds

    def _check_batch(self, messages: Sequence[Queued]) -> None:
        if len(messages) > BATCH_MESSAGES:
            raise self._refused(f"a batch of {len(messages)} messages; the limit is {BATCH_MESSAGES} messages")
        size = sum(len(message.body) for message in messages)
        if size > BATCH_BYTES:
            raise self._refused(f"a batch of {size} bytes; the limit is {BATCH_BYTES} bytes")

    def _refused(self, why: str) -> JsException:
        context.log("warn", f'Queue "{self._queue}" refused {why}.')
        return error(REFUSED)


def _now_or_later(prepare: Callable[[], list[Queued]]) -> Callable[[], list[Queued]]:
    """Do it now, as the caller may change the values afterwards; give or raise the outcome when it is asked for."""
    try:
        messages = prepare()
    except (JsException, TypeError) as problem:
        failure = problem

        def fail() -> list[Queued]:
            raise failure

        return fail
    return lambda: messages


def _options(call: str, given: Any, named: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    if is_primitive(given) and not absent(given):
        raise _wrong_parameter(call, 2, kind)
    return options(given, named)


def _wrong_parameter(call: str, number: int, kind: str) -> JsException:
    return type_error(f"Failed to execute '{call}' on 'WorkerQueue': parameter {number} is not of type '{kind}'.")


def outbox_of(parts: Parts) -> Outbox:
    """Return the outbox of this host's Worker; there is one."""

    def open_store() -> MessageStore:
        return MessageStore(parts.stores.store("queues", "QueueBrokerObject", parts.config.name, TABLES))

    return Outbox.of(parts.worker, parts.router, parts.clock, open_store)


def make(binding: OtherBinding, parts: Parts) -> WorkerQueue:
    """Return the binding of an entry of the config; one that names no queue has the queue of its own name."""
    defaults = Defaults(
        "json" if parts.config.compat.queues_json else "v8", float(binding.data.get("delivery_delay") or 0)
    )
    name = str(binding.data.get("queue") or binding.name)
    queue: WorkerQueue = WorkerQueue.new(name, outbox_of(parts), parts.clock, defaults)
    return queue
