"""When batches are due (spec/bindings.md, section 4)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.queues.backlog import Backlog
from pywrangler.runtime.queues.messages import Metrics, Queued


def queued(name: Any, due: float = 0.0, milliseconds: float = 0.0) -> Queued:
    return Queued(str(name), milliseconds, "text", b"x" * 3, due=due)


def taken(backlog: Backlog, now: float) -> str:
    return "".join(message.id for message in backlog.take(now))


def test_a_full_batch_is_due_at_once():
    backlog = Backlog(3, 10)
    backlog.add(map(queued, "ab"), 100)
    assert taken(backlog, 100) == ""
    backlog.add(map(queued, "cd"), 101)
    assert taken(backlog, 101) == "abc"
    assert taken(backlog, 101) == ""


def test_a_batch_that_is_not_full_is_due_the_timeout_after_its_first_message():
    backlog = Backlog(3, 10)
    backlog.add(map(queued, "a"), 100)
    backlog.add(map(queued, "b"), 109)
    assert backlog.next_due() == 110
    assert taken(backlog, 109.9) == ""
    assert taken(backlog, 110) == "ab"
    assert backlog.next_due() is None


def test_what_a_full_batch_leaves_waits_from_when_it_came():
    backlog = Backlog(2, 10)
    backlog.add(map(queued, "ab"), 100)
    backlog.add(map(queued, "c"), 103)
    assert taken(backlog, 103) == "ab"
    assert backlog.next_due() == 113


def test_without_a_timeout_a_message_is_due_at_once():
    backlog = Backlog(5, 0)
    backlog.add(map(queued, "abc"), 100)
    assert taken(backlog, 100) == "abc"


def test_a_delayed_message_comes_when_its_delay_is_over():
    backlog = Backlog(5, 1)
    backlog.add([queued("late", due=130), queued("soon", due=120)], 100)
    assert backlog.metrics(100) == Metrics()
    assert backlog.next_due() == 120
    assert taken(backlog, 120.5) == ""
    assert backlog.next_due() == 121
    assert taken(backlog, 121) == "soon"
    assert taken(backlog, 131) == "late"


def test_a_message_that_waits_since_earlier_is_due_earlier():
    backlog = Backlog(5, 10)
    backlog.add([queued("a", due=95)], 100)
    assert backlog.next_due() == 105


def test_metrics_tell_what_waits():
    backlog = Backlog(2, 10)
    backlog.add([queued("a", milliseconds=7), queued("b", milliseconds=5), queued("c", milliseconds=9)], 100)
    assert backlog.metrics(100) == Metrics(3, 9, 5)
    backlog.add([queued("d", milliseconds=4)], 100)
    assert backlog.metrics(100) == Metrics(4, 12, 4)
    backlog.take(100)
    assert backlog.metrics(100) == Metrics(2, 6, 4)
    backlog.add([queued("e", milliseconds=8)], 100)
    backlog.take(100)
    assert backlog.metrics(100) == Metrics(1, 3, 8)
    backlog.take_all(100)
    assert backlog.metrics(100) == Metrics()


def test_everything_can_be_taken_with_its_times():
    backlog = Backlog(5, 10)
    backlog.add([queued("a"), queued("b", due=150), queued("c", due=120)], 100)
    assert [(message.id, message.due) for message in backlog.take_all(101)] == [("a", 100), ("c", 120), ("b", 150)]
    assert backlog.next_due() is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.floats(0, 30), max_size=4)),
        st.tuples(st.just("move"), st.floats(0, 20)),
    ),
    max_size=30,
)


@given(STEPS, st.integers(1, 4), st.floats(0, 5))
def test_every_message_comes_once_in_batches_that_fit_when_they_are_due(steps, size, timeout):
    backlog, now, sent, got = Backlog(size, timeout), 1000.0, 0, []
    for what, given_value in steps:
        if what == "move":
            now += given_value
        else:
            messages = [queued(sent + index, due=now + delay) for index, delay in enumerate(given_value)]
            sent += len(messages)
            backlog.add(messages, now)
        while batch := backlog.take(now):
            assert len(batch) <= size
            assert all(message.due <= now for message in batch)
            got += batch
        due = backlog.next_due()
        assert due is None or due > now
    while (due := backlog.next_due()) is not None:
        now = max(now, due)
        got += backlog.take(now)
    assert sorted(int(message.id) for message in got) == list(range(sent))
