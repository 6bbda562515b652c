"""Making and updating the virtual environment of a project from its `pyproject.toml`.

Rules
- The environment is `.venv` beside the pyproject.toml, for the version of Python that runs pywrangler, because compiled
  packages fit one version only (`session.venv` finds it there).
- uv does the work if it is on the path, else `venv` and pip. What they say goes to the terminal as they say it.
- A stamp in the environment holds a hash of everything that decided its content. While that is the same nothing is
  touched.
- An environment that we made is made anew when a requirement is gone, so that nothing stays importable that will be
  missing when the Worker is deployed. One that the user made is only added to, and the one that runs pywrangler too.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Problem, StartError
from pywrangler.session.pyproject import Project, accepts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[[Sequence[str]], int]
    Tell = Callable[[str], None]

ENVIRONMENT = ".venv"
STAMP = ".pywrangler-sync.json"
STAMP_FORMAT = 1
_IGNORED_AS = frozenset((".venv", ".venv/", "/.venv", "/.venv/", "**/.venv", "**/.venv/", ".venv*", "*venv*"))


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to go about it."""

    force: bool = False
    """Install even if nothing has changed."""
    upgrade: bool = False
    """Take the newest versions that the requirements allow."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the environment was made from."""

    fingerprint: str
    requirements: tuple[str, ...]
    python: str
    tool: str


def sync(project: Project, wishes: Wishes, tell: Tell, run: Run | None = None, uv: str | None = None) -> bool:
    """Bring the environment up to date and return whether anything was done; StartError if it cannot be done.

    `run` runs a command and returns its exit code; `uv` is the path of uv (both have the obvious defaults; an empty
    `uv` means there is none).
    """
    run = run or _run
    uv = shutil.which("uv") if uv is None else uv or None
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    _check_python(project, python)
    environment = project.directory / ENVIRONMENT
    wanted = Stamp(_fingerprint(project, python), project.requirements, python, "uv" if uv else "pip")
    found = _read_stamp(environment)
    is_own = environment.resolve() == Path(sys.prefix).resolve()
    if found == wanted and not wishes.force and not wishes.upgrade and _interpreter(environment).exists():
        tell("Nothing has changed since the last sync. Use --force to install again.")
        return False
    reason = "" if is_own else _reason_to_make(environment, found, wanted)
    if reason:
        tell(f"Making {_shown(environment)} for Python {python} with {wanted.tool}{reason}")
        _make(environment, uv, run)
    _stamp_path(environment).unlink(missing_ok=True)  # until it is complete
    if project.requirements:
        count = len(project.requirements)
        tell(f"Installing {count} {'requirement' if count == 1 else 'requirements'} of {project.path.name}")
        _install(environment, project, uv, run, upgrade=wishes.upgrade)
    else:
        tell(f"{project.path.name} asks for no packages.")
    _write_stamp(environment, wanted)
    if advice := _ignore_advice(project.directory, environment):
        tell(advice)
    return True


def _check_python(project: Project, python: str) -> None:
    if project.requires_python and not accepts(project.requires_python, sys.version_info[:3]):
        raise StartError(
            Problem(
                "requires-python",
                f'The project asks for Python "{project.requires_python}", but pywrangler runs on {python}.',
                "Run pywrangler with a version in that range, or widen requires-python.",
                project.python_place,
            )
        )


def _fingerprint(project: Project, python: str) -> str:
    parts = [STAMP_FORMAT, python, sys.platform, project.requires_python, sorted(project.requirements)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


# ---- the environment


def _interpreter(environment: Path) -> Path:
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin" / "python"


def _reason_to_make(environment: Path, found: Stamp | None, wanted: Stamp) -> str:
    """Return the end of a sentence that says why the environment has to be made (anew), or nothing to keep it."""
    if not environment.exists():
        return "."
    has_version = any(environment.glob(f"lib/python{wanted.python}/site-packages")) or os.name == "nt"
    if found is None:
        if has_version:
            return ""
        raise StartError(
            Problem(
                "venv-version",
                f"{_shown(environment)} is not for Python {wanted.python}, which runs pywrangler.",
                "Remove it and run `pywrangler sync` again, or run pywrangler with the Python it was made for.",
            )
        )
    if found.python != wanted.python or not has_version:
        return f" again: it was for Python {found.python}."
    gone = [item for item in found.requirements if item not in wanted.requirements]
    return f" again: {gone[0]} is not asked for any more." if gone else ""


def _make(environment: Path, uv: str | None, run: Run) -> None:
    if uv:
        status = run([uv, "venv", "--clear", "--python", sys.executable, str(environment)])
    else:
        status = run([sys.executable, "-m", "venv", "--clear", str(environment)])
    if status:
        raise _failed(f"{_shown(environment)} could not be made.", status)


def _install(environment: Path, project: Project, uv: str | None, run: Run, *, upgrade: bool) -> None:
    interpreter = str(_interpreter(environment))
    if uv:
        command = [uv, "pip", "install", "--python", interpreter]
    else:
        if run([interpreter, "-c", "import pip"]) and run([interpreter, "-m", "ensurepip"]):
            raise _failed(f"{_shown(environment)} has no pip.", 1)
        command = [interpreter, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    with tempfile.TemporaryDirectory(prefix="pywrangler-") as directory:
        listed = Path(directory) / "requirements.txt"
        listed.write_text("".join(f"{item}\n" for item in project.requirements), encoding="utf-8")
        status = run([*command, *(["--upgrade"] if upgrade else []), "-r", str(listed)])
    if status:
        raise _failed(f"The packages that {project.path.name} asks for could not be installed.", status)


def _failed(what: str, status: int) -> StartError:
    return StartError(Problem("sync-failed", what, f"The reason stands above (exit code {status})."))


def _run(command: Sequence[str]) -> int:
    if list(command[1:]) == ["-c", "import pip"]:
        return subprocess.run(command, check=False, capture_output=True).returncode
    try:
        return subprocess.run(command, check=False).returncode
    except OSError as error:
        raise StartError(Problem("sync-failed", f"{command[0]} could not be run: {error.strerror}.")) from error


# ---- the stamp


def _stamp_path(environment: Path) -> Path:
    return environment / STAMP


def _read_stamp(environment: Path) -> Stamp | None:
    try:
        value = json.loads(_stamp_path(environment).read_text(encoding="utf-8"))
        return Stamp(
            str(value["fingerprint"]), tuple(map(str, value["requirements"])), str(value["python"]), str(value["tool"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # none, or not ours: the environment is brought up to date


def _write_stamp(environment: Path, stamp: Stamp) -> None:
    value = {
        "fingerprint": stamp.fingerprint,
        "requirements": list(stamp.requirements),
        "python": stamp.python,
        "tool": stamp.tool,
    }
    temporary = _stamp_path(environment).with_suffix(".new")
    temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    temporary.replace(_stamp_path(environment))


# ---- advice


def _ignore_advice(directory: Path, environment: Path) -> str:
    """Return a hint if git would take the environment for source."""
    if (environment / ".gitignore").exists():
        return ""
    for folder in (directory, *directory.parents):
        try:
            lines = (folder / ".gitignore").read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            lines = []
        if _IGNORED_AS.intersection(line.strip() for line in lines):
            return ""
        if (folder / ".git").exists():
            return f'Add "{ENVIRONMENT}/" to .gitignore: the environment does not belong into the repository.'
    return ""


def _shown(path: Path) -> str:
    return os.path.relpath(path)
