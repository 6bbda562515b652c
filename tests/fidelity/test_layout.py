"""What lies among the modules of a Worker without being one, and would be uploaded."""

from __future__ import annotations

import pytest

from pywrangler.fidelity import layout

from .conftest import HEAD

ENVIRONMENTS = [".venv", "venv", ".venv-workers", "tools/env"]


def make(workshop, inner: str, *files: str) -> None:
    workshop.write(f"src/{inner}/pyvenv.cfg")
    for file in files or ("lib/a.py", "lib/b.py", "lib/c.so"):
        workshop.write(f"src/{inner}/{file}")


@pytest.mark.parametrize("inner", ENVIRONMENTS)
def test_an_environment_among_the_modules_is_a_warning(workshop, inner):
    make(workshop, inner)
    (found,) = [item for item in workshop.report(HEAD).findings if item.code == layout.CODE]
    assert found.severity == "warning"
    assert found.what.startswith(f"A deploy uploads 2 files of {inner},")
    assert "mkdir src" in found.remedy


def test_packages_of_node_count_if_they_hold_something_to_upload(workshop):
    workshop.write("src/node_modules/x/index.js")
    assert layout.CODE not in workshop.codes("")
    workshop.write("src/node_modules/node-gyp/gyp/gyp_main.py")
    assert layout.CODE in workshop.codes("")


@pytest.mark.parametrize("path", [".venv", "python_modules", "src/python_modules", "src/a/b/c/d/.venv"])
def test_what_lies_elsewhere_or_is_vendored_does_not(workshop, path):
    workshop.write(f"{path}/pyvenv.cfg")
    workshop.write(f"{path}/lib/a.py")
    assert layout.CODE not in workshop.codes("")


def test_the_environment_of_a_project_with_main_at_its_root(workshop):
    workshop.write("entry.py")
    workshop.write(".venv/pyvenv.cfg")
    assert layout.environments_in(workshop.directory) == [workshop.directory / ".venv"]
