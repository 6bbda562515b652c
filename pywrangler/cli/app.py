"""Finding and running commands. A command's module is imported when the command is called, so that
`pywrangler --help` and the start of `dev` do not pay for what they do not use.

Rules (spec/cli.md, section 1): global flags may stand before or after the command; unknown flags and commands are
errors; every error exits with 1.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from pywrangler.cli.arguments import Invocation, width
from pywrangler.errors import ConfigError, LoadError, Problem, PywranglerError, StartError
from pywrangler.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.session.spawn import NurseryProcess

PROGRAM = "pywrangler"
GLOBAL_OPTIONS = """\
Global options, before or after the command:
  -c, --config PATH    the configuration file; `dev` takes several, the first is the primary
      --cwd DIR        run as if started in this directory
  -e, --env NAME       the environment
      --env-file PATH  variables from these files instead of .dev.vars and .env
  -h, --help           show help
  -v, --version        show the version
"""
_GLOBAL_WITH_VALUE = frozenset(("-c", "--config", "--cwd", "-e", "--env", "--env-file", "--profile"))


class Command(NamedTuple):
    """A command: `module` has `parser(program)` and `run(options, invocation)`."""

    name: str
    module: str
    summary: str


COMMANDS: tuple[Command, ...] = (
    Command("init", "pywrangler.cli.init", "Begin a project"),
    Command("dev", "pywrangler.cli.dev", "Run Workers locally and reload them when files change"),
    Command("run", "pywrangler.cli.run", "Run a command, such as tests, beside freshly started Workers"),
    Command("types", "pywrangler.cli.types", "Write types of the environment, for editors and type checkers"),
    Command("check", "pywrangler.cli.check", "Find what will not work on Cloudflare"),
    Command("sync", "pywrangler.cli.sync", "Make or update the project's .venv from pyproject.toml"),
    Command("secret", "pywrangler.cli.secret", "Set, list and remove secrets, locally or on a deployed Worker"),
    Command("d1", "pywrangler.cli.d1", "Run SQL and migrations on the local data of D1 databases"),
    Command("kv", "pywrangler.cli.kv", "Show and change keys of local KV namespaces"),
    Command("r2", "pywrangler.cli.r2", "Store, fetch, list and remove objects of local R2 buckets"),
    Command("secrets-store", "pywrangler.cli.secrets_store", "Set, list and remove local values of Secrets Store"),
    Command("vars", "pywrangler.cli.variables", "Show the variables of a Worker and where they come from"),
    Command("doctor", "pywrangler.cli.doctor", "Find what keeps sessions from working, and say what to do"),
)


def run(arguments: Sequence[str], early_nursery: NurseryProcess | None = None) -> int:
    """Run a command line and return the exit code; a nursery that was started early is for `dev`."""
    leading, rest = _split(arguments)
    if "-v" in leading or "--version" in leading:
        print(VERSION)
        return 0
    if not rest or "-h" in leading or "--help" in leading:
        print(overview(), end="")
        return 0
    name = rest[0]
    command = next((command for command in COMMANDS if command.name == name), None)
    if command is None:
        return _unknown_command(name)
    cut = rest.index("--") if "--" in rest else len(rest)
    return _call(command, [*rest[1:cut], *leading, *rest[cut:]], early_nursery)


def overview() -> str:
    """Return the help of the program."""
    width = max(len(command.name) for command in COMMANDS) + 2
    lines = [f"  {command.name.ljust(width)}{command.summary}" for command in COMMANDS]
    head = f"Usage: {PROGRAM} COMMAND [OPTIONS]\n\nRun Cloudflare Python Workers locally, in plain CPython.\n"
    return "\n".join([head, "Commands:", *lines, "", GLOBAL_OPTIONS, f"`{PROGRAM} COMMAND --help` tells more.\n"])


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the flags before the command, and the command with what follows."""
    index = 0
    while index < len(arguments) and arguments[index].startswith("-"):
        index += width(arguments, index, _GLOBAL_WITH_VALUE)
    return list(arguments[:index]), list(arguments[index:])


def _call(command: Command, arguments: list[str], early_nursery: NurseryProcess | None) -> int:
    module: Any = importlib.import_module(command.module)
    try:
        options = module.parser(f"{PROGRAM} {command.name}").parse(arguments)
        status: int = module.run(options, Invocation(options.ignored, early_nursery))
        return status
    except PywranglerError as error:
        return _failed(error)
    except OSError as error:
        from pywrangler.protocol import descriptors

        if not descriptors.is_exhaustion(error):
            raise
        what = descriptors.told()
        return _failed(StartError(Problem("descriptors", f"{what[0].upper()}{what[1:]}.", descriptors.REMEDY)))
    except SystemExit as stop:  # argparse has shown the help
        return int(stop.code or 0)


def _failed(error: PywranglerError) -> int:
    """Show an error that has words for the user."""
    from pathlib import Path

    from pywrangler.cli.flags import UsageError
    from pywrangler.cli.style import block, problem_block, style_for

    style = style_for(sys.stderr, os.environ)
    if isinstance(error, ConfigError):
        text = "".join(problem_block(style, problem, Path.cwd()) for problem in error.problems)
    elif isinstance(error, StartError | LoadError):
        text = problem_block(style, error.problem, Path.cwd())
    else:
        text = block(style, "error", str(error), error.hint if isinstance(error, UsageError) else "")
    sys.stderr.write(text)
    if isinstance(error, UsageError):
        error.parser.print_help()
    return 1


def _unknown_command(name: str) -> int:
    from pywrangler.cli.style import block, style_for
    from pywrangler.cli.workers_py import load
    from pywrangler.config.suggest import nearest

    near = nearest(name, [command.name for command in COMMANDS])
    if not near and (theirs := load()) is not None:
        sys.stderr.write(f"pywrangler: {name} is left to Cloudflare's workers-py, which is in this environment, too.\n")
        theirs()
        return 0
    hint = f'Did you mean "{PROGRAM} {near}"?' if near else ""
    sys.stderr.write(block(style_for(sys.stderr, os.environ), "error", f"Unknown argument: {name}", hint))
    print(overview(), end="")
    return 1
