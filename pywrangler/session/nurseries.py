"""Which nursery forks for whom, and what it has imported: the part of `machine` that knows nurseries.

There is one usable nursery per virtual environment. One that became unsafe forks no more, but lives until its last
host is gone, because its hosts die with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.session import actions as do
from pywrangler.session.state import HEALTHY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pywrangler.session.state import Host


@dataclass(slots=True)
class Nursery:
    """One nursery process."""

    number: int
    packages: tuple[Path, ...]
    started_at: float
    preloaded: frozenset[str] = frozenset()
    has_forked: bool = False
    is_unsafe: bool = False


class Nurseries:
    """All nurseries of a session."""

    def __init__(self) -> None:
        self._all: dict[int, Nursery] = {}
        self._next = 0
        self._unsafe_modules: frozenset[str] = frozenset()
        self._losses = 0

    def usable(self, packages: tuple[Path, ...], now: float) -> tuple[list[do.Action], Nursery]:
        """Return the nursery for these packages, and the action that starts it if there is none."""
        for nursery in self._all.values():
            if nursery.packages == packages and not nursery.is_unsafe:
                return [], nursery
        nursery = Nursery(self._next, packages, now)
        self._next += 1
        self._all[nursery.number] = nursery
        return [do.StartNursery(nursery.number)], nursery

    def note_fork(self, number: int) -> None:
        """Take note that a nursery has forked: it works."""
        nursery = self._all.get(number)
        if nursery is not None:
            nursery.has_forked = True

    def preload(self, host: Host) -> list[do.Action]:
        """Have the host's nursery import what the host's code had imported."""
        nursery = self._all.get(host.nursery)
        if nursery is None or nursery.is_unsafe or host.loaded is None:
            return []
        wanted = frozenset(host.loaded.modules) - nursery.preloaded - self._unsafe_modules
        return self._ask(nursery, wanted)

    def mark_unsafe(self, number: int, modules: tuple[str, ...], now: float) -> list[do.Action]:
        """Replace a nursery, without the modules that made it unsafe."""
        nursery = self._all.get(number)
        if nursery is None:
            return []
        self._unsafe_modules |= frozenset(modules)
        nursery.is_unsafe = True
        # Now rather than at the next save, when somebody waits for it.
        actions, replacement = self.usable(nursery.packages, now)
        return actions + self._ask(replacement, nursery.preloaded - self._unsafe_modules)

    def lose(self, number: int) -> Nursery | None:
        """Take a nursery out that has ended; None if that is known already."""
        return self._all.pop(number, None)

    def count_loss(self, nursery: Nursery, now: float) -> int:
        """Return how many nurseries in a row have died young, this one included."""
        self._losses = 1 if now - nursery.started_at >= HEALTHY_SECONDS else self._losses + 1
        return self._losses

    def close_idle(self, number: int, hosts: Collection[Host]) -> list[do.Action]:
        """End an unsafe nursery that has no hosts any more."""
        nursery = self._all.get(number)
        if nursery is None or not nursery.is_unsafe or any(host.nursery == number for host in hosts):
            return []
        del self._all[number]
        return [do.CloseNursery(number)]

    def _ask(self, nursery: Nursery, modules: frozenset[str]) -> list[do.Action]:
        if not modules:
            return []
        nursery.preloaded |= modules
        return [do.Preload(nursery.number, tuple(sorted(modules)), nursery.packages)]
