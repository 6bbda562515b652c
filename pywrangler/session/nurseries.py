"""Which nursery forks for whom, and what it has imported: the part of `machine` that knows nurseries.

A nursery is made for no packages in particular; with the first that it imports for a Worker, it belongs to the Workers
with the same packages. So a session starts with one, whatever its Workers need, and others follow when there is time.
One that is spent (a module has started threads, or its packages have changed) forks no more, but lives until its last
host is gone, because its hosts die with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.session import actions as do
from pywrangler.session.state import HEALTHY_SECONDS, PACKAGES_QUIET_SECONDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from pywrangler.protocol.control import Packages
    from pywrangler.session.state import Host


@dataclass(slots=True)
class Nursery:
    """One nursery process."""

    number: int
    started_at: float
    packages: Packages | None = None
    """Those it has imported from; None as long as it has imported none."""
    preloaded: frozenset[str] = frozenset()
    has_forked: bool = False
    is_spent: bool = False


class Nurseries:
    """All nurseries of a session."""

    def __init__(self) -> None:
        self._all: dict[int, Nursery] = {}
        self._next = 0
        self._unsafe_modules: frozenset[str] = frozenset()
        self._losses = 0

    def usable(self, packages: Packages, now: float) -> tuple[list[do.Action], Nursery]:
        """Return a nursery for these packages, and the action that starts it if there is none."""
        # The warm one first, then one that is nobody's yet.
        for wanted in (packages, None):
            for nursery in self._all.values():
                if nursery.packages == wanted and not nursery.is_spent:
                    return [], nursery
        nursery = Nursery(self._next, now)
        self._next += 1
        self._all[nursery.number] = nursery
        return [do.StartNursery(nursery.number)], nursery

    def note_fork(self, number: int) -> None:
        """Take note that a nursery has forked: it works."""
        nursery = self._all.get(number)
        if nursery is not None:
            nursery.has_forked = True

    def preload(self, host: Host, packages: Packages, now: float) -> list[do.Action]:
        """Have the nursery for these packages import what the host's code had imported."""
        if host.loaded is None:
            return []
        modules = frozenset(host.loaded.modules) - self._unsafe_modules
        return self._ask(packages, modules, now) if modules else []

    def mark_unsafe(self, number: int, modules: tuple[str, ...], now: float) -> list[do.Action]:
        """Replace a nursery, without the modules that made it unsafe."""
        nursery = self._all.get(number)
        if nursery is None:
            return []
        self._unsafe_modules |= frozenset(modules)
        nursery.is_spent = True
        if nursery.packages is None:
            return []
        # Now rather than at the next save, when somebody waits for it.
        return self._ask(nursery.packages, nursery.preloaded - self._unsafe_modules, now)

    def renew(self, packages: Packages, hosts: Collection[Host], now: float) -> list[do.Action]:
        """Let no more hosts inherit what is known of these packages: they have changed.

        A nursery knows something from its start on: Python itself looks into the environment that it runs in. One that
        is younger than the quiet time after a change was started because of it, for another Worker.
        """
        spent = [
            nursery
            for nursery in self._all.values()
            if nursery.packages in (packages, None) and now - nursery.started_at >= PACKAGES_QUIET_SECONDS
        ]
        for nursery in spent:
            nursery.is_spent = True
        return [action for nursery in spent for action in self.close_idle(nursery.number, hosts)]

    def lose(self, number: int) -> Nursery | None:
        """Take a nursery out that has ended; None if that is known already."""
        return self._all.pop(number, None)

    def count_loss(self, nursery: Nursery, now: float) -> int:
        """Return how many nurseries in a row have died young, this one included."""
        self._losses = 1 if now - nursery.started_at >= HEALTHY_SECONDS else self._losses + 1
        return self._losses

    def close_idle(self, number: int, hosts: Collection[Host]) -> list[do.Action]:
        """End a spent nursery that has no hosts any more."""
        nursery = self._all.get(number)
        if nursery is None or not nursery.is_spent or any(host.nursery == number for host in hosts):
            return []
        del self._all[number]
        return [do.CloseNursery(number)]

    def _ask(self, packages: Packages, modules: frozenset[str], now: float) -> list[do.Action]:
        actions, nursery = self.usable(packages, now)
        wanted = modules - nursery.preloaded
        if not wanted:
            return actions
        nursery.packages = packages
        nursery.preloaded |= wanted
        return [*actions, do.Preload(nursery.number, tuple(sorted(wanted)), packages)]
