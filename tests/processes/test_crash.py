"""Nothing that was acknowledged is lost, and nothing is half applied, however often processes are killed.

`python -m bench crash` does the same a thousand times.
"""

from __future__ import annotations

import pytest

from bench.crash import Crash, Writer, effects
from bench.sessions import Area

pytestmark = pytest.mark.processes


@pytest.mark.timeout(120)
def test_kills_in_the_middle_of_writes_lose_nothing_that_was_acknowledged() -> None:
    with Area() as area:
        crash = Crash(area, seed=11)
        for number in range(6):
            crash.round(number, kill_session=number == 3)
    assert crash.problems == []
    assert crash.acknowledged > 50


def test_the_comparison_finds_a_message_that_never_came() -> None:
    import random

    writer = Writer("queue", "b", random.Random(1))
    for _ in range(3):
        writer.next()
        writer.acknowledged()
    assert not writer.is_settled({"b.m1": 1, "b.m3": 3})
    assert writer.settle({"b.m1": 1, "b.m3": 3}) == "queue/b: never came: ['b.m2']"
    assert writer.settle({f"b.m{n}": n for n in range(1, 5)}) is None


def test_the_comparison_finds_what_is_lost_and_what_is_half_applied() -> None:
    import random

    writer = Writer("ledger", "b", random.Random(1))
    writer.known = {"b.first": 3, "b.row3": 3, "b.second": 3}
    writer.pending = effects("ledger", "b", 8, "transaction")
    whole = {"b.first": 8, "b.row3": 8, "b.second": 8}
    assert writer.settle(dict(whole)) is None
    writer.pending = effects("ledger", "b", 13, "transaction")
    assert writer.settle({**whole, "b.first": 13}) is not None
    assert writer.settle({"b.first": 3, "b.row3": 3, "b.second": 3}) is not None
