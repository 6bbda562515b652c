"""What a reload does to the messages of queues: none is lost."""

from __future__ import annotations

import asyncio

import pytest

from pywrangler.config.model import QueueConsumer
from pywrangler.runtime.queues.messages import Queued, payload_of
from tests.runtime.harness import settle
from tests.runtime.queue_world import World, fine


@pytest.fixture
def test(run_async):
    """Return `test(main)`: runs `await main()`."""
    return lambda main: run_async(main())


# ---- reload


def test_what_waits_goes_to_the_successor(test):
    async def main():
        world = World(fine, QueueConsumer("q", max_batch_timeout=5)).started()
        began = world.clock.now()
        await world.send("a")
        await world.send("b", delay=60)
        await world.clock.advance(2)
        world.router.retire()
        world.broker.retire()
        await settle()
        ((_worker, _queue, messages),) = world.router.elsewhere.taken
        assert [(message.id, message.due) for message in messages] == [("a", began), ("b", began + 60)]
        await world.clock.advance(100)
        assert world.got == []

    test(main)


def test_what_runs_may_end_and_what_it_sends_again_goes_to_the_successor(test):
    async def main():
        gate = asyncio.Event()

        async def handler(batch):
            await gate.wait()
            batch.messages[0].retry()

        world = World(handler, QueueConsumer("q", max_batch_size=2)).started()
        await world.send("a", "b")
        world.router.retire()
        world.broker.retire()
        await settle()
        assert world.passed_on == []
        assert world.worker.pending
        gate.set()
        await settle()
        assert world.passed_on == [("tested", "q", "a2")]
        assert world.lines == [("q", 1, 2)]
        assert not world.worker.pending

    test(main)


def test_what_comes_too_late_goes_to_the_successor(test):
    async def main():
        world = World(fine, QueueConsumer("q")).started()
        world.router.retire()
        world.broker.retire()
        await world.broker._take(world.broker.target, payload_of("q", [Queued("a", 0.0, "text", b"a")]))
        assert world.passed_on == [("tested", "q", "a1")]

    test(main)


def test_a_batch_that_does_not_end_is_given_up_before_the_host_ends(test, logged):
    async def main():
        late = asyncio.Event()

        async def handler(batch):
            await late.wait()
            batch.messages[0].retry()

        world = World(handler, QueueConsumer("q", max_batch_timeout=0)).started()
        await world.send("a")
        world.worker.leaves_at = asyncio.get_running_loop().time() + 0.5
        world.router.retire()
        world.broker.retire()
        await asyncio.wait_for(world.router.elsewhere.delivered.wait(), 5)
        assert world.passed_on == [("tested", "q", "a2")]
        late.set()
        await settle()
        assert world.passed_on == [("tested", "q", "a2")], "what the old code decides later does not count"
        assert world.stored() == "a2"
        world.broker.close()

    test(main)


def test_what_a_batch_has_decided_is_not_given_up_again(test, logged):
    async def main():
        gate = asyncio.Event()

        async def handler(batch):
            await gate.wait()
            batch.messages[0].retry()

        world = World(handler, QueueConsumer("q", max_batch_timeout=0)).started()
        await world.send("a")
        world.worker.leaves_at = asyncio.get_running_loop().time() + 0.51
        world.router.retire()
        world.broker.retire()
        world.router.elsewhere.broken = 2  # on its way for longer than it takes until the batches are given up
        gate.set()
        while world.worker.pending:
            await asyncio.wait(set(world.worker.pending))
        assert world.passed_on == [("tested", "q", "a2")]
        world.broker.close()

    test(main)


def test_a_broken_way_to_the_successor_is_tried_again(test, logged):
    async def main():
        world = World(fine, QueueConsumer("q"))
        await world.send("a")
        world.router.retire()
        world.router.elsewhere.broken = 2
        world.broker.retire()
        await asyncio.wait_for(world.router.elsewhere.delivered.wait(), 5)
        assert world.passed_on == [("tested", "q", "a1")]

    test(main)
    assert logged == []


def test_what_does_not_reach_the_successor_stays_on_disk_for_the_next_one(test, logged, monkeypatch):
    monkeypatch.setattr("pywrangler.runtime.queues.outbox.PAUSES_SECONDS", (0,))

    async def main():
        world = World(fine, QueueConsumer("q"))
        await world.send("a", "b")
        world.router.retire()
        world.router.elsewhere.broken = 5
        world.broker.retire()
        await settle()
        assert world.passed_on == []
        assert world.stored() == "a1 b1"

    test(main)
    assert logged == []


def test_many_messages_go_in_pieces(test):
    async def main():
        world = World(fine, QueueConsumer("q"))
        await world.send(*map(str, range(250)))
        world.router.retire()
        world.broker.retire()
        await settle()
        assert [len(messages) for _, _, messages in world.router.elsewhere.taken] == [100, 100, 50]

    test(main)


def test_messages_of_a_queue_that_this_version_does_not_consume_are_passed_on(test):
    async def main():
        world = World(fine, QueueConsumer("q"), other="somebody").started()
        await world.broker._take(world.broker.target, payload_of("other", [Queued("a", 0.0, "text", b"a")]))
        assert world.passed_on == [("somebody", "other", "a1")]

    test(main)
