"""Puts templates/ into the package when a wheel is built; everything else is in pyproject.toml.

In the repository the templates stand at the top, where people look for them, and an editable install reads them there.
"""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py

TEMPLATES = Path(__file__).parent / "templates"
LEFTOVERS = {".wrangler", ".venv", "__pycache__", ".pytest_cache", ".dev.vars"}


class BuildPackage(build_py):
    """Builds the package with the templates in it."""

    def run(self) -> None:
        """Copy the templates after everything else."""
        super().run()
        if self.editable_mode:
            return
        for source, target in self._templates():
            target.parent.mkdir(parents=True, exist_ok=True)
            copyfile(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return the files that are made."""
        made: list[str] = super().get_outputs(include_bytecode)
        return made if self.editable_mode else [*made, *(str(target) for _, target in self._templates())]

    def _templates(self) -> list[tuple[Path, Path]]:
        inside = Path(self.build_lib) / "pywrangler" / "templates"
        paths = [path for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
        return [(path, inside / path.relative_to(TEMPLATES)) for path in paths if LEFTOVERS.isdisjoint(path.parts)]


setup(cmdclass={"build_py": BuildPackage})
