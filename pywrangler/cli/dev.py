"""`pywrangler dev`: parses the flags, starts a session, shows what it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pywrangler.cli.arguments import SILENT_ARRAY, SILENT_SWITCH, SILENT_VALUE, Ignored
from pywrangler.cli.flags import Parser, add_global_flags, add_mock_flag
from pywrangler.cli.fresh_types import FreshTypes
from pywrangler.cli.options import LEVELS, choose_level, enter_directory
from pywrangler.cli.terminal import Terminal
from pywrangler.cli.who_runs import who_runs
from pywrangler.config.resolve import Overrides
from pywrangler.errors import Problem, StartError
from pywrangler.session.reports import Note, Trouble
from pywrangler.session.start import Wishes, run_session

if TYPE_CHECKING:
    from argparse import Namespace

    from pywrangler.cli.arguments import Invocation

_DEBUGGER = "Write `breakpoint()` in the Worker: Python's debugger opens in the terminal."
_TLS = Ignored("value", "Workers listen without TLS", "Put a proxy that has it in front, such as caddy.")
_SITE = "Workers Sites is not simulated"
IGNORED_FLAGS = {
    **dict.fromkeys(("--local", "-l", "--bundle", "--minify", "--latest", "--node-compat"), SILENT_SWITCH),
    **dict.fromkeys(("--jsx-factory", "--jsx-fragment", "--tsconfig", "--tunnel-name"), SILENT_VALUE),
    **dict.fromkeys(("--define", "--alias", "--tunnel-allowed-mail"), SILENT_ARRAY),
    "--tunnel": Ignored(
        "switch",
        "nothing is published on the internet",
        "Run `cloudflared tunnel --url` with the Worker's address.",
    ),
    "--live-reload": Ignored("switch", "pages in a browser do not reload by themselves", "Reload them by hand."),
    "--https-key-path": _TLS,
    "--https-cert-path": _TLS,
    "--local-upstream": Ignored("value", "requests keep their origin", "Use --host."),
    "--upstream-protocol": Ignored("value", "requests keep their protocol", "Put a proxy with TLS in front."),
    "--enable-containers": Ignored(
        "switch", "containers are not started", "Start the image yourself, and let the Worker fetch from it."
    ),
    "--inspector-port": Ignored("value", "there is no inspector of JavaScript", _DEBUGGER),
    "--inspector-ip": Ignored("value", "there is no inspector of JavaScript", _DEBUGGER),
    "--site": Ignored("value", _SITE, "Use --assets."),
    "--site-include": Ignored("array", _SITE, "Use --assets, and an .assetsignore."),
    "--site-exclude": Ignored("array", _SITE, "Use --assets, and an .assetsignore."),
}
"""Flags of wrangler without an effect here, so that its command lines still work."""


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
    it.several("--compatibility-flags", "--compatibility-flag", metavar="FLAG", help="one or more")
    it.flag("--assets", metavar="DIR", type=Path, help="directory of static files")
    it.flag("--ip", help="address to listen on (default: localhost)")
    it.flag("--port", type=_port, help="port (default: 8787 or the next free one; 0: any)")
    it.flag("--host", help="host name that the Worker sees")
    it.several("--routes", "--route", metavar="ROUTE", help="one or more")
    what = "let the Worker see the host of the first route (the default)"
    it.switch("--infer-origin-from-routes", default=True, help=what)
    it.flag("--local-protocol", choices=("http", "https"), help="http (the default)")
    it.several("--var", metavar="NAME:VALUE", default=[], help="one or more")
    add_mock_flag(it)
    it.flag("--persist-to", metavar="DIR", type=Path, help="directory of local data (default: .wrangler/state)")
    it.flag("--log-level", choices=LEVELS, help="how much to show (default: log, or WRANGLER_LOG)")
    it.switch("--strict-limits", default=False, help="enforce the limits that deployed Workers meet")
    it.switch("--test-scheduled", default=False, help="serve /__scheduled, which runs the scheduled handler")
    it.switch("--types", default=False, help="keep the file of `pywrangler types` up to date")
    it.switch("--show-interactive-dev-session", default=True, help="offer keys in the terminal")
    it.ignore(IGNORED_FLAGS)
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
    for flag, ignored in invocation.ignored:
        _tell(terminal, flag, ignored)
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
            infer_origin=options.infer_origin_from_routes,
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


def _tell(terminal: Terminal, flag: str, ignored: Ignored) -> None:
    """Say that a flag has no effect, loudly if somebody could miss it."""
    if not ignored.what:
        terminal.show(Note("", f"{flag} has no effect here.", "debug"))
        return
    problem = Problem("no-effect", f"{flag} has no effect here: {ignored.what}.", ignored.remedy, severity="warning")
    terminal.show(Trouble("", problem))


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError(text)
    return number


_port.__name__ = "port"  # what argparse calls a value that does not fit
