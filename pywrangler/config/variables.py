"""The plain values of a Worker's `env`: config, one source of secrets, command line (spec/dev-vars.md).

Later wins per name: `vars` of the config; then either the files given with --env-file, or `.dev.vars.<env>`, or
`.dev.vars`, or the `.env` family (with expansion, and with the variables of the process if asked for); then --var.
Everything but `vars` is text and of kind secret: its value appears in no message.

Two differences to wrangler, both intended: an environment chosen by CLOUDFLARE_ENV selects `.dev.vars.<env>` and
`.env.<env>` just as --env does, and a name that another binding has is left out with a warning, not in silence.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.config import dotenv
from pywrangler.config.model import Variable
from pywrangler.config.paths import exists
from pywrangler.config.suggest import did_you_mean
from pywrangler.errors import ConfigError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.config.model import WorkerConfig

LOAD_DOT_ENV = "CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV"
INCLUDE_PROCESS_ENV = "CLOUDFLARE_INCLUDE_PROCESS_ENV"
ENVIRONMENT = "CLOUDFLARE_ENV"
PROCESS = "process.env"
FLAG = "--var"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What decides about variables beside the config."""

    environment: str | None = None
    """Suffix of the files: the selected environment, None for the top level."""
    env_files: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    """`NAME:VALUE` as given with --var."""
    process: Mapping[str, str] = field(default_factory=dict)
    """The real environment of the process: may reach the Worker."""
    switches: Mapping[str, str] = field(default_factory=dict)
    """Where the CLOUDFLARE_ switches are looked up: `process` and the `.env` files of the working directory."""
    cwd: Path | None = None
    """Working directory, for the commands in messages."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The outcome for one Worker."""

    variables: tuple[Variable, ...]
    files_read: tuple[Path, ...]
    files_watched: tuple[Path, ...]
    used_process: bool
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Collection:
    base: Path
    required: frozenset[str] | None
    labels: Mapping[str, str]
    merged: dict[str, Variable] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    used_process: bool = False

    def add(self, variable: Variable) -> None:
        if variable.name in self.labels:
            if variable.source != PROCESS:
                what = f'"{variable.name}" from {variable.source} is left out: a {self.labels[variable.name]} has it.'
                self.problems.append(
                    Problem("variable-shadowed", what, "Rename one of them.", variable.place, "warning")
                )
            return
        earlier = self.merged.get(variable.name)
        if earlier is not None:
            line = earlier.place.line if earlier.place else 0
            shadows = (f"{earlier.source}:{line}" if line else earlier.source, *earlier.shadows)
            variable = Variable(variable.name, variable.value, variable.kind, variable.source, variable.place, shadows)
        self.merged[variable.name] = variable

    def takes(self, name: str) -> bool:
        """With `secrets.required`, files give only what is listed there or in `vars`."""
        return self.required is None or name in self.required or name in self.merged

    def fail(self, code: str, what: str, remedy: str = "", place: Place | None = None) -> None:
        self.problems.append(Problem(code, what, remedy, place))


def resolve_variables(worker: WorkerConfig, labels: Mapping[str, str], wishes: Wishes) -> Variables:
    """Return the variables of `worker`; problems are returned, not raised.

    `labels` holds the names of its other bindings with their kind.
    """
    required = None if worker.secrets_required is None else frozenset(worker.secrets_required)
    state = _Collection(worker.root, required, labels)
    for name, value in worker.vars.items():
        kind: str = "text" if isinstance(value, str) else "json"
        state.merged[name] = Variable(
            name, value, "text" if kind == "text" else "json", "vars", worker.var_places.get(name)
        )
    load_dot_env = _switch(state, wishes.switches, LOAD_DOT_ENV, default=True)
    include_process = _switch(state, wishes.switches, INCLUDE_PROCESS_ENV, default=False)
    dev_vars = _dev_vars(worker.root, wishes)
    if dev_vars is not None:
        _add_dev_vars(state, dev_vars)
    elif wishes.env_files or load_dot_env:
        _add_dot_env(state, wishes, include_process=include_process or required is not None)
    for flag in wishes.flags:
        name, _, value = flag.partition(":")
        if name:
            state.add(Variable(name, value, "secret", FLAG))
        else:
            state.fail("var-flag", "--var needs a name before the colon.", "Write --var NAME:VALUE.")
    _check_required(state, worker, wishes, dev_vars)
    watched = [*_candidates(worker.root, wishes)]
    return Variables(
        tuple(state.merged.values()),
        tuple(state.files),
        tuple(dict.fromkeys(watched)),
        state.used_process,
        tuple(state.problems),
    )


def _candidates(base: Path, wishes: Wishes) -> list[Path]:
    if wishes.env_files:
        return [base / name for name in wishes.env_files]
    suffixes = [f".dev.vars.{wishes.environment}"] if wishes.environment else []
    return [base / name for name in (*suffixes, ".dev.vars", *_family(wishes.environment))]


def _family(environment: str | None) -> tuple[str, ...]:
    """The `.env` files in the order of merging: later wins."""
    names = (".env", ".env.local")
    return (*names, f".env.{environment}", f".env.{environment}.local") if environment else names


def _dev_vars(base: Path, wishes: Wishes) -> Path | None:
    if wishes.env_files:
        return None
    names = [f".dev.vars.{wishes.environment}"] if wishes.environment else []
    return next((base / name for name in (*names, ".dev.vars") if exists(base / name)), None)


def _add_dev_vars(state: _Collection, path: Path) -> None:
    try:
        assignments = dotenv.read(path)
    except ConfigError as error:
        state.problems += error.problems
        return
    except OSError as error:
        what = f'Failed to load local dev variables file "{path.name}": {error.strerror}.'
        remedy = "It has to be a file." if path.is_dir() else "Make it readable, or remove it."
        state.fail("variables-unreadable", what, remedy, Place(path))
        return
    state.files.append(path)
    for item in assignments:
        if state.takes(item.name):
            state.add(_secret(state, path, item, item.value))


def _secret(state: _Collection, path: Path, item: dotenv.Assignment, value: str) -> Variable:
    source = str(path.relative_to(state.base)) if path.is_relative_to(state.base) else str(path)
    return Variable(item.name, value, "secret", source, Place(path, item.line, item.column))


def _add_dot_env(state: _Collection, wishes: Wishes, *, include_process: bool) -> None:
    names = wishes.env_files or _family(wishes.environment)
    found: list[tuple[Path, dotenv.Assignment]] = []
    for name in names:
        path = state.base / name
        if exists(path):
            found += [(path, item) for item in _read_dot_env(state, path)]
        elif wishes.env_files:
            what = f'The file given with --env-file does not exist: "{path}".'
            state.problems.append(Problem("variables-missing", what, "", None, "warning"))
    outside = wishes.process if include_process else {}
    try:
        values = dotenv.expand({item.name: item.value for _, item in found}, outside)
    except dotenv.ExpansionError as error:
        state.fail("variables-expansion", f"Variables cannot be expanded: {error}.", "", Place(found[-1][0]))
        return
    for path, item in found:
        if state.takes(item.name):
            state.add(_secret(state, path, item, values[item.name]))
    if include_process:
        state.used_process = True
        for name, value in outside.items():
            # An empty one does not win over a file.
            if state.takes(name) and (value or name not in values):
                state.add(Variable(name, values.get(name, value), "secret", PROCESS))


def _read_dot_env(state: _Collection, path: Path) -> Sequence[dotenv.Assignment]:
    try:
        assignments = dotenv.read(path)
    except ConfigError as error:
        state.problems += error.problems
        return ()
    except OSError as error:
        what = f'The file "{path.name}" cannot be read: {error.strerror}.'
        state.problems.append(Problem("variables-unreadable", what, "", Place(path), "warning"))
        return ()
    state.files.append(path)
    return assignments


def _switch(state: _Collection, switches: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = switches.get(name)
    if value is None:
        return default
    if value.lower() not in ("true", "false"):
        state.fail("switch", f'Expected {name} to be "true" or "false", but got "{value}".')
        return default
    return value.lower() == "true"


def _check_required(state: _Collection, worker: WorkerConfig, wishes: Wishes, dev_vars: Path | None) -> None:
    missing = [name for name in worker.secrets_required or () if name not in state.merged]
    if not missing:
        return
    near = [
        f'"{name}" looks like it.' for name in state.merged if any(did_you_mean(name, [wanted]) for wanted in missing)
    ]
    state.problems.append(
        Problem(
            "missing-secret",
            f"Missing required secrets: {', '.join(missing)}.",
            " ".join([_way_to_set(state, missing, worker, wishes, dev_vars), *near[:1]]),
            Place(worker.config_path),
            "warning",
        )
    )


def _way_to_set(
    state: _Collection, missing: Sequence[str], worker: WorkerConfig, wishes: Wishes, dev_vars: Path | None
) -> str:
    """Return the file that the missing secrets belong to, and the command that puts one there."""
    if wishes.env_files:
        return f"Add them to {wishes.env_files[-1]}."
    if dev_vars is None and state.files:
        # `secret put` would make a .dev.vars, and then no .env file counts any more.
        return f"Add them to {state.files[0].name}, or set them as environment variables."
    words = [f"pywrangler secret put {missing[0]}"]
    if dev_vars is not None and dev_vars.name == f".dev.vars.{wishes.environment}":
        words.append(f"--env {wishes.environment}")
    elif wishes.switches.get(ENVIRONMENT):
        words.append('--env ""')  # else the variable would choose the file
    if wishes.cwd is not None and wishes.cwd != worker.root and worker.root not in wishes.cwd.parents:
        words.append(f"-c {os.path.relpath(worker.config_path, wishes.cwd)}")
    command = f"`{' '.join(words)}`"
    if dev_vars is not None:
        return f"Add them to {dev_vars.name} with {command}; with that file, nothing else is read."
    example = next((name for name in (".dev.vars.example", ".env.example") if exists(state.base / name)), None)
    if example is not None:
        return f"Copy {example} to {example.removesuffix('.example')} and fill it in, or use {command}."
    return f"Add them to .dev.vars, .env, or set as environment variables; {command} writes .dev.vars."


# ---- for the command line -------------------------------------------------------------------------------


def variable_lines(path: Path) -> tuple[tuple[str, int], ...]:
    """Return the names that a variable file assigns, each with its line; repeated names repeat.

    OSError if the file cannot be read, ConfigError if it is no text.
    """
    return tuple((item.name, item.line) for item in dotenv.read(path))


def command_environment(
    cwd: Path, *, environment: str | None, env_files: Sequence[str] = (), process_environment: Mapping[str, str]
) -> dict[str, str]:
    """Return what the command itself sees as its environment: `.env` files of `cwd` below the real variables.

    This is how CLOUDFLARE_API_TOKEN can live in `.env`. `.dev.vars` takes no part. Files that cannot be read or
    expanded are left out: they matter to the Worker first, and are reported there.
    """
    suffix = process_environment.get(ENVIRONMENT) if environment is None else environment
    values: dict[str, str] = {}
    for name in env_files or _family(suffix or None):
        if not exists(cwd / name):
            continue
        try:
            values |= {item.name: item.value for item in dotenv.read(cwd / name)}
        except (OSError, ConfigError):
            continue
    try:
        expanded = dotenv.expand(values, process_environment)
    except dotenv.ExpansionError:
        expanded = values
    return {**expanded, **process_environment}
