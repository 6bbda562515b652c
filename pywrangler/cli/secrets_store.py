"""`pywrangler secrets-store secret`: local values of Secrets Store secrets, also while `dev` runs.

They are stored as wrangler stores them (spec/cli.md, section 8). Values are never shown, and not taken from the command
line.
"""

from __future__ import annotations

import json
import time
from argparse import SUPPRESS, Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pywrangler.cli.arguments import SILENT_VALUE
from pywrangler.cli.flags import Parser, UsageError, add_global_flags
from pywrangler.cli.groups import Group
from pywrangler.cli.local_data import IGNORED_FLAGS as LOCAL_FLAGS
from pywrangler.cli.local_data import add_local_flags, local_stores, refuse_remote
from pywrangler.cli.options import enter_directory
from pywrangler.cli.secret import read_value
from pywrangler.cli.targets import choose_target, find_targets, own_environment
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from pywrangler.bindings.kv.entries import Entries
    from pywrangler.cli.arguments import Invocation

IGNORED_FLAGS = {
    **LOCAL_FLAGS,
    "--scopes": SILENT_VALUE,
    "--comment": SILENT_VALUE,
    "--page": SILENT_VALUE,
    "--per-page": SILENT_VALUE,
}


def parser(program: str) -> Group:
    """Return the parser of the command."""
    group = Group(program, "Secrets of an account-wide store, as `pywrangler dev` finds them.")
    secret = group.add_group("secret", "One secret at a time")
    create = secret.add("create", "STORE", "Create or replace a secret; asks for the value, or reads it from stdin")
    create.add_argument("--value", help=SUPPRESS)
    secret.add("list", "STORE", "Show the names of the secrets")
    secret.add("delete", "STORE", "Remove a secret")
    for words, member in group.members():
        _add_common(member, is_named=words != "secret list")
    group.ignore(IGNORED_FLAGS)
    return group


def _add_common(member: Parser, *, is_named: bool) -> None:
    add_global_flags(member)
    member.add_argument("store", metavar="STORE", help="`store_id` in the configuration")
    if is_named:
        member.flag("--name", metavar="SECRET", required=True, help="`secret_name` in the configuration")
    add_local_flags(member)


def run(options: Namespace, _invocation: Invocation) -> int:
    """Do what the subcommand says."""
    refuse_remote(options, f"secrets-store {options.subcommand}")
    if getattr(options, "value", None) is not None:
        what = "A value does not belong on the command line: it would stay in the shell's history."
        remedy = f"Pipe it: pywrangler secrets-store secret create {options.store} --name {options.name} < FILE"
        raise UsageError(what, dict(parser("pywrangler secrets-store").members())[options.subcommand], remedy)
    enter_directory(options.cwd)
    with local_stores(options, _directory(options)) as stores:
        from pywrangler.bindings.secrets_store import open_secrets

        secrets = open_secrets(stores, options.store, time.time)
        match options.subcommand:
            case "secret create":
                _create(secrets, options.store, options.name)
            case "secret list":
                for item in secrets.page()[0]:
                    print(item.name)
            case "secret delete":
                _delete(secrets, options.store, options.name)
    return 0


def _directory(options: Namespace) -> Path:
    environment = own_environment(options)
    if not find_targets(options, environment):
        return Path.cwd()
    # `--name` is the secret's here, not that of a Worker.
    return choose_target(Namespace(**{**vars(options), "name": None}), environment).worker.root


def _create(secrets: Entries, store: str, name: str) -> None:
    if not name:
        raise StartError(Problem("usage", "A secret has a name: --name must not be empty."))
    secrets.put(name, read_value().encode("utf-8", "replace"), metadata=json.dumps({"uuid": uuid4().hex}))
    print(f'✅ Created secret "{name}" in the local store "{store}".')


def _delete(secrets: Entries, store: str, name: str) -> None:
    if secrets.get(name) is None:
        from pywrangler.config.suggest import did_you_mean

        near = did_you_mean(name, [item.name for item in secrets.page()[0]])
        raise StartError(Problem("unknown-secret", f'The local store "{store}" holds no secret "{name}".', near))
    secrets.delete(name)
    print(f'✅ Deleted secret "{name}" from the local store "{store}".')
