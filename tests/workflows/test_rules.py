"""The pure parts, as tables: durations, retries, states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.workflows import lifecycle
from pywrangler.runtime.workflows.durations import LONGEST_MS, milliseconds
from pywrangler.runtime.workflows.lifecycle import Decision, Effect, Status
from pywrangler.runtime.workflows.policy import Policy, read_policy
from pywrangler.runtime.workflows.progress import Attempt, Facts, GiveUp, after_failure, next_attempt

DAY = 86_400_000


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, 0), (1500, 1500), (0.5, 0.5), (-5, 0),
        ("1 second", 1000), ("2 seconds", 2000), ("1 seconds", 1000), ("10 minutes", 600_000), ("24 hours", DAY),
        ("1 day", DAY), ("2 weeks", 14 * DAY), ("1 month", 30 * DAY), ("1 year", 365 * DAY), ("1.5 hours", 5_400_000),
        ("ten", None), ("", None), ("5", None), ("5 fortnights", None), ("-1 second", None), (None, None),
        (True, None), (float("nan"), None), (float("inf"), None), (LONGEST_MS * 2, None), ("9999999 years", None),
        ([1], None),
    ],
)  # fmt: skip
def test_durations(given, expected):
    assert milliseconds(given) == expected


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.from_regex(r"\d{1,20} ?[a-z]+")))
def test_any_duration_is_refused_or_a_time_that_a_clock_can_take(value):
    found = milliseconds(value)
    assert found is None or 0 <= found <= LONGEST_MS


# ---- retries


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, Policy(5, 1000, "exponential", "10 minutes")),
        ({"timeout": "5 seconds"}, Policy(timeout="5 seconds")),
        ({"retries": {"limit": 2, "delay": "1 second", "backoff": "linear"}}, Policy(2, "1 second", "linear")),
        ({"retries": {"limit": 0.0, "delay": 50}, "timeout": 500}, Policy(0, 50, timeout=500)),
        ({"retries": {"limit": 1}}, None),
        ({"retries": {"delay": 1}}, None),
        ({"retries": {"limit": "a", "delay": 10}}, None),
        ({"retries": {"limit": -1, "delay": 10}}, None),
        ({"retries": {"limit": 1.5, "delay": 10}}, None),
        ({"retries": {"limit": float("inf"), "delay": 1}}, None),
        ({"retries": {"limit": 1, "delay": "ten"}}, None),
        ({"retries": {"limit": 1, "delay": 10, "backoff": "zz"}}, None),
        ({"retries": {"limit": 1, "delay": 10, "more": 1}}, None),
        ({"retries": 3}, None),
        ({"timeout": "zz"}, None),
        ({"foo": 1}, None),
        ("text", None),
    ],
)
def test_configs_of_steps(config, expected):
    assert read_policy(config) == expected


@pytest.mark.parametrize(
    ("backoff", "expected"),
    [
        ("constant", [100, 100, 100, 100]),
        ("linear", [100, 200, 300, 400]),
        ("exponential", [100, 200, 400, 800]),
    ],
)
def test_the_pause_before_each_retry(backoff, expected):
    policy = Policy(9, 100, backoff)
    assert [policy.delay_ms(failures) for failures in (1, 2, 3, 4)] == expected


def test_a_pause_never_overflows():
    assert Policy(10**6, "1 year").delay_ms(10**6) == 365 * DAY


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(), Attempt(1)),
        (Facts(2, 50.0), Attempt(3, 50.0)),
        (Facts(2), Attempt(3)),
    ],
)
def test_what_is_stored_says_which_attempt_is_next(facts, expected):
    assert next_attempt(facts) == expected


@pytest.mark.parametrize(
    ("limit", "failures", "is_retryable", "expected"),
    [
        (2, 1, True, Attempt(2, 10.1)),
        (2, 2, True, Attempt(3, 10.2)),
        (2, 3, True, GiveUp()),
        (0, 1, True, GiveUp()),
        (5, 1, False, GiveUp()),
    ],
)
def test_the_limit_counts_the_retries_after_the_first_attempt(limit, failures, is_retryable, expected):
    assert after_failure(Policy(limit, 100), failures, 10.0, is_retryable=is_retryable) == expected


# ---- states

LIVE = (Status.QUEUED, Status.RUNNING, Status.PAUSED, Status.WAITING_FOR_PAUSE)
ENDED = (Status.ERRORED, Status.TERMINATED, Status.COMPLETE)


@pytest.mark.parametrize(
    ("status", "executing", "expected"),
    [
        (Status.QUEUED, False, Status.PAUSED),
        (Status.RUNNING, False, Status.PAUSED),
        (Status.RUNNING, True, Status.WAITING_FOR_PAUSE),
        (Status.WAITING_FOR_PAUSE, True, Status.WAITING_FOR_PAUSE),
        (Status.PAUSED, False, Status.PAUSED),
        *((status, False, status) for status in ENDED),
    ],
)
def test_a_pause_waits_for_the_step_that_runs(status, executing, expected):
    assert lifecycle.pause(status, executing=executing) == Decision(expected)


@pytest.mark.parametrize("status", [Status.PAUSED, Status.WAITING_FOR_PAUSE])
def test_resume_goes_on(status):
    assert lifecycle.resume(status) == Decision(Status.RUNNING, Effect.GO_ON)


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING, *ENDED])
def test_resume_of_what_is_not_paused_does_nothing(status):
    assert lifecycle.resume(status) == Decision(status)


@pytest.mark.parametrize("status", LIVE)
def test_terminate_ends_what_has_not_ended(status):
    assert lifecycle.terminate(status) == Decision(Status.TERMINATED, Effect.END)


@pytest.mark.parametrize("status", ENDED)
def test_terminate_of_what_has_ended_is_refused(status):
    with pytest.raises(JsException, match=r"\(instance.cannot_terminate\)"):
        lifecycle.terminate(status)


@pytest.mark.parametrize("status", [*LIVE, *ENDED])
def test_restart_begins_anew_from_any_state(status):
    assert lifecycle.restart(status) == Decision(Status.QUEUED, Effect.BEGIN_ANEW)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.QUEUED, Decision(Status.RUNNING, Effect.GO_ON)),
        (Status.RUNNING, Decision(Status.RUNNING, Effect.GO_ON)),
        (Status.WAITING_FOR_PAUSE, Decision(Status.PAUSED)),
        (Status.PAUSED, Decision(Status.PAUSED)),
        *((status, Decision(status)) for status in ENDED),
    ],
)
def test_a_new_host_goes_on_with_what_was_running(status, expected):
    assert lifecycle.awake(status) == expected


def test_states_have_the_platforms_names():
    assert [status.text for status in Status] == [
        "queued", "running", "paused", "errored", "terminated", "complete", "waitingForPause",
    ]  # fmt: skip
