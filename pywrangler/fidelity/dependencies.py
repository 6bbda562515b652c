"""Which packages a project asks for, with all that these need: those are bundled when the Worker is deployed.

Cloudflare's tool reads `[project] dependencies` of the nearest pyproject.toml (spec/cli.md, section 10). What these
need in turn is read from what is installed here, without regard to extras and markers: rather too much than too little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.packages.demand import demand_of
from pywrangler.packages.distributions import parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import Distribution
    from pathlib import Path


def closure(start: Path, installed: Iterable[Distribution]) -> frozenset[str] | None:
    """Return the canonical names of everything asked for; None without a pyproject.toml at or above `start`."""
    demand = demand_of(start)
    if demand is None:
        return None
    needs = {canonical(found.metadata["Name"]): found.requires or [] for found in reversed(list(installed))}
    waiting = list(demand.requirements)
    names: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += [canonical(requirement) for requirement in needs.get(name, ())]
    return frozenset(names)


def canonical(requirement: str | None) -> str:
    """Return the name in a requirement as the index spells it: lower case, with single hyphens."""
    found = parse(requirement or "")
    return found.name if found is not None else ""
