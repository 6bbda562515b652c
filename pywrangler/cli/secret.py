"""`pywrangler secret`: secrets in the Worker's local file, or with --remote those of the deployed Worker.

The local file is `.dev.vars`, with an environment `.dev.vars.<environment>`; a running `dev` session reloads. No value
is ever shown, taken from the command line, or part of an error.
"""

from __future__ import annotations

import json
import sys
from argparse import SUPPRESS
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywrangler.cli.arguments import SILENT_SWITCH
from pywrangler.cli.flags import Parser, UsageError, add_global_flags
from pywrangler.cli.groups import Group
from pywrangler.cli.options import enter_directory
from pywrangler.cli.prompts import ask_hidden, confirm
from pywrangler.cli.targets import own_environment
from pywrangler.config import dotenv
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from pywrangler.cli.arguments import Invocation
    from pywrangler.cli.secret_local import LocalSecrets
    from pywrangler.cli.secret_remote import RemoteSecrets

IGNORED_FLAGS = {"--local": SILENT_SWITCH}
INPUT_LIMIT_BYTES = dotenv.FILE_LIMIT_BYTES
_FORMATS = ("json", "pretty")


def parser(program: str) -> Group:
    """Return the parser of the command."""
    group = Group(program, "Secrets of a Worker: those of `pywrangler dev`, or with --remote of the deployed Worker.")
    put = group.add("put", "NAME", "Create or replace a secret; asks for the value, or reads it from stdin")
    put.add_argument("key", metavar="NAME")
    put.add_argument("values", nargs="*", help=SUPPRESS)
    listing = group.add("list", "", "Show the names of the secrets")
    listing.flag("--format", choices=_FORMATS, help="json (the default) or pretty")
    delete = group.add("delete", "NAME", "Remove a secret")
    delete.add_argument("key", metavar="NAME")
    bulk = group.add("bulk", "[FILE]", "Change many secrets at once")
    bulk.add_argument("file", nargs="?", type=Path, help="a JSON object (null removes) or NAME=value lines; or stdin")
    for member in (put, listing, delete, bulk):
        _add_common(member)
    group.ignore(IGNORED_FLAGS)
    return group


def _add_common(member: Parser) -> None:
    add_global_flags(member)
    member.flag("--name", help="name of the Worker")
    member.add_argument("--remote", action="store_true", help="the deployed Worker, through Cloudflare's API")


def run(options: Namespace, _invocation: Invocation) -> int:
    """Do what the subcommand says."""
    if options.subcommand == "put" and options.values:
        what = "A value does not belong on the command line: it would stay in the shell's history."
        raise UsageError(what, parser("pywrangler secret"), f"Pipe it: pywrangler secret put {options.key} < FILE")
    enter_directory(options.cwd)
    environment = own_environment(options)
    secrets = _secrets(options, environment)
    match options.subcommand:
        case "put":
            secrets.put(options.key, read_value())
        case "list":
            _show(secrets.names(), options.format or "json")
        case "delete":
            question = f"Are you sure you want to permanently delete the secret {options.key} {secrets.where}?"
            secrets.check(options.key)
            if confirm(question):
                secrets.delete(options.key)
        case "bulk":
            _bulk(secrets, changes_in(_input(options.file)))
    return 0


def _secrets(options: Namespace, environment: Mapping[str, str]) -> LocalSecrets | RemoteSecrets:
    if options.remote:
        from pywrangler.cli.secret_remote import RemoteSecrets

        return RemoteSecrets.of(options, environment)
    from pywrangler.cli.secret_local import LocalSecrets

    return LocalSecrets.of(options, environment)


def _show(names: list[tuple[str, str]], style: str) -> None:
    if style == "json":
        print(json.dumps([{"name": name, "type": kind} for name, kind in names], indent=2, ensure_ascii=False))
    else:
        for name, _ in names:
            print(f"Secret Name: {name}\n")


def _bulk(secrets: LocalSecrets | RemoteSecrets, changes: dict[str, str | None]) -> None:
    print(f"🌀 Changing {_counted(len(changes))} {secrets.where}")
    secrets.change(changes)
    removed = [name for name, value in changes.items() if value is None]
    for name in removed:
        print(f"💥 Successfully deleted secret for key: {name}")
    for name in changes.keys() - set(removed):
        print(f"✨ Successfully created secret for key: {name}")
    print("\nFinished processing secrets file:")
    print(f"✨ {_counted(len(changes) - len(removed))} successfully uploaded")
    if removed:
        print(f"💥 {_counted(len(removed))} successfully deleted")


def _counted(number: int) -> str:
    return "1 secret" if number == 1 else f"{number} secrets"


# ---- input ----------------------------------------------------------------------------------------------


def read_value() -> str:
    """Return the value from a hidden prompt, or all of stdin, without the blanks at its end (as upstream)."""
    text = ask_hidden("Enter a secret value:") if sys.stdin.isatty() else _input(None)
    return text.rstrip(dotenv.BLANKS)


def _input(path: Path | None) -> str:
    try:
        if path is None:
            content = sys.stdin.buffer.read(INPUT_LIMIT_BYTES + 1)
        else:
            with path.open("rb") as file:
                content = file.read(INPUT_LIMIT_BYTES + 1)
    except OSError as error:
        raise StartError(Problem("usage", f'The file "{path}" cannot be read: {error.strerror}.')) from error
    if len(content) > INPUT_LIMIT_BYTES:
        raise StartError(Problem("usage", f"The input is larger than {INPUT_LIMIT_BYTES // 1024**2} MiB."))
    try:
        return content.decode("utf-8-sig" if path else "utf-8")
    except UnicodeDecodeError:
        raise StartError(Problem("usage", "The input is not valid UTF-8. Nothing was changed.")) from None


def changes_in(text: str) -> dict[str, str | None]:
    """Return what a bulk input asks for: values by name, None to remove; StartError if it cannot be understood.

    An object of JSON, else lines as in a variable file, without expansion.
    """
    if text.lstrip().startswith(("{", "[", '"')):
        return _json_changes(text)
    changes: dict[str, str | None] = {item.name: item.value for item in dotenv.parse(text)}
    if not changes:
        raise _bad_input("No content found in file, or piped input.")
    return changes


def _json_changes(text: str) -> dict[str, str | None]:
    try:
        found: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise _bad_input(f"The input is no valid JSON: {error.msg} in line {error.lineno}.") from None
    except RecursionError:
        raise _bad_input("The input is no valid JSON: it is nested too deeply.") from None
    if not isinstance(found, dict):
        raise _bad_input("The input has to be a JSON object: names with their values.")
    wrong = [name for name, value in found.items() if not isinstance(value, str | None)]
    if wrong:
        listed = ", ".join(wrong[:5]) + (", ..." if len(wrong) > 5 else "")
        raise _bad_input(f"Secrets are text, or null to be removed; these are neither: {listed}.")
    if not found:
        raise _bad_input("No content found in file, or piped input.")
    return found


def _bad_input(what: str) -> StartError:
    return StartError(Problem("usage", what, "Nothing was changed."))
