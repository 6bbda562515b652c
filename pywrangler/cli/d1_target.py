"""Which database a `d1` command means, and its file."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.bindings.d1.file import DatabaseFile
from pywrangler.bindings.d1.location import KIND, key_of, shown_name, store_of
from pywrangler.bindings.d1.migrations import Migrations
from pywrangler.bindings.stores import Stores
from pywrangler.cli.style import problem_block, style_for
from pywrangler.cli.targets import find_targets, own_environment
from pywrangler.config.resolve import STATE_DIRECTORY, STATE_VERSION
from pywrangler.config.suggest import did_you_mean
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from pywrangler.config.model import OtherBinding, WorkerConfig


@dataclass(frozen=True, slots=True)
class Target:
    """A database of a Worker."""

    worker: WorkerConfig
    binding: OtherBinding
    root: Path
    """`<persist-to>/v3`."""

    @property
    def shown_directory(self) -> str:
        """Where the data of databases lies, as people see it."""
        return os.path.relpath(self.root / "d1")

    @property
    def key(self) -> str:
        """What names the data."""
        return key_of(self.binding)

    @property
    def path(self) -> Path:
        """The file, existing or not."""
        return store_of(self.binding, Stores(self.root, _tell)).path

    @property
    def migrations(self) -> Migrations:
        """Those that the config names."""
        return Migrations.of(self.binding, self.worker.root)

    @contextmanager
    def open(self) -> Iterator[DatabaseFile]:
        """Lend the file; it is opened with the first query."""
        file = DatabaseFile(self.path, _tell)
        try:
            yield file
        finally:
            file.close()


def find(options: Namespace) -> Target:
    """Return the database that `options.database` names; StartError if there is none, or more than one."""
    targets = find_targets(options, own_environment(options))
    if not targets:
        what = f'No configuration found: neither "{Path.cwd()}" nor a directory above it holds a wrangler.jsonc.'
        raise StartError(Problem("no-config", what, "Name one with -c, or change to the Worker's directory."))
    all_databases = [
        (target.worker, binding) for target in targets for binding in target.worker.others if binding.kind == KIND
    ]
    found: dict[Path, Target] = {}
    for worker, binding in all_databases:
        if options.database in (binding.data.get("database_name"), binding.name):
            target = Target(worker, binding, _root(options, worker))
            found.setdefault(target.path, target)
    if not found:
        names = [name for _, binding in all_databases for name in {binding.name, shown_name(binding)}]
        file = targets[0].worker.config_path.name
        what = f"Couldn't find a D1 DB with the name or binding '{options.database}' in your {file} file."
        known = f"There is {', '.join(sorted(set(names)))}." if names else "There is none."
        raise StartError(Problem("unknown-database", what, did_you_mean(options.database, names) or known))
    if len(found) > 1:
        paths = [os.path.relpath(target.worker.config_path) for target in found.values()]
        what = f"Several Workers here have a database '{options.database}': {', '.join(paths)}."
        raise StartError(Problem("several-databases", what, f"Choose with -c {paths[0]}."))
    return next(iter(found.values()))


def _root(options: Namespace, worker: WorkerConfig) -> Path:
    directory = worker.root / STATE_DIRECTORY if options.persist_to is None else Path.cwd() / options.persist_to
    return directory / STATE_VERSION


def _tell(problem: Problem) -> None:
    sys.stderr.write(problem_block(style_for(sys.stderr, os.environ), problem, Path.cwd()))
