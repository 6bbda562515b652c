"""What bindings lead to: the class of a Durable Object, of a service or of a workflow, in whatever Worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.errors import Place, Problem
from pywrangler.typegen.scripts import exported_classes
from pywrangler.typegen.surface import surface

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.config.model import WorkerConfig
    from pywrangler.typegen.project import Project
    from pywrangler.typegen.source import Located, SourceTree
    from pywrangler.typegen.surface import Method

DEFAULT = "Default"
"""The class that is the default entrypoint."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a binding leads. `located` is None if there is no Python class to look at."""

    class_name: str
    script: str
    """The Worker's name."""
    worker: WorkerConfig | None = None
    located: Located | None = None
    is_script: bool = False
    """A class of a TypeScript or JavaScript Worker, which exists."""

    @property
    def key(self) -> tuple[Path | None, str]:
        """What two bindings to the same class have in common."""
        return (self.located.module.path if self.located else None), self.class_name


class Targets:
    """Finds what bindings lead to; `problems` are the classes that are not where the config says."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.problems: list[Problem] = []
        self._surfaces: dict[tuple[Path | None, str], tuple[Method, ...]] = {}

    def tree(self, target: Target) -> SourceTree:
        """Return the code of the Worker that has the class."""
        assert target.worker is not None
        assert target.worker.main is not None
        return self._project.tree(target.worker.main)

    def methods(self, target: Target) -> tuple[Method, ...]:
        """Return what can be called."""
        if target.located is None:
            return ()
        if target.key not in self._surfaces:
            self._surfaces[target.key] = surface(self.tree(target), target.located)
        return self._surfaces[target.key]

    def find(self, binding: str, own: WorkerConfig, script: str | None, class_name: str, place: Place | None) -> Target:
        """Return what the binding of a Worker leads to; `script` None means the Worker itself."""
        worker = own if script is None else self._project.known.get(script)
        name = script or own.name
        if worker is None or worker.main is None:
            return Target(class_name, name)
        if worker.main.suffix != ".py":
            if class_name == DEFAULT or class_name in exported_classes(worker.main):
                return Target(class_name, name, worker, None, is_script=True)
            self._missing(binding, class_name, worker, place)
            return Target(class_name, name, worker)
        tree = self._project.tree(worker.main)
        located = tree.find_class(class_name)
        # A Worker without a default class has handlers in the module: nothing to call but `fetch`. Of code that cannot
        # be parsed that is said instead.
        if located is None and class_name != DEFAULT and tree.main() is not None:
            self._missing(binding, class_name, worker, place)
        return Target(class_name, name, worker, located)

    def _missing(self, binding: str, class_name: str, worker: WorkerConfig, place: Place | None) -> None:
        assert worker.main is not None
        what = (
            f'The binding {binding} names the class "{class_name}", which {worker.main.name} of "{worker.name}" lacks.'
        )
        remedy = "It is untyped. Import the class in the main module, or correct class_name."
        problem = Problem("class-missing", what, remedy, place, "warning")
        if problem not in self.problems:
            self.problems.append(problem)
