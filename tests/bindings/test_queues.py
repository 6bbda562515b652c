"""The binding of a queue's producer (spec/bindings.md, section 4; the texts are those of wrangler 4.164)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pywrangler.bindings.catalogue import make
from pywrangler.config.compat import derive
from pywrangler.config.model import OtherBinding
from pywrangler.runtime import context
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import JsFunction, plain
from pywrangler.runtime.queues.messages import Queued, read_body, read_payload
from tests.runtime.queue_world import Memory

NOW = 1_000_000.0
REFUSED = "Error: Unknown Internal Error (15000)"


class Consumer:
    """Router and channel at once: takes down what is sent."""

    def __init__(self) -> None:
        self.queues: list[str] = []
        self.messages: list[Queued] = []
        self.is_there = True

    def consumer(self, queue: str) -> str | None:
        self.queues.append(queue)
        return "consumer" if self.is_there else None

    def channel(self, worker: str) -> Any:
        assert worker == "consumer"
        return self

    async def deliver(self, _target: Any, event: Any) -> Any:
        before = len(self.messages)
        self.messages += read_payload(event.payload)[1]
        return {"waiting": before, "size": 7 * before, "oldest": 5.0 if before else None}


class Producer:
    """A binding and what it sends."""

    def __init__(self, run_async: Any, *, date: str = "2026-06-10", **entry: Any) -> None:
        self.consumer = Consumer()
        self.stored = Memory()
        parts: Any = SimpleNamespace(
            config=SimpleNamespace(name="producer", compat=derive(date)),
            worker=SimpleNamespace(
                companions=[],
                when_sole=[],
                config=SimpleNamespace(name="producer", queue_consumers=()),
                take=lambda _kind, _taker: None,
                owner_elsewhere=lambda: None,
            ),
            router=self.consumer,
            clock=SimpleNamespace(now=lambda: NOW),
            stores=SimpleNamespace(store=lambda *_names: self.stored),
        )
        self.queue = make(OtherBinding("queues.producers", "Q", {"binding": "Q", "queue": "jobs", **entry}), parts)
        self._run = run_async

    def call(self, method: str, *given: Any, **named: Any) -> Any:
        async def call() -> Any:
            return await getattr(self.queue, method)(*given, **named)

        return self._run(call())

    def refusal(self, method: str, *given: Any, **named: Any) -> str:
        with pytest.raises(JsException) as caught:
            self.call(method, *given, **named)
        assert self.consumer.messages == []
        return str(caught.value)

    @property
    def sent(self) -> list[Any]:
        return [read_body(message) for message in self.consumer.messages]

    @property
    def delays(self) -> list[float]:
        return [message.due and message.due - NOW for message in self.consumer.messages]


@pytest.fixture
def producer(run_async: Any) -> Producer:
    return Producer(run_async)


@pytest.fixture
def logged() -> Any:
    lines: list[str] = []
    context.set_log_sink(lambda level, text: lines.append(f"{level}: {text}"))
    yield lines
    context.set_log_sink(lambda _level, _text: None)


def batch(*items: Any) -> Any:
    return array([plain(item) for item in items])


# ---- sending


def test_a_message_has_an_id_and_the_time(producer):
    producer.call("send", "hello")
    producer.call("send", "again")
    first, second = producer.consumer.messages
    assert producer.consumer.queues == ["jobs", "jobs"]
    assert (first.milliseconds, first.attempts, first.due) == (NOW * 1000, 1, 0)
    assert len(bytes.fromhex(first.id)) == 16
    assert first.id != second.id


def test_the_result_tells_what_waited(producer):
    empty = '{"metadata":{"metrics":{"backlogCount":0,"backlogBytes":0}}}'
    assert stringify(producer.call("send", 1)) == empty
    metrics = '{"backlogCount":1,"backlogBytes":7,"oldestMessageTimestamp":"1970-01-01T00:00:00.005Z"}'
    assert stringify(producer.call("metrics")) == metrics
    assert stringify(producer.call("sendBatch", batch({"body": 2}))) == f'{{"metadata":{{"metrics":{metrics}}}}}'
    assert producer.sent == [1, 2]


@pytest.mark.parametrize(
    ("date", "content_type"), [("2024-03-17", "v8"), ("2024-03-18", "json"), ("2026-06-10", "json")]
)
def test_the_content_type_is_json_unless_the_date_is_old(run_async, date, content_type):
    producer = Producer(run_async, date=date)
    producer.call("send", JsMap.new(array([array([1, 2])])))
    assert producer.consumer.messages[0].content_type == content_type
    assert stringify(producer.sent[0]) == "{}"


def test_options_come_as_object_or_as_keywords(producer):
    producer.call("send", "a", plain({"contentType": "text", "delaySeconds": 5}))
    producer.call("send", "b", contentType="text", delaySeconds=6)
    producer.call("send", "c", jsnull)
    producer.call("send", delaySeconds=7)  # the only parameter is the body
    assert [message.content_type for message in producer.consumer.messages] == ["text", "text", "json", "json"]
    assert producer.delays == [5, 6, 0, 0]
    assert stringify(producer.sent[3]) == '{"delaySeconds":7}'


def test_values_are_read_at_the_call(producer, run_async):
    async def main():
        body = plain({"n": 1})
        promise = producer.queue.send(body)
        body.n = 2
        await promise

    run_async(main())
    assert stringify(producer.sent[0]) == '{"n":1}'


def test_a_batch_has_types_and_delays_of_its_own(producer):
    items = batch(
        {"body": "a", "contentType": "text", "delaySeconds": 0}, {"body": "b", "delaySeconds": 9}, {"body": 3}
    )
    producer.call("sendBatch", items, plain({"delaySeconds": 4}))
    assert producer.sent == ["a", "b", 3]
    assert [message.content_type for message in producer.consumer.messages] == ["text", "json", "json"]
    assert producer.delays == [0, 9, 4]


def test_any_iterable_is_a_batch(producer):
    producer.call("sendBatch", (plain({"body": number}) for number in range(3)), delaySeconds=1)
    assert producer.sent == [0, 1, 2]
    assert producer.delays == [1, 1, 1]


def test_the_delay_of_the_config_is_for_messages_without_one(run_async):
    producer = Producer(run_async, delivery_delay=30)
    producer.call("send", "a")
    producer.call("send", "b", delaySeconds=0)
    producer.call("sendBatch", batch({"body": "c"}), delaySeconds=2)
    assert producer.delays == [30, 0, 2]


@pytest.mark.parametrize(("asked", "delay"), [(1.9, 1), ("x", 0), (jsnull, 0), ("12", 12), (86_400, 86_400)])
def test_delays_are_whole_numbers(producer, asked, delay):
    producer.call("send", 1, delaySeconds=asked)
    assert producer.delays == [delay]


def test_without_a_consumer_messages_wait_and_that_is_said_once(producer, logged):
    producer.consumer.is_there = False
    assert stringify(producer.call("send", "a").metadata.metrics) == '{"backlogCount":0,"backlogBytes":0}'
    assert producer.call("send", "b").metadata.metrics.backlogCount == 1
    assert producer.call("metrics").backlogCount == 2
    (line,) = logged
    assert line.startswith('warn: Nobody consumes the queue "jobs", so its messages wait: ')


def test_asking_for_metrics_warns_of_nothing(producer, logged):
    producer.consumer.is_there = False
    assert producer.call("metrics").backlogCount == 0
    assert logged == []


# ---- what is refused


@pytest.mark.parametrize(
    ("method", "given", "problem"),
    [
        ("send", (), "TypeError: Failed to execute 'send' on 'WorkerQueue': parameter 1 is not of type 'Value'."),
        ("send", (None,), "TypeError: Message body cannot be undefined"),
        (
            "send",
            (1, "text"),
            "TypeError: Failed to execute 'send' on 'WorkerQueue': parameter 2 is not of type 'SendOptions'.",
        ),
        ("send", ("x", plain({"contentType": "zz"})), "TypeError: Unsupported queue message content type: zz"),
        ("send", (JsFunction.new(lambda: 1),), REFUSED),
        ("send", (1, plain({"delaySeconds": -1})), REFUSED),
        ("send", (1, plain({"delaySeconds": 86_401})), REFUSED),
        ("send", ("x" * 128_001, plain({"contentType": "text"})), REFUSED),
        ("sendBatch", (array([]),), "TypeError: sendBatch() requires at least one message"),
        (
            "sendBatch",
            (),
            "TypeError: Failed to execute 'sendBatch' on 'WorkerQueue': parameter 1 is not of type 'Sequence'.",
        ),
        (
            "sendBatch",
            (5,),
            "TypeError: Failed to execute 'sendBatch' on 'WorkerQueue': parameter 1 is not of type 'Sequence'.",
        ),
        (
            "sendBatch",
            (array([5]),),
            "TypeError: Incorrect type: the provided value is not of type 'MessageSendRequest'.",
        ),
        ("sendBatch", (batch({}),), "TypeError: Message body cannot be undefined"),
        (
            "sendBatch",
            (batch({"body": "x", "contentType": "zz"}),),
            "TypeError: Unsupported queue message content type: zz",
        ),
        ("sendBatch", (batch(*[{"body": 1}] * 101),), REFUSED),
        ("sendBatch", (batch(*[{"body": "x" * 100_000}] * 3),), REFUSED),
        ("sendBatch", (batch({"body": 1}), plain({"delaySeconds": -1})), REFUSED),
        ("sendBatch", (batch({"body": 1}, {"body": 1, "delaySeconds": -1}),), REFUSED),
    ],
)
def test_mistakes_reject_the_promise_and_nothing_is_sent(producer, method, given, problem):
    assert producer.refusal(method, *given) == problem


def test_the_limits_themselves_are_allowed(producer):
    producer.call("send", "x" * 128_000, contentType="text")
    producer.call("sendBatch", batch(*[{"body": 1}] * 100))
    producer.call("sendBatch", batch(*[{"body": "x" * 96_000, "contentType": "text"}] * 3))
    assert len(producer.consumer.messages) == 104


@pytest.mark.parametrize(
    ("method", "given", "told"),
    [
        (
            "send",
            ("é" * 64_001, plain({"contentType": "text"})),
            "a message of 128002 bytes; the limit is 128000 bytes.",
        ),
        ("send", (1, plain({"delaySeconds": -1})), "a delay of -1 seconds; it can be 0 to 86400 seconds."),
        ("sendBatch", (batch(*[{"body": 1}] * 101),), "a batch of 101 messages; the limit is 100 messages."),
        (
            "sendBatch",
            (batch(*[{"body": "x" * 99_998}] * 3),),
            "a batch of 300000 bytes; the limit is 288000 bytes.",
        ),
    ],
)
def test_the_log_says_which_limit_it_was(producer, logged, method, given, told):
    producer.refusal(method, *given)
    assert logged == [f'warn: Queue "jobs" refused {told}']


def test_a_dropped_promise_has_sent(producer, run_async):
    async def main():
        import asyncio

        producer.queue.send("a")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    run_async(main())
    assert producer.sent == ["a"]


def test_the_class_is_the_one_that_the_sdk_wraps(producer):
    assert type(producer.queue)._js_name == "WorkerQueue"
