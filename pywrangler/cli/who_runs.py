"""Which pywrangler this is, and why this one (`pywrangler.delegation`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pywrangler import delegation
from pywrangler.version import VERSION


def who_runs() -> str:
    """Return a sentence about it."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    what = f"This is pywrangler {VERSION} of {sys.prefix} (Python {python})"
    if delegation.called_by:
        return f"{what}, to which {delegation.called_by} handed over."
    if delegation.failed:
        return f"{what}, because the one of {delegation.failed} cannot be used."
    return f"{what}."


def why_not_the_project(start: Path) -> str:
    """Return why the project's environment does not run this command, "" if it does or there is none."""
    found = delegation.find_environment(os.fspath(start))
    if found is None or delegation.failed or Path(found).resolve() == Path(sys.prefix).resolve():
        return ""
    return f"{os.path.relpath(found)} has no pywrangler, so this one runs the Workers of the project."
