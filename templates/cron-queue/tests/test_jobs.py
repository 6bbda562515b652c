from urllib.request import urlopen

import pytest
from jobs import BadJob, clean_up, perform


def test_a_job_is_done():
    assert perform({"kind": "greet", "name": "Ada"}) == "Hello, Ada!"


@pytest.mark.parametrize("job", [None, [], {}, {"kind": "unknown"}, {"kind": 5}])
def test_a_job_without_sense_is_told_from_one_that_failed(job):
    with pytest.raises(BadJob):
        perform(job)


def test_what_is_too_old_is_counted_from_the_planned_time():
    assert clean_up(1_750_000_000) == "Everything before 2025-05-16 can go."


@pytest.mark.parametrize("cron", ["0+3+*+*+*", "*/15+*+*+*+*"])
def test_the_worker_runs_when_its_time_has_come(url, cron):
    with urlopen(f"{url}/cdn-cgi/local/scheduled?cron={cron}") as response:
        assert response.read() == b"ok"
