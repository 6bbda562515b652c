"""Every kind of binding is either simulated or said not to be, in the same words everywhere."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from pywrangler.bindings.catalogue import MODULES
from pywrangler.config.bindings import SHAPES

PAGE = Path(__file__).parents[2] / "docs" / "bindings.md"
FILES = {"text_blobs", "data_blobs", "wasm_modules"}


def test_what_is_said_to_be_local_is_simulated_and_nothing_else():
    assert set(MODULES) == {kind for kind, shape in SHAPES.items() if shape.where == "local"} | FILES


@pytest.mark.parametrize("name", sorted(set(MODULES.values())))
def test_every_module_makes_its_binding(name):
    assert callable(import_module(f"pywrangler.bindings.{name}").make)


@pytest.mark.parametrize("kind", sorted(MODULES))
def test_the_page_about_bindings_names_the_kind(kind):
    assert f"`{kind.removesuffix('.producers')}`" in PAGE.read_text(encoding="utf-8")
