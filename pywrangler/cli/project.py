"""What `doctor` looks at in the project: configs, environment of Python, ports, secrets, local data."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli import git
from pywrangler.cli.findings import Finding, error, ok, warning
from pywrangler.cli.machine import ENTRY_POINT, distributions
from pywrangler.cli.packages import compare
from pywrangler.config.paths import is_directory, names_in
from pywrangler.config.resolve import Overrides, resolve
from pywrangler.errors import ConfigError, StartError
from pywrangler.session.packages import packages_of
from pywrangler.session.ports import DEFAULT_PORT, PROBED_PORTS, bind_public, port_owner
from pywrangler.session.registry import Registry, choose_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pywrangler.config.model import WorkerConfig
    from pywrangler.config.resolve import Resolution
    from pywrangler.errors import Problem

_SECRET_FILES = (".dev.vars", ".env")
_EXAMPLES = (".example", ".sample", ".template")


def project(
    config_paths: Sequence[Path] | None,
    *,
    environment_name: str | None,
    env_files: tuple[str, ...],
    environment: Mapping[str, str],
    home: Path,
) -> Iterator[Finding]:
    """Yield everything about the project of the working directory."""
    cwd = Path.cwd()
    try:
        resolution = resolve(
            config_paths,
            cwd=cwd,
            environment=environment_name,
            overrides=Overrides(env_files=env_files),
            process_environment=environment,
        )
    except ConfigError as problem:
        if [item.code for item in problem.problems] == ["no-config"]:
            yield warning("config", "There is no project here.", "Change to one, or begin with `pywrangler init`.")
        else:
            yield from (_config_finding(item, cwd) for item in problem.problems)
        return
    yield from _configs(resolution, cwd)
    workers = [item.worker for item in resolution.workers]
    yield from _environments(workers)
    yield from _ports(workers, environment, home)
    for directory in dict.fromkeys(worker.root for worker in workers):
        yield from secret_files(directory)
    for root in dict.fromkeys(resolution.state_roots):
        yield state_directory(root)


def _config_finding(problem: Problem, cwd: Path) -> Finding:
    place = problem.place
    where = "" if place is None else os.path.relpath(place.path, cwd) + (f":{place.line}" if place.line else "") + ": "
    return Finding("config", problem.severity, f"{where}{problem.what}", problem.remedy)


def _configs(resolution: Resolution, cwd: Path) -> Iterator[Finding]:
    for item in resolution.workers:
        chosen = f", environment {item.worker.environment}" if item.worker.environment else ""
        yield ok(
            "config", f"{os.path.relpath(item.worker.config_path, cwd)} is valid (Worker {item.worker.name}{chosen})"
        )
    yield from (_config_finding(problem, cwd) for problem in resolution.warnings)


def _environments(workers: Sequence[WorkerConfig]) -> Iterator[Finding]:
    seen: set[tuple[Path, ...]] = set()
    told: list[Finding] = []
    for worker in workers:
        try:
            found = packages_of(worker)
        except StartError as problem:
            yield error("environment", problem.problem.what, problem.problem.remedy)
            continue
        packages = found.site_packages
        if packages not in seen:
            seen.add(packages)
            yield from _environment(packages)
        # Workers may share a pyproject.toml and all that comes of it.
        findings = [finding for finding in compare(worker, found) if finding not in told]
        told += findings
        yield from findings


def _environment(packages: tuple[Path, ...]) -> Iterator[Finding]:
    if not packages:
        yield ok("environment", f"Workers import from the environment of pywrangler: {sys.prefix}")
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    yield ok("environment", f"Workers import from {packages[0]} (Python {version})")
    for name, value in distributions([str(path) for path in packages]):
        if value != ENTRY_POINT:
            yield warning(
                "environment",
                f"{name} is installed there: with that .venv active, `pywrangler` is its command and not this one.",
                f"Use {Path(sys.executable).parent / 'pywrangler'}, or remove {name} from the .venv.",
            )


# ---- ports ----------------------------------------------------------------------------------------------


def _ports(workers: Sequence[WorkerConfig], environment: Mapping[str, str], home: Path) -> Iterator[Finding]:
    peers = Registry(choose_directory(environment, home)).peers()
    # Of those that take any free port, only the first can get the usual one.
    unconfigured = [worker for worker in workers if worker.dev.port is None][:1]
    for worker in workers:
        if worker.dev.port == 0 or (worker.dev.port is None and worker not in unconfigured):
            continue
        port = worker.dev.port or DEFAULT_PORT
        running = peers.get(worker.name)
        if _is_free(worker.dev.ip, port):
            yield ok("port", f"{port} is free for {worker.name}")
        elif running is not None and running.url.rstrip("/").endswith(f":{port}"):
            yield ok(
                "port", f"{port} is in use by {worker.name} itself, in a session that runs (process {running.pid})"
            )
        else:
            owner = port_owner(port) or "another process"
            what = f"{port} is in use by {owner}"
            if worker.dev.port is None:
                last = DEFAULT_PORT + PROBED_PORTS - 1
                yield ok("port", f"{what}; {worker.name} takes the next free one up to {last}, then any")
            else:
                place = f" ({worker.dev.port_place})" if worker.dev.port_place else ""
                remedy = f"Stop it, or choose another port: `dev.port` in the configuration{place}, or --port."
                yield error("port", f"{what}, and {worker.name} is configured to use it", remedy)


def _is_free(ip: str, port: int) -> bool:
    try:
        bind_public(ip, port).close()
    except StartError:
        return False
    return True


# ---- files ----------------------------------------------------------------------------------------------


def secret_files(directory: Path) -> Iterator[Finding]:
    """Yield the state of the files that may hold secrets: who may read them, and whether git would commit them."""
    for name in names_in(directory):
        path = directory / name
        if not any(name == base or name.startswith(f"{base}.") for base in _SECRET_FILES) or name.endswith(_EXAMPLES):
            continue
        shown = os.path.relpath(path)
        if not path.is_file():
            if name.startswith(_SECRET_FILES[0]):
                yield error("secrets", f"{shown} is not a file.", "Remove it: `dev` does not start like this.")
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        standing = git.standing(path)
        # .env files are often meant to be shared: what they hold is judged by the file for secrets only.
        is_strict = name.startswith(_SECRET_FILES[0])
        if mode & 0o077 and is_strict:
            yield warning("secrets", f"{shown} can be read by others (mode {mode:04o}).", f"chmod 600 {shown}")
        elif not os.access(path, os.R_OK):
            yield error("secrets", f"{shown} cannot be read.", f"chmod 600 {shown}")
        if standing == "tracked" and is_strict:
            yield warning("secrets", f"git tracks {shown}.", f"git rm --cached {shown}, and replace what is in it.")
        elif standing == "exposed" and is_strict:
            yield warning("secrets", f"git would commit {shown}.", "Add .dev.vars* to .gitignore.")
        elif not (mode & 0o077 and is_strict):
            known = {"ignored": ", ignored by git", "tracked": ", committed", "exposed": ", not ignored by git"}
            yield ok("secrets", f"{shown} (mode {mode:04o}{known.get(standing, '')})")


def state_directory(root: Path) -> Finding:
    """Return whether local data can be written."""
    shown = os.path.relpath(root)
    nearest = next(path for path in (root, *root.parents) if path.exists())
    if not is_directory(nearest):
        return error("state", f"{os.path.relpath(nearest)} is not a directory.", "Remove it, or use --persist-to.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        remedy = f"Make it yours (sudo chown -R $USER {os.path.relpath(nearest)}), or use --persist-to."
        return error("state", f"{os.path.relpath(nearest)} is not writable: local data cannot be kept.", remedy)
    foreign = next((path for path in root.rglob("*.sqlite") if not os.access(path, os.W_OK)), None)
    if foreign is not None:
        remedy = "Make it yours, or remove it; it may have been written as another user."
        return error("state", f"{os.path.relpath(foreign)} is not writable.", remedy)
    return ok("state", f"{shown} (writable)" if nearest == root else f"{shown} (made by the first session)")
