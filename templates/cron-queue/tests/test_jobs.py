from datetime import UTC, datetime

import pytest
from jobs import BadJob, perform


@pytest.fixture
def worker(workers):
    return workers["@name@"]


def said(worker):
    return [str(line) for line in worker.logs]


@pytest.mark.parametrize("job", [None, [], {}, {"kind": "unknown"}, {"kind": 5}])
def test_a_job_without_sense_is_told_from_one_that_failed(job):
    with pytest.raises(BadJob):
        perform(job)


def test_at_night_is_said_what_is_too_old(worker, clock):
    clock.advance_to(datetime(2040, 3, 31, 3, tzinfo=UTC))
    assert worker.scheduled("0 3 * * *")["outcome"] == "ok"
    assert said(worker) == ["Everything before 2040-03-01 can go."]


def test_at_other_times_nothing_is_done(worker):
    worker.scheduled("*/15 * * * *")
    assert said(worker) == ["Nothing to do right now."]


def test_messages_are_done_or_dropped_but_never_tried_in_vain(worker):
    result = worker.queue("@name@-jobs", [{"kind": "greet", "name": "Ada"}, {"kind": "unknown"}])
    assert (result.acked, result.retried) == (("0", "1"), {})
    assert said(worker) == ["Hello, Ada!", "Dropped: there is no job of the kind 'unknown'"]
