import asyncio

import pytest


@pytest.fixture
def counters(workers):
    return workers["@name@"]


def test_a_new_counter_is_at_zero(counters):
    assert counters.get("/apples").json() == {"name": "apples", "value": 0}


def test_each_name_counts_by_itself(counters):
    values = [counters.post(path).json()["value"] for path in ("/apples", "/apples", "/pears")]
    assert values == [1, 2, 1]


def test_methods_of_the_object_can_be_called_directly(counters):
    assert counters.object("COUNTER", "apples").increment(5) == 5
    assert counters.get("/apples").json()["value"] == 5


def test_other_methods_are_refused(counters):
    answer = counters.delete("/apples")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


async def test_no_count_is_lost_when_many_ask_at_once(async_workers):
    answers = await asyncio.gather(*(async_workers["@name@"].post("/busy") for _ in range(40)))
    assert sorted(answer.json()["value"] for answer in answers) == list(range(1, 41))
