"""The state of a session that `machine` and its parts decide on: Workers, hosts, and when they are given up."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pywrangler.protocol.control import NO_PACKAGES, Packages

if TYPE_CHECKING:
    from pywrangler.config.model import Resolved
    from pywrangler.errors import Problem
    from pywrangler.protocol import control
    from pywrangler.session.registry import Rival
    from pywrangler.session.reports import Link
    from pywrangler.session.sources import Sources

RESTART_DELAYS_SECONDS = (0.0, 0.2, 0.5, 1.0)
CRASH_LIMIT = len(RESTART_DELAYS_SECONDS) + 1
HEALTHY_SECONDS = 10.0
PACKAGES_QUIET_SECONDS = 0.3
"""How long nothing must happen among packages before a change of them counts."""

Stage = Literal["loading", "starting", "serving", "leaving"]
HOST_TIMERS = ("exit status", "slow load", "serving", "kill")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the session starts with for one Worker."""

    resolved: Resolved
    packages: Packages = NO_PACKAGES
    urls: tuple[str, ...] = ()


@dataclass(slots=True)
class Host:
    """One host process, from the order to fork until it is gone."""

    number: int
    worker: int
    nursery: int
    forked_at: float
    stage: Stage = "loading"
    loaded: control.Loaded | None = None
    serving_since: float | None = None


@dataclass(slots=True)
class Worker:
    """One Worker, whatever host runs it."""

    index: int
    plan: Plan
    resolved: Resolved
    sources: Sources
    label: str
    """Prefix of its reports; "" if it is the only one."""
    packages: Packages
    current: int | None = None
    candidate: int | None = None
    pending: list[str] = field(default_factory=list)
    """Files that changed while a candidate was loading."""
    packages_changed: list[str] = field(default_factory=list)
    """What changed in the packages since they were looked for."""
    lacks_package: bool = False
    """Its code could not be imported the last time, so another environment may help."""
    generation: int = 0
    crashes: int = 0
    standing_in: bool = False
    reload_since: float | None = None
    has_verdict: bool = False
    """It has served, or its code was found broken: the start is over."""
    is_announced: bool = False
    entry: tuple[str, object] | None = None
    """Name and content of the entry as last claimed."""
    rival: Rival | None = None
    links: dict[str, Link] = field(default_factory=dict)
    hinted: set[str] = field(default_factory=set)
    shown_problems: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """The effective name."""
        return self.resolved.worker.name


def ended(status: int | None) -> str:
    """Return how a process ended, in words that follow its name."""
    if status is None:
        return "ended unexpectedly"
    if status < 0:
        try:
            return f"was killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"was killed by signal {-status}"
    return f"exited with code {status}"
