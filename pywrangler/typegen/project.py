"""What stubs are made of: the config of a Worker in all its environments, and the other Workers it may bind.

Other Workers are those of further configs, and, without such, the ones in directories beside the Worker's: the same
projects that `dev` runs together. A Worker is known by its effective name, `<name>-<env>` in an environment
(spec/registry.md, section 6).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pywrangler.config.discover import NAMES, discover, load
from pywrangler.config.parse import parse
from pywrangler.config.paths import absolute, exists, is_file, names_in
from pywrangler.config.variables import PROCESS, Wishes, command_environment, resolve_variables, variable_lines
from pywrangler.errors import ConfigError, Place, Problem
from pywrangler.typegen.source import SourceTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pywrangler.config.document import Document
    from pywrangler.config.model import WorkerConfig

HARMLESS = frozenset({"not-python", "python-flag", "hyperdrive", "assets"})
"""Errors that keep a Worker from running, not its types from being written."""

EXAMPLES = (".dev.vars.example", ".env.example")


@dataclass(frozen=True, slots=True)
class Level:
    """One environment of a Worker, None for the top level."""

    environment: str | None
    worker: WorkerConfig
    variables: tuple[tuple[str, Any], ...]
    """Values from `vars` that nothing overrides."""
    secrets: tuple[str, ...]
    """Names of everything else that is text: never the values."""


@dataclass(slots=True)
class Project:
    """A Worker, and those that it can name."""

    levels: tuple[Level, ...]
    known: dict[str, WorkerConfig] = field(default_factory=dict)
    """Workers by name, itself included."""
    files: tuple[Path, ...] = ()
    """Variable files that were read, for whoever watches."""
    _trees: dict[Path, SourceTree] = field(default_factory=dict)

    @property
    def config_path(self) -> Path:
        """The config of the Worker."""
        return self.levels[0].worker.config_path

    @property
    def main(self) -> Path | None:
        """The main module, as the top level or the only environment names it."""
        return self.levels[0].worker.main

    @property
    def source_problems(self) -> tuple[Problem, ...]:
        """Files that could not be parsed, as far as anybody looked."""
        return tuple(problem for tree in self._trees.values() for problem in tree.problems)

    def tree(self, main: Path) -> SourceTree:
        """Return the code around a main module; the same object every time."""
        return self._trees.setdefault(main, SourceTree(main))


def find_configs(given: Sequence[Path], directory: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the configs to write types for, and those that only say what bindings lead to.

    The first config that is given counts; without any, the one above the directory, or all in its child directories.
    """
    discovery = discover(given or None, cwd=directory)
    paths = tuple(found.user_path for found in discovery.configs)
    if not paths:
        what = f'No configuration found: neither "{directory}" nor a directory above it holds a {NAMES[1]}.'
        raise ConfigError([Problem("no-config", what, "Name one with -c.", Place(directory))])
    if discovery.are_siblings:
        return paths, paths
    return paths[:1], paths[1:]


def read_project(
    config_path: Path,
    others: Sequence[Path],
    *,
    environment: str | None,
    env_files: Sequence[str] = (),
    process_environment: Mapping[str, str],
) -> Project:
    """Read everything; ConfigError if the Worker's config, or a config that was named, cannot be used.

    `environment` None means all of them. A sibling that was not named and is broken is left out.
    """
    document = load(config_path)
    switches = command_environment(
        config_path.parent, environment=environment, env_files=env_files, process_environment=process_environment
    )
    problems: list[Problem] = []
    files: list[Path] = []
    levels = []
    for name in [environment] if environment else [None, *environments(document)]:
        wishes = Wishes(name, tuple(env_files), (), {}, switches)
        level = _read_level(document, config_path, name, wishes, problems, files)
        if level is not None:
            levels.append(level)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or not levels:
        raise ConfigError(list(dict.fromkeys(errors)))
    project = Project(tuple(levels), files=tuple(dict.fromkeys(files)))
    for level in levels:
        project.known[level.worker.name] = level.worker
    for path in others:
        for worker in _workers(path):
            project.known.setdefault(worker.name, worker)
    for path in siblings(config_path):
        if path not in others and targets(levels) - set(project.known):
            _add_sibling(project, path)
    return project


def environments(document: Document) -> list[str]:
    """Return the names of a config's environments, in its order."""
    value = document.value.get("env") if isinstance(document.value, dict) else None
    return [name for name, level in value.items() if isinstance(level, dict)] if isinstance(value, dict) else []


def siblings(config_path: Path) -> list[Path]:
    """Return the configs in the directories beside that of a config."""
    here = config_path.parent
    found = []
    for folder in names_in(here.parent):
        directory = here.parent / folder
        if directory != here and not folder.startswith(".") and folder != "node_modules":
            found += [directory / name for name in NAMES if is_file(directory / name)][:1]
    return found


def targets(levels: Sequence[Level]) -> set[str]:
    """Return the Workers that bindings name."""
    found: set[str] = set()
    for worker in (level.worker for level in levels):
        found |= {item.script_name for item in worker.durable_objects if item.script_name is not None}
        found |= {item.service for item in worker.services}
        scripts = [item.data.get("script_name") for item in worker.others if item.kind == "workflows"]
        found |= {script for script in scripts if isinstance(script, str)}
    return found


def _add_sibling(project: Project, path: Path) -> None:
    try:
        workers = _workers(path)
    except ConfigError:
        return  # Somebody else's trouble: `dev` in that directory tells about it.
    for worker in workers:
        project.known.setdefault(worker.name, worker)


def _workers(config_path: Path) -> list[WorkerConfig]:
    """Return the Worker of a config in every environment."""
    document = load(config_path)
    found, problems = [], []
    for name in [None, *environments(document)]:
        parsed = parse(document, config_path=config_path, environment=name)
        problems += [it for it in parsed.problems if it.severity == "error" and it.code not in HARMLESS]
        if parsed.worker is not None:
            found.append(parsed.worker)
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return found


def _read_level(
    document: Document,
    config_path: Path,
    environment: str | None,
    wishes: Wishes,
    problems: list[Problem],
    files: list[Path],
) -> Level | None:
    parsed = parse(document, config_path=config_path, environment=environment)
    problems += [problem for problem in parsed.problems if problem.code not in HARMLESS]
    worker = parsed.worker
    if worker is None:
        return None
    if worker.secrets_required is not None:
        # The config says which secrets there are; files are not asked.
        required = tuple(name for name in worker.secrets_required if name not in parsed.labels)
        values = tuple((name, value) for name, value in worker.vars.items() if name not in required)
        return Level(environment, worker, values, required)
    found = resolve_variables(worker, parsed.labels, wishes)
    problems += [problem for problem in found.problems if problem.severity == "error"]
    files += found.files_read
    secrets = {item.name for item in found.variables if item.kind == "secret" and item.source != PROCESS}
    if not found.files_read and not wishes.env_files:
        secrets |= _example_names(worker) - set(parsed.labels)
    values = tuple((name, value) for name, value in worker.vars.items() if name not in secrets)
    # Sorted: files of two people hold the same names in different orders.
    return Level(environment, worker, values, tuple(sorted(secrets)))


def _example_names(worker: WorkerConfig) -> set[str]:
    """Return the names of the example file, where the real one is missing: in CI, or just after a clone.

    So the stubs are the same for everybody who fills in the example.
    """
    path = next((worker.root / name for name in EXAMPLES if exists(worker.root / name)), None)
    if path is None:
        return set()
    try:
        return {name for name, _ in variable_lines(path)}
    except (OSError, ConfigError):
        return set()


def relative(path: Path, start: Path) -> str:
    """Return a path as seen from a directory, with slashes on every system."""
    return os.path.relpath(absolute(path), absolute(start)).replace(os.sep, "/")
