"""The file of an instance: wrangler's layout (read off files of wrangler 4.164, which reads ours as well)."""

from __future__ import annotations

import pytest

from pywrangler.bindings.stores import Stores
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.values import JsBigInt, JsMap, array, plain
from pywrangler.runtime.workflows.journal import Journal, sleep_id, step_id, wait_id
from pywrangler.runtime.workflows.ledger import TABLES
from pywrangler.runtime.workflows.lifecycle import Status
from pywrangler.runtime.workflows.policy import Policy
from pywrangler.runtime.workflows.progress import Facts

NOW = 1_795_450_669.888


@pytest.fixture
def store(tmp_path):
    stores = Stores(tmp_path / "v3", lambda problem: pytest.fail(str(problem)))
    yield stores.store("workflows", "workflows-my-flow", "i_sleeps", TABLES)
    stores.close()


@pytest.fixture
def journal(store):
    return Journal(store, lambda: NOW)


def values(store):
    rows = store.connection.execute("SELECT key, value FROM _cf_KV").fetchall()
    return {key: deserialize(value) for key, value in rows}


def history(store):
    query = "SELECT groupKey, target, metadata, event FROM states ORDER BY id"
    return store.connection.execute(query).fetchall()


def due(store):
    query = "SELECT target_timestamp, action, entryType, hash FROM priority_queue ORDER BY id"
    return store.connection.execute(query).fetchall()


def test_an_instance_has_the_file_that_wrangler_gives_it(store, tmp_path):
    assert store.path.relative_to(tmp_path / "v3") == (
        tmp_path.__class__("workflows/miniflare-workflows-my-flow")
        / "30bcccc697ae158cafb280fac74d324565d3cce0c361e4d45c6e922afed08590.sqlite"
    )


@pytest.mark.parametrize(
    ("step", "key", "target"),
    [
        (step_id("n", 1), "d1854cae891ec7b29161ccaf79a24b00c274bdaa-1", "n-1"),
        (step_id("n", 2), "d1854cae891ec7b29161ccaf79a24b00c274bdaa-2", "n-2"),
        (wait_id("w", 1), "0b00578af103f1401fe19e318bc3a230a151a6d7-1", "w-1"),
        (wait_id("w", 2), "940924b6e2d9d640958ddfe8de83c7ce52c24b21-2", "w-2"),
    ],
)
def test_steps_have_the_keys_that_wrangler_gives_them(step, key, target):
    assert (step.key, step.target) == (key, target)


def test_steps_sleeps_and_waits_of_one_name_are_apart():
    assert len({kind("n", count).key for kind in (step_id, sleep_id, wait_id) for count in (1, 2)}) == 6


def test_a_new_instance_as_wrangler_writes_it(journal, store):
    journal.create("i_sleeps", "my-flow", serialize(plain({"s": "sleeps"})))
    stored = values(store)
    metadata = stored["INSTANCE_METADATA"]
    assert stored["ENGINE_STATUS"] == 0
    assert metadata["instance"]["created_on"] == "2026-11-23T16:17:49.888Z"
    assert (metadata["instance"]["id"], metadata["accountId"]) == ("i_sleeps", 0)
    event = metadata["event"]
    assert list(event) == ["timestamp", "payload", "instanceId", "workflowName"]
    assert (event["payload"], event["instanceId"], event["workflowName"]) == ({"s": "sleeps"}, "i_sleeps", "my-flow")
    assert history(store) == [
        (None, None, '{"params":{"s":"sleeps"},"trigger":{"source":0}}', 0),
        (None, None, "{}", 1),
    ]


def test_a_step_as_wrangler_writes_it(journal, store):
    step = step_id("a", 1)
    journal.create("i", "my-flow", None)
    journal.set_status(Status.RUNNING)
    journal.begin_attempt(step, 1, Policy(), NOW + 600)
    assert journal.outcome(step) is None
    journal.succeed(step, 1, serialize(plain({"value": 1})), 1)
    key = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8-1"
    config = '{"retries":{"limit":5,"backoff":"exponential","delay":1000},"timeout":"10 minutes"}'
    assert history(store)[2:] == [
        (None, None, "{}", 26),
        (key, "a-1", f'{{"config":{config}}}', 5),
        (key, "a-1", '{"attempt":1}', 10),
        (key, "a-1", '{"attempt":1}', 11),
        (key, "a-1", '{"result":1}', 6),
    ]  # fmt: skip
    assert due(store) == [(1795451269888, 1, 2, f"{key}-1"), (1795451269888, 0, 2, f"{key}-1")]
    stored = values(store)
    assert stored[f"{key}-value"] == {"value": 1}
    assert stored[f"{key}-metadata"] == {"attemptedCount": 1}
    assert journal.outcome(step).unwrap() == 1
    assert journal.step_outputs() == [1]


def test_a_file_of_wrangler_is_read(journal, store):
    key = "4dc7c9ec434ed06502767136789763ec11d2c4b7-1"
    run = store.connection.execute
    run("INSERT INTO _cf_KV VALUES ('ENGINE_STATUS', ?)", (b"\xff\x0fI\x02",))
    run("INSERT INTO _cf_KV VALUES (?, ?)", (f"{key}-metadata", b'\xff\x0fo"\x0eattemptedCountI\x02{\x01'))
    run(
        "INSERT INTO states (groupKey, target, metadata, event) VALUES (?, 'r-1',"
        """ '{"attempt":1,"error":{"name":"Error","message":"again"},"retryDelayMs":20000}', 12)""",
        (key,),
    )
    run("INSERT INTO priority_queue VALUES (3, '2026-11-23 16:01:57', 1795449737388, 1, 0, ?)", (f"{key}-1",))
    assert journal.status is Status.RUNNING
    assert journal.facts(step_id("r", 1)) == Facts(1, 1795449737.388)


def test_what_failed_for_good_is_raised_again_and_again(journal):
    step = step_id("a", 1)
    journal.create("i", "my-flow", None)
    journal.begin_attempt(step, 1, Policy(), NOW)
    journal.fail_attempt(step, 1, JsException("RangeError", "boom"), NOW + 5)
    assert journal.facts(step) == Facts(1, NOW + 5)
    assert journal.outcome(step) is None
    journal.begin_attempt(step, 2, Policy(), NOW)
    journal.fail_attempt(step, 2, JsException("RangeError", "boom"), None)
    for _ in range(2):
        with pytest.raises(JsException) as caught:
            journal.outcome(step).unwrap()
        assert (caught.value.name, caught.value.message, caught.value.remote) == ("RangeError", "boom", True)


def test_events_are_kept_by_type_in_order(journal):
    journal.create("i", "my-flow", None)
    for number in range(12):
        journal.add_event("go", serialize(number))
    journal.add_event("go\nx", serialize("other"))
    taken = [journal.take_event(wait_id("w", count), "go").unwrap().payload for count in range(1, 13)]
    assert taken == list(range(12))
    assert journal.take_event(wait_id("w", 13), "go") is None
    assert journal.take_event(wait_id("w", 14), "go\nx").unwrap().payload == "other"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (
            plain({"d": JsDate.new(0), "m": JsMap.new(array([array([1, 2])]))}),
            {"d": "1970-01-01T00:00:00.000Z", "m": {}},
        ),
        (JsBigInt(5), None),
    ],
)
def test_the_history_shows_values_as_json(journal, value, shown):
    journal.create("i", "my-flow", None)
    step = step_id("a", 1)
    journal.begin_attempt(step, 1, Policy(), NOW)
    journal.succeed(step, 1, serialize(plain({"value": value})), value)
    assert journal.step_outputs() == [shown]


def test_a_step_and_what_came_after_it_can_be_forgotten(journal):
    journal.create("i", "my-flow", None)
    for name in "abc":
        journal.begin_attempt(step_id(name, 1), 1, Policy(), NOW)
        journal.succeed(step_id(name, 1), 1, serialize(plain({"value": name})), name)
    assert not journal.forget_from("b", 2)
    assert journal.forget_from("b", 1)
    assert journal.step_outputs() == ["a"]
    assert [journal.outcome(step_id(name, 1)) is None for name in "abc"] == [False, True, True]
    journal.clear()
    assert journal.outcome(step_id("a", 1)) is None
    assert journal.event().instanceId == "i"


def test_a_file_that_holds_no_instance_is_none(journal, store):
    assert not journal.exists()
    assert not store.path.exists()
    assert store.connection.execute("SELECT count(*) FROM states").get == 0  # wrangler leaves such files
    assert not journal.exists()
