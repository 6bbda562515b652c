"""The broker of a Worker's queues, on a clock that the test moves (spec/bindings.md, section 4)."""

from __future__ import annotations

import asyncio

import pytest

from pywrangler.config.model import QueueConsumer
from pywrangler.runtime.queues.messages import Metrics, Queued
from pywrangler.runtime.queues.outbox import Outbox
from tests.runtime.harness import settle
from tests.runtime.queue_world import World, fail, fine


@pytest.fixture
def test(run_async):
    """Return `test(main)`: runs `await main()`."""
    return lambda main: run_async(main())


# ---- batches


def test_batches_come_when_they_are_full_or_when_their_time_is_over(test):
    async def main():
        world = World(fine, QueueConsumer("q", max_batch_size=2, max_batch_timeout=5)).started()
        await world.send("a", "b", "c")
        assert world.got == ["a1 b1"]
        await world.clock.advance(4.9)
        assert world.got == ["a1 b1"]
        await world.clock.advance(0.1)
        assert world.got == ["a1 b1", "c1"]
        assert world.lines == [("q", 2, 2), ("q", 1, 1)]
        assert not world.worker.pending
        assert not world.worker.driven

    test(main)


def test_batches_of_one_queue_run_one_after_another(test):
    async def main():
        gate = asyncio.Event()
        world = World(lambda _batch: gate.wait(), QueueConsumer("q", max_batch_size=1)).started()
        await world.send("a", "b")
        assert world.got == ["a1"]
        assert len(world.worker.driven) == 1
        gate.set()
        await settle()
        assert world.got == ["a1", "b1"]

    test(main)


def test_as_many_batches_run_at_once_as_the_config_says(test):
    async def main():
        gate = asyncio.Event()
        config = QueueConsumer("q", max_batch_size=1, max_concurrency=2)
        world = World(lambda _batch: gate.wait(), config).started()
        await world.send("a", "b", "c")
        assert world.got == ["a1", "b1"]
        gate.set()
        await settle()
        assert world.got == ["a1", "b1", "c1"]

    test(main)


def test_queues_do_not_wait_for_each_other(test):
    async def main():
        gate = asyncio.Event()
        world = World(
            lambda batch: gate.wait() if batch.queue == "q" else None,
            QueueConsumer("q", max_batch_timeout=0),
            QueueConsumer("r", max_batch_timeout=0),
        ).started()
        await world.send("a")
        await world.send("b", queue="r")
        assert world.lines == [("r", 1, 1)]
        gate.set()
        await settle()
        assert world.lines == [("r", 1, 1), ("q", 1, 1)]

    test(main)


def test_nothing_is_delivered_before_the_worker_serves(test):
    async def main():
        world = World(fine, QueueConsumer("q", max_batch_size=1))
        await world.send("a")
        assert world.got == []
        world.broker.begin()
        await settle()
        assert world.got == ["a1"]

    test(main)


def test_sending_tells_what_waited_before(test):
    async def main():
        world = World(fine, QueueConsumer("q"))
        assert await world.send("a", "bc") == Metrics()
        assert await world.send("d") == Metrics(2, 3, world.clock.now() * 1000)
        assert await world.outbox.send("q", ()) == Metrics(3, 4, world.clock.now() * 1000)

    test(main)


def test_delayed_messages_come_later(test):
    async def main():
        world = World(fine, QueueConsumer("q", max_batch_timeout=0)).started()
        await world.send("a", delay=300)
        await world.send("b")
        await world.clock.advance(299)
        assert world.got == ["b1"]
        await world.clock.advance(1)
        assert world.got == ["b1", "a1"]

    test(main)


def test_a_body_that_cannot_be_read_is_told_of_and_the_others_come(test, logged):
    async def main():
        world = World(fine, QueueConsumer("q", max_batch_timeout=0)).started()
        await world.outbox.send("q", [Queued("bad", 0.0, "json", b"{"), Queued("good", 0.0, "json", b'"x"')])
        await world.outbox.send("q", [Queued("bad", 0.0, "v8", b"zz")])
        await settle()
        assert world.got == ["x1"]
        assert [line.split(" its body")[0] for line in logged] == ['error: Dropped message "bad" on queue "q":'] * 2

    test(main)


# ---- failures


def test_a_failure_is_reported_and_the_messages_come_again_after_the_delay_of_the_queue(test):
    async def main():
        world = World(fail, QueueConsumer("q", max_batch_timeout=0, retry_delay=30)).started()
        await world.send("a")
        assert [str(problem) for problem in world.reported] == ["boom"]
        assert world.lines == [("q", 0, 1)]
        await world.clock.advance(29)
        assert world.got == ["a1"]
        await world.clock.advance(1)
        assert world.got == ["a1", "a2"]

    test(main)


def test_explicit_acknowledgements_survive_a_failure(test):
    async def main():
        def handler(batch):
            batch.messages[0].ack()
            raise ValueError("boom")

        world = World(handler, QueueConsumer("q", max_batch_size=2, max_retries=1)).started()
        await world.send("a", "b")
        await world.clock.advance(1)
        assert world.got == ["a1 b1", "b2"]
        assert world.lines == [("q", 1, 2), ("q", 1, 1)]

    test(main)


def test_what_a_message_asks_for_beats_the_delay_of_the_queue(test):
    async def main():
        config = QueueConsumer("q", max_batch_timeout=0, retry_delay=30, max_retries=1)
        world = World(lambda batch: batch.retryAll(delaySeconds=0), config).started()
        await world.send("a")
        assert world.got == ["a1", "a2"]

    test(main)


def test_a_message_that_is_sent_again_goes_to_the_end(test):
    async def main():
        def handler(batch):
            if batch.messages[0].body == "a":
                batch.messages[0].retry()

        world = World(handler, QueueConsumer("q", max_batch_size=1, max_batch_timeout=0, max_retries=1)).started()
        await world.send("a", "b")
        assert world.got == ["a1", "b1", "a2"]

    test(main)


@pytest.mark.parametrize("retries", [0, 2])
def test_without_a_dead_letter_queue_a_message_is_dropped_after_its_retries(retries, test, logged):
    async def main():
        world = World(fail, QueueConsumer("q", max_batch_timeout=0, max_retries=retries)).started()
        await world.send("a")
        await world.clock.advance(100)
        assert world.got == [f"a{number}" for number in range(1, retries + 2)]

    test(main)
    attempts = "1 failed attempt" if not retries else f"{retries + 1} failed attempts"
    assert logged == [f'warn: Dropped message "a" on queue "q" after {attempts}!']


def test_the_dead_letter_queue_counts_anew(test, logged):
    async def main():
        world = World(
            lambda batch: fail(batch) if batch.queue == "q" else None,
            QueueConsumer("q", max_batch_timeout=0, max_retries=1, dead_letter_queue="dead"),
            QueueConsumer("dead", max_batch_timeout=0),
        ).started()
        await world.send("a")
        assert world.got == ["a1", "a2", "a1"]
        assert world.lines == [("q", 0, 1), ("q", 0, 1), ("dead", 1, 1)]

    test(main)
    assert logged == ['warn: Moving message "a" on queue "q" to dead letter queue "dead" after 2 failed attempts...']


def test_a_dead_letter_queue_of_another_worker_gets_the_message(test):
    async def main():
        config = QueueConsumer("q", max_batch_timeout=0, max_retries=0, dead_letter_queue="dead")
        world = World(fail, config, dead="undertaker").started()
        await world.send("a", "b")
        assert world.passed_on == [("undertaker", "dead", "a1 b1")]

    test(main)


def test_a_dead_letter_queue_that_nobody_consumes_is_warned_of_once(test, logged):
    async def main():
        config = QueueConsumer("q", max_batch_timeout=0, max_retries=0, dead_letter_queue="dead")
        world = World(fail, config).started()
        await world.send("a")
        await world.send("b")
        assert world.lines == [("q", 0, 1), ("q", 0, 1)]

    test(main)
    assert len([line for line in logged if line.startswith('warn: Nobody consumes the queue "dead"')]) == 1


# ---- between two tests, and the end


def test_a_reset_forgets_everything_and_goes_on(test, logged):
    async def main():
        never = asyncio.Event()
        world = World(
            lambda batch: never.wait() if batch.messages[0].body == "stuck" else None,
            QueueConsumer("q", max_batch_timeout=0),
        ).started()
        await world.send("stuck")
        await world.send("waiting")
        await world.send("late", delay=10)
        await world.send("x", queue="nobody's")
        assert world.stored() == "stuck1 waiting1 late1"
        for companion in world.worker.companions:
            companion.reset()
        await settle()
        await world.clock.advance(20)
        assert world.got == ["stuck1"]
        assert not world.worker.driven
        assert (world.stored(), world.stored("nobody's")) == ("", "")
        await world.send("new")
        assert world.got == ["stuck1", "new1"]
        await world.send("x", queue="nobody's")

    test(main)
    assert len(logged) == 2, "each test hears of a queue that nobody consumes"


def test_a_host_that_ends_begins_no_batch(test):
    async def main():
        gate = asyncio.Event()
        world = World(lambda _batch: gate.wait(), QueueConsumer("q", max_batch_size=1)).started()
        await world.send("a", "b")
        world.worker.is_ending = True
        gate.set()
        await settle()
        assert world.got == ["a1"]
        assert not world.worker.pending

    test(main)


def test_a_closed_broker_is_quiet(test):
    async def main():
        world = World(fine, QueueConsumer("q", max_batch_timeout=5)).started()
        await world.send("a")
        world.broker.close()
        await world.clock.advance(10)
        assert world.got == []

    test(main)


def test_a_worker_has_one_outbox(test):
    async def main():
        world = World(fine)
        assert Outbox.of(world.worker, world.router, world.clock, lambda: world.store) is world.outbox

    test(main)
