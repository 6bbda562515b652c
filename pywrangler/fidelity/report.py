"""All rules together: the findings of a Worker, and one line about them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from pywrangler.fidelity import calls, files, handlers, imports, javascript, module_scope, packages
from pywrangler.fidelity.bundle import Bundle, bundle_of
from pywrangler.fidelity.exports import Exports, exports_of
from pywrangler.fidelity.modules import Project, load
from pywrangler.fidelity.walk import Visit, walk
from pywrangler.packages import sdk
from pywrangler.packages.vendored import directories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pywrangler.config.model import Compat, WorkerConfig
    from pywrangler.errors import Problem
    from pywrangler.fidelity.source import Source


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one Worker."""

    worker: WorkerConfig
    findings: tuple[Problem, ...]
    """Sorted by place."""
    modules: tuple[Path, ...] = ()
    """The modules that were read, without vendored ones."""
    third_party: tuple[str, ...] = ()
    """Packages that the modules import from elsewhere."""


def check(worker: WorkerConfig, site_packages: tuple[Path, ...] = ()) -> Report:
    """Return what will not work on Cloudflare in one Worker. Parses its modules; imports and runs none of it.

    `site_packages` are the package directories of the project's environment.
    """
    return check_all([(worker, site_packages)])[0]


def check_all(workers: Sequence[tuple[WorkerConfig, tuple[Path, ...]]]) -> list[Report]:
    """Return a report for each Worker; bindings from one to another are checked, too."""
    projects = [load(worker, site_packages) for worker, site_packages in workers]
    exported = {project.worker.name: exports_of(project) for project in projects if project.worker.main is not None}
    return [_report(project, exported) for project in projects]


def summary(worker: WorkerConfig) -> str | None:
    """Return one line for the start of `dev`, None if there is nothing to say.

    Quick: reads the user's own modules only, and looks at nothing that is installed.
    """
    project = load(worker, with_vendored=False)
    if project.main is None:
        return None  # the session says why
    count = sum(problem.code not in _SAID_BY_DEV for problem in _findings(project, {}))
    if not count:
        return None
    things = "1 thing" if count == 1 else f"{count} things"
    lists = "lists it" if count == 1 else "lists them"
    return f"{things} here will not work on Cloudflare; `pywrangler check` {lists}."


_SAID_BY_DEV = frozenset(("syntax-error", "class-not-exported", "class-kind", "no-entrypoint", "legacy-handlers"))


def _report(project: Project, exported: dict[str, Exports]) -> Report:
    from pywrangler.fidelity import installed, layout

    more = chain(installed.check(project), layout.check(project.worker))
    findings = sorted(_findings(project, exported, more), key=_order)
    modules = tuple(source.path for source in project.own)
    return Report(project.worker, tuple(findings), modules, tuple(sorted(installed.present(project))))


def _findings(project: Project, exported: dict[str, Exports], more: Iterable[Problem] = ()) -> Iterator[Problem]:
    by_path = {source.path: source for source in project.sources.values()}
    seen: set[Problem] = set()
    for problem in chain(_all(project, exported), more):
        source = by_path.get(problem.place.path) if problem.place is not None else None
        if problem not in seen and not _is_silent(source, problem):
            seen.add(problem)
            yield problem


def _all(project: Project, exported: dict[str, Exports]) -> Iterator[Problem]:
    yield from project.problems
    compat = project.worker.compat
    vendored = (directory for directory, _ in directories(project.worker))
    release = sdk.effective(compat, vendored, project.site_packages)
    bundle = bundle_of(project.worker)
    own = {name.partition(".")[0] for name in project.sources}
    for source in project.sources.values():
        for visit in walk(source):
            yield from imports.check(visit, compat, release, own)
            if not source.is_vendored:
                yield from _rules(visit, compat, bundle)
    yield from packages.check(project)
    if project.main is not None:
        exports = exported.get(project.worker.name) or exports_of(project)
        yield from handlers.check_signatures(exports, project.worker)
        yield from handlers.check_config(project, exports, exported)


def _rules(visit: Visit, compat: Compat, bundle: Bundle) -> Iterator[Problem]:
    yield from calls.check(visit, compat)
    yield from module_scope.check(visit)
    yield from files.check(visit, bundle)
    yield from javascript.check(visit)


def _is_silent(source: Source | None, problem: Problem) -> bool:
    if source is None or problem.place is None:
        return False
    return source.is_silent(problem.code, problem.place.line)


def _order(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place
    return (str(place.path), place.line, place.column, problem.code) if place is not None else ("", 0, 0, problem.code)
