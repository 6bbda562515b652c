"""Packages of the project's environment that Cloudflare will not have.

Files compiled for this machine show that a package has to exist for WebAssembly, too (`pyodide_packages`). What is
installed but not asked for in pyproject.toml works here only, since it is not bundled (`dependencies`).
"""

from __future__ import annotations

import re
import sys
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, distributions
from typing import TYPE_CHECKING

from pywrangler.errors import Place, Problem
from pywrangler.fidelity import dependencies
from pywrangler.fidelity.dependencies import canonical
from pywrangler.fidelity.modules import Directory, Import, Project
from pywrangler.fidelity.packages import CODE, UNAVAILABLE
from pywrangler.fidelity.pyodide_packages import AS_OF, COMPILED, NEWER, PURE_FALLBACK
from pywrangler.packages import editable
from pywrangler.packages.names import distributions_of
from pywrangler.packages.vendored import PYTHON_MODULES, directories

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPILED_SUFFIX = re.compile(r"\.(?:so|pyd|dylib)$")
_FOR_PYODIDE = re.compile(r"emscripten|pyodide|wasm32")


def check(project: Project) -> Iterator[Problem]:
    """Yield a finding for each imported package that is compiled, not bundled or not there at all."""
    imports = [
        item for name, item in project.third_party.items() if name not in UNAVAILABLE and not item.visit.is_guarded
    ]
    if imports:
        # What a host would find, the project's own environment first.
        installed = list(distributions(path=[*map(str, project.site_packages), *sys.path]))
        declared = dependencies.closure(project.worker.root, installed)
        for item in imports:
            if any(Directory(path).holds(item.package) for path, _ in directories(project.worker)):
                what = f"python_modules.exclude leaves out {item.package}, so it does not exist on Cloudflare."
                yield item.visit.source.problem("excluded-module", item.node, what, "Narrow the patterns.")
                continue
            found = next((found for found in installed if item.package in _top_level(found)), None)
            if found is not None:
                yield from _installed(item, found, declared)
            elif is_missing(project, item):
                is_asked = declared is not None and not declared.isdisjoint(distributions_of(item.package))
                remedy = "pyproject.toml asks for it: run `pywrangler sync`."
                if not is_asked:
                    name = distributions_of(item.package)[0]
                    remedy = f'Add "{name}" to the dependencies in pyproject.toml and run `pywrangler sync`.'
                what = f"No module {item.package} was found."
                yield item.visit.source.problem("unresolved-import", item.node, what, remedy, "warning")
    yield from _vendored(project)


def present(project: Project) -> list[str]:
    """Return the imported packages, without those that are optional and missing."""
    return [
        name for name, item in project.third_party.items() if not (item.visit.is_guarded and is_missing(project, item))
    ]


def is_missing(project: Project, item: Import) -> bool:
    """Whether no place that a host looks at has the package."""
    places = [
        *project.site_packages,
        *(added for place in project.site_packages for added in editable.directories(place)),
    ]
    if PathFinder.find_spec(item.package, [*map(str, places), *sys.path]) is not None:
        return False
    return all(item.package not in editable.mapped(place) for place in project.site_packages)


def _installed(item: Import, found: Distribution, declared: frozenset[str] | None) -> Iterator[Problem]:
    name = canonical(found.metadata["Name"])
    compiled = next((file.name for file in found.files or () if _COMPILED_SUFFIX.search(file.name)), "")
    if compiled and name not in COMPILED | NEWER | PURE_FALLBACK:
        what = f"{name} is compiled for this machine ({compiled}), and {AS_OF} does not have it."
        remedy = "Look for a wheel for WebAssembly, or use a package in pure Python."
        yield item.visit.source.problem(CODE, item.node, what, remedy, "warning")
    if declared is None or name not in declared:
        where = "there is no pyproject.toml" if declared is None else "pyproject.toml does not ask for it"
        what = f"{item.package} is installed here, but {where}, so it is not part of the bundle."
        remedy = f'Add "{name}" to the dependencies.'
        yield item.visit.source.problem("undeclared-package", item.node, what, remedy, "warning")


def _vendored(project: Project) -> Iterator[Problem]:
    """Yield a finding if `python_modules` holds code that is compiled for another machine than Cloudflare's."""
    directory = project.worker.root / PYTHON_MODULES
    for path in sorted(directory.rglob("*")) if directory.is_dir() else ():
        if _COMPILED_SUFFIX.search(path.name) and not _FOR_PYODIDE.search(path.name):
            what = f"{path.relative_to(directory.parent)} is compiled for this machine and will not load on Cloudflare."
            yield Problem(CODE, what, "Vendor the package's wheel for WebAssembly.", Place(path))
            return


def _top_level(distribution: Distribution) -> set[str]:
    text = distribution.read_text("top_level.txt")
    if text:
        return set(text.split())
    names = {file.parts[0].partition(".")[0] for file in distribution.files or () if file.suffix in {".py", ".so"}}
    return {name for name in names if name.isidentifier()}
