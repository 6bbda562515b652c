"""`pywrangler doctor`: looks at everything that makes a session fail or surprise, and says what to do."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli import machine
from pywrangler.cli.flags import Parser, add_global_flags
from pywrangler.cli.options import enter_directory
from pywrangler.cli.project import project
from pywrangler.cli.style import Style, style_for

if TYPE_CHECKING:
    from argparse import Namespace

    from pywrangler.cli.arguments import Invocation
    from pywrangler.cli.findings import Finding

_MARKS = {"ok": ("✔", "green"), "warning": ("▲", "yellow"), "error": ("✘", "red")}


def parser(program: str) -> Parser:
    """Return the parser of the command."""
    it = Parser(
        prog=program,
        usage=f"{program} [options]",
        description="Look for what keeps sessions from working: versions, ports, files, configuration.",
    )
    add_global_flags(it, several_configs=True)
    it.add_argument("--json", action="store_true", help="machine-readable output")
    return it


def run(options: Namespace, _invocation: Invocation) -> int:
    """Look and show; 1 if there is an error among what was found."""
    enter_directory(options.cwd)
    home = Path.home()
    findings = [
        *machine.versions(),
        *machine.command(os.environ.get("PATH", "")),
        *project(
            options.config,
            environment_name=options.env,
            env_files=tuple(options.env_file),
            environment=os.environ,
            home=home,
        ),
        *machine.registry(os.environ, home),
    ]
    has_error = any(finding.status == "error" for finding in findings)
    if options.json:
        print(json.dumps({"ok": not has_error, "findings": list(map(asdict, findings))}, indent=2, ensure_ascii=False))
    else:
        print(lay_out(findings, style_for(sys.stdout, os.environ)), end="")
    return int(has_error)


def lay_out(findings: list[Finding], style: Style) -> str:
    """Return the findings as lines, with the topic in front and what to do below."""
    width = max(len(finding.topic) for finding in findings) + 2
    lines = []
    for finding in findings:
        mark, colour = _MARKS[finding.status]
        lines.append(f"{style.paint(mark, colour)} {style.paint(finding.topic.ljust(width), 'dim')}{finding.what}")
        lines += [f"{' ' * (width + 2)}{line}" for line in finding.remedy.splitlines()]
    return "\n".join([*lines, "", _summary(findings), ""])


def _summary(findings: list[Finding]) -> str:
    counts = {kind: sum(finding.status == kind for finding in findings) for kind in ("error", "warning")}
    parts = [f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in counts.items() if number]
    return f"{', '.join(parts)}." if parts else "Everything is in order."
