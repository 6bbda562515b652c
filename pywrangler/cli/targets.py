"""Which Worker a command means that acts on one, and its files.

Unlike `dev`, such a command needs only the name and the place of a Worker: a config with other mistakes in it will do.
A generated config (a redirect) is not followed, since secrets and account belong to the user's own (spec/config.md).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.config.discover import discover, load
from pywrangler.config.parse import parse
from pywrangler.config.paths import is_file
from pywrangler.config.suggest import did_you_mean
from pywrangler.config.variables import ENVIRONMENT, command_environment
from pywrangler.errors import ConfigError, Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from pywrangler.config.model import WorkerConfig

DEV_VARS = ".dev.vars"
# Mistakes that leave open which Worker is meant.
_DECISIVE = frozenset(("name", "unknown-environment"))


@dataclass(frozen=True, slots=True)
class Target:
    """A Worker that a command acts on."""

    worker: WorkerConfig
    labels: Mapping[str, str]
    """Its bindings that are no variables: names with their kind."""
    environments: tuple[str, ...]
    """The environments that its config defines."""

    @property
    def secrets_file(self) -> Path:
        """The file for local secrets, existing or not: that of the environment, if one is selected."""
        environment = self.worker.environment
        return self.worker.root / (f"{DEV_VARS}.{environment}" if environment else DEV_VARS)


def own_environment(options: Namespace) -> dict[str, str]:
    """Return the environment of the command itself: the `.env` files of the working directory below the real one."""
    return command_environment(
        Path.cwd(), environment=options.env, env_files=tuple(options.env_file), process_environment=os.environ
    )


def find_targets(options: Namespace, environment: Mapping[str, str]) -> list[Target]:
    """Return the Workers whose configs are in reach, none without a config; ConfigError if one cannot be read."""
    chosen = (environment.get(ENVIRONMENT) if options.env is None else options.env) or None
    discovery = discover([options.config] if options.config else None, cwd=Path.cwd())
    targets = []
    problems: list[Problem] = []
    for found in discovery.configs:
        document = load(found.user_path if is_file(found.user_path) else found.path)
        parsed = parse(document, config_path=found.user_path, environment=chosen)
        bad = [problem for problem in parsed.problems if problem.severity == "error" and problem.code in _DECISIVE]
        if parsed.worker is None or bad:
            problems += bad or parsed.problems
            continue
        environments = document.value.get("env") if isinstance(document.value, dict) else None
        names = tuple(environments) if isinstance(environments, dict) else ()
        targets.append(Target(parsed.worker, parsed.labels, names))
    if problems:
        raise ConfigError(problems)
    return targets


def choose_target(options: Namespace, environment: Mapping[str, str]) -> Target:
    """Return the one Worker that is meant; `--name` chooses among several. StartError if there is not exactly one."""
    targets = find_targets(options, environment)
    if not targets:
        what = f'No configuration found: neither "{Path.cwd()}" nor a directory above it holds a wrangler.jsonc.'
        raise StartError(Problem("no-config", what, "Name one with -c, or change to the Worker's directory."))
    names = [target.worker.name for target in targets]
    if options.name is not None:
        wanted = {options.name, f"{options.name}-{targets[0].worker.environment}"}
        matching = [target for target in targets if target.worker.name in wanted]
        if not matching:
            what = f'No configuration here is of a Worker named "{options.name}"; there is {_listed(names)}.'
            raise StartError(Problem("unknown-worker", what, did_you_mean(options.name, names)))
        return matching[0]
    if len(targets) > 1:
        paths = [os.path.relpath(target.worker.config_path) for target in targets]
        what = f"There are several Workers here: {_listed(names)}."
        raise StartError(Problem("several-workers", what, f"Choose with --name {names[0]}, or with -c {paths[0]}."))
    return targets[0]


def _listed(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
