"""The archives that would be published, built once from a copy of the sources."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FILES = ("CHANGELOG.md", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py")
BUILD = """
import sys
from setuptools import build_meta
made = sys.argv[1]
build_meta.build_sdist(made)
build_meta.build_wheel(made)
"""


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a directory with a wheel and a source archive, built with the locked build backend."""
    source = tmp_path_factory.mktemp("source")
    for name in FILES:
        shutil.copy(ROOT / name, source)
    for path in [ROOT / "pywrangler", ROOT / "templates", ROOT / "docs", *ROOT.glob("*-stubs")]:
        shutil.copytree(path, source / path.name, ignore=shutil.ignore_patterns("__pycache__", ".wrangler", ".venv"))
    (source / "tests").mkdir()
    (source / "tests/test_nothing.py").touch()
    (source / "templates/hello/.wrangler").mkdir()
    (source / "templates/hello/.wrangler/leftover").touch()
    made = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(made)], cwd=source, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    yield made
    shutil.rmtree(source)
