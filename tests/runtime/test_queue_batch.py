"""What a queue handler decides (spec/bindings.md, section 4; wrangler 4.164 for the words of the warnings)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pywrangler.config.model import Compat, WorkerConfig
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.exports import Exports
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.ports import Target
from pywrangler.runtime.queues.batch import NO_WAIT_FLAG, Message, MessageBatch, run_batch
from pywrangler.runtime.queues.messages import Metrics
from pywrangler.runtime.worker import WorkerRuntime
from tests.runtime.harness import PlainFace


def batch_of(*bodies: Any) -> Any:
    return MessageBatch.new("q", [Message.new(f"id{index}", 5.0, body, 1) for index, body in enumerate(bodies)])


def decisions(batch: Any) -> list[Any]:
    return [(message.decision, message.delay) for message in batch._messages]


# ---- decisions


def after(call: str, earlier: str, about: str = "") -> str:
    return (
        f"Received a call to {call}(){about} after {earlier}() was already called. "
        f"Calling {call}(){' on a message' if about else ''} after calling {earlier}() has no effect."
    )


@pytest.mark.parametrize(
    ("calls", "decision", "warning"),
    [
        ("ack ack", ("ack", None), ""),
        ("retry retry", ("retry", None), ""),
        ("ack retry", ("ack", None), after("retry", "ack", " on message id0")),
        ("retry ack", ("retry", None), after("ack", "retry", " on message id0")),
        ("ack retryAll", ("ack", None), ""),
        ("retry ackAll", ("retry", None), ""),
        ("ackAll ackAll ack", ("ack", None), ""),
        ("ackAll retryAll", ("ack", None), after("retryAll", "ackAll")),
        ("retryAll ackAll", ("retry", None), after("ackAll", "retryAll")),
        ("ackAll retry", ("ack", None), after("retry", "ackAll", " on message id0")),
    ],
)
def test_the_first_decision_counts_and_one_that_differs_is_warned_of(calls, decision, warning, logged):
    batch = batch_of("x")
    for call in calls.split():
        getattr(batch if call.endswith("All") else batch.messages[0], call)()
    assert decisions(batch) == [decision]
    assert logged == ([f"warn: {warning}"] if warning else [])


@pytest.mark.parametrize(
    ("given", "delay"),
    [
        ((), None),
        ((jsnull,), None),
        ((plain({}),), None),
        ((plain({"delaySeconds": 3}),), 3.0),
        ((plain({"delaySeconds": 1.9}),), 1.0),
        ((plain({"delaySeconds": "x"}),), 0.0),
        ((plain({"delaySeconds": -5}),), 0.0),
        ((plain({"delaySeconds": jsnull}),), 0.0),
    ],
)
def test_delays_are_whole_seconds_from_zero_on(given, delay):
    one, all_of_them = batch_of("x"), batch_of("x", "y")
    one.messages[0].retry(*given)
    all_of_them.retryAll(*given)
    assert decisions(one) == [("retry", delay)]
    assert decisions(all_of_them) == [("retry", delay)] * 2


def test_delays_come_as_keywords_too():
    batch = batch_of("x", "y")
    batch.messages[0].retry(delaySeconds=7)
    batch.retryAll(delaySeconds=9)
    assert decisions(batch) == [("retry", 7.0), ("retry", 9.0)]


def test_options_have_to_be_an_object():
    batch = batch_of("x")
    with pytest.raises(JsException) as caught:
        batch.messages[0].retry(5)
    problem = "TypeError: Failed to execute 'retry' on 'QueueMessage': parameter 1 is not of type 'QueueRetryOptions'."
    assert str(caught.value) == problem
    with pytest.raises(JsException, match="'retryAll' on 'QueueController'"):
        batch.retryAll("5")
    assert decisions(batch) == [(None, None)]


def test_the_batch_tells_of_its_queue():
    batch = MessageBatch.new("q", [], Metrics(3, 12, 5.0))
    assert batch.queue == "q"
    shown = '{"metrics":{"backlogCount":3,"backlogBytes":12,"oldestMessageTimestamp":"1970-01-01T00:00:00.005Z"}}'
    assert stringify(batch.metadata) == shown
    assert (type(batch)._js_name, type(batch_of("x").messages[0])._js_name) == ("QueueController", "QueueMessage")


# ---- the event


def worker_of(default: type, *flags: str) -> tuple[WorkerRuntime, list[BaseException]]:
    reported: list[BaseException] = []
    config = WorkerConfig("tested", Path("/nowhere/wrangler.jsonc"), None, Compat("2026-06-10", flags))
    exports = Exports(entrypoints={"default": default})
    worker = WorkerRuntime(config, exports, PlainFace(), lambda: None, report=reported.append)  # type: ignore[arg-type, return-value]
    worker.env = to_js_value({})
    return worker, reported


def handler(function: Any) -> type:
    class Default:
        def __init__(self, ctx: Any, env: Any) -> None:
            self.ctx = ctx

        async def queue(self, batch: Any, env: Any, ctx: Any) -> None:
            assert (env, ctx) == (None, None)
            await function(self.ctx, *batch.messages)

    return Default


def run(run_async: Any, function: Any, *flags: str, messages: int = 2) -> Any:
    async def inside() -> Any:
        worker, reported = worker_of(handler(function), *flags)
        batch = batch_of(*range(messages))
        failure = await run_batch(worker, Target("tested", "entrypoint"), batch)
        return [decision for decision, _ in decisions(batch)], failure, reported

    return run_async(inside())


def test_what_nobody_decided_about_is_acknowledged_at_the_end(run_async):
    async def queue(_ctx, first, _second):
        first.retry()

    assert run(run_async, queue) == (["retry", "ack"], None, [])


def test_a_failure_sends_again_what_is_not_decided(run_async):
    async def queue(_ctx, first, _second):
        first.ack()
        raise ValueError("boom")

    result, failure, reported = run(run_async, queue)
    assert result == ["ack", "retry"]
    assert repr(failure) == "ValueError('boom')"
    assert reported == []


def test_a_missing_handler_is_a_failure(run_async):
    async def inside():
        worker, _ = worker_of(type("Default", (), {"__init__": lambda self, ctx, env: None}))
        return await run_batch(worker, Target("tested", "entrypoint"), batch_of("x"))

    assert str(run_async(inside())) == "TypeError: Handler does not export a queue() function."


def test_a_cancelled_task_of_the_handler_is_a_failure_not_the_end_of_the_batch(run_async):
    async def queue(_ctx, *_messages):
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    result, failure, _ = run(run_async, queue)
    assert result == ["retry", "retry"]
    assert isinstance(failure, asyncio.CancelledError)


def test_a_batch_that_is_cancelled_decides_nothing(run_async):
    async def inside():
        never = asyncio.Event()
        worker, _ = worker_of(handler(lambda *_given: never.wait()))
        batch = batch_of("x")
        task = asyncio.create_task(run_batch(worker, Target("tested", "entrypoint"), batch))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled(), decisions(batch)

    assert run_async(inside()) == (True, [(None, None)])


def test_the_event_lasts_as_long_as_what_wait_until_was_given(run_async):
    async def queue(ctx, first, _second):
        async def later():
            await asyncio.sleep(0)
            ctx.waitUntil(latest())

        async def latest():
            await asyncio.sleep(0)
            first.retry()

        ctx.waitUntil(later())

    assert run(run_async, queue) == (["retry", "ack"], None, [])


def test_what_fails_in_wait_until_fails_the_event_and_is_reported_once(run_async):
    async def queue(ctx, first, _second):
        async def later():
            raise ValueError("later")

        first.ack()
        ctx.waitUntil(later())

    result, failure, reported = run(run_async, queue)
    assert result == ["ack", "retry"]
    assert failure is None
    assert [str(problem) for problem in reported] == ["later"]


def test_a_flag_ends_the_event_with_the_handler(run_async):
    async def queue(ctx, first, _second):
        async def later():
            await asyncio.sleep(0)
            first.retry()

        ctx.waitUntil(later())

    assert run(run_async, queue, NO_WAIT_FLAG)[0] == ["ack", "ack"]


def test_decisions_after_the_end_are_without_effect_and_without_a_word(run_async, logged):
    kept = []

    async def queue(_ctx, *messages):
        kept.extend(messages)

    assert run(run_async, queue)[0] == ["ack", "ack"]
    kept[0].retry()
    assert kept[0].decision == "ack"
    assert logged == []
