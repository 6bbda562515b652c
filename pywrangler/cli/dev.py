"""`pywrangler dev`: parses the flags, starts a session, shows what it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from pywrangler.cli.options import choose_level, enter_directory, single
from pywrangler.cli.terminal import Terminal
from pywrangler.config.resolve import Overrides
from pywrangler.errors import Problem, StartError
from pywrangler.session.reports import Note
from pywrangler.session.start import Wishes, run_session

if TYPE_CHECKING:
    from pywrangler.cli.arguments import Invocation

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

BOOLEAN_FLAGS = frozenset(("--strict-limits", "--test-scheduled", "--show-interactive-dev-session", "--remote"))
IGNORED_FLAGS = {
    **dict.fromkeys(
        (
            *("--local", "-l", "--no-local", "--live-reload", "--types", "--tunnel", "--bundle", "--no-bundle"),
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


def _option(*names: str, text: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, show_default=False, **more)


@app.command(
    help="Run Workers locally and reload them when files change.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def dev(
    context: typer.Context,
    script: Annotated[
        Path | None, typer.Argument(help="The Python file to run instead of `main`", show_default=False)
    ] = None,
    config: Annotated[
        list[Path] | None, _option("--config", "-c", text="A configuration file; several make one session")
    ] = None,
    cwd: Annotated[list[Path] | None, _option("--cwd", text="Run as if started in this directory")] = None,
    env: Annotated[list[str] | None, _option("--env", "-e", text="The environment")] = None,
    env_file: Annotated[
        list[str] | None, _option("--env-file", text="Variables from this file; may be repeated")
    ] = None,
    name: Annotated[str | None, _option("--name", text="Name of the Worker")] = None,
    compatibility_date: Annotated[str | None, _option("--compatibility-date", text="YYYY-MM-DD")] = None,
    compatibility_flags: Annotated[
        list[str] | None, _option("--compatibility-flags", "--compatibility-flag", text="A flag; may be repeated")
    ] = None,
    assets: Annotated[Path | None, _option("--assets", text="Directory of static files")] = None,
    ip: Annotated[str | None, _option("--ip", text="Address to listen on (default: localhost)")] = None,
    port: Annotated[
        int | None, _option("--port", text="Port (default: 8787 or the next free one; 0: any)", min=0, max=65535)
    ] = None,
    host: Annotated[str | None, _option("--host", text="Host name that the Worker sees")] = None,
    routes: Annotated[list[str] | None, _option("--routes", "--route", text="A route; may be repeated")] = None,
    local_protocol: Annotated[str | None, _option("--local-protocol", text="http")] = None,
    var: Annotated[list[str] | None, _option("--var", text="NAME:VALUE for env; may be repeated")] = None,
    persist_to: Annotated[
        Path | None, _option("--persist-to", text="Directory of local data (default: .wrangler/state)")
    ] = None,
    log_level: Annotated[str | None, _option("--log-level", text="debug, info, log, warn, error or none")] = None,
    strict_limits: Annotated[
        bool,
        _option(
            "--strict-limits/--no-strict-limits", text="Enforce the platform's limits as deployed Workers meet them"
        ),
    ] = False,
    test_scheduled: Annotated[
        bool,
        _option("--test-scheduled/--no-test-scheduled", text="Serve /__scheduled, which runs the scheduled handler"),
    ] = False,
    show_interactive_dev_session: Annotated[
        bool,
        _option("--show-interactive-dev-session/--no-show-interactive-dev-session", text="Offer keys in the terminal"),
    ] = True,
    remote: Annotated[bool, typer.Option("--remote/--no-remote", "-r", hidden=True)] = False,
    version: Annotated[bool, typer.Option("--version", "-v", hidden=True)] = False,
) -> int:
    """Run a session until it ends."""
    if version:
        from pywrangler import __version__

        print(__version__)
        return 0
    invocation = cast("Invocation", context.obj)
    enter_directory(single("cwd", cwd))
    environment = single("env", env)
    terminal = Terminal(Path.cwd(), choose_level(log_level, os.environ))
    if remote:
        raise StartError(
            Problem(
                "remote", "There is no remote mode: pywrangler runs Workers on this machine.", "Leave out --remote."
            )
        )
    if local_protocol not in {None, "http", "https"}:
        raise StartError(Problem("protocol", f'--local-protocol is http or https, not "{local_protocol}".'))
    for stream in (sys.stdout, sys.stderr):
        cast(Any, stream).reconfigure(errors="backslashreplace")
    terminal.banner()
    for flag in invocation.ignored:
        terminal.show(Note("", f"{flag} has no effect here.", "debug"))
    wishes = Wishes(
        directory=Path.cwd(),
        config_paths=tuple(config) if config else None,
        environment=environment,
        overrides=Overrides(
            name=name,
            script=script,
            compatibility_date=compatibility_date,
            compatibility_flags=tuple(compatibility_flags) if compatibility_flags else None,
            assets=assets,
            vars=tuple(var or ()),
            port=port,
            ip=ip,
            host=host,
            routes=tuple(routes) if routes else None,
            local_protocol=cast(Literal["http", "https"] | None, local_protocol),
            env_files=tuple(env_file or ()),
            persist_to=persist_to,
        ),
        strict_limits=strict_limits,
        test_scheduled=test_scheduled,
        with_keys=show_interactive_dev_session
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and not os.environ.get("CI"),
    )
    return run_session(wishes, terminal, invocation.early_nursery)
