"""What a wheel carries: without the repository, `init` still has its templates."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pywrangler.cli.templates import TEMPLATES, template_files

ROOT = Path(__file__).parents[2]


@pytest.mark.processes
@pytest.mark.timeout(180)
def test_a_project_can_be_made_from_an_installed_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md"):
        shutil.copy(ROOT / name, source)
    for name in ("pywrangler", "templates"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "templates/hello/.wrangler").mkdir()
    (source / "templates/hello/.wrangler/leftover").touch()
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path / "dist"), "."]
    built = subprocess.run(words, cwd=source, capture_output=True, text=True, check=False)
    if built.returncode and "No matching distribution found for setuptools" in built.stderr:
        pytest.skip("the build backend cannot be had without a network")
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith("pywrangler/templates/")}
        archive.extractall(tmp_path / "installed")
    expected = {f"pywrangler/templates/{item.name}/{path}" for item in TEMPLATES for path in template_files(item.name)}
    assert inside == expected
    made = subprocess.run(
        [sys.executable, "-m", "pywrangler", "init", "app", "--template", "fastapi"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "app/.dev.vars.example").is_file()
    assert (tmp_path / "app/src/entry.py").read_text() == template_files("fastapi")["src/entry.py"]
