"""Workflows in real Workers, by way of the pytest plugin."""

from __future__ import annotations

import pytest

flows = pytest.mark.workers("project/flows/wrangler.jsonc")


@flows
def test_an_order_from_beginning_to_end(workers, clock):
    worker = workers.first
    assert worker.get("/create?id=o1").json() == {"id": "o1", "status": "running"}
    instance = worker.workflow("ORDERS").get("o1")
    clock.advance(0)
    assert instance.status().steps == [{"items": 2, "attempt": 1}, 20, "2 packed", [20, "2 packed"]]
    assert instance.status().waits.startswith('sleeps in step "in transit" until ')
    clock.advance(2 * 86_400)
    assert instance.status().waits.startswith('waits in step "arrival" for an event of type "arrived" until ')
    assert worker.get("/arrived?id=o1&by=truck").ok
    found = instance.wait()
    assert (found.status, found.error) == ("complete", None)
    assert found.output == {"result": [20, "2 packed"], "by": "truck", "at": clock.utc().year, "id": "o1"}


@flows
def test_run_uses_bindings_and_run_sync(workers):
    assert workers.first.workflow("ORDERS").create({"kind": "bindings"}).wait().output == [1, 2, 3]


@flows
def test_retries_wait_for_the_clock(workers, clock):
    instance = workers.first.workflow("ORDERS").create({"kind": "flaky"})
    clock.advance(3600 + 7199)
    assert instance.status().status == "running"
    with pytest.raises(TimeoutError, match=r'waits to try step "flaky" again until .* the clock stands still'):
        instance.wait()
    clock.advance(1)
    assert instance.wait().output == 3
    assert sum("attempt" in line.text for line in workers.first.logs) >= 2


@flows
def test_a_timeout_waits_for_the_clock(workers, clock):
    instance = workers.first.workflow("ORDERS").create({"kind": "endless"})
    clock.advance(60)
    found = instance.wait()
    assert found.error["message"].strip().endswith("Execution timed out after 60000ms")


@flows
def test_a_non_retryable_error_is_caught_as_such(workers):
    assert workers.first.workflow("ORDERS").create({"kind": "fatal"}).wait().output == "no such item"


@flows
def test_what_nobody_catches_stands_in_the_terminal_with_its_place(workers):
    found = workers.first.workflow("ORDERS").create({"kind": "broken"}, id="b").wait()
    assert found.status == "errored"
    (line,) = [line.text for line in workers.first.logs if line.level == "error"]
    assert 'Workflow "orders", instance "b" failed: RuntimeError: broken by design' in line
    assert "src/entry.py" in line


@flows
def test_an_object_creates_an_instance(workers, clock):
    assert workers.first.get("/object").text == "from-object"
    clock.advance(0)
    assert workers.first.workflow("ORDERS").get("from-object").status().steps[0] == {"items": 3, "attempt": 1}


@flows
def test_a_batch(workers):
    assert workers.first.get("/batch").json() == ["b1", "b2"]
    assert workers.first.workflow("ORDERS").get("b1").wait().output == "no such item"


@flows
@pytest.mark.parametrize("_number", [1, 2])
def test_each_test_begins_without_instances(workers, _number):
    flow = workers.first.workflow("ORDERS")
    instance = flow.create({"kind": "order", "items": 1}, id="same")
    instance.pause()
    assert instance.status().status in ("paused", "waitingForPause")
    instance.resume()
    instance.terminate()
    assert instance.wait().status == "terminated"
    instance.delete()
    with pytest.raises(Exception, match=r"instance\.not_found"):
        flow.get("same")
    flow.create({"kind": "order", "items": 1}, id="same")


@flows
async def test_coroutine_tests_await(async_workers):
    flow = async_workers.first.workflow("ORDERS")
    instances = await flow.create_batch([{"kind": "fatal"}, {"kind": "bindings"}])
    assert [(await instance.wait()).output for instance in instances] == ["no such item", [1, 2, 3]]
    again = await flow.get(instances[0].id)
    assert (await again.status()).status == "complete"


@flows
def test_a_binding_that_is_none_is_named(workers):
    with pytest.raises(LookupError, match=r"no workflow binding DESK \(it has: ORDERS\)"):
        workers.first.workflow("DESK")


# ---- other Workers, other dates


@pytest.mark.workers("project/shop/wrangler.jsonc", "project/flows/wrangler.jsonc")
def test_a_workflow_of_another_worker(workers):
    shop = workers["shop"]
    assert shop.get("/ORDERS").json()["id"] == "remote"
    assert shop.workflow("ORDERS").get("remote").wait().output == "no such item"
    assert workers["flows"].workflow("ORDERS").get("remote").status().status == "complete"
    assert 'Workflow "unknown" is not defined by Worker "flows" (defines: orders).' in shop.get("/UNKNOWN").text
    assert 'Worker "absent-worker" not found. Make sure it is running locally.' in shop.get("/ABSENT").text
    with pytest.raises(LookupError, match='needs the Worker "absent-worker"'):
        shop.workflow("ABSENT")


@pytest.mark.workers("project/older/wrangler.jsonc")
def test_before_2026_02_25_steps_name_what_they_depend_on(workers, clock):
    assert workers.first.get("/").text == "a"
    clock.advance(1)
    found = workers.first.workflow("FLOW").get("a").wait()
    assert found.output == {"second": {"n": 2, "limit": 1}, "payload": 5}
