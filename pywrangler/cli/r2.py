"""`pywrangler r2 object`: objects of local buckets, also while `dev` runs; in upstream's words.

A bucket is called by its name and need not be in a configuration; that only tells where the local data lies
(spec/cli.md, section 7).
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pywrangler.cli import local_data
from pywrangler.cli.arguments import SILENT_SWITCH, SILENT_VALUE
from pywrangler.cli.flags import Parser, UsageError, add_global_flags
from pywrangler.cli.groups import Group
from pywrangler.cli.local_data import add_local_flags, local_stores, refuse_remote
from pywrangler.cli.options import enter_directory
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import BinaryIO

    from pywrangler.cli.arguments import Invocation
    from pywrangler.cli.r2_objects import Objects

IGNORED_FLAGS = {
    **local_data.IGNORED_FLAGS,
    "--jurisdiction": SILENT_VALUE,
    "-J": SILENT_VALUE,
    "--storage-class": SILENT_VALUE,
    "-s": SILENT_VALUE,
    "--force": SILENT_SWITCH,
    "-y": SILENT_SWITCH,
}
_METADATA = (
    ("--content-type", "--ct", "TYPE", "the media type"),
    ("--content-disposition", "--cd", "TEXT", "how it is to be presented"),
    ("--content-encoding", "--ce", "TEXT", "how it is encoded"),
    ("--content-language", "--cl", "TEXT", "its language"),
    ("--cache-control", "--cc", "TEXT", "how it may be cached"),
    ("--expires", None, "DATE", "until when it may be cached, as in HTTP or ISO 8601"),
)


def parser(program: str) -> Group:
    """Return the parser of the command."""
    group = Group(program, "Objects of local R2 buckets, those of `pywrangler dev`.")
    objects = group.add_group("object", "Objects of a bucket")
    put = objects.add("put", "BUCKET/KEY", "Store a file as an object")
    put.flag("-f", "--file", metavar="FILE", type=Path, help="the file to store")
    put.add_argument("-p", "--pipe", action="store_true", help="store what comes from the input")
    for long, short, metavar, what in _METADATA:
        names = (long,) if short is None else (short, long)
        put.flag(*names, metavar=metavar, help=what, dest=long.removeprefix("--").replace("-", "_"))
    get = objects.add("get", "BUCKET/KEY", "Write an object to a file")
    get.flag("-f", "--file", metavar="FILE", type=Path, help="the file to write (default: the key, as a path)")
    get.add_argument("-p", "--pipe", action="store_true", help="write it to the output, and nothing else")
    delete = objects.add("delete", "BUCKET/KEY", "Remove an object")
    for member in (put, get, delete):
        member.add_argument("path", metavar="BUCKET/KEY", help="the name of a bucket and a key")
    listing = objects.add("list", "BUCKET", "Show all objects of a bucket")
    listing.add_argument("path", metavar="BUCKET", help="the name of a bucket")
    listing.flag("--prefix", metavar="TEXT", help="only keys that begin with this")
    for _, member in group.members():
        _add_common(member)
    group.ignore(IGNORED_FLAGS)
    return group


def _add_common(member: Parser) -> None:
    add_global_flags(member)
    member.flag("--name", help="name of the Worker whose data is meant, if there are several")
    add_local_flags(member)


def run(options: Namespace, _invocation: Invocation) -> int:
    """Do what the subcommand says."""
    from pywrangler.cli.r2_objects import Objects, data_directory

    verb = options.subcommand.partition(" ")[2]
    if verb == "list" and options.remote:
        what = "`pywrangler r2 object list` works on local data only: --remote is not available."
        raise StartError(Problem("usage", what, "The dashboard of the account shows the objects of its buckets."))
    refuse_remote(options, f"r2 {options.subcommand}")
    bucket, _, key = options.path.partition("/")
    if not bucket or (verb != "list" and not key):
        what = f"The object path must be in the form of {{bucket}}/{{key}} you provided {options.path}"
        raise StartError(Problem("usage", what))
    _check(options, verb)
    enter_directory(options.cwd)
    with local_stores(options, data_directory(options, bucket)) as stores:
        objects = Objects.of(stores, bucket)
        match verb:
            case "put":
                _put(options, objects, key)
            case "get":
                _get(options, objects, key)
            case "delete":
                print(f'Deleting object "{key}" from bucket "{bucket}".')
                objects.delete(key)
                print("Delete complete.")
            case "list":
                objects.show(options.prefix or "", sys.stdout)
    return 0


def _check(options: Namespace, verb: str) -> None:
    """Raise UsageError for flags that do not go together."""
    if verb not in {"put", "get"}:
        return
    if options.file is not None and options.pipe:
        _refuse(options, "Arguments file and pipe are mutually exclusive")
    if verb == "put" and options.file is None and not options.pipe:
        _refuse(options, "Either the --file or --pipe options are required.")


def _refuse(options: Namespace, message: str) -> NoReturn:
    raise UsageError(message, dict(parser("pywrangler r2").members())[options.subcommand])


def _put(options: Namespace, objects: Objects, key: str) -> None:
    from pywrangler.cli.r2_objects import metadata_of

    metadata = metadata_of(options)
    with _source(options) as source:
        print(f'Creating object "{key}" in bucket "{objects.bucket}".')
        objects.put(key, source, metadata)
    print("Upload complete.")


@contextmanager
def _source(options: Namespace) -> Iterator[BinaryIO]:
    if options.pipe:
        yield sys.stdin.buffer
        return
    try:
        with options.file.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise StartError(Problem("usage", f'The file "{options.file}" does not exist.')) from None
    except OSError as problem:
        what = f'The file "{options.file}" cannot be read: {problem.strerror}.'
        raise StartError(Problem("usage", what)) from problem


def _get(options: Namespace, objects: Objects, key: str) -> None:
    if options.pipe:
        try:
            sys.stdout.flush()
            objects.get(key, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # whoever reads has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    target = options.file or _own_path(key)
    print(f'Downloading "{key}" from "{objects.bucket}".')
    objects.save(key, target)
    print("Download complete.")


def _own_path(key: str) -> Path:
    """Return the file that a key is written to: a path below the working directory."""
    path = Path(key)
    if path.is_absolute() or ".." in path.parts or not path.parts or key.endswith("/") or "\0" in key:
        what = f'The key "{key}" is no path of a file below this directory.'
        raise StartError(Problem("usage", what, "Name the file with --file, or use --pipe."))
    return path
