"""What `doctor` looks at in the packages of a Worker: what is asked for, what is there, what is vendored."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli.findings import Finding, error, ok, warning
from pywrangler.packages.demand import demand_of
from pywrangler.packages.vendored import look
from pywrangler.session.missing import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.config.model import WorkerConfig
    from pywrangler.protocol.control import Packages

TOPIC = "packages"
_SYNC = "Run `pywrangler sync`."


def compare(worker: WorkerConfig, found: Packages) -> Iterator[Finding]:
    """Yield what does not fit together."""
    yield from _asked_for(worker, found)
    yield from _vendored(found)


def _asked_for(worker: WorkerConfig, found: Packages) -> Iterator[Finding]:
    demand = demand_of(worker.root)
    if demand is None:
        return
    file = os.path.relpath(demand.path)
    if demand.problem:
        yield error(TOPIC, f"{file} cannot be read: {demand.problem}.", "")
        return
    unmet = demand.unmet(found.site_packages or (Path(sysconfig.get_path("purelib")),))
    lacking = [describe(item) for item in unmet if item[1] is None]
    outdated = [describe(item) for item in unmet if item[1] is not None]
    if lacking:
        names = ", ".join(lacking)
        has_none = not found.site_packages and not Path(sys.prefix).is_relative_to(worker.root)
        what = f"{file} asks for what {_environment(found)} lacks: {names}."
        yield error(TOPIC, f"{file} asks for {names}, and there is no .venv." if has_none else what, _SYNC)
    if outdated:
        what = f"{file} asks for other versions than {_environment(found)} has: {', '.join(outdated)}."
        yield warning(TOPIC, what, _SYNC)
    if not unmet and demand.everything:
        yield ok(TOPIC, f"{_environment(found)} has what {file} asks for")


def _vendored(found: Packages) -> Iterator[Finding]:
    elsewhere = [*found.site_packages, *map(Path, sys.path)]
    for directory, excluded in found.vendored:
        skipped = look(directory, excluded, elsewhere).skipped
        shown = os.path.relpath(directory)
        if replaced := [item.name for item in skipped if item.is_replaced]:
            names = ", ".join(replaced)
            yield ok(TOPIC, f"of {shown}, {names} cannot be used here, so {_environment(found)} counts")
        if lacking := [item.name for item in skipped if not item.is_replaced]:
            names = ", ".join(lacking)
            what = f"{shown} has {names} as built for WebAssembly, and {_environment(found)} has no other."
            yield warning(TOPIC, what, _SYNC)


def _environment(found: Packages) -> str:
    # .venv/lib/python3.13/site-packages
    path = found.site_packages[0].parents[2] if found.site_packages else Path(sys.prefix)
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
