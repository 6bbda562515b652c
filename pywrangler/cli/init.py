"""`pywrangler init`: a new project from a template. What exists is never overwritten: it writes all files or none."""

from __future__ import annotations

import argparse
import datetime as dt
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli.arguments import SILENT_ARRAY, SILENT_SWITCH, SILENT_VALUE
from pywrangler.cli.flags import IGNORED_EVERYWHERE, Parser
from pywrangler.cli.options import enter_directory
from pywrangler.cli.prompts import ask, choose, is_interactive
from pywrangler.cli.templates import TEMPLATES, filled, name_fault, suggested_name, template_files
from pywrangler.config.discover import NAMES
from pywrangler.config.suggest import did_you_mean
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pywrangler.cli.arguments import Invocation

IGNORED_FLAGS = {
    **IGNORED_EVERYWHERE,
    **dict.fromkeys(("--lang", "-c", "--config", "-e", "--env"), SILENT_VALUE),
    "--env-file": SILENT_ARRAY,
    **dict.fromkeys(("--deploy", "--git", "--open"), SILENT_SWITCH),
}
"""Flags of all commands that mean nothing before there is a project, and those of `npm create cloudflare`."""


def parser(program: str) -> Parser:
    """Return the parser of the command."""
    width = max(len(template.name) for template in TEMPLATES) + 2
    lines = [f"  {template.name.ljust(width)}{template.summary}" for template in TEMPLATES]
    it = Parser(
        prog=program,
        usage=f"{program} [directory] [options]",
        description="Begin a project.",
        epilog="\n".join(["templates:", *lines]),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=32),
    )
    it.add_argument("directory", nargs="?", type=Path, help="where to write it (default: here)")
    it.flag("--template", metavar="NAME", help="which project (default: hello)")
    it.flag("--name", help="name of the Worker (default: that of the directory)")
    it.add_argument("-y", "--yes", action="store_true", help="take the defaults instead of asking")
    it.flag("--cwd", metavar="DIR", type=Path, help="run as if started in this directory")
    it.ignore(IGNORED_FLAGS)
    return it


def run(options: argparse.Namespace, _invocation: Invocation) -> int:
    """Ask what is open, write the project, tell what comes next."""
    enter_directory(options.cwd)
    directory = Path(os.path.abspath(options.directory or "."))  # noqa: PTH100 - the name as typed, links unresolved
    asks = is_interactive() and not options.yes
    name = _name(options.name, suggested_name(directory), asks=asks)
    template = _template(options.template, asks=asks)
    today = dt.datetime.now(dt.UTC).date().isoformat()
    files = filled(template_files(template), name=name, today=today)
    conflicts = find_conflicts(directory, files)
    if conflicts:
        listed = "\n".join(f"  {path}" for path in conflicts)
        what = f"Nothing was written, because these exist:\n{listed}"
        raise StartError(Problem("conflict", what, "Choose another directory: pywrangler init DIRECTORY"))
    write(directory, files)
    print(f'✨ Created "{name}" from the template {template}.\n')
    for command, purpose in next_commands(directory, files):
        print(f"  {command.ljust(46)}{purpose}".rstrip())
    return 0


def _name(given: str | None, default: str, *, asks: bool) -> str:
    if given is not None or not asks:
        name = given if given is not None else default
        fault = name_fault(name)
        if fault:
            raise StartError(Problem("name", fault, "Give another with --name."))
        return name
    while fault := name_fault(name := ask("What is the name of the Worker?", default)):
        print(f"  {fault}")
    return name


def _template(given: str | None, *, asks: bool) -> str:
    names = [template.name for template in TEMPLATES]
    if given is None:
        options = [f"{template.name} - {template.summary}" for template in TEMPLATES]
        return names[choose("Which template?", options)] if asks else names[0]
    if given not in names:
        remedy = f"{did_you_mean(given, names)} There is {', '.join(names)}.".strip()
        raise StartError(Problem("template", f'There is no template "{given}".', remedy))
    return given


def find_conflicts(directory: Path, files: Iterable[str]) -> list[str]:
    """Return what stands in the way: files of the same name, configs of another, and files where a directory goes."""
    wanted = set(files)
    for path in files:
        if path.endswith("wrangler.jsonc"):
            wanted |= {f"{path.removesuffix('wrangler.jsonc')}{name}" for name in NAMES}
    found = {path for path in wanted if os.path.lexists(directory / path)}
    for path in files:
        for parent in (directory / path).parents:
            if parent.exists() and not parent.is_dir():
                found.add(os.path.relpath(parent, directory))
    return sorted(found)


def write(directory: Path, files: Mapping[str, str]) -> None:
    """Write the files; StartError if one cannot be written, and then those before it are removed."""
    written: list[Path] = []
    made: list[Path] = []
    try:
        for name, text in files.items():
            path = directory / name
            made += [parent for parent in path.parents if not parent.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        for parent in sorted(made, key=lambda path: len(path.parts), reverse=True):
            with suppress(OSError):  # somebody else may have put something there
                parent.rmdir()
        what = f'The project cannot be written: "{error.filename}": {error.strerror}.'
        raise StartError(Problem("unwritable", what, "Nothing was left behind.")) from error


def next_commands(directory: Path, files: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return commands and what they are for, in order."""
    commands = []
    if directory != Path.cwd():
        commands.append((f"cd {os.path.relpath(directory)}", ""))
    if any(path == ".dev.vars.example" for path in files):
        commands.append(("install -m 600 .dev.vars.example .dev.vars", "secrets for this machine"))
    commands.append(("pywrangler sync", "make .venv: packages, pywrangler, types for editors"))
    commands.append(("pywrangler dev", "run it, and again after each save"))
    commands.append((".venv/bin/python -m pytest", "run its tests"))
    return commands
