"""Builds what pyproject.toml cannot say: templates in the wheel, a README for index pages, a clean source archive.

In the repository the templates stand at the top, where people look for them, and an editable install reads them there.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
TEMPLATES = ROOT / "templates"
LEFTOVERS = {".wrangler", ".venv", "__pycache__", ".pytest_cache", ".dev.vars"}
LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?!\w+:|#)(?P<path>[^)\s]+)\)")


def readme_for_indexes(text: str, repository: str = "") -> str:
    """Return the README with no link that leads nowhere outside of the repository.

    Relative links become links into the repository; without one they become the name of the file.
    """

    def replaced(match: re.Match[str]) -> str:
        picture, label, path = match["picture"], match["text"], match["path"]
        if repository:
            return f"{picture}[{label}]({repository.rstrip('/')}/{'raw' if picture else 'blob'}/HEAD/{path})"
        if picture:
            return f"*{label}*"
        return f"`{path}`" if label == path else f"{label} (`{path}`)"

    return LINK.sub(replaced, text)


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


class SourceArchive(sdist):
    """The source archive, without what setuptools notes for itself."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Put the files into the archive's directory."""
        super().make_release_tree(base_dir, [path for path in files if ".egg-info" not in path])


def main() -> None:
    """Hand all of this to setuptools."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    setup(
        cmdclass={"build_py": BuildPackage, "sdist": SourceArchive},
        long_description=readme_for_indexes(readme, project["urls"].get("Repository", "")),
        long_description_content_type="text/markdown",
    )


if __name__ == "__main__":
    main()
