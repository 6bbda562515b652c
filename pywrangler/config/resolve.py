"""From the command line's wishes to everything a session needs to know: `resolve`.

Several configs make one session; the first is the primary. Overrides (flags) apply to the primary only, the
environment to all (spec/registry.md, section 6). Every problem of every config is reported at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as replace_in_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pywrangler.config.discover import NAMES, Discovery, Found, discover, load, unreadable
from pywrangler.config.document import Document
from pywrangler.config.mocks import with_mocks
from pywrangler.config.model import Resolved, WorkerConfig
from pywrangler.config.overrides import NO_OVERRIDES, Overrides
from pywrangler.config.parse import Parsed, parse
from pywrangler.config.paths import absolute
from pywrangler.config.suggest import misspelt
from pywrangler.config.variables import ENVIRONMENT, Wishes, command_environment, resolve_variables
from pywrangler.errors import ConfigError, Place, Problem
from pywrangler.files import require_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Overrides", "Resolution", "resolve"]

STATE_DIRECTORY = Path(".wrangler", "state")
STATE_VERSION = "v3"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The Workers of a session, primary first, and what the user should hear about them."""

    workers: tuple[Resolved, ...]
    warnings: tuple[Problem, ...]
    state_roots: tuple[Path, ...]
    """Where local data of each Worker lies (`.../v3`), in the order of `workers`."""
    redirects: tuple[Found, ...] = ()
    """Configs that are generated files, with what redirected to them."""


def resolve(
    config_paths: Sequence[Path] | None,
    *,
    cwd: Path,
    environment: str | None,
    overrides: Overrides = NO_OVERRIDES,
    process_environment: Mapping[str, str],
) -> Resolution:
    """Return the resolved Workers; ConfigError with all problems of all configs, warnings included.

    `config_paths` None searches (see `discover`). `environment` None means CLOUDFLARE_ENV, "" the top level.
    `process_environment` is the real one; the `.env` files that the command line reads for itself are added here.
    """
    cwd = absolute(cwd)
    switches = command_environment(
        cwd, environment=environment, env_files=overrides.env_files, process_environment=process_environment
    )
    chosen = (switches.get(ENVIRONMENT) if environment is None else environment) or None
    start = (cwd / overrides.script).parent if overrides.script is not None else None
    discovery = discover(config_paths, cwd=cwd, start=start)
    if not discovery.configs:
        if overrides.script is None:
            raise _nothing_found(cwd)
        discovery = Discovery((Found(cwd / NAMES[1], cwd / NAMES[1]),))
    problems: list[Problem] = list(discovery.warnings)
    resolved: list[Resolved] = []
    for number, found in enumerate(discovery.configs):
        mine = overrides if number == 0 else Overrides(env_files=overrides.env_files)
        wishes = Wishes(chosen, mine.env_files, mine.vars, process_environment, switches, cwd)
        one = _resolve_one(found, chosen, mine, wishes, cwd, problems)
        if one is not None:
            resolved.append(one)
    problems += _check_session(resolved)
    if "WRANGLER_DISABLE_EXPERIMENTAL_WARNING" in switches:
        problems = [problem for problem in problems if problem.code != "unsafe"]
    if any(problem.severity == "error" for problem in problems):
        # Stable: errors first, each kind in the order of the configs.
        raise ConfigError(sorted(problems, key=lambda problem: problem.severity != "error"))
    return Resolution(
        tuple(resolved),
        tuple(problems),
        _state_roots(resolved, discovery, overrides, cwd),
        tuple(found for found in discovery.configs if found.redirect is not None),
    )


def _nothing_found(cwd: Path) -> ConfigError:
    for name in NAMES:
        try:
            require_regular(cwd / name)
        except OSError as error:
            return unreadable(cwd / name, error)
    what = f'No configuration found: neither "{cwd}" nor a directory above it holds a {NAMES[1]}.'
    return ConfigError(
        [Problem("no-config", what, "Start with `pywrangler init`, or name a configuration with -c.", Place(cwd))]
    )


def _resolve_one(
    found: Found, environment: str | None, overrides: Overrides, wishes: Wishes, cwd: Path, problems: list[Problem]
) -> Resolved | None:
    if overrides.script is not None and not found.path.exists():
        # No file at all is legal with a script; there is no place where the flag could be written then.
        document = Document(found.path, "", {})
        overrides = replace_in_dataclass(
            overrides, compatibility_flags=overrides.compatibility_flags or ("python_workers",)
        )
    else:
        try:
            document = load(found.path)
        except ConfigError as error:
            problems += error.problems
            return None
    if found.redirect is not None:
        environment = _redirected_environment(document, environment, problems)
    parsed: Parsed = parse(
        document,
        config_path=found.user_path,
        environment=environment,
        overrides=overrides,
        cwd=cwd,
        is_redirected=found.redirect is not None,
    )
    problems += parsed.problems
    if parsed.worker is None:
        return None
    worker = parsed.worker
    if overrides.mocks:
        worker = with_mocks(worker, overrides.mocks, cwd, problems)
    worker = _with_connection_strings(worker, wishes.switches, problems)
    variables = resolve_variables(worker, parsed.labels, wishes)
    problems += variables.problems
    configs = [path for path in (found.path, found.user_path, found.redirect) if path is not None]
    return Resolved(
        worker,
        variables.variables,
        variables.files_read,
        tuple(dict.fromkeys([*configs, *variables.files_watched])),
        variables.used_process,
    )


def _redirected_environment(document: Document, environment: str | None, problems: list[Problem]) -> str | None:
    """A generated config is of one environment already: the flag may only repeat it."""
    value = document.value if isinstance(document.value, dict) else {}
    if isinstance(value.get("env"), dict) and value["env"]:
        names = ", ".join(value["env"])
        what = f"Redirected configurations cannot include environments but the following have been found: {names}."
        problems.append(Problem("redirect", what, "", document.place(("env",), key=True)))
    target = value.get("targetEnvironment")
    if environment is not None and isinstance(target, str) and target != environment:
        what = f'The generated configuration is for the environment "{target}", but "{environment}" was asked for.'
        remedy = f"Build again with {ENVIRONMENT}={environment}."
        problems.append(Problem("redirect", what, remedy, document.place(("targetEnvironment",))))
    return None


def _with_connection_strings(
    worker: WorkerConfig, switches: Mapping[str, str], problems: list[Problem]
) -> WorkerConfig:
    """Take apart the local connection string of each Hyperdrive binding that is not mocked."""
    if not any(binding.kind == "hyperdrive" and binding.mock is None for binding in worker.others):
        return worker
    from pywrangler.config.connections import with_connection

    others = (
        with_connection(binding, switches, problems)
        if binding.kind == "hyperdrive" and binding.mock is None
        else binding
        for binding in worker.others
    )
    return replace(worker, others=tuple(others))


# ---- across the session ---------------------------------------------------------------------------------


def _check_session(resolved: Sequence[Resolved]) -> list[Problem]:
    problems = []
    seen: dict[str, WorkerConfig] = {}
    for worker in (item.worker for item in resolved):
        if worker.name in seen:
            what = f'Two configurations define a Worker named "{worker.name}".'
            remedy = f'The other is "{seen[worker.name].config_path}". Give one of them another name.'
            where = worker.name_place or Place(worker.config_path)
            problems.append(Problem("duplicate-name", what, remedy, where))
        seen.setdefault(worker.name, worker)
    for worker in seen.values():
        for what, name, place in _targets(worker):
            others = [other for other in seen if other != worker.name]
            if name in seen:
                continue
            near = misspelt(name, others)
            suffixed = next((other for other in others if other == f"{name}-{seen[other].environment}"), None)
            if near or suffixed:
                remedy = f'Did you mean "{near or suffixed}"?'
                if suffixed and not near:
                    remedy += f" It runs with the environment {seen[suffixed].environment}."
                text = f'{what} names the Worker "{name}"; no Worker of this session has that name.'
                problems.append(Problem("unknown-worker", text, remedy, place, "warning"))
    return problems


def _targets(worker: WorkerConfig) -> Iterator[tuple[str, str, Place | None]]:
    for item in worker.durable_objects:
        if item.script_name is not None:
            yield f"binding {item.name}", item.script_name, item.place
    for service in worker.services:
        yield f"binding {service.binding}", service.service, service.place
    for other in worker.others:
        script = other.data.get("script_name")
        if other.kind == "workflows" and isinstance(script, str):
            yield f"binding {other.name}", script, other.place
    for tail in worker.tail_consumers:
        yield "tail_consumers", tail, Place(worker.config_path)


def shared_data(
    worker: WorkerConfig, root: Path, earlier: Sequence[tuple[Path, WorkerConfig]]
) -> tuple[tuple[str, str, Path], ...]:
    """Return kind, name and root of the data of `worker` that lies with an `earlier` Worker of its session.

    In a session the same id is the same data, and it lies with the first Worker that has it.
    """
    places: dict[tuple[str, str], Path] = {}
    for place, config in reversed([*earlier, (root, worker)]):
        places.update((it.local_data, place) for it in config.others if it.local_data is not None and it.mock is None)
    own = {it.local_data for it in worker.others if it.mock is None and it.local_data is not None}
    return tuple((*name, places[name]) for name in sorted(own) if places[name] != root)


def _state_roots(
    resolved: Sequence[Resolved], discovery: Discovery, overrides: Overrides, cwd: Path
) -> tuple[Path, ...]:
    """One root for all: that of the primary. Workers of a project found by themselves keep each their own,

    so that starting all of them and starting one of them show the same data.
    """
    if overrides.persist_to is not None:
        root = absolute(cwd, overrides.persist_to)
        return tuple(root / STATE_VERSION for _ in resolved)
    bases = [item.worker.root for item in resolved]
    if not discovery.are_siblings:
        bases = [bases[0] for _ in bases]
    return tuple(base / STATE_DIRECTORY / STATE_VERSION for base in bases)
