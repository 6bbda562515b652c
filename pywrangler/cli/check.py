"""`pywrangler check`: what will not work on Cloudflare, without running anything.

Errors of the config, findings in the source, bindings without their class, missing secrets. Exits with 1 if there is an
error, with --strict if there is anything (spec/cli.md, section 9).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywrangler.cli.flags import Parser, add_global_flags
from pywrangler.cli.options import enter_directory
from pywrangler.cli.style import Style, style_for
from pywrangler.config.resolve import Overrides, resolve
from pywrangler.errors import ConfigError, Problem, StartError
from pywrangler.fidelity import Report, check_all
from pywrangler.session.venv import find_site_packages

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from pywrangler.cli.arguments import Invocation
    from pywrangler.config.model import WorkerConfig

_COLOURS = {"error": "red", "warning": "yellow"}


def parser(program: str) -> Parser:
    """Return the parser of the command."""
    it = Parser(
        prog=program,
        usage=f"{program} [script] [options]",
        description="Find what will not work on Cloudflare. Nothing is run.",
    )
    it.add_argument("script", nargs="?", type=Path, help="the Python file to check instead of `main`")
    add_global_flags(it, several_configs=True)
    it.add_argument("--strict", action="store_true", help="exit with 1 for warnings, too")
    it.add_argument("--json", action="store_true", help="machine-readable output")
    return it


def run(options: Namespace, _invocation: Invocation) -> int:
    """Check and show."""
    enter_directory(options.cwd)
    directory = Path.cwd()
    reports: list[Report] = []
    try:
        resolution = resolve(
            options.config,
            cwd=directory,
            environment=options.env,
            overrides=Overrides(script=options.script, env_files=tuple(options.env_file)),
            process_environment=os.environ,
        )
    except ConfigError as error:
        general = error.problems
    else:
        # What has no effect here has one on Cloudflare.
        general = tuple(problem for problem in resolution.warnings if problem.code != "no-effect")
        reports = check_all([(item.worker, _packages(item.worker)) for item in resolution.workers])
    found = [*general, *(problem for report in reports for problem in report.findings)]
    if options.json:
        print(json.dumps(as_json(general, reports, directory), indent=2, ensure_ascii=False))
    else:
        show(general, reports, directory)
    return int(any(problem.severity == "error" or options.strict for problem in found))


def _packages(worker: WorkerConfig) -> tuple[Path, ...]:
    try:
        return find_site_packages(worker.root)
    except StartError:  # for another Python; that is no matter of Cloudflare's, and `dev` says it
        return ()


def as_json(general: Sequence[Problem], reports: Sequence[Report], directory: Path) -> dict[str, Any]:
    """Return the machine-readable form."""
    found = [*general, *(problem for report in reports for problem in report.findings)]
    return {
        "errors": sum(problem.severity == "error" for problem in found),
        "warnings": sum(problem.severity == "warning" for problem in found),
        "config": [_finding(problem, directory) for problem in general],
        "workers": [
            {
                "worker": report.worker.name,
                "environment": report.worker.environment,
                "modules": [os.path.relpath(path, directory) for path in report.modules],
                "packages": list(report.third_party),
                "findings": [_finding(problem, directory) for problem in report.findings],
            }
            for report in reports
        ],
    }


def show(general: Sequence[Problem], reports: Sequence[Report], directory: Path) -> None:
    """Print the findings, Worker by Worker, and a last line with their number."""
    style = style_for(sys.stdout, os.environ)
    for problem in general:
        print(as_text(problem, directory, style))
    for report in reports:
        if len(reports) > 1 and report.findings:
            print(style.paint(report.worker.name, "bold") + "\n")
        for problem in report.findings:
            print(as_text(problem, directory, style))
    found = [*general, *(problem for report in reports for problem in report.findings)]
    modules = sum(len(report.modules) for report in reports)
    packages = sorted({name for report in reports for name in report.third_party})
    if packages:
        print(f"Packages imported from elsewhere: {', '.join(packages)}")
    print(style.paint(_conclusion(found, modules), "bold" if found else "green"))


def as_text(problem: Problem, directory: Path, style: Style) -> str:
    """Return a finding: place, code and what is wrong; the source; what to do instead."""
    place = ""
    if problem.place is not None:
        place = str(problem.place).replace(str(problem.place.path), os.path.relpath(problem.place.path, directory), 1)
    head = [
        style.paint(place, "bold"),
        style.paint(f"{problem.severity}[{problem.code}]", _COLOURS[problem.severity]),
        problem.what,
    ]
    lines = ["  ".join(part for part in head if part)]
    lines += [style.paint(line, "dim") for line in problem.excerpt.splitlines()]
    lines += [f"    {line}" if line else "" for line in problem.remedy.splitlines()]
    return "\n".join(lines) + "\n"


def _conclusion(found: Sequence[Problem], modules: int) -> str:
    read = f"{_counted(modules, 'module')} read"
    if not found:
        return f"✔ Nothing found that will not work on Cloudflare ({read})."
    errors = sum(problem.severity == "error" for problem in found)
    return f"{_counted(errors, 'error')}, {_counted(len(found) - errors, 'warning')} ({read})."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _finding(problem: Problem, directory: Path) -> dict[str, Any]:
    place = problem.place
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": os.path.relpath(place.path, directory) if place is not None else None,
        "line": place.line or None if place is not None else None,
        "column": place.column or None if place is not None else None,
        "what": problem.what,
        "remedy": problem.remedy,
    }
