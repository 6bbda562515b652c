"""Which Python a project's environment gets.

Rules
- `.python-version` beside the pyproject.toml or above it, up to the repository's root, names a version; what is not
  a version (a name of pyenv's, a path) says nothing here.
- `requires-python` of pyproject.toml is a range. pywrangler itself needs `OLDEST`.
- The Python that runs pywrangler is taken if it fits; else one on PATH or of pyenv, production's version first. Each
  is asked for its version by running it: a shim of pyenv has the name of a version that it may not have.
- What is nowhere on this machine is left to uv, which can fetch it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pywrangler.errors import Place, Problem, StartError
from pywrangler.files import read_text
from pywrangler.packages.versions import satisfies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pywrangler.session.pyproject import Project

    Version = tuple[int, int, int]
    Probe = Callable[[str], Version | None]

OLDEST = (3, 11)
VERSION_FILE = ".python-version"
_NEWEST_MINOR = 30  # beyond what there is
_PATCHES = (*range(40), 99)
_PREFERRED = (13, 12, 14, 15, 16, 11)
"""Minor versions in the order of preference: that of production first."""
_PINNED = re.compile(r"(?:cpython|python)?[-@=]*(3(?:\.\d+){0,2})")
_PROBE = "import sys; print(*sys.version_info[:3], sys.implementation.name)"
_PROBE_SECONDS = 20


class Interpreter(NamedTuple):
    """A Python on this machine."""

    path: str
    version: Version


@dataclass(frozen=True, slots=True)
class Asked:
    """Which versions a project takes."""

    range: str = ""
    pinned: tuple[int, ...] = ()
    place: Place | None = None
    """Where the narrower of the two stands."""

    def takes(self, version: tuple[int, ...]) -> bool:
        """Whether a version, as (3, 13, 1), will do."""
        return (
            version[:2] >= OLDEST
            and version[: len(self.pinned)] == self.pinned
            and (not self.range or satisfies(self.range, version))
        )

    @property
    def request(self) -> str:
        """What uv is asked for."""
        if self.pinned:
            return _dotted(self.pinned)
        return ",".join(part for part in (f">={_dotted(OLDEST)}", self.range) if part)

    def __str__(self) -> str:
        if self.pinned:
            return f"Python {_dotted(self.pinned)} ({VERSION_FILE})"
        return f'Python "{self.range}"' if self.range else f"Python {_dotted(OLDEST)} or newer"


def asked_by(project: Project) -> Asked:
    """Return what the project asks for; StartError if no version can be right."""
    pinned, path = _pinned(project.directory)
    asked = Asked(project.requires_python, pinned, Place(path) if path else project.python_place)
    if any(asked.takes((3, minor, patch)) for minor in range(OLDEST[1], _NEWEST_MINOR) for patch in _PATCHES):
        return asked
    if pinned and satisfies(project.requires_python, (*pinned, 0, 0)[:3]):
        what = f"{VERSION_FILE} asks for Python {_dotted(pinned)}, but pywrangler needs {_dotted(OLDEST)} or newer."
    elif pinned:
        what = f'{VERSION_FILE} asks for Python {_dotted(pinned)}, but requires-python is "{project.requires_python}".'
    else:
        what = (
            f'The project asks for Python "{project.requires_python}", but pywrangler needs {_dotted(OLDEST)} or newer.'
        )
    remedy = "Production runs 3.13: ask for that, or widen the range."
    raise StartError(Problem("requires-python", what, remedy, asked.place))


def _pinned(start: Path) -> tuple[tuple[int, ...], Path | None]:
    for directory in (start, *start.parents):
        path = directory / VERSION_FILE
        if path.is_file():
            return pinned_version(read_text(path, errors="replace")), path
        if (directory / ".git").exists():
            break
    return (), None


def pinned_version(text: str) -> tuple[int, ...]:
    """Return the version in the text of a `.python-version`, () if it names none."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    match = _PINNED.fullmatch(next(filter(None, lines), ""))
    parts = match[1].split(".") if match else []
    return tuple(map(int, parts)) if all(len(part) < 4 for part in parts) else ()


def choose(
    asked: Asked, environment: Mapping[str, str], home: Path, probe: Probe, running: Interpreter | None = None
) -> Interpreter | None:
    """Return an interpreter on this machine that the project takes, None if there is none."""
    running = running or Interpreter(sys.executable, sys.version_info[:3])
    if asked.takes(running.version):
        return running
    for path in candidates(asked, environment, home):
        version = probe(path)
        if version is not None and asked.takes(version):
            return Interpreter(path, version)
    return None


def candidates(asked: Asked, environment: Mapping[str, str], home: Path) -> Iterator[str]:
    """Yield the programs that may be such an interpreter, each once."""
    others = [minor for minor in range(OLDEST[1], _NEWEST_MINOR) if minor not in _PREFERRED]
    minors = [minor for minor in (*_PREFERRED, *others) if any(asked.takes((3, minor, patch)) for patch in _PATCHES)]
    search_path = environment.get("PATH", "")
    names = [*(f"python3.{minor}" for minor in minors), "python3", "python"]
    found = [shutil.which(name, path=search_path) for name in names]
    installed = Path(environment.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    for minor in minors:
        found += sorted((os.fspath(path) for path in installed.glob(f"3.{minor}.*/bin/python")), reverse=True)
    yield from dict.fromkeys(path for path in found if path)


def version_of(path: str) -> Version | None:
    """Return the version of an interpreter, by running it; None if it does not run, or is no CPython."""
    try:
        done = subprocess.run(
            [path, "-I", "-S", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        major, minor, patch, name = done.stdout.split()
        version = int(major), int(minor), int(patch)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return version if done.returncode == 0 and name == "cpython" else None


def missing(asked: Asked, *, has_uv: bool) -> StartError:
    """Return the error that says the Python cannot be had."""
    tried = "neither this machine nor uv has it" if has_uv else "there is none on PATH"
    remedy = "Install it" + ("." if has_uv else ", or install uv, which fetches it: pip install uv")
    return StartError(Problem("no-python", f"The project asks for {asked}, and {tried}.", remedy, asked.place))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
