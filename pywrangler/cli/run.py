"""`pywrangler run -- COMMAND`: starts Workers for the time that a command takes, for CI.

Nothing of the session is shown unless the command fails: then what the Workers said follows on stderr.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pywrangler.cli.flags import Parser, UsageError, add_global_flags, add_mock_flag
from pywrangler.cli.options import enter_directory
from pywrangler.cli.style import problem_block, style_for
from pywrangler.cli.terminal import Terminal
from pywrangler.config.resolve import Overrides
from pywrangler.session import reports as say
from pywrangler.session.errand import Errand
from pywrangler.session.start import Wishes, run_session

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from pywrangler.cli.arguments import Invocation

REPORTS_KEPT = 10_000
_TOLD = (say.Output, say.RequestLine, say.QueueLine, say.Trouble, say.Note)
_BY_THE_USER = frozenset(128 + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


class RunParser(Parser):
    """Leaves what follows `--` alone: that is the command."""

    def parse(self, words: Sequence[str]) -> Namespace:
        """Return the values, with `command`."""
        cut = words.index("--") if "--" in words else len(words)
        options = super().parse(words[:cut])
        options.command = list(words[cut + 1 :])
        if not options.command:
            raise UsageError("There is no command to run.", self, "Put it after --, as in: pywrangler run -- pytest")
        return options


def parser(program: str) -> RunParser:
    """Return the parser of the command."""
    it = RunParser(
        prog=program,
        usage=f"{program} [options] -- COMMAND [ARGUMENTS]",
        description="Start Workers, run a command that uses them, stop them; the exit code is the command's. The "
        "command finds them in PYWRANGLER_URL_<NAME>, the first one also in PYWRANGLER_URL. Ports, data and registry "
        "are fresh and gone afterwards.",
    )
    add_global_flags(it, several_configs=True)
    it.flag("--timeout", type=_seconds, metavar="SECONDS", help="end everything after this time, with exit code 124")
    it.several("--var", metavar="NAME:VALUE", default=[], help="one or more")
    add_mock_flag(it)
    return it


def run(options: Namespace, invocation: Invocation) -> int:
    """Run the command beside its Workers; return its exit code."""
    enter_directory(options.cwd)
    for stream in (sys.stdout, sys.stderr):
        cast("Any", stream).reconfigure(errors="backslashreplace")
    wishes = Wishes(
        directory=Path.cwd(),
        config_paths=tuple(options.config) if options.config else None,
        environment=options.env,
        overrides=Overrides(vars=tuple(options.var), mocks=tuple(options.mock), env_files=tuple(options.env_file)),
        is_isolated=True,
    )
    recorder = Recorder()
    errand = Errand(options.command, os.environ, options.timeout)
    code = run_session(wishes, recorder, invocation.early_nursery, guest=errand)
    is_interrupted = code in _BY_THE_USER and errand.status is None and errand.problem is None
    if code and not is_interrupted:
        _tell(recorder, errand)
    return code


class Recorder:
    """A screen that shows nothing and remembers what the Workers said."""

    def __init__(self) -> None:
        self._reports: deque[say.Report] = deque(maxlen=REPORTS_KEPT)
        self._dropped = 0

    def show(self, report: say.Report) -> None:
        """Remember it."""
        if isinstance(report, _TOLD):
            self._dropped += len(self._reports) == REPORTS_KEPT
            self._reports.append(report)

    def replay(self, terminal: Terminal) -> None:
        """Show everything, in order."""
        if self._dropped:
            terminal.show(say.Note("", f"({self._dropped} earlier lines are not shown)"))
        for report in self._reports:
            terminal.show(report)

    def __len__(self) -> int:
        return len(self._reports)


def _tell(recorder: Recorder, errand: Errand) -> None:
    sys.stdout.flush()
    if len(recorder):
        sys.stderr.write("\nWhat the Workers said:\n")
        recorder.replay(Terminal(Path.cwd(), out=sys.stderr, err=sys.stderr))
    if errand.problem is not None:
        sys.stderr.write(problem_block(style_for(sys.stderr, os.environ), errand.problem, Path.cwd()))


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError(text)
    return seconds


_seconds.__name__ = "number of seconds"  # what argparse calls a value that does not fit
