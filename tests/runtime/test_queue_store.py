"""What is left of queues when a process is killed: everything that was acknowledged to its sender."""

from __future__ import annotations

import asyncio

import pytest

from pywrangler.config.model import QueueConsumer
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.queues.messages import Queued, payload_of
from pywrangler.runtime.queues.store import RETENTION_MILLISECONDS
from tests.runtime.harness import settle
from tests.runtime.queue_world import Memory, World, fail, fine


@pytest.fixture
def test(run_async):
    """Return `test(main)`: runs `await main()`."""
    return lambda main: run_async(main())


@pytest.fixture
def disk():
    """What outlives the hosts: a host is killed by not using it any more."""
    return Memory()


def test_what_waits_is_delivered_by_the_next_host(test, disk):
    async def main():
        killed = World(fine, QueueConsumer("q"), QueueConsumer("r"), store=disk).started()
        await killed.send("a", "b")
        await killed.send("c", queue="r")
        await killed.send("d", delay=60)
        assert killed.got == []
        world = World(fine, QueueConsumer("q"), QueueConsumer("r"), store=disk).started()
        await world.clock.advance(10)
        assert sorted(world.got) == ["a1 b1", "c1"]
        await world.clock.advance(60)
        assert sorted(world.got) == ["a1 b1", "c1", "d1"]
        assert (world.stored("q"), world.stored("r")) == ("", "")

    test(main)


def test_a_batch_that_was_running_is_delivered_again(test, disk):
    async def main():
        never = asyncio.Event()
        killed = World(lambda _batch: never.wait(), QueueConsumer("q", max_batch_size=2), store=disk).started()
        await killed.send("a", "b")
        assert killed.got == ["a1 b1"]
        world = World(fine, QueueConsumer("q", max_batch_size=2), store=disk).started()
        await settle()
        assert world.got == ["a1 b1"]
        assert world.stored() == ""

    test(main)


def test_attempts_and_delays_of_retries_survive(test, disk):
    async def main():
        killed = World(fail, QueueConsumer("q", max_batch_timeout=0, retry_delay=30, max_retries=1), store=disk)
        await killed.started().send("a")
        assert killed.got == ["a1"]
        world = World(fail, QueueConsumer("q", max_batch_timeout=0, max_retries=1), store=disk).started()
        await settle()
        assert world.got == []
        await world.clock.advance(31)
        assert world.got == ["a2"]
        assert world.stored() == ""

    test(main)


def test_only_what_was_acknowledged_is_gone(test, disk):
    async def main():
        def handler(batch):
            batch.messages[1].retry(delaySeconds=100)

        killed = World(handler, QueueConsumer("q", max_batch_size=3), store=disk).started()
        await killed.send("a", "b", "c")
        assert killed.stored() == "b2"

    test(main)


def test_a_move_to_the_dead_letter_queue_survives(test, disk, logged, monkeypatch):
    monkeypatch.setattr("pywrangler.runtime.queues.outbox.PAUSES_SECONDS", (0,))
    consumer = QueueConsumer("q", max_batch_timeout=0, max_retries=0, dead_letter_queue="dead")

    async def main():
        killed = World(fail, consumer, store=disk).started()
        await killed.send("a")
        assert (killed.stored("q"), killed.stored("dead")) == ("", "a1")
        world = World(fine, consumer, store=disk, dead="undertaker").started()
        await settle()
        assert world.passed_on == [("undertaker", "dead", "a1")]
        assert world.stored("dead") == ""

    test(main)


def test_a_message_is_in_one_of_the_queues_at_any_moment_of_the_move(test, disk, logged):
    consumer = QueueConsumer("q", max_batch_timeout=0, max_retries=0, dead_letter_queue="dead")

    async def main():
        killed = World(fail, consumer, store=disk, dead="undertaker").started()
        killed.router.elsewhere.broken = 1000
        await killed.send("a")
        assert killed.stored("q") == "a1"
        assert killed.passed_on == []

    test(main)


def test_a_dead_letter_queue_may_be_the_queue_itself(test, disk, logged):
    consumer = QueueConsumer("q", max_batch_timeout=0, max_retries=0, dead_letter_queue="q", retry_delay=5)

    async def main():
        world = World(lambda batch: fail(batch) if len(world.batches) < 3 else None, consumer, store=disk).started()
        await world.send("a")
        await settle()
        assert world.got == ["a1", "a1", "a1"]
        assert world.stored() == ""

    test(main)


def test_what_nobody_consumes_waits_for_a_consumer_and_over_restarts(test, disk, logged, monkeypatch):
    monkeypatch.setattr("pywrangler.runtime.queues.outbox.LOOK_SECONDS", 0)

    async def main():
        killed = World(fine, store=disk).started()
        await killed.send(*map(str, range(150)), queue="later")
        world = World(fine, store=disk).started()
        await settle()
        assert world.passed_on == []
        world.router.elsewhere.broken = 1
        world.router.others["later"] = "consumer"
        await asyncio.wait_for(world.router.elsewhere.delivered.wait(), 5)
        await settle()
        assert [len(messages) for _, _, messages in world.router.elsewhere.taken] == [100, 50]
        assert world.stored("later") == ""

    test(main)


def test_a_worker_that_begins_to_consume_a_queue_gets_what_it_had_sent(test, disk, logged):
    async def main():
        await World(fine, store=disk).started().send("a", queue="q")
        world = World(fine, QueueConsumer("q", max_batch_timeout=0), store=disk).started()
        await settle()
        assert world.got == ["a1"]

    test(main)


def test_a_successor_takes_what_the_predecessor_did_not_pass_on_and_nothing_twice(test, disk):
    async def main():
        predecessor = World(fine, QueueConsumer("q", max_batch_timeout=5), store=disk).started()
        await predecessor.send("passed on", "left")
        successor = World(fine, QueueConsumer("q", max_batch_timeout=5), store=disk)
        successor.broker.begin()
        passed = predecessor.store.load("q")[:1]
        await successor.broker._take(successor.broker.target, payload_of("q", passed))
        successor.started()
        await successor.broker._take(successor.broker.target, payload_of("q", passed))
        await successor.clock.advance(6)
        assert successor.got == ["passed on1 left1"]

    test(main)


def test_messages_are_forgotten_after_four_days(test, disk, logged):
    async def main():
        world = World(fine, store=disk)
        now = world.clock.now() * 1000
        old, young = (now - RETENTION_MILLISECONDS + change for change in (-1, 1000))
        world.store.put("q", [Queued("old", old, "text", b"old"), Queued("young", young, "text", b"young")])
        world.started()
        assert world.stored() == "young1"

    test(main)


def test_a_message_that_cannot_be_kept_is_refused(test, disk):
    async def main():
        world = World(fine, QueueConsumer("q"), store=disk).started()
        disk.connection.execute("PRAGMA query_only=ON")
        with pytest.raises(JsException, match="cannot be read or written: attempt to write a readonly database"):
            await world.send("a")
        disk.connection.execute("PRAGMA query_only=OFF")
        await world.clock.advance(10)
        assert world.got == []

    test(main)
