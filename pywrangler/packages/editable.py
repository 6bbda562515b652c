"""What editable installs add to an environment, told without running anything.

Installers write a `.pth` file that names the directory of the sources, or one that installs a finder: a module
`__editable___*_finder.py` beside it, in which `MAPPING` has the place of each package
(https://setuptools.pypa.io/en/latest/userguide/development_mode.html).
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.files import read_regular, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator


def directories(site_packages: Path) -> Iterator[Path]:
    """Yield the directories that `.pth` files add to the search path."""
    for file in sorted(site_packages.glob("*.pth")):
        try:
            lines = read_text(file, "utf-8-sig").splitlines()
        except (OSError, ValueError):
            continue  # A host tells.
        for line in map(str.strip, lines):
            if line and not line.startswith(("#", "import ", "import\t")):
                yield site_packages / line


def mapped(site_packages: Path) -> Iterator[str]:
    """Yield the packages that finders of editable installs know."""
    for file in sorted(site_packages.glob("__editable___*_finder.py")):
        try:
            tree = ast.parse(read_regular(file))
        except (OSError, ValueError, SyntaxError):
            continue
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id="MAPPING")], value=ast.Dict() as value):
                    yield from _names(value)
                case ast.AnnAssign(target=ast.Name(id="MAPPING"), value=ast.Dict() as value):
                    yield from _names(value)


def _names(value: ast.Dict) -> Iterator[str]:
    for key in value.keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value.partition(".")[0]
