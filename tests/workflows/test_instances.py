"""Instances: what the binding offers, commands and states, and what survives a host (spec/bindings.md, section 5)."""

from __future__ import annotations

import asyncio
import os
import re

import pytest

from pywrangler.config.compat import derive
from pywrangler.config.model import WorkerConfig
from pywrangler.runtime import context
from pywrangler.runtime.exports import Exports
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import array, plain
from pywrangler.runtime.ports import Event, Target
from pywrangler.runtime.worker import WorkerRuntime
from pywrangler.runtime.workflows.claims import Claim, unfinished
from tests.workflows.conftest import until

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def nothing(_self, _event, _step):
    return None


async def sleeping(_self, _event, step):
    @step.do("before")
    async def before():
        return "b"

    await before()
    await step.sleep("nap", "1 hour")
    return "rested"


async def failing(_self, _event, _step):
    raise ValueError("no")


class Held:
    """A workflow whose step goes on when the test says so; `ran` counts its steps."""

    def __init__(self):
        self.ran = []
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    def flow(self):
        held = self

        async def run(_self, _event, step):
            @step.do("first")
            async def first():
                held.ran.append("first")
                held.begun.set()
                await held.may_end.wait()
                return 1

            @step.do("second")
            async def second(first):
                held.ran.append("second")
                return first + 1

            return await second()

        return run


# ---- create and get


def test_create_gives_an_id_of_its_own_or_the_chosen_one(using):
    async def test(world):
        flow = world.host(nothing).flow
        assert UUID.fullmatch((await flow.create()).id)
        assert (await flow.create(plain({"id": "_a-B9"}))).id == "_a-B9"
        assert (await flow.create(id="a" * 100)).id == "a" * 100
        assert (await flow.get("_a-B9")).id == "_a-B9"

    using(test)


@pytest.mark.parametrize("bad", ["", "a b", "-a", "a" * 101, 5, "é", "a.b", "a\n", jsnull])
def test_a_malformed_id_is_refused(using, bad):
    async def test(world):
        flow = world.host(nothing).flow
        with pytest.raises(JsException, match=r"^Error: WorkflowError: Workflow instance has invalid id$") as caught:
            await flow.create(id=bad)
        assert caught.value.remote is True
        with pytest.raises(JsException, match=r"^Error: instance.not_found$"):
            await flow.get(bad)

    using(test)


def test_an_id_is_taken_once(using):
    async def test(world):
        flow = world.host(nothing).flow
        await flow.create(id="dup")
        text = r'^Error: WorkflowError: \(instance.already_exists\) Workflow instance with id "dup" already exists$'
        with pytest.raises(JsException, match=text):
            await flow.create(id="dup")

    using(test)


def test_a_batch_creates_what_does_not_exist(using):
    async def test(world):
        flow = world.host(nothing).flow
        await flow.create(id="b1")
        created = await flow.createBatch(array([plain({"id": "b1"}), plain({"id": "b2"}), plain({"id": "b2"})]))
        assert [instance.id for instance in created] == ["b2"]

    using(test)


@pytest.mark.parametrize(
    ("batch", "text"),
    [
        ([], "WorkflowError: batchCreate should have at least 1 instance"),
        (None, "WorkflowError: (body) Provided argument is invalid"),
        ([plain({"id": "b4"}), plain({"id": "b b"})], "WorkflowError: Workflow instance has invalid id"),
        ([plain({}) for _ in range(101)], "WorkflowError: batchCreate only supports 100 instances at a time"),
    ],
)
def test_a_bad_batch_creates_nothing(using, batch, text):
    async def test(world):
        flow = world.host(nothing).flow
        with pytest.raises(JsException, match=re.escape(text)):
            await flow.createBatch(None if batch is None else array(batch))
        with pytest.raises(JsException, match="not_found"):
            await flow.get("b4")

    using(test)


def test_params_are_copied_at_the_call(using):
    async def run(_self, event, _step):
        return event.payload

    async def test(world):
        host = world.host(run)
        params = plain({"n": 1})
        promise = host.flow.create(params=params)
        params.n = 2
        assert (await host.ended(await promise))["output"] == {"n": 1}
        with pytest.raises(JsException) as caught:
            await host.flow.create(params=plain({"f": len}))
        assert caught.value.name == "DataCloneError"

    using(test)


def test_create_in_an_object_waits_for_what_the_object_wrote(using):
    held = []

    class Gate:
        def hold(self, action):
            held.append(action)

    async def test(world):
        host = world.host(nothing)
        token = context.enter(context.EventContext(None, None, None, outputs=Gate()))
        try:
            promise = host.flow.create(id="a")
        finally:
            context.leave(token)
        with pytest.raises(JsException, match="not_found"):
            await host.flow.get("a")
        held.pop()()
        assert (await promise).id == (await host.flow.get("a")).id == "a"

    using(test)


def test_what_is_not_there_is_named(using):
    async def test(world):
        host = world.host(nothing)
        with pytest.raises(JsException, match=r'^Error: Workflow "other" is not defined by Worker "shop" \(defines: '):
            await host.stranger.create()
        text = r'^Error: Workflow class "Lost" is not exported by Worker "shop" \(exports: Flow\)$'
        with pytest.raises(JsException, match=text):
            await host.lost.create(id="a")
        with pytest.raises(JsException, match="not_found"):
            await host.lost.get("a")

    using(test)


def test_a_worker_without_workflows_says_so(world):
    worker = WorkerRuntime(
        WorkerConfig("w", world.root, None, derive("2026-06-10")), Exports(), None, None, report=None
    )
    asked = Event("workflow", {"workflow": "flow", "operation": "create"})
    with pytest.raises(JsException, match=r'Workflow "flow" is not defined by Worker "w" \(defines: none\)'):
        worker.deliver(Target("w", "entrypoint"), asked)


# ---- commands


@pytest.mark.parametrize("command", ["pause", "resume", "restart", "terminate", "delete", "status"])
def test_commands_need_an_instance(using, command):
    async def test(world):
        host = world.host(nothing)
        instance = await host.flow.create()
        await host.ended(instance)
        await instance.delete()
        with pytest.raises(JsException, match=r"^Error: instance\.not_found$") as raised:
            await getattr(instance, command)()
        assert raised.value.stack == "Error: instance.not_found"  # no frames of the runtime
        with pytest.raises(JsException, match=r"^Error: instance\.not_found$"):
            await instance.sendEvent(type="x")

    using(test)


@pytest.mark.parametrize(("run", "status"), [(nothing, "complete"), (failing, "errored")])
@pytest.mark.parametrize("command", ["pause", "resume"])
def test_what_has_ended_stays_as_it_is(using, run, status, command):
    async def test(world):
        host = world.host(run)
        instance = await host.flow.create()
        await host.ended(instance)
        assert await getattr(instance, command)() is None
        assert (await host.status(instance))["status"] == status
        text = r"\(instance.cannot_terminate\) Cannot terminate instance since its on a finite state$"
        with pytest.raises(JsException, match=text):
            await instance.terminate()

    using(test)


def test_a_pause_takes_effect_when_the_step_that_runs_has_ended(using):
    async def test(world):
        held = Held()
        host = world.host(held.flow())
        instance = await host.flow.create()
        await held.begun.wait()
        await instance.pause()
        assert (await host.status(instance))["status"] == "waitingForPause"
        held.may_end.set()
        await host.reaches(instance, "paused")
        assert (await host.status(instance))["__LOCAL_DEV_STEP_OUTPUTS"] == [1]
        await instance.pause()
        for _ in range(20):
            await asyncio.sleep(0)
        assert held.ran == ["first"]
        await instance.resume()
        assert (await host.ended(instance))["output"] == 2

    using(test)


def test_a_sleeper_is_paused_at_once_and_time_goes_on(using):
    async def test(world):
        host = world.host(sleeping)
        instance = await host.flow.create()
        await host.advance(1)
        await instance.pause()
        assert (await host.status(instance))["status"] == "paused"
        await host.advance(7200)
        assert (await host.status(instance))["status"] == "paused"
        await instance.resume()
        assert (await host.ended(instance))["output"] == "rested"

    using(test)


def test_terminate_ends_a_step_that_runs(using):
    async def test(world):
        held = Held()
        host = world.host(held.flow())
        instance = await host.flow.create(id="a")
        await held.begun.wait()
        await instance.terminate()
        assert (await host.status(instance))["status"] == "terminated"
        held.may_end.set()
        await host.advance(3600)
        assert held.ran == ["first"]
        assert (await host.status(instance))["status"] == "terminated"
        assert list(unfinished(world.root / "v3/workflows/unfinished/flow")) == []

    using(test)


def test_code_that_was_ended_gets_no_more_steps(using):
    async def test(world):
        ran = []

        async def run(_self, _event, step):
            try:
                await step.sleep("nap", "1 hour")
            finally:

                @step.do("clean up")
                async def clean_up():
                    ran.append("clean up")

                await clean_up()

        host = world.host(run)
        instance = await host.flow.create()
        await host.advance(1)
        await instance.terminate()
        await host.advance(1)
        assert ran == []
        assert (await host.status(instance))["status"] == "terminated"

    using(test)


def test_restart_forgets_the_steps(using):
    async def test(world):
        held = Held()
        held.may_end.set()
        host = world.host(held.flow())
        instance = await host.flow.create(params=plain({"n": 1}))
        await host.ended(instance)
        await instance.restart()
        assert (await host.ended(instance))["output"] == 2
        assert held.ran == ["first", "second"] * 2

    using(test)


def test_code_that_refuses_to_end_does_not_disturb_the_run_that_replaces_it(using):
    async def test(world):
        stubborn = asyncio.Event()
        runs = []

        async def run(_self, _event, step):
            runs.append(1)
            while len(runs) == 1 and not stubborn.is_set():
                try:
                    await stubborn.wait()
                except asyncio.CancelledError:
                    continue
            await step.sleep("nap", "1 hour")
            return "second"

        host = world.host(run)
        instance = await host.flow.create()
        await until(lambda: runs)
        await instance.restart()
        stubborn.set()
        await host.advance(3600)
        assert (await host.ended(instance))["output"] == "second"

    using(test)


def test_restart_from_a_step_keeps_those_before_it(using):
    async def test(world):
        held = Held()
        held.may_end.set()
        host = world.host(held.flow())
        instance = await host.flow.create()
        await host.ended(instance)
        await instance.restart(plain({"from": plain({"name": "second"})}))
        assert (await host.ended(instance))["output"] == 2
        assert held.ran == ["first", "second", "second"]
        text = r'^Error: WorkflowError: \(instance.cannot_restart\) Step "zz" not found in execution history$'
        with pytest.raises(JsException, match=text):
            await instance.restart(plain({"from": plain({"name": "zz"})}))

    using(test)


def test_restart_ends_the_run_that_it_replaces(using):
    async def test(world):
        held = Held()
        host = world.host(held.flow())
        instance = await host.flow.create()
        await held.begun.wait()
        held.begun.clear()
        await instance.restart()
        await held.begun.wait()
        held.may_end.set()
        assert (await host.ended(instance))["output"] == 2
        assert held.ran == ["first", "first", "second"]

    using(test)


def test_delete_forgets_it_and_the_id_is_free(using):
    async def test(world):
        host = world.host(sleeping)
        instance = await host.flow.create(id="a")
        await host.advance(1)
        await instance.delete()
        await host.advance(7200)
        assert (await (await host.flow.create(id="a")).status()).status == "running"

    using(test)


def test_many_instances_run_side_by_side(using):
    async def run(_self, event, step):
        await step.sleep("nap", "1 minute")
        return event.payload.n

    async def test(world):
        host = world.host(run)
        instances = [await host.flow.create(params=plain({"n": number})) for number in range(100)]
        await host.advance(60)
        assert [(await host.status(instance))["output"] for instance in instances] == list(range(100))

    using(test)


# ---- what survives a host


def _crash(host):
    """What is left when the process is gone: the files, and no lock."""
    host.engine.close()
    for instance in host.engine._instances.values():
        instance._claim.release()


def test_a_new_host_goes_on_where_the_old_one_was_killed(using):
    async def test(world):
        held = Held()
        old = world.host(held.flow())
        instance = await old.flow.create(id="a")
        await held.begun.wait()
        _crash(old)
        held.may_end.set()
        new = world.host(held.flow())
        assert (await new.ended(await new.flow.get("a")))["output"] == 2
        assert held.ran == ["first", "first", "second"]  # the step that ran, runs again
        assert instance.id == "a"

    using(test)


def test_a_step_that_has_ended_never_runs_again(using):
    async def test(world):
        ran = []

        async def run(_self, _event, step):
            @step.do("once")
            async def once():
                ran.append(1)
                return {"n": 1}

            first = await once()
            await step.sleep("nap", "1 hour")
            return first

        old = world.host(run)
        await old.flow.create(id="a")
        await old.advance(1800)
        _crash(old)
        new = world.host(run)
        await new.advance(1799)
        assert (await new.status(await new.flow.get("a")))["status"] == "running"
        await new.advance(1)
        assert (await new.status(await new.flow.get("a")))["output"] == {"n": 1}
        assert ran == [1]

    using(test)


def test_retries_go_on_with_the_same_count_and_at_the_same_time(using):
    async def test(world):
        attempts = []

        async def run(_self, _event, step):
            @step.do("flaky", config={"retries": {"limit": 2, "delay": "1 minute", "backoff": "constant"}})
            async def flaky(ctx):
                attempts.append((ctx["attempt"], round(world.clock.now())))
                raise ValueError("no")

            await flaky()

        old = world.host(run)
        await old.flow.create(id="a")
        await old.advance(30)
        _crash(old)
        new = world.host(run)
        await new.advance(300)
        began = attempts[0][1]
        assert attempts == [(1, began), (2, began + 60), (3, began + 120)]
        status = await new.status(await new.flow.get("a"))
        assert status["error"]["message"].endswith("ValueError: no\n")

    using(test)


def test_a_failure_that_was_caught_is_caught_again(using):
    async def test(world):
        tried = []

        async def run(_self, _event, step):
            @step.do("bad", config={"retries": {"limit": 0, "delay": 0}})
            async def bad():
                tried.append(1)
                raise ValueError("no")

            try:
                await bad()
            except ValueError as problem:
                text = str(problem)
            await step.sleep("nap", "1 minute")
            return text

        old = world.host(run)
        await old.flow.create(id="a")
        await old.advance(1)
        _crash(old)
        new = world.host(run)
        await new.advance(60)
        assert (await new.status(await new.flow.get("a")))["output"] == "no"
        assert tried == [1]

    using(test)


def test_code_that_computes_the_time_does_not_sleep_twice(using):
    from datetime import datetime, timedelta

    async def test(world):
        async def run(_self, _event, step):
            now = datetime.fromtimestamp(world.clock.now())  # noqa: DTZ006 - as user code does
            await step.sleep_until("nap", now + timedelta(hours=1))

        old = world.host(run)
        await old.flow.create(id="a")
        await old.advance(1800)
        _crash(old)
        new = world.host(run)
        await new.advance(1801)
        assert (await new.status(await new.flow.get("a")))["status"] == "complete"

    using(test)


def test_what_was_paused_stays_paused(using):
    async def test(world):
        old = world.host(sleeping)
        instance = await old.flow.create(id="a")
        await old.advance(1)
        await instance.pause()
        _crash(old)
        new = world.host(sleeping)
        await new.advance(7200)
        again = await new.flow.get("a")
        assert (await new.status(again))["status"] == "paused"
        await again.resume()
        assert (await new.ended(again))["output"] == "rested"

    using(test)


def test_what_has_ended_stays_readable_and_is_not_run(using):
    async def test(world):
        old = world.host(nothing)
        await old.ended(await old.flow.create(id="a"))
        _crash(old)
        new = world.host(failing)
        assert (await new.status(await new.flow.get("a")))["status"] == "complete"
        assert new.engine._instances == {}

    using(test)


def test_a_class_that_is_gone_is_reported_and_its_instances_go_on_when_it_is_back(using):
    async def test(world):
        old = world.host(sleeping)
        await old.flow.create(id="a")
        await old.advance(1)
        _crash(old)
        without = world.host()
        await without.advance(1)
        ((prefix, problem),) = world.reports
        assert prefix == 'Workflow "flow", instance "a" cannot go on: '
        assert "is not exported" in str(problem)
        back = world.host(sleeping)
        await back.advance(3600)
        assert (await back.status(await back.flow.get("a")))["output"] == "rested"

    using(test)


# ---- handing over


def _hand_over(old, new):
    old.successor = new
    old.engine.retire()
    new.engine.begin()


def test_the_successor_waits_for_the_step_that_runs(using):
    async def test(world):
        held = Held()
        old, new = world.host(held.flow()), world.host(held.flow(), begin=False)
        await old.flow.create(id="a")
        await held.begun.wait()
        _hand_over(old, new)
        assert old.worker.pending  # the old host stays for it
        for _ in range(50):
            await asyncio.sleep(0)
        assert held.ran == ["first"]  # never both at once
        held.may_end.set()
        assert (await new.ended(await new.flow.get("a")))["output"] == 2
        assert held.ran == ["first", "second"]
        assert not old.worker.pending

    using(test)


def test_a_sleeper_is_given_away_at_once(using):
    async def test(world):
        old, new = world.host(sleeping), world.host(sleeping, begin=False)
        instance = await old.flow.create(id="a")
        await old.advance(1)
        _hand_over(old, new)
        await until(lambda: not old.worker.pending)
        await until(lambda: any(instance.run for instance in new.engine._instances.values()))
        await new.advance(3600)
        assert (await new.status(await new.flow.get("a")))["output"] == "rested"
        # What still asks the old host is sent on.
        assert (await old.status(instance))["output"] == "rested"

    using(test)


def test_what_still_reaches_the_old_host_is_sent_on(using):
    async def test(world):
        old, new = world.host(nothing), world.host(nothing, begin=False)
        _hand_over(old, new)
        asked = {"workflow": "flow", "operation": "create", "id": "a", "params": None}
        assert await old.engine.take(Target("shop", "entrypoint"), asked) == "a"
        assert (await new.ended(await new.flow.get("a")))["status"] == "complete"
        assert old.engine._instances == {}

    using(test)


def test_an_event_that_comes_during_the_handover_is_not_lost(using):
    async def run(_self, _event, step):
        return (await step.wait_for_event("w", "go")).payload

    async def test(world):
        old, new = world.host(run), world.host(run, begin=False)
        instance = await old.flow.create(id="a")
        await old.advance(1)
        old.successor = new
        old.engine.retire()
        await instance.sendEvent(type="go", payload=7)
        new.engine.begin()
        assert (await new.ended(await new.flow.get("a")))["output"] == 7

    using(test)


# ---- claims


def test_one_process_at_a_time_holds_a_claim(tmp_path):
    first, second = Claim(tmp_path / "flow" / "a"), Claim(tmp_path / "flow" / "a")
    assert first.take("a")
    assert first.take("a")
    assert not second.take("a")
    first.release()
    assert second.take("a")
    assert list(unfinished(tmp_path / "flow")) == ["a"]
    first.end()  # not the holder: nothing happens
    assert list(unfinished(tmp_path / "flow")) == ["a"]
    second.end()
    assert list(unfinished(tmp_path / "flow")) == []
    assert first.take("a")
    first.end()


def test_files_that_are_no_claims_are_left_alone(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "directory").mkdir()
    assert list(unfinished(tmp_path)) == []
    assert list(unfinished(tmp_path / "absent")) == []


# ---- between two tests


def test_a_reset_forgets_everything_and_goes_on(using):
    async def test(world):
        held = Held()
        host = world.host(held.flow())
        await host.flow.create(id="a")
        await held.begun.wait()
        host.engine.reset()
        host.stores.forget_all()
        with pytest.raises(JsException, match="not_found"):
            await host.flow.get("a")
        held.may_end.set()
        assert (await host.ended(await host.flow.create(id="a")))["output"] == 2

    using(test)


# ---- costs


def test_what_sleeps_keeps_no_file_open_but_its_claim(using):
    async def test(world):
        host = world.host(sleeping)
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        instances = [await host.flow.create() for _ in range(50)]
        await host.advance(1)
        for instance in instances:
            await host.status(instance)
        assert len(os.listdir("/proc/self/fd")) - before <= 50  # noqa: PTH208

    using(test)
