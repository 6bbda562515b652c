"""The pytest plugin where the package `pywrangler` is not ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.processes
@pytest.mark.parametrize("files", [("__init__.py", "__main__.py", "cli.py"), ("cli.py",), ()])
def test_another_package_of_the_name_is_told_in_one_sentence(tmp_path, files):
    """With the files that workers-py 1.17.9 has, without its `__init__`, and with no package at all."""
    site = tmp_path / "site"
    site.mkdir()
    shutil.copy(ROOT / "pywrangler_pytest.py", site)
    for name in files:
        (site / "pywrangler").mkdir(exist_ok=True)
        (site / "pywrangler" / name).touch()
    (tmp_path / "test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
    # Without site-packages' own plugins and packages of ours: the directory stands for an environment.
    code = "import sys; sys.path[:] = [p for p in sys.path if p not in sys.argv[1:]]; sys.argv[1:] = []\n"
    code += "import pytest; sys.exit(pytest.main(['-q', '-p', 'pywrangler_pytest', '-p', 'no:cacheprovider']))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert said.count("\n") <= 2, said
    assert "-p no:pywrangler" in said
    assert ("is another one" if files else "is not there") in said
