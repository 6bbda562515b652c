"""The program `pywrangler`. Not in `__main__`, which Cloudflare's workers-py overwrites in an environment
that has both.

The first thing that `pywrangler dev` does is to start the nursery, so that the two processes import what they need at
the same time. Therefore nothing else is imported before. Before that, another pywrangler may take over.
"""

from __future__ import annotations

import os
import sys

from pywrangler.delegation import delegate

TYPE_CHECKING = False  # typing takes 5 ms, in which Ctrl+C would still show a traceback
if TYPE_CHECKING:
    from typing import NoReturn

    from pywrangler.session.spawn import NurseryProcess

_NO_SESSION = {"-h", "--help", "-v", "--version"}


def main() -> NoReturn:
    """Run the command that the command line names, and exit."""
    arguments = sys.argv[1:]
    delegate(arguments)
    import signal  # takes 5 ms, which one that hands over need not spend

    # Before a session runs there is nothing to clean up that the next one would not: no traceback, the usual status.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: os._exit(128 + received))
    early = _early_nursery() if arguments[:1] in (["dev"], ["run"]) and _NO_SESSION.isdisjoint(arguments) else None
    from pywrangler.cli.app import run

    status = run(arguments, early)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        status = status or 128 + signal.SIGPIPE
    os._exit(status)  # Tearing down the interpreter would take 20 ms and can only fail.


def _early_nursery() -> NurseryProcess | None:
    from pywrangler.session.spawn import spawn_nursery

    try:
        return spawn_nursery()
    except OSError:
        return None  # The session tries again and can say what is wrong.


if __name__ == "__main__":
    main()
