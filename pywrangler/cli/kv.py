"""`pywrangler kv`: keys of local KV namespaces, also while `dev` runs; in upstream's words (spec/cli.md, section 6)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pywrangler.cli import local_data
from pywrangler.cli.flags import Parser, UsageError, add_global_flags
from pywrangler.cli.groups import Group
from pywrangler.cli.local_data import add_local_flags, local_stores, refuse_remote
from pywrangler.cli.options import enter_directory
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace

    from pywrangler.cli.arguments import Invocation
    from pywrangler.cli.kv_namespace import KvNamespace
    from pywrangler.cli.kv_work import Keys

IGNORED_FLAGS = local_data.IGNORED_FLAGS
_WRITES = frozenset(("key put", "key delete", "bulk put", "bulk delete"))


def parser(program: str) -> Group:
    """Return the parser of the command."""
    group = Group(program, "Keys and values of local KV namespaces, those of `pywrangler dev`.")
    key = group.add_group("key", "One key at a time")
    put = key.add("put", "KEY [VALUE]", "Set a key")
    put.add_argument("key", metavar="KEY")
    put.add_argument("value", metavar="VALUE", nargs="?")
    put.takes_words_anywhere = True
    put.flag("--path", metavar="FILE", type=Path, help="the value is the content of this file")
    put.flag("--ttl", metavar="SECONDS", type=int, help="how long the key shall exist, at least 60")
    put.flag("--expiration", metavar="TIME", type=int, help="when it expires, in seconds since the epoch")
    put.flag("--metadata", metavar="JSON", help="what the key is to carry beside its value")
    get = key.add("get", "KEY", "Show the value of a key")
    get.add_argument("key", metavar="KEY")
    get.add_argument("--text", action="store_true", help="decode the value as UTF-8, and end with a line break")
    listing = key.add("list", "", "Show all keys, with expiration and metadata")
    listing.flag("--prefix", metavar="TEXT", help="only keys that begin with this")
    delete = key.add("delete", "KEY", "Remove a key")
    delete.add_argument("key", metavar="KEY")
    bulk = group.add_group("bulk", "Many keys at once")
    bulk_put = bulk.add("put", "FILE", "Set many keys")
    bulk_put.add_argument("file", metavar="FILE", type=Path, help="a JSON array of objects with key and value")
    bulk_get = bulk.add("get", "FILE", "Show many values")
    bulk_get.add_argument("file", metavar="FILE", type=Path, help="a JSON array of keys")
    bulk_delete = bulk.add("delete", "FILE", "Remove many keys")
    bulk_delete.add_argument("file", metavar="FILE", type=Path, help="a JSON array of keys")
    bulk_delete.add_argument("-f", "--force", action="store_true", help="do not ask")
    for _, member in group.members():
        _add_common(member)
    group.ignore(IGNORED_FLAGS)
    return group


def _add_common(member: Parser) -> None:
    add_global_flags(member)
    member.flag("--binding", metavar="NAME", help="the namespace of this binding of the configuration")
    member.flag("--namespace-id", metavar="ID", help="the namespace with this id, in the configuration or not")
    member.flag("--name", help="name of the Worker whose configuration is meant, if there are several")
    what = "the namespace of `preview_id`, which is the one that `dev` uses"
    member.add_argument("--preview", action=argparse.BooleanOptionalAction, help=what)
    add_local_flags(member)


def run(options: Namespace, _invocation: Invocation) -> int:
    """Do what the subcommand says."""
    from pywrangler.cli.kv_namespace import find_namespace
    from pywrangler.cli.kv_work import Keys

    _check(options)
    refuse_remote(options, f"kv {options.subcommand}")
    enter_directory(options.cwd)
    namespace = find_namespace(options, is_write=options.subcommand in _WRITES)
    with local_stores(options, namespace.directory) as stores:
        keys = Keys.of(stores, namespace.id)
        group, _, verb = options.subcommand.partition(" ")
        (_KEY if group == "key" else _BULK)[verb](options, keys, namespace)
    return 0


def _check(options: Namespace) -> None:
    """Raise UsageError for flags that do not go together."""
    if options.binding is not None and options.namespace_id is not None:
        _refuse(
            options,
            "Conflicting options: --binding and --namespace-id cannot be used together. Please provide only one.",
        )
    if options.binding is None and options.namespace_id is None:
        _refuse(options, "Missing required option: exactly one of --binding and --namespace-id must be provided")
    if options.subcommand == "key put":
        if options.value is None and options.path is None:
            _refuse(options, "Missing required option: exactly one of <value> and --path must be provided")
        if options.value is not None and options.path is not None:
            _refuse(
                options, "Conflicting options: <value> and --path cannot be used together. Please provide only one."
            )
        if options.metadata is not None:
            try:
                json.loads(options.metadata)
            except (json.JSONDecodeError, RecursionError):
                _refuse(options, f"--metadata must be valid JSON. Received: {options.metadata}")


def _refuse(options: Namespace, message: str) -> NoReturn:
    members = dict(parser("pywrangler kv").members())
    raise UsageError(message, members[options.subcommand])


# ---- one key --------------------------------------------------------------------------------------------


def _put(options: Namespace, keys: Keys, namespace: KvNamespace) -> None:
    content = read(options.path) if options.path is not None else options.value.encode("utf-8", "surrogateescape")
    what = f"contents of {options.path} to the" if options.path is not None else f'value "{options.value}" to'
    put = keys.checked(options.key, content, options.ttl, options.expiration, options.metadata)
    metadata = f' with metadata "{options.metadata}"' if options.metadata is not None else ""
    print(f'Writing the {what} key "{options.key}" on {namespace}{metadata}.')
    keys.put([put])


def _get(options: Namespace, keys: Keys, _namespace: KvNamespace) -> None:
    content = keys.get(options.key)
    if content is None:
        print("Value not found")
    elif options.text:
        print(content.decode("utf-8", "replace"))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def _list(options: Namespace, keys: Keys, _namespace: KvNamespace) -> None:
    _show(keys.list(options.prefix or ""))


def _delete(options: Namespace, keys: Keys, namespace: KvNamespace) -> None:
    checked = keys.named(options.key, "DELETE")
    print(f'Deleting the key "{options.key}" on {namespace}.')
    keys.delete([checked])


# ---- many keys ------------------------------------------------------------------------------------------


def _bulk_put(options: Namespace, keys: Keys, _namespace: KvNamespace) -> None:
    from pywrangler.cli.kv_files import entries_in

    keys.put(
        [
            keys.checked(item.key, item.content, item.expiration_ttl, item.expiration, item.metadata)
            for item in entries_in(_json(options.file), str(options.file))
        ]
    )
    print("Success!")


def _bulk_get(options: Namespace, keys: Keys, _namespace: KvNamespace) -> None:
    found = {key: keys.get(key) for key in _names(options)}
    _show({
        key: {"value": None if content is None else content.decode("utf-8", "replace")}
        for key, content in found.items()
    })  # fmt: skip


def _bulk_delete(options: Namespace, keys: Keys, namespace: KvNamespace) -> None:
    from pywrangler.cli.prompts import confirm

    names = [keys.named(name, "DELETE") for name in _names(options)]
    question = f'Are you sure you want to delete all the keys read from "{options.file}" from kv-{namespace}?'
    if options.force or confirm(question):
        keys.delete(names)
        print("Success!")


def _names(options: Namespace) -> list[str]:
    from pywrangler.cli.kv_files import names_in

    return names_in(_json(options.file), str(options.file))


def _json(path: Path) -> Any:
    try:
        return json.loads(read(path).decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        what = f'The file "{path}" is no valid JSON: {problem}.'
        raise StartError(Problem("usage", what, "Nothing was changed.")) from None


def read(path: Path) -> bytes:
    """Return the content of a file; StartError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise StartError(Problem("usage", f"Could not read file: {path} ({problem.strerror}).")) from problem


def _show(found: Any) -> None:
    print(json.dumps(found, indent=2, ensure_ascii=False))


_KEY = {"put": _put, "get": _get, "list": _list, "delete": _delete}
_BULK = {"put": _bulk_put, "get": _bulk_get, "delete": _bulk_delete}
