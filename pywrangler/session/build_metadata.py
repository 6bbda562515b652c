"""Asking a project's build backend for its dependencies (https://peps.python.org/pep-0517/).

The backend runs in a process of its own, with what it requires in a directory of its own, as every installer does it.
It is asked each time: what it reads (a requirements.txt, a setup.py, a table of Poetry's) is known to it alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Place, Problem, StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pywrangler.session.pyproject import Backend, Project

    InstallTo = Callable[[Sequence[str], Path], None]

_SECONDS = 300
_ASK = """\
import importlib, json, os, shutil, sys, zipfile
name, path, target = json.loads(sys.argv[1])
sys.path[:0] = path
module, _, attributes = name.partition(":")
backend = importlib.import_module(module)
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)
if sys.argv[2] == "requires":
    hook = getattr(backend, "get_requires_for_build_wheel", None)
    json.dump(list(hook({})) if hook else [], open(os.path.join(target, "requires.json"), "w"))
elif hasattr(backend, "prepare_metadata_for_build_wheel"):
    found = backend.prepare_metadata_for_build_wheel(target, {})
    shutil.copy(os.path.join(target, found, "METADATA"), os.path.join(target, "METADATA"))
else:
    with zipfile.ZipFile(os.path.join(target, backend.build_wheel(target, {}))) as wheel:
        inner = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        with open(os.path.join(target, "METADATA"), "wb") as file:
            file.write(wheel.read(inner))
"""


def dependencies(project: Project, backend: Backend, interpreter: str, install: InstallTo) -> list[str]:
    """Return the requirements that the backend names; StartError if it cannot.

    `install` puts requirements into a directory, for the interpreter that runs the backend.
    """
    before = _leftovers(project.directory)
    try:
        with tempfile.TemporaryDirectory(prefix="pywrangler-") as name:
            target = Path(name)
            packages = target / "packages"
            packages.mkdir()
            if backend.requires:
                install(backend.requires, packages)
            _ask(project, backend, interpreter, target, "requires")
            further = json.loads((target / "requires.json").read_text(encoding="utf-8"))
            if further:
                install([str(item) for item in further], packages)
            _ask(project, backend, interpreter, target, "metadata")
            text = (target / "METADATA").read_text(encoding="utf-8")
    finally:
        for path in _leftovers(project.directory) - before:
            shutil.rmtree(path, ignore_errors=True)
    found = (" ".join(str(line).split()) for line in HeaderParser().parsestr(text).get_all("Requires-Dist", []))
    return [line for line in found if "extra ==" not in line.partition(";")[2]]


def _ask(project: Project, backend: Backend, interpreter: str, target: Path, what: str) -> None:
    packages = target / "packages"
    said = json.dumps([backend.name, [str(project.directory / item) for item in backend.path], str(target)])
    environment = {**os.environ, "PYTHONPATH": os.fspath(packages), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [interpreter, "-c", _ASK, said, what],
            cwd=project.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise _failed(project, backend, "It did not answer.") from None
    if done.returncode:
        raise _failed(project, backend, (done.stderr or done.stdout).strip()[-2000:])


def _failed(project: Project, backend: Backend, why: str) -> StartError:
    what = f'The dependencies are "dynamic", and the build backend "{backend.name}" could not name them.'
    return StartError(Problem("dynamic-dependencies", what, why, Place(project.path)))


def _leftovers(directory: Path) -> set[Path]:
    """Return what setuptools leaves beside, or below, the sources."""
    return {path for pattern in ("*.egg-info", "src/*.egg-info", "build") for path in directory.glob(pattern)}
