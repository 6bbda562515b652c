"""What a step does next, from what is stored of it: the same after a reload, a restart or a crash as without one.

- An outcome that is stored is final: the step never runs again.
- An attempt whose failure is not stored did not end: it is made again, under the same number.
- After a failure that is not the last one the next attempt waits until its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywrangler.runtime.workflows.policy import Policy


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored of a step that has no outcome."""

    failures: int = 0
    """Attempts that have failed."""
    retry_at: float | None = None
    """When the next attempt is due (seconds since the epoch); None for at once."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Try (again): attempt `number` counts from 1 and begins at `at`, seconds since the epoch, or at once."""

    number: int
    at: float | None = None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The failure is final."""


def next_attempt(facts: Facts) -> Attempt:
    """Return the attempt that is due."""
    return Attempt(facts.failures + 1, facts.retry_at)


def after_failure(policy: Policy, failures: int, now: float, *, is_retryable: bool) -> Attempt | GiveUp:
    """Decide after the failure of an attempt, which is the `failures`th, at `now` (seconds since the epoch)."""
    if not is_retryable or failures > policy.limit:
        return GiveUp()
    return Attempt(failures + 1, now + policy.delay_ms(failures) / 1000)
