"""Queues between real Workers, on a clock that the tests move."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest

pytestmark = pytest.mark.workers(
    "queues/shop/wrangler.jsonc", "queues/office/wrangler.jsonc", "queues/legacy/wrangler.jsonc"
)


@pytest.fixture
def shop(workers):
    return workers["shop"]


@pytest.fixture
def send(shop):
    """Return `send(binding, body, **options)`."""
    return lambda binding, body, **options: shop.entrypoint().send(binding, body, options)


def printed(worker):
    return [str(line) for line in worker.logs if line.level == "log"]


def batches(shop):
    """Return the batches of the shop: queue, and bodies with attempts."""
    return [json.loads(line) for line in printed(shop) if line.startswith("[")]


def test_a_batch_comes_when_its_time_is_over(shop, send, clock):
    began = clock.now()
    assert send("ORDERS", {"a": [1, None]}) == {"metadata": {"metrics": {"backlogCount": 0, "backlogBytes": 0}}}
    assert shop.entrypoint().waiting() == {
        "backlogCount": 1,
        "backlogBytes": 14,
        "oldestMessageTimestamp": datetime.fromtimestamp(began),  # noqa: DTZ006 - naive local time, as the contract says
    }
    clock.advance(4.9)
    assert batches(shop) == []
    clock.advance(0.1)
    assert batches(shop) == [["orders", [[{"a": [1, None]}, 1]]]]


def test_a_full_batch_needs_no_time(shop, clock):
    shop.entrypoint().send_batch("ORDERS", ["a", "b", "c", "d"])
    assert batches(shop) == [["orders", [["a", 1], ["b", 1], ["c", 1]]]]
    clock.advance(5)
    assert batches(shop)[1:] == [["orders", [["d", 1]]]]


def test_the_handler_sees_what_the_sdk_makes_of_a_batch(shop, send, clock):
    send("ORDERS", "types")
    clock.advance(5)
    shown = "32 datetime list {'backlogCount': 0, 'backlogBytes': 0}"
    assert printed(shop)[-1] == shown


def test_delays_and_retries_take_the_time_they_say(shop, send, clock):
    send("ORDERS", "later", delaySeconds=100)
    send("ORDERS", "again")
    clock.advance(5)
    assert batches(shop) == [["orders", [["again", 1]]]]
    clock.advance(10 + 5)
    assert batches(shop)[1:] == [["orders", [["again", 2]]]]
    clock.advance(100)
    assert batches(shop)[2:] == [["orders", [["later", 1]]]]


def test_a_failed_message_ends_in_the_queue_of_another_worker(workers, shop, send, clock):
    send("ORDERS", "fail")
    clock.advance(5)
    assert [line.level for line in shop.logs if "ValueError: cannot" in line.text] == ["error"]
    clock.advance(65)
    assert batches(shop) == [["orders", [["fail", 1]]], ["orders", [["fail", 2]]]]
    (moved,) = [line.text for line in shop.logs if line.level == "warn"]
    assert re.fullmatch(
        r'Moving message "[0-9a-f]{32}" on queue "orders" to dead letter queue "dead" after 2 failed attempts\.\.\.',
        moved,
    )
    assert printed(workers["office"]) == ["dead 'fail' 1"]


def test_messages_reach_the_worker_that_consumes_the_queue(workers, send, clock):
    send("LETTERS", "plain")
    send("LETTERS", b"\x00\xff", contentType="bytes")
    send("LETTERS", {"s": {1, 2}}, contentType="v8")
    assert printed(workers["office"]) == ["letters 'plain' 1", r"letters b'\x00\xff' 1", "letters {'s': {1, 2}} 1"]


def test_a_handler_sends_on(workers, send, clock):
    send("ORDERS", "send on")
    clock.advance(5)
    assert printed(workers["office"]) == ["letters 'from orders' 1"]


def test_handlers_of_the_old_layout_get_env_and_ctx(workers, send, clock):
    send("LEGACY", {"n": 1})
    clock.advance(1)
    assert printed(workers["legacy"]) == ["legacy {'n': 1} 1"]
    assert sorted(printed(workers["office"])) == ["letters 'text' 1", "letters {'seen': {'n': 1}} 1"]


def test_objects_send_when_their_writes_are_stored(shop, clock):
    shop.entrypoint().pay(5)
    clock.advance(5)
    assert batches(shop) == [["orders", [[{"paid": 5}, 1]]]]


def test_sending_without_await_sends(shop, clock):
    shop.entrypoint().forget("dropped")
    clock.advance(5)
    assert batches(shop) == [["orders", [["dropped", 1]]]]


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_each_test_begins_with_empty_queues_and_hears_the_warning(shop, send, clock, attempt):
    assert shop.entrypoint().waiting()["backlogCount"] == 0
    send("ORDERS", attempt)
    send("ORDERS", "much later", delaySeconds=1000)
    send("NOBODY", 1)
    send("NOBODY", 2)
    assert [line.text for line in shop.logs if line.level == "warn"] == [
        'Nobody consumes the queue "nobody", so its messages wait: no running Worker has it in queues.consumers.'
    ]


def test_a_batch_of_the_tests_own_is_handled_by_the_same_rules(shop, clock):
    result = shop.queue("orders", ["again", "fine"])
    assert (result.acked, result.retried) == (("1",), {"0": 10.0})
    clock.advance(100)
    assert batches(shop) == [["orders", [["again", 1], ["fine", 1]]]]
