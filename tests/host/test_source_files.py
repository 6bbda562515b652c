"""User code is imported as its files are now, however quickly they change."""

from __future__ import annotations

import importlib
import importlib.util
import os
import py_compile
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from pywrangler.runtime import source_files

ROOT = Path(__file__).parents[2]


def load(path: Path):
    spec = source_files.spec_of("user_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compiled(path: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(path)))


def rested(path: Path, seconds: float = 100) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


@pytest.fixture(autouse=True)
def writes_compiled_code(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "module.py"


def test_two_saves_in_one_second_are_two_versions(file):
    file.write_text("VALUE = 1\n")
    moment = time.time()
    os.utime(file, (moment, moment))
    assert load(file).VALUE == 1
    file.write_text("VALUE = 2\n")
    os.utime(file, (moment, moment))  # the same size, and the same time of change
    assert load(file).VALUE == 2


def test_code_that_somebody_else_has_compiled_just_now_is_not_trusted(file):
    file.write_text("VALUE = 1\n")
    moment = time.time()
    os.utime(file, (moment, moment))
    py_compile.compile(str(file))
    file.write_text("VALUE = 2\n")
    os.utime(file, (moment, moment))
    assert load(file).VALUE == 2


def test_a_file_at_rest_is_compiled_once(file, monkeypatch):
    file.write_text("VALUE = 1\n")
    rested(file)
    assert load(file).VALUE == 1
    assert compiled(file).exists()

    def refuse(*_arguments, **_options):
        raise AssertionError("it was compiled again")

    monkeypatch.setattr(source_files.SourceFile, "source_to_code", refuse)
    assert load(file).VALUE == 1


def test_a_file_that_has_just_changed_leaves_no_compiled_code(file):
    file.write_text("VALUE = 1\n")
    load(file)
    assert not compiled(file).exists()


def test_time_that_has_not_come_yet_is_no_rest(file):
    file.write_text("VALUE = 1\n")
    rested(file, -3600)
    load(file)
    assert not compiled(file).exists()


def test_what_is_no_python_has_no_loader(tmp_path):
    assert source_files.spec_of("module", tmp_path / "module.txt") is None


def test_modules_beside_are_imported_in_the_same_way(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "inner.py").write_text("VALUE = 1\n")
    program = f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        sys.path.insert(0, {str(tmp_path)!r})
        from pywrangler.runtime import source_files
        source_files.install([{str(tmp_path)!r}])
        import package.inner, json
        print(type(package.inner.__loader__).__name__, type(package.__loader__).__name__)
        import xml.dom.minidom  # what was not imported from yet is found as before
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split() == ["SourceFile", "SourceFile"]
