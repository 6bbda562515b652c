"""`pywrangler dev`: parses the flags, starts a session, shows what it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pywrangler.cli.flags import Parser, add_global_flags, add_mock_flag
from pywrangler.cli.fresh_types import FreshTypes
from pywrangler.cli.options import LEVELS, choose_level, enter_directory
from pywrangler.cli.terminal import Terminal
from pywrangler.cli.who_runs import who_runs
from pywrangler.config.resolve import Overrides
from pywrangler.errors import Problem, StartError
from pywrangler.session.reports import Note
from pywrangler.session.start import Wishes, run_session

if TYPE_CHECKING:
    from argparse import Namespace

    from pywrangler.cli.arguments import Invocation

BOOLEAN_FLAGS = frozenset(
    ("--strict-limits", "--test-scheduled", "--types", "--show-interactive-dev-session", "--remote")
)
IGNORED_FLAGS = {
    **dict.fromkeys(
        (
            *("--local", "-l", "--no-local", "--live-reload", "--tunnel", "--bundle", "--no-bundle"),
            *("--minify", "--infer-origin-from-routes", "--no-infer-origin-from-routes", "--enable-containers"),
        ),
        False,
    ),
    **dict.fromkeys(
        (
            *("--inspector-port", "--inspector-ip", "--https-key-path", "--https-cert-path", "--local-upstream"),
            *("--upstream-protocol", "--define", "--alias", "--tunnel-name", "--tsconfig"),
            *("--jsx-factory", "--jsx-fragment"),
        ),
        True,
    ),
}
"""Flags of wrangler without a meaning here, so that its command lines still work; True for those with a value."""


def parser(program: str) -> Parser:
    """Return the parser of the command."""
    it = Parser(
        prog=program,
        usage=f"{program} [script] [options]",
        description="Run Workers locally and reload them when files change.",
    )
    it.add_argument("script", nargs="?", type=Path, help="the Python file to run instead of `main`")
    add_global_flags(it, several_configs=True)
    it.flag("--name", help="name of the Worker")
    it.flag("--compatibility-date", metavar="DATE", help="YYYY-MM-DD")
    it.add_argument(
        "--compatibility-flags", "--compatibility-flag", metavar="FLAG", action="append", help="may be repeated"
    )
    it.flag("--assets", metavar="DIR", type=Path, help="directory of static files")
    it.flag("--ip", help="address to listen on (default: localhost)")
    it.flag("--port", type=_port, help="port (default: 8787 or the next free one; 0: any)")
    it.flag("--host", help="host name that the Worker sees")
    it.add_argument("--routes", "--route", metavar="ROUTE", action="append", help="may be repeated")
    it.flag("--local-protocol", choices=("http", "https"), help="http (the default)")
    it.add_argument("--var", metavar="NAME:VALUE", action="append", default=[], help="may be repeated")
    add_mock_flag(it)
    it.flag("--persist-to", metavar="DIR", type=Path, help="directory of local data (default: .wrangler/state)")
    it.flag("--log-level", choices=LEVELS, help="how much to show (default: log, or WRANGLER_LOG)")
    it.switch("--strict-limits", default=False, help="enforce the limits that deployed Workers meet")
    it.switch("--test-scheduled", default=False, help="serve /__scheduled, which runs the scheduled handler")
    it.switch("--types", default=False, help="keep the file of `pywrangler types` up to date")
    it.switch("--show-interactive-dev-session", default=True, help="offer keys in the terminal")
    it.add_argument("-r", "--remote", action="store_true", help="not available: Workers run on this machine")
    return it


def run(options: Namespace, invocation: Invocation) -> int:
    """Run a session until it ends; return the exit code."""
    enter_directory(options.cwd)
    terminal = Terminal(Path.cwd(), choose_level(options.log_level, os.environ))
    if options.remote:
        what = "There is no remote mode: pywrangler runs Workers on this machine."
        raise StartError(Problem("remote", what, "Leave out --remote."))
    for stream in (sys.stdout, sys.stderr):
        # What user code prints may not fit into the terminal's encoding; that must not end the session.
        cast("Any", stream).reconfigure(errors="backslashreplace")
    terminal.banner()
    terminal.show(Note("", who_runs(), "debug"))
    for flag in invocation.ignored:
        terminal.show(Note("", f"{flag} has no effect here.", "debug"))
    has_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")
    wishes = Wishes(
        directory=Path.cwd(),
        config_paths=tuple(options.config) if options.config else None,
        environment=options.env,
        overrides=Overrides(
            name=options.name,
            script=options.script,
            compatibility_date=options.compatibility_date,
            compatibility_flags=tuple(options.compatibility_flags) if options.compatibility_flags else None,
            assets=options.assets,
            vars=tuple(options.var),
            mocks=tuple(options.mock),
            port=options.port,
            ip=options.ip,
            host=options.host,
            routes=tuple(options.routes) if options.routes else None,
            local_protocol=options.local_protocol,
            env_files=tuple(options.env_file),
            persist_to=options.persist_to,
        ),
        strict_limits=options.strict_limits,
        test_scheduled=options.test_scheduled,
        with_keys=options.show_interactive_dev_session and has_terminal,
    )
    with FreshTypes(terminal, always=options.types, process_environment=os.environ) as screen:
        return run_session(wishes, screen, invocation.early_nursery)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError(text)
    return number


_port.__name__ = "port"  # what argparse calls a value that does not fit
