"""`import js` and `from js import X`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import js
import pytest

from pywrangler.runtime.js.globals import TABLE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_name_can_be_imported(name):
    assert getattr(js, name) is not None


def test_undefined_reads_as_none():
    assert js.undefined is None


def test_global_this_and_self_are_the_module():
    assert js.globalThis is js.self is js


def test_unknown_name_is_an_import_error_with_a_hint():
    with pytest.raises(ImportError, match=r"there is no global 'Headrs' in Workers\. Did you mean 'Headers'"):
        from js import Headrs  # noqa: F401


def test_unknown_attribute_is_an_attribute_error_with_a_hint():
    with pytest.raises(AttributeError, match="Did you mean 'console'"):
        _ = js.consle


def test_name_of_the_browser_says_what_to_use():
    with pytest.raises(AttributeError, match="a Worker has no page"):
        _ = js.document


def test_hasattr_of_unknown_name():
    assert not hasattr(js, "nothing_like_that")


def test_setting_an_attribute_defines_a_global():
    js.answer_of_test = 42
    try:
        from js import answer_of_test

        assert answer_of_test == 42
    finally:
        del js.answer_of_test


def test_names_are_listed():
    assert {"fetch", "Headers", "globalThis"} <= set(dir(js))


def test_importing_js_loads_no_classes_that_are_not_asked_for():
    code = (
        "import sys, js; from js import Object, console;"
        "assert not any(n in sys.modules for n in ('aiohttp', 'cryptography', 'pywrangler.runtime.js.request',"
        " 'pywrangler.runtime.js.crypto', 'pywrangler.runtime.js.regexp'))"
    )
    path = f"{ROOT}:{ROOT / 'pywrangler' / 'modules'}"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
