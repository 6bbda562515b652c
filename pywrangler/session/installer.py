"""What makes environments and puts packages into them: uv if it is on the path, else `venv` and pip.

What they say goes to the terminal as they say it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[[Sequence[str], Path], int]
    """Runs a command in a directory and returns its exit code."""


class Installer:
    """uv, or venv and pip. `uv` is the path of uv, empty if there is none."""

    def __init__(self, directory: Path, uv: str | None = None, run: Run | None = None) -> None:
        self._directory = directory
        self._run = run or _run
        self.uv = (shutil.which("uv") or "") if uv is None else uv
        self.name = "uv" if self.uv else "pip"

    def make(self, environment: Path, python: str) -> bool:
        """Make an environment anew with an interpreter (uv takes a version, too); return whether that worked."""
        if self.uv:
            return self._call([self.uv, "venv", "--clear", "--python", python, str(environment)])
        return self._call([python, "-m", "venv", "--clear", str(environment)])

    def install(
        self, interpreter: str, lines: Sequence[str], constraints: Sequence[str] = (), *, options: Sequence[str] = ()
    ) -> bool:
        """Install the lines of a requirements file; return whether that worked."""
        command = [*self._command(interpreter, "install"), *options]
        with tempfile.TemporaryDirectory(prefix="pywrangler-") as name:
            for flag, file, content in (("-r", "requirements.txt", lines), ("-c", "constraints.txt", constraints)):
                if content:
                    path = Path(name, file)
                    path.write_text("".join(f"{line}\n" for line in content), encoding="utf-8")
                    command += [flag, str(path)]
            return self._call(command)

    def install_to(self, interpreter: str, lines: Sequence[str], directory: Path) -> bool:
        """Install into a directory of its own, for an interpreter; return whether that worked."""
        return self.install(interpreter, lines, options=("--quiet", "--target", str(directory)))

    def remove(self, interpreter: str, name: str) -> bool:
        """Remove a package; return whether that worked."""
        return self._call([*self._command(interpreter, "uninstall"), *([] if self.uv else ["--yes"]), name])

    def _command(self, interpreter: str, verb: str) -> list[str]:
        if self.uv:
            return [self.uv, "pip", verb, "--python", interpreter]
        if self._run([interpreter, "-c", "import pip"], self._directory) and not self._call(
            [interpreter, "-m", "ensurepip"]
        ):
            raise StartError(Problem("sync-failed", f"{interpreter} has no pip, and ensurepip could not install it."))
        return [interpreter, "-m", "pip", verb, "--disable-pip-version-check", "--no-input"]

    def _call(self, command: Sequence[str]) -> bool:
        return self._run(command, self._directory) == 0


def _run(command: Sequence[str], directory: Path) -> int:
    is_question = list(command[1:]) == ["-c", "import pip"]
    # A PYTHONHOME or a target of pip's in the shell would lead elsewhere.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PIP_TARGET")}
    try:
        return subprocess.run(
            command, check=False, cwd=directory, env=environment, capture_output=is_question
        ).returncode
    except OSError as error:
        raise StartError(Problem("sync-failed", f"{command[0]} could not be run: {error.strerror}.")) from error
