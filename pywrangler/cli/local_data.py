"""What commands share that work on the local data of a project, also while `dev` runs: its place, and opening it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli.arguments import SILENT_SWITCH
from pywrangler.config.paths import absolute
from pywrangler.config.resolve import STATE_DIRECTORY, STATE_VERSION
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from pywrangler.bindings.stores import Stores
    from pywrangler.cli.flags import Parser

IGNORED_FLAGS = {"--local": SILENT_SWITCH}


def add_local_flags(member: Parser) -> None:
    """Add `--persist-to`, and `--remote`, which is refused."""
    what = "directory of local data (default: .wrangler/state)"
    member.flag("--persist-to", metavar="DIR", type=Path, help=what)
    member.add_argument("--remote", action="store_true", help="not available: local data only")


def refuse_remote(options: Namespace, command: str) -> None:
    """Raise StartError for `--remote`."""
    if options.remote:
        what = f"`pywrangler {command}` works on local data only: --remote is not available."
        raise StartError(Problem("usage", what, f"For data of the account: npx wrangler {command} --remote"))


@contextmanager
def local_stores(options: Namespace, directory: Path) -> Iterator[Stores]:
    """Open the local data of a Worker whose config lies in `directory`; `--persist-to` starts at the working directory.

    A corrupt file is set aside with a warning.
    """
    from pywrangler.bindings.stores import Stores
    from pywrangler.cli.style import problem_block, style_for

    def notice(problem: Problem) -> None:
        sys.stderr.write(problem_block(style_for(sys.stderr, os.environ), problem, Path.cwd()))

    given: Path | None = options.persist_to
    root = directory / STATE_DIRECTORY if given is None else absolute(Path.cwd(), given)
    stores = Stores(root / STATE_VERSION, notice)
    try:
        yield stores
    finally:
        stores.close()
