"""Finding the project's own packages: the first `.venv` beside the config or above it, below the home directory.

The environment must have the minor version of Python that runs pywrangler, since compiled packages fit one version
only.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pywrangler.errors import Problem, StartError

_MARKER = "pyvenv.cfg"


def find_site_packages(start: Path, *, home: Path | None = None) -> tuple[Path, ...]:
    """Return the package directories of the project's virtual environment, () without one; StartError if unusable."""
    stop = home if home is not None else Path.home()
    for directory in (start, *start.parents):
        if directory == stop and directory != start:
            break
        if (directory / ".venv" / _MARKER).is_file():
            return _site_packages(directory / ".venv")
    return ()


def _site_packages(environment: Path) -> tuple[Path, ...]:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if environment.resolve() == Path(sys.prefix).resolve():
        return ()  # pywrangler runs in it: its packages are on the path already.
    libraries = environment / "lib"
    found = libraries / f"python{version}" / "site-packages"
    if found.is_dir():
        return (found,)
    others = sorted(path.name.removeprefix("python") for path in libraries.glob("python3*"))
    if not others:
        return ()
    raise StartError(
        Problem(
            "venv-version",
            f"{os.path.relpath(environment)} is for Python {', '.join(others)}, but pywrangler runs on {version}.",
            "Run `pywrangler sync`: it installs this pywrangler there, so that the Python of the project runs it.",
        )
    )
