"""Steps: what they get and give, retries, timeouts, sleeps, events (spec/bindings.md 5, spec/workers-module.md 10)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from workers.workflows import NonRetryableError

from pywrangler.runtime.js.errors import JsException
from tests.workflows.conftest import NOON, until

NOW = datetime.fromtimestamp(NOON).replace(microsecond=0)  # noqa: DTZ006 - naive, as user code gets it
DEFAULTS = {"retries": {"limit": 5, "delay": 1000, "backoff": "exponential"}, "timeout": "10 minutes"}


def test_run_gets_the_event_and_its_result_is_the_output(using):
    async def run(_self, event, _step):
        return {"keys": sorted(event), "params": event.payload, "at": event.timestamp, "flow": event.workflowName}

    async def test(world):
        host = world.host(run)
        instance = await host.flow.create(id="a")
        status = await host.ended(instance)
        assert status["status"] == "complete"
        assert "error" not in status
        output = status["output"]
        assert output["keys"] == ["instanceId", "payload", "timestamp", "workflowName"]
        assert (output["params"], output["flow"], output["at"]) == (None, "flow", NOW)

    using(test)


def test_a_step_gets_its_context_and_steps_of_one_name_are_counted(using):
    async def run(_self, _event, step):
        def again():
            @step.do("look")
            async def look(ctx):
                return ctx

            return look()

        @step.do("tuned", config={"retries": {"limit": 2, "delay": "1 second", "backoff": "linear"}, "timeout": 5000})
        async def tuned(ctx):
            return ctx

        return [await again(), await again(), await tuned()]

    async def test(world):
        first, second, tuned = (await world.host(run).run())["output"]
        assert first == {"step": {"name": "look", "count": 1}, "attempt": 1, "config": DEFAULTS}
        assert second["step"] == {"name": "look", "count": 2}
        assert tuned["config"] == {
            "retries": {"limit": 2, "delay": "1 second", "backoff": "linear"}, "timeout": 5000,
        }  # fmt: skip

    using(test)


def test_steps_run_at_the_same_time(using):
    async def run(_self, _event, step):
        both = asyncio.Barrier(2)

        @step.do("a")
        async def a():
            await both.wait()
            return 1

        @step.do("b")
        async def b():
            await both.wait()
            return 2

        return await asyncio.gather(a(), b())

    async def test(world):
        status = await world.host(run).run()
        assert status["output"] == [1, 2]
        assert sorted(status["__LOCAL_DEV_STEP_OUTPUTS"]) == [1, 2]

    using(test)


# ---- retries and timeouts


@pytest.mark.parametrize(
    ("backoff", "pauses"), [("constant", [10, 10, 10]), ("linear", [10, 20, 30]), ("exponential", [10, 20, 40])]
)
def test_a_failing_step_is_tried_again_after_its_pauses(using, backoff, pauses):
    attempts = []

    async def test(world):
        async def run(_self, _event, step):
            @step.do("flaky", config={"retries": {"limit": 3, "delay": "10 seconds", "backoff": backoff}})
            async def flaky(ctx):
                attempts.append((ctx["attempt"], round(world.clock.now() - NOON)))
                if ctx["attempt"] < 4:
                    raise ValueError("not yet")
                return "at last"

            return await flaky()

        host = world.host(run)
        instance = await host.flow.create()
        await host.advance(100)
        assert (await host.status(instance))["output"] == "at last"
        assert attempts == [(number, sum(pauses[: number - 1])) for number in (1, 2, 3, 4)]
        assert 'step "flaky", attempt 1 of 4, next attempt at' in world.reports[0][0]

    using(test)


@pytest.mark.parametrize(
    ("raised", "caught", "attempts"),
    [
        (ValueError("boom"), ValueError, 2),
        (TypeError("boom"), TypeError, 2),
        (NonRetryableError("boom"), NonRetryableError, 1),
        (KeyError("boom"), JsException, 2),
    ],
)
def test_the_last_failure_is_raised_in_run(using, raised, caught, attempts):
    tried = []

    async def run(_self, _event, step):
        @step.do("bad", config={"retries": {"limit": 1, "delay": 0}})
        async def bad():
            tried.append(1)
            raise raised

        try:
            await bad()
        except caught as problem:
            return [type(problem).__name__, "boom" in str(problem), getattr(problem, "remote", None)]

    async def test(world):
        name, has_text, remote = (await world.host(run).run())["output"]
        assert (name, has_text, len(tried)) == (caught.__name__, True, attempts)
        assert remote is (True if caught is JsException else None)

    using(test)


def test_an_attempt_that_takes_too_long_fails_and_leaves_what_it_waits_for(using):
    cancelled, shared = [], []

    async def run(_self, _event, step):
        @step.do("slow", config={"retries": {"limit": 0, "delay": 0}, "timeout": "30 seconds"})
        async def slow():
            shared.append(asyncio.get_running_loop().create_future())
            try:
                await shared[0]
            except asyncio.CancelledError:
                cancelled.append(1)
                raise

        await slow()

    async def test(world):
        host = world.host(run)
        instance = await host.flow.create()
        await host.reaches(instance, "running")
        await until(world.clock.next_due)
        host.worker.driven.clear()  # code that waits for the clock itself; nobody has the patience here
        await host.advance(30)
        status = await host.ended(instance)
        assert status["error"] == {
            "name": "Error", "message": "WorkflowTimeoutError: Execution timed out after 30000ms",
        }  # fmt: skip
        assert cancelled == [1]
        assert not shared[0].done()

    using(test)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (lambda: 1, 'the step "bad" returned a value which is not serialisable'),
        ("x" * (1024 * 1024 + 1), 'the step "bad" returned'),
    ],
)
def test_a_result_that_cannot_be_stored_ends_the_instance_whatever_is_caught(using, result, text):
    async def run(_self, _event, step):
        @step.do("bad")
        async def bad():
            return result

        try:
            await bad()
        except Exception:
            return "survived"

    async def test(world):
        status = await world.host(run).run()
        assert status["status"] == "errored"
        assert status["error"]["name"] == "WorkflowFatalError"
        assert text in status["error"]["message"]

    using(test)


def test_a_result_of_1_mib_can_be_stored(using):
    async def run(_self, _event, step):
        @step.do("big")
        async def big():
            return "x" * (1024 * 1024)

        return len(await big())

    async def test(world):
        assert (await world.host(run).run())["output"] == 1024 * 1024

    using(test)


# ---- what cannot be done


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda raw: raw.do("x" * 257, lambda _ctx: 1), "exceeds max length (256 chars) or invalid characters found"),
        (lambda raw: raw.do("a\nb", lambda _ctx: 1), "exceeds max length (256 chars) or invalid characters found"),
        (lambda raw: raw.do("bare"), 'Step "bare" requires a callback function'),
        (lambda raw: raw.do("x", {"foo": 1}, lambda _ctx: 1), 'Step config for "x" is in a invalid format.'),
        (lambda raw: raw.sleep("nap", "ten"), 'The duration of step "nap" is not valid: "ten". Give milliseconds'),
        (lambda raw: raw.sleep("nap"), 'The duration of step "nap" is not valid: None.'),
        (lambda raw: raw.sleepUntil("nap", "zz"), 'The time of step "nap" is not valid.'),
        (lambda raw: raw.sleepUntil("nap", 0), "You can't sleep until a time in the past, time-traveler"),
        (lambda raw: raw.waitForEvent("w", None), 'Step "w" waits for an event without a type.'),
        (lambda raw: raw.waitForEvent("w", type="t", timeout="zz"), 'The duration of step "w" is not valid: "zz".'),
    ],
)
def test_bad_arguments_raise_in_run_and_can_be_caught(using, ask, text):
    async def run(_self, _event, step):
        try:
            await ask(step.js_object)
        except JsException as problem:
            return str(problem)

    async def test(world):
        assert text in (await world.host(run).run())["output"]

    using(test)


def test_a_name_of_256_characters_is_taken(using):
    async def run(_self, _event, step):
        return await step.js_object.do("x" * 256, lambda _ctx: 1)

    async def test(world):
        assert (await world.host(run).run())["output"] == 1

    using(test)


# ---- how a run ends


def test_an_uncaught_error_is_the_error_of_the_instance_and_reported(using):
    async def run(_self, _event, _step):
        raise ValueError("in run")

    async def test(world):
        host = world.host(run)
        status = await host.ended(await host.flow.create(id="a"))
        assert (status["status"], status["output"]) == ("errored", None)
        assert status["error"]["name"] == "Error"
        assert status["error"]["message"].endswith("ValueError: in run\n")
        ((prefix, problem),) = world.reports
        assert prefix == 'Workflow "flow", instance "a" failed: '
        assert isinstance(problem, ValueError)

    using(test)


def test_an_unhandled_non_retryable_error_is_a_fatal_one(using):
    async def run(_self, _event, step):
        @step.do("bad")
        async def bad():
            raise NonRetryableError("stop")

        await bad()

    async def test(world):
        assert (await world.host(run).run())["error"] == {
            "name": "WorkflowFatalError",
            "message": "The execution of the Workflow instance was terminated, as a step threw an NonRetryableError "
            "and it was not handled",
        }

    using(test)


def test_an_output_that_cannot_be_stored_is_an_error(using):
    async def run(_self, _event, _step):
        return lambda: 1

    async def test(world):
        status = await world.host(run).run()
        assert (status["status"], status["error"]["name"]) == ("errored", "DataCloneError")

    using(test)


# ---- sleeps


def test_sleeps_take_their_time(using):
    woke = []

    async def test(world):
        async def run(_self, _event, step):
            await step.sleep("a", "1 minute")
            woke.append(world.clock.now() - NOON)
            await step.sleep("a", 500)
            woke.append(world.clock.now() - NOON)
            await step.sleep_until("b", datetime.fromtimestamp(NOON + 7200, UTC))
            woke.append(world.clock.now() - NOON)
            await step.sleep("c", 0)

        host = world.host(run)
        instance = await host.flow.create()
        await host.advance(59)
        assert woke == []
        assert (await host.status(instance))["status"] == "running"
        await host.advance(7200)
        assert woke == pytest.approx([60, 60.5, 7200], abs=0.01)
        assert (await host.status(instance))["status"] == "complete"

    using(test)


def test_a_year_is_no_long_wait_for_a_clock_that_is_moved(using):
    async def run(_self, _event, step):
        await step.sleep("a", "1 year")

    async def test(world):
        host = world.host(run)
        instance = await host.flow.create()
        await host.advance(timedelta(days=366).total_seconds())
        assert (await host.status(instance))["status"] == "complete"

    using(test)


# ---- events


async def _waiting(_self, _event, step):
    first = await step.wait_for_event("w", "go", timeout="1 minute")
    second = await step.wait_for_event("w", "go")
    return {"first": first, "second": second}


@pytest.mark.parametrize("early", [True, False])
def test_events_come_in_order_also_those_that_came_before_somebody_waited(using, early):
    async def test(world):
        host = world.host(_waiting, begin=not early)
        instance = await host.flow.create()
        if not early:
            await host.advance(1)
        await instance.sendEvent(type="other", payload=0)
        await instance.sendEvent(type="go", payload=1)
        await instance.sendEvent(type="go")
        if early:
            assert (await host.status(instance))["status"] == "queued"
            host.engine.begin()
        status = await host.ended(instance)
        first, second = status["output"]["first"], status["output"]["second"]
        assert (first["payload"], first["type"], second["payload"]) == (1, "go", None)
        assert first["timestamp"].timestamp() == pytest.approx(world.clock.now(), abs=0.001)
        assert status["__LOCAL_DEV_STEP_OUTPUTS"] == [1, None]

    using(test)


def test_an_event_that_does_not_come_is_a_timeout(using):
    async def run(_self, _event, step):
        try:
            await step.wait_for_event("w", "go", timeout="1 minute")
        except JsException as problem:
            return [problem.name, problem.message, problem.remote]

    async def test(world):
        host = world.host(run)
        instance = await host.flow.create()
        await host.advance(59.9)
        assert (await host.status(instance))["status"] == "running"
        await host.advance(0.1)
        assert (await host.status(instance))["output"] == [
            "Error", "WorkflowTimeoutError: Execution timed out after 60000ms", True,
        ]  # fmt: skip

    using(test)


def test_a_wait_without_a_timeout_lasts_a_day(using):
    async def run(_self, _event, step):
        await step.wait_for_event("w", "go")

    async def test(world):
        host = world.host(run)
        instance = await host.flow.create()
        await host.advance(86_399)
        assert (await host.status(instance))["status"] == "running"
        await host.advance(1)
        assert (await host.status(instance))["status"] == "errored"

    using(test)
