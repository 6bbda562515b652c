"""Imports that fail on Cloudflare."""

from __future__ import annotations

import sys

import pytest
from pyodide import ffi

from pywrangler.config.compat import derive
from pywrangler.fidelity.imports import PYODIDE_FFI
from pywrangler.fidelity.standard import ADDED, MISSING, REMOVED, has_sockets, python_version


def test_the_names_of_pyodide_ffi_are_those_of_the_module():
    assert {name for name in PYODIDE_FFI if name not in {"wrappers", "JsError"}} == set(ffi.__all__)
    assert all(hasattr(ffi, name) for name in PYODIDE_FFI)


def test_the_tables_name_modules_of_the_standard_library():
    running = sys.version_info[:2]
    assert {name for name in MISSING if name not in sys.stdlib_module_names} == set()
    removed = {name for name in REMOVED if name not in sys.stdlib_module_names}
    assert removed == {name for name, version in REMOVED.items() if running >= version}
    added = {name for name in ADDED if "." not in name and name in sys.stdlib_module_names}
    assert added == {name for name, version in ADDED.items() if "." not in name and running >= version}


@pytest.mark.parametrize("running", [(3, 11), (3, 13), (3, 14)])
def test_the_python_that_runs_check_changes_nothing(workshop, monkeypatch, running):
    names = set(sys.stdlib_module_names) | {name for name, version in ADDED.items() if running >= version}
    names |= {name for name, version in REMOVED.items() if running < version}
    names -= {name for name, version in REMOVED.items() if running >= version}
    monkeypatch.setattr(sys, "stdlib_module_names", frozenset(names))
    code = "import cgi, imp, json, annotationlib, tkinter"
    assert workshop.codes(code, date="2025-09-28") == ["missing-module"] * 3
    assert workshop.codes(code, date="2025-09-29") == ["missing-module"] * 4
    assert workshop.codes(code, date="2026-09-08") == ["missing-module"] * 3


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import tkinter", ["missing-module"]),
        ("from curses import wrapper", ["missing-module"]),
        ("import readline, pwd", ["missing-module", "missing-module"]),
        ("from fcntl import flock, LOCK_EX", ["missing-module"]),
        ("import asyncio, json, sqlite3, ssl, hashlib, threading", []),
        ("try:\n    import fcntl\nexcept ImportError:\n    fcntl = None", []),
        ("try:\n    import fcntl\nexcept (ValueError, ModuleNotFoundError):\n    fcntl = None", []),
        ("try:\n    import fcntl\nexcept ValueError:\n    fcntl = None", ["missing-module"]),
        ("try:\n    pass\nexcept ImportError:\n    import fcntl", ["missing-module"]),
        ("from pyodide.ffi import to_js, JsProxy, create_proxy, jsnull", []),
        ("from pyodide.ffi import to_py", ["pyodide-import"]),
        ("from pyodide.ffi import to_js, to_bytes as tb, nope", ["pyodide-import", "pyodide-import"]),
        ("from pyodide.code import run_js", ["pyodide-import"]),
        ("from pyodide.http import open_url, pyfetch", ["pyodide-import"]),
        ("from js import document, Response", ["js-name"]),
        ("from js import Response, fetch, console", []),
    ],
)
def test_imports(workshop, code, expected):
    assert workshop.codes(code) == expected


@pytest.mark.parametrize(
    ("code", "date", "flags", "expected"),
    [
        ("import distutils", "2025-01-01", ("python_no_global_handlers",), ["missing-module"]),
        ("import cgi", "2025-09-28", (), []),
        ("import cgi", "2025-09-29", (), ["missing-module"]),
        ("from compression import zstd, lzma", "2026-01-01", (), ["missing-module"]),
        ("import compression.zstd as z", "2026-09-08", (), []),
        ("from string import templatelib, Template", "2026-01-01", (), ["missing-module"]),
        ("from string.templatelib import Template", "2026-01-01", (), ["missing-module"]),
        ("import string, concurrent.futures", "2026-01-01", (), []),
        ("import asyncore", "2026-06-10", ("python_workers_20260610",), ["missing-module"]),
        ("from pyodide.ffi import jsnull", "2025-09-28", (), ["pyodide-import"]),
        ("from pyodide.ffi import run_sync", "2025-09-28", (), ["pyodide-import"]),
        ("from pyodide.ffi import run_sync", "2025-09-29", (), []),
    ],
)
def test_what_there_is_depends_on_the_date(workshop, code, date, flags, expected):
    assert workshop.codes(code, date=date, flags=flags) == expected


@pytest.mark.parametrize(
    ("date", "flags", "expected"),
    [
        ("2025-09-28", (), (3, 12)),
        ("2025-09-28", ("python_workers_20250116",), (3, 13)),
        ("2025-09-29", (), (3, 13)),
        ("2025-09-29", ("no_python_workers_20250116",), (3, 12)),
        ("2026-09-07", (), (3, 13)),
        ("2026-09-07", ("python_workers_20260610",), (3, 14)),
        ("2026-07-01", ("python_workers_314",), (3, 14)),
        ("2026-09-08", (), (3, 14)),
        ("2026-09-08", ("no_python_workers_314",), (3, 13)),
    ],
)
def test_the_version_of_python_follows_date_and_flags(date, flags, expected):
    compat = derive(date, ("python_workers", *flags))
    assert python_version(compat) == expected
    assert has_sockets(compat) == (expected == (3, 14))


def test_a_module_of_the_project_hides_one_of_the_library(workshop):
    workshop.write("src/resource.py", "x = 1\n")
    assert workshop.codes("import resource") == []


def test_a_slip_gets_a_suggestion(workshop):
    findings = workshop.report("from pyodide.ffi import create_proxi").findings
    assert any(problem.remedy == "Did you mean create_proxy?" for problem in findings)


@pytest.mark.parametrize(
    ("code", "date", "expected"),
    [
        ("from workers import wsgi", "2026-03-08", ["sdk-import"]),
        ("from workers import wsgi", "2026-04-21", []),
        ("import workers.wsgi", "2026-03-08", ["sdk-import"]),
        ("from workers.wsgi import fetch, entrypoint", "2026-03-08", ["sdk-import"]),
        ("from workers.rpc import python_to_rpc", "2026-03-08", ["sdk-import"]),
        ("from workers import wait_until, waitUntil, patch_env", "2026-03-08", ["sdk-import"]),
        ("from workers import asgi, Response", "2026-03-08", ["sdk-import"]),
        ("import asgi", "2026-03-08", []),
        ("from workers._workers import Response", "2026-03-08", []),
        ("from workers._workers import Response", "2026-05-01", ["sdk-import"]),
        ("try:\n    from workers import wsgi\nexcept ImportError:\n    wsgi = None", "2026-03-08", []),
    ],
)
def test_what_the_sdk_of_the_date_lacks(workshop, code, date, expected):
    assert workshop.codes(code, date=date) == expected


def test_a_vendored_sdk_decides_what_there_is(workshop):
    workshop.write("python_modules/workers/__init__.py")
    workshop.write("python_modules/workers_runtime_sdk-1.6.5.dist-info/METADATA", "Version: 1.6.5\n")
    code = "from workers import wsgi, asgi\nfrom workers.wsgi import entrypoint"
    assert workshop.found(code, date="2026-03-08") == [("sdk-import", 1), ("sdk-import", 2)]
