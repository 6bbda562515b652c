"""How a step is tried: its retries and its timeout (spec/workers-module.md, section 10).

The defaults: five retries after the first attempt, the first after a second, each pause twice as long as the one
before; ten minutes for each attempt. A config may give `retries` (then with `limit` and `delay`), `timeout`, or both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pywrangler.runtime.workflows.durations import milliseconds

CONSTANT, LINEAR, EXPONENTIAL = "constant", "linear", "exponential"
BACKOFFS = (CONSTANT, LINEAR, EXPONENTIAL)
LONGEST_DELAY_MS = 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Policy:
    """A step's config; durations as they were given."""

    limit: int = 5
    """Retries after the first attempt."""
    delay: float | str = 1000
    backoff: str = EXPONENTIAL
    timeout: float | str = "10 minutes"

    @property
    def timeout_ms(self) -> float:
        """Milliseconds that an attempt may take."""
        return milliseconds(self.timeout) or 0

    def delay_ms(self, failures: int) -> float:
        """Return how long to wait after so many failures (1 or more)."""
        base = milliseconds(self.delay) or 0
        if self.backoff == LINEAR:
            base *= failures
        elif self.backoff == EXPONENTIAL:
            base = math.ldexp(base, min(failures - 1, 64))
        return min(base, LONGEST_DELAY_MS)

    def as_data(self) -> dict[str, Any]:
        """Return the config as steps see it in `ctx`, and as it is stored."""
        retries = {"limit": self.limit, "backoff": self.backoff, "delay": self.delay}
        return {"retries": retries, "timeout": self.timeout}


def read_policy(config: Any) -> Policy | None:
    """Return the policy of a config given as plain data; None if it is malformed."""
    if not isinstance(config, Mapping) or config.keys() - {"retries", "timeout"}:
        return None
    given: dict[str, Any] = {}
    retries = config.get("retries")
    if retries is not None:
        if not isinstance(retries, Mapping) or retries.keys() - {"limit", "delay", "backoff"}:
            return None
        if not _is_count(retries.get("limit")) or milliseconds(retries.get("delay")) is None:
            return None
        given = {"limit": int(retries["limit"]), "delay": retries["delay"]}
        if retries.get("backoff") is not None:
            given["backoff"] = retries["backoff"]
            if given["backoff"] not in BACKOFFS:
                return None
    if config.get("timeout") is not None:
        given["timeout"] = config["timeout"]
        if milliseconds(given["timeout"]) is None:
            return None
    return Policy(**given)


def _is_count(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value >= 0 and float(value).is_integer()
