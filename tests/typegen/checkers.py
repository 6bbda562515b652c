"""Running mypy and pyright over files of user code, as a user would: nothing is configured but what is installed.

pyright is a program for Node that the Python package of that name gets from npm when it first runs. Where it cannot run
the tests that need it are skipped, but not in CI.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 150


class Finding(NamedTuple):
    """An error of a type checker."""

    file: str
    line: int
    message: str


def mypy(directory: Path, files: Sequence[str]) -> list[Finding]:
    """Return what `mypy --strict` finds; the cache is shared by all runs."""
    cache = ROOT / ".mypy_cache" / "user-code"
    words = ["--strict", "--no-error-summary", "--no-pretty", "--config-file=", f"--cache-dir={cache}", *files]
    done = run([sys.executable, "-m", "mypy", *words], directory)
    found = [re.match(r"(.*?):(\d+): error: (.*)", line) for line in done.stdout.splitlines()]
    findings = [Finding(match[1], int(match[2]), match[3]) for match in found if match]
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert bool(findings) == bool(done.returncode), done.stdout + done.stderr
    return findings


def pyright(directory: Path, files: Sequence[str]) -> list[Finding]:
    """Return the errors that pyright finds; its warnings are about stubs without sources."""
    reason = why_no_pyright()
    if reason:
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    done = run([sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", *files], directory)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [
        Finding(os.path.relpath(it["file"], directory), it["range"]["start"]["line"] + 1, it["message"])
        for it in found
        if it["severity"] == "error"
    ]


@functools.cache
def why_no_pyright() -> str:
    """Return why pyright cannot run; an empty text if it can."""
    if importlib.util.find_spec("pyright") is None:
        return "pyright is not installed"
    if shutil.which("node") is None:
        return "pyright needs Node"
    done = run([sys.executable, "-m", "pyright", "--version"], ROOT)
    return "" if done.returncode == 0 else f"pyright does not start: {done.stderr.strip()[-200:]}"


def run(words: list[str], directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a checker, with nothing of the shell's that would change what it finds."""
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NO_COLOR": "1"}
    environment.pop("MYPYPATH", None)
    environment.update(variables)
    return subprocess.run(
        words,
        cwd=directory,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        check=False,
    )


CHECKERS = {"mypy": mypy, "pyright": pyright}
