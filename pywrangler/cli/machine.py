"""What `doctor` looks at whatever the project: versions, the command itself, the registry.

Cloudflare's package workers-py has a command and a top-level package of the name `pywrangler` too (spec/cli.md,
section 10), and so has an unrelated package of PyPI. In one environment, workers-py and this one bear each other, and
the one installed last has the command; the unrelated one and this one overwrite each other's files. In different ones,
the order of PATH decides which command runs.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler import delegation
from pywrangler.cli.findings import Finding, error, ok, warning
from pywrangler.cli.who_runs import why_not_the_project
from pywrangler.errors import RegistryError
from pywrangler.files import read_regular
from pywrangler.protocol.registry import NAME, decode
from pywrangler.session.registry import Registry, choose_directory
from pywrangler.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

COMMAND = "pywrangler"
ENTRY_POINT = "pywrangler.__main__:main"
WORKERS_PY = "pywrangler.cli:app"
ANOTHER = "is another installation of this program"
_SCRIPT_LIMIT_BYTES = 64 * 1024


def versions() -> Iterator[Finding]:
    """Yield the versions that a bug report needs."""
    system = f"{platform.system()} {platform.machine()}"
    yield ok("pywrangler", f"pywrangler {VERSION} in {Path(__file__).parents[1]}")
    yield from _who_runs()
    yield ok("Python", f"{platform.python_implementation()} {platform.python_version()} ({sys.executable}, {system})")
    for package, name, remedy in (
        ("apsw", "SQLite", "Install the package apsw again: Durable Objects need it."),
        ("uvloop", "uvloop", "Install it with `pip install uvloop`; without it, Workers answer more slowly."),
    ):
        try:
            module = importlib.import_module(package)
        except ImportError as problem:
            make = error if package == "apsw" else warning
            yield make(name, f"{name} cannot be used: {problem}.", remedy)
        else:
            version = module.sqlite_lib_version() if package == "apsw" else module.__version__
            yield ok(name, f"{name} {version}")


def _who_runs() -> Iterator[Finding]:
    if delegation.failed:
        shown = os.path.relpath(delegation.failed)
        yield warning("pywrangler", f"{shown} cannot be used, so this one runs.", "`pywrangler sync` makes it again.")
    elif delegation.called_by:
        yield ok("pywrangler", f"{delegation.called_by} handed over to it: it is the one of the project")
    elif missing := why_not_the_project(Path.cwd()):
        yield warning(
            "pywrangler",
            missing,
            "`pywrangler sync` installs it there: then pytest, editors and the Python of the project work, too.",
        )


# ---- the command ----------------------------------------------------------------------------------------


def command(search_path: str, *, here: Path | None = None, packages: Sequence[str] | None = None) -> Iterator[Finding]:
    """Yield what `pywrangler` means in a terminal. `here` is the directory of our own command, `packages` where the

    environment has its distributions.
    """
    here = Path(sys.executable).parent if here is None else here
    own = here / COMMAND
    found = list(commands_on(search_path))
    if not found:
        yield warning("command", f"`{COMMAND}` is not on PATH.", f"Add {here} to PATH, or use {own}.")
    for number, path in enumerate(found):
        owner = owner_of(path)
        is_called = bool(delegation.called_by) and _same(path, Path(delegation.called_by))
        if is_called or (number == 0 and not _same(path, own) and owner == ANOTHER and _runs_the_project()):
            yield ok("command", f"`{COMMAND}` runs {path}, which hands over to {own} in this project")
        elif path.parent == here or _same(path, own):
            yield ok("command", f"`{COMMAND}` runs {path}" if number == 0 else f"{path} is this one, but not the first")
        elif number == 0:
            yield warning(
                "command",
                f"`{COMMAND}` runs {path}, which {owner}.",
                f"To get this one: {own}, or put {here} first in PATH. A shell that ran the other before needs "
                "`hash -r`.",
            )
        else:
            yield ok("command", f"{path} {owner}; it comes later on PATH")
    found_here = [(name, value) for name, value in distributions(packages) if value != ENTRY_POINT]
    if any(value == WORKERS_PY for _, value in found_here):
        yield warning(
            "command",
            "workers-py is installed in the same environment: of the two, the one that was installed last has the "
            f"command `{COMMAND}`.",
            f"This one is always `{sys.executable} -m pywrangler.program`, and leaves commands such as deploy to the "
            "other. In an environment of its own, each keeps its name.",
        )
    others = [name for name, value in found_here if value != WORKERS_PY]
    if others:
        listed = " and ".join(others)
        yield error(
            "command",
            f"{listed} is installed in the same environment and has a package of our name: files overwrite each other.",
            f"Run `{sys.executable} -m pip uninstall {' '.join(others)}`, then install pywrangler again. Both can be "
            "had in different environments.",
        )


def commands_on(search_path: str) -> Iterator[Path]:
    """Yield the executables named like ours, in the order of PATH, each once."""
    seen = set()
    for directory in search_path.split(os.pathsep):
        path = Path(directory or ".").absolute() / COMMAND
        if path.is_file() and os.access(path, os.X_OK) and path not in seen:
            seen.add(path)
            yield path


def owner_of(path: Path) -> str:
    """Return whose command a script is, as the end of a sentence."""
    try:
        with path.open("rb") as file:
            text = file.read(_SCRIPT_LIMIT_BYTES).decode(errors="replace")
    except OSError as problem:
        return f"cannot be read ({problem.strerror})"
    if re.search(r"\bpywrangler\.__main__\b", text):
        return ANOTHER
    if re.search(r"\bpywrangler\.cli\b|\bpywrangler import app\b", text):
        return "is Cloudflare's (package workers-py)"
    return "belongs to another program"


def distributions(packages: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    """Yield name and entry point of each installed distribution that has a command of our name."""
    found = importlib.metadata.distributions(path=list(sys.path if packages is None else packages))
    for distribution in found:
        for entry in distribution.entry_points.select(group="console_scripts", name=COMMAND):
            yield str(distribution.metadata["Name"]), entry.value


def _runs_the_project() -> bool:
    """Whether this is the pywrangler of the project, to which others hand over."""
    found = delegation.find_environment(str(Path.cwd()))
    return found is not None and Path(found).resolve() == Path(sys.prefix).resolve()


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


# ---- the registry ---------------------------------------------------------------------------------------


def registry(environment: Mapping[str, str], home: Path) -> Iterator[Finding]:
    """Yield where sessions find each other, which are there, and what dead ones left."""
    directory = choose_directory(environment, home)
    book = Registry(directory)
    if not directory.exists():
        parent = next(path for path in directory.parents if path.exists())
        if not os.access(parent, os.W_OK | os.X_OK):
            yield _unusable(f"The registry directory {directory} cannot be made: {parent} is not writable.")
        else:
            yield ok("registry", f"{directory} (not there yet; the first session makes it)")
        return
    try:
        book.prepare()
    except RegistryError as problem:
        yield _unusable(str(problem))
        return
    peers = book.peers()
    yield ok("registry", f"{directory} (writable, {_counted(len(peers), 'live Worker')})")
    for name, entry in sorted(peers.items()):
        yield ok("registry", f"{name} runs at {entry.url} (process {entry.pid})")
    files = [path for path in sorted(directory.iterdir()) if path.is_file() and NAME.fullmatch(path.name)]
    stale = [path for path in files if path.name not in peers and _is_ours(path)]
    if stale:
        yield warning(
            "registry",
            f"{_counted(len(stale), 'entry', 'entries')} left behind by sessions that were killed: "
            f"{', '.join(path.name for path in stale)}.",
            f"Harmless: the next session of that name replaces it. To remove: rm {' '.join(map(str, stale))}",
        )
    foreign = [path.name for path in files if path.name not in peers and path not in stale]
    if foreign:
        yield ok("registry", f"files of other tools: {', '.join(foreign)}")


def _is_ours(path: Path) -> bool:
    try:
        return decode(read_regular(path)) is not None
    except OSError:
        return False  # gone, or another user's


def _unusable(what: str) -> Finding:
    remedy = (
        "Set WRANGLER_REGISTRY_PATH to a directory that you may write to; until then sessions do not find each other."
    )
    return warning("registry", what, remedy)


def _counted(number: int, one: str, several: str = "") -> str:
    return f"{number} {one}" if number == 1 else f"{number} {several or one + 's'}"
