"""`pywrangler sync`: makes or updates the project's virtual environment.

It takes the command lines of Cloudflare's command of that name (spec/cli.md, section 10). That one builds for
WebAssembly; here the packages are those of this machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli.arguments import Ignored
from pywrangler.cli.flags import Parser, add_global_flags
from pywrangler.cli.options import enter_directory
from pywrangler.config.discover import discover
from pywrangler.config.resolve import resolve
from pywrangler.errors import ConfigError
from pywrangler.fidelity import layout
from pywrangler.packages import vendored
from pywrangler.session import pyproject
from pywrangler.session.environment_sync import Machine, Wishes, sync
from pywrangler.session.installer import Installer
from pywrangler.session.own_package import find_own

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from pywrangler.cli.arguments import Invocation
    from pywrangler.config.model import WorkerConfig

_ON_THIS_MACHINE = Ignored("switch", "the packages are those of this machine")
IGNORED_FLAGS = dict.fromkeys(("--allow-build", "--native-tls", "--debug"), _ON_THIS_MACHINE)
"""Flags of Cloudflare's command without a meaning here."""


def parser(program: str) -> Parser:
    """Return the parser of the command."""
    it = Parser(
        prog=program,
        usage=f"{program} [options]",
        description="Make or update the project's .venv from pyproject.toml.",
    )
    add_global_flags(it, several_configs=True)
    it.add_argument("--force", action="store_true", help="install even if nothing has changed")
    it.add_argument("--upgrade", action="store_true", help="take the newest versions that the requirements allow")
    it.add_argument("--no-self", action="store_true", help="do not install this pywrangler into .venv")
    it.ignore(IGNORED_FLAGS)
    return it


def run(options: Namespace, invocation: Invocation) -> int:
    """Bring the environment of each project up to date."""
    enter_directory(options.cwd)
    for flag, ignored in invocation.ignored:
        if ignored.what:
            say(f"{flag} has no effect here: {ignored.what}.")
    own = None if options.no_self else find_own()
    if own is None and not options.no_self:
        say("This pywrangler runs from plain sources: it cannot be installed into .venv.")
    # What a build made of the config (`.wrangler/deploy`) has nothing to do with the packages.
    configs = [item.user_path for item in discover(options.config, cwd=Path.cwd(), with_redirect=False).configs]
    workers = [worker for config in configs for worker in workers_of(config)]
    roots = tuple(vendored.module_root(worker) for worker in workers)
    wishes = Wishes(options.force, options.upgrade, not options.no_self, roots)
    for path in projects(configs):
        project = pyproject.read(path)
        if (path.parent / "requirements.txt").is_file() and project.backend is None:
            say("requirements.txt is not read; pyproject.toml is.")
        if sync(project, wishes, say, Machine(Installer(project.directory), own)):
            say("✨ .venv is up to date.")
    for worker in workers:
        for problem in layout.check(worker):
            say(f"▲ {problem.what}\n  {problem.remedy}")
    return 0


def projects(configs: Sequence[Path]) -> list[Path]:
    """Return the pyproject.toml of each config, or of the working directory if there is no config."""
    starts = [path.parent for path in configs] or [Path.cwd()]
    return list(dict.fromkeys(pyproject.find(start) for start in starts))


def workers_of(config: Path) -> list[WorkerConfig]:
    """Return the Workers of a config; what is wrong with it, `dev` says."""
    try:
        resolved = resolve([config], cwd=config.parent, environment=None, process_environment={})
    except ConfigError:
        return []
    return [item.worker for item in resolved.workers]


def say(text: str) -> None:
    """Print a line at once, before the tools that follow print theirs."""
    print(text, flush=True)
