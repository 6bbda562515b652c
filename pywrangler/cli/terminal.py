"""How a dev session looks in the terminal (spec/cli.md, section 2). Plain text and a few colours: drawing with rich
would cost more time at the start than everything else the session imports.

Normal text goes to stdout, warnings and errors as blocks to stderr. Tools wait for `[wrangler:info] Ready on http`, so
that prefix stays as it is upstream. With several Workers in a session, lines carry the name of theirs.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Literal, TextIO

from pywrangler.cli.bindings_table import lay_out, painted_link, rows
from pywrangler.cli.style import block, problem_block, style_for
from pywrangler.session import reports as say
from pywrangler.session.links import TAIL
from pywrangler.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pywrangler.cli.style import Style

LogLevel = Literal["debug", "info", "log", "warn", "error", "none"]
_RANKS: dict[str, int] = {"none": -1, "error": 0, "warn": 1, "info": 2, "log": 2, "debug": 3}
_EXPLANATION = (
    "Bindings to other Workers connect to whatever session on this machine runs them, in any start order;\n"
    "[connected] and [not connected] tell how they stand now."
)
_WIDTH_WITHOUT_TERMINAL = 120
_KEYS = ("[b] open a browser", "[c] clear console", "[x] to exit")


class Terminal:
    """Shows the reports of a session."""

    def __init__(
        self,
        directory: Path,
        level: LogLevel = "log",
        environment: Mapping[str, str] | None = None,
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        environment = os.environ if environment is None else environment
        self._directory = directory
        self._rank = _RANKS[level]
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._style = style_for(self._out, environment)
        self._err_style = style_for(self._err, environment)
        self._has_explained = False

    def banner(self) -> None:
        """Show name and version."""
        title = f" ⛅️ pywrangler {VERSION}"
        self._print(f"\n{title}\n{self._style.paint('─' * len(title), 'grey')}")

    def show(self, report: say.Report) -> None:
        """Show a report of the session."""
        match report:
            case say.Output():
                self._output(report)
            case say.RequestLine():
                self._request(report)
            case say.QueueLine():
                self._queue(report)
            case say.Trouble(worker, problem, note):
                self._trouble(
                    self._prefix(worker, self._err_style),
                    problem_block(self._err_style, problem, self._directory, note),
                    problem.severity,
                )
            case say.Bindings():
                self._bindings(report)
            case say.Redirected(used, original, redirect):
                self._redirected(used, original, redirect)
            case say.Hotkeys():
                self._hotkeys()
            case say.Starting():
                self._print("⎔ Starting local server...")
            case say.Ready(worker, urls):
                self._ready(worker, urls)
            case say.Reloading(worker, because):
                why = self._style.paint(f" because {_listed(because)} changed", "dim") if because else ""
                self._print(f"{self._prefix(worker, self._style)}⎔ Reloading local server...{why}")
            case say.Updated(worker, milliseconds):
                took = self._style.paint(f" ({round(milliseconds)}ms)", "grey")
                self._print(f"{self._prefix(worker, self._style)}⎔ Local server updated and ready{took}")
            case say.LinkChanged(worker, target, state, bindings):
                names = ", ".join(name.removeprefix(TAIL) for name in bindings)
                link = painted_link(state, self._style)
                self._print(f"{self._prefix(worker, self._style)}⎔ {target} {link} ({names})")
            case say.Note(worker, text, level):
                if _RANKS[level] <= self._rank:
                    self._print(self._prefix(worker, self._style) + text)
            case say.ShuttingDown():
                self._print("⎔ Shutting down local server...")
            case say.ClearScreen():
                self._print("\x1b[2J\x1b[3J\x1b[H" if self._out.isatty() else "")

    # ---- user code

    def _output(self, report: say.Output) -> None:
        text = report.text
        if report.level in {"warn", "error"}:
            severity = "warning" if report.level == "warn" else "error"
            self._trouble(
                self._prefix(report.worker, self._err_style), block(self._err_style, severity, text), severity
            )
        elif report.level == "stderr":
            if self._rank >= 0:
                self._write(self._err, _prefixed(self._prefix(report.worker, self._err_style), text))
        elif self._rank >= _RANKS["log"]:
            self._write(self._out, _prefixed(self._prefix(report.worker, self._style), text))

    def _request(self, report: say.RequestLine) -> None:
        if self._rank < _RANKS["info"]:
            return
        style = self._style
        colour = {2: "green", 4: "yellow", 5: "red"}.get(report.status // 100, "blue")
        status = style.paint(f"{report.status} {report.reason}".rstrip(), colour)
        took = style.paint(f"({round(report.milliseconds)}ms)", "grey")
        line = f"[wrangler:info] {style.paint(report.method, 'bold')} {report.path} {status} {took}"
        self._write(self._out, self._prefix(report.worker, style) + line)

    def _queue(self, report: say.QueueLine) -> None:
        if self._rank < _RANKS["info"]:
            return
        style = self._style
        colour = "green" if report.acknowledged == report.total else "yellow" if report.acknowledged else "red"
        count = style.paint(f"{report.acknowledged}/{report.total}", colour)
        took = style.paint(f"({round(report.milliseconds)}ms)", "grey")
        line = f"[wrangler:info] {style.paint('QUEUE', 'bold')} {report.queue} {count} {took}"
        self._write(self._out, self._prefix(report.worker, style) + line)

    # ---- the session

    def _trouble(self, prefix: str, text: str, severity: str) -> None:
        if self._rank >= _RANKS["warn" if severity == "warning" else "error"]:
            self._write(self._err, prefix + text, end="")

    def _bindings(self, report: say.Bindings) -> None:
        style = self._style
        resolved = report.resolved
        for path in resolved.files_read:
            self._print(f"Using secrets defined in {os.path.relpath(path, self._directory)}")
        if resolved.used_process_environment:
            self._print("Using secrets defined in process.env")
        table = rows(resolved, report.links)
        if table:
            self._print(f"{report.worker or 'Your Worker'} has access to the following bindings:")
            for line in lay_out(table, style, self._width()):
                self._print(line)
            self._print("")
        tails = {name: link for name, link in report.links.items() if name.startswith(TAIL)}
        if tails:
            self._print(f"{report.worker or 'Your Worker'} is sending Tail events to the following Workers:")
            for name, link in tails.items():
                self._print(f"- {name.removeprefix(TAIL)} {painted_link(link, style)}")
            self._print("")
        if report.links and not self._has_explained:
            self._has_explained = True
            self._print(style.paint(_EXPLANATION, "dim") + "\n")

    def _redirected(self, used: Path, original: Path, redirect: Path | None) -> None:
        def shown(path: Path) -> str:
            return f'"{os.path.relpath(path, self._directory)}"'

        self._print("Using redirected Wrangler configuration.")
        self._print(f" - Configuration being used: {shown(used)}")
        self._print(f" - Original user's configuration: {shown(original)}")
        if redirect is not None:
            self._print(f" - Deploy configuration file: {shown(redirect)}")

    def _hotkeys(self) -> None:
        line = "  " + " ".join(_KEYS) + "  "
        if len(line) + 2 <= self._width():
            lines = [line]
        else:
            width = max(map(len, _KEYS)) + 4
            lines = [f"  {key}".ljust(width) for key in _KEYS]
        rule = "─" * len(lines[0])
        box = [f"╭{rule}╮", *(f"│{text}│" for text in lines), f"╰{rule}╯"]
        self._write(self._out, "\n".join(box))  # at every log level

    def _ready(self, worker: str, urls: tuple[str, ...]) -> None:
        if self._rank < _RANKS["info"]:
            return
        name = f" ({worker})" if worker else ""
        self._write(self._out, f"[wrangler:info] Ready on {self._style.paint(urls[0], 'bold')}{name}")
        for url in urls[1:]:
            self._write(self._out, f"[wrangler:info] - {url}")

    # ---- writing

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._out.fileno()).columns or _WIDTH_WITHOUT_TERMINAL
        except (OSError, ValueError):
            return _WIDTH_WITHOUT_TERMINAL

    def _prefix(self, worker: str, style: Style) -> str:
        return style.paint(f"[{worker}]", "blue") + " " if worker else ""

    def _print(self, text: str) -> None:
        if self._rank >= _RANKS["log"]:
            self._write(self._out, text)

    def _write(self, stream: TextIO, text: str, end: str = "\n") -> None:
        stream.write(text + end)
        stream.flush()


def _prefixed(prefix: str, text: str) -> str:
    text = text.removesuffix("\n")
    return "\n".join(prefix + line for line in text.split("\n")) if prefix else text


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more files"
