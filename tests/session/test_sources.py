"""Which files matter to a Worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from pywrangler.config.compat import derive
from pywrangler.config.model import Assets, Build, OtherBinding, Rule
from pywrangler.session.sources import files_in, sources_of, walk

from .sample import ROOT, resolved

SHARED = Path("/elsewhere/shared.py")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("wrangler.jsonc", "settings"),
        (".dev.vars", "settings"),
        ("src/entry.py", "source"),
        ("src/pages/index.html", "source"),
        ("src/deep/er/mod.PY", "source"),
        ("src/query.graphql", "source"),
        ("python_modules/lib/__init__.py", "packages"),
        ("python_modules/extra.pth", "packages"),
        ("python_modules/lib-1.0.dist-info/RECORD", None),
        ("src/vendor/lib.py", "source"),
        ("frontend/app.ts", "build"),
        ("src/public/logo.txt", None),
        ("src/__pycache__/entry.cpython-311.pyc", None),
        ("src/__pycache__/x.py", None),
        ("src/.venv/lib/x.py", None),
        ("src/node_modules/x/y.json", None),
        ("src/.entry.py.swp", None),
        ("src/.#entry.py", None),
        ("src/entry.py~", None),
        ("src/4913", None),
        ("src/data.sqlite", None),
        ("tests/test_entry.py", None),
        (".wrangler/state/v3/do/x.json", None),
    ],
)
def test_kinds_of_files(path, kind):
    item = resolved(
        assets=Assets(ROOT / "src" / "public"),
        build=Build("make", ROOT, (ROOT / "frontend",)),
        rules=(Rule("Text", ("**/*.graphql",)),),
    )
    assert sources_of(item).kind(ROOT / path) == kind


@pytest.mark.parametrize(("kind", "found"), [("text_blobs", "source"), ("data_blobs", "source"), ("unsafe", None)])
def test_files_that_are_bindings_are_sources(kind, found):
    sources = sources_of(resolved(others=(OtherBinding(kind, "FILE", {"path": "./data/../data/greeting.dat"}),)))
    assert sources.kind(ROOT / "data/greeting.dat") == found
    assert (ROOT / "data" in sources.directories()) == (found is not None)


def test_the_older_place_of_vendored_packages_counts_at_older_dates():
    assert sources_of(resolved(compat=derive("2025-08-10"))).kind(ROOT / "src" / "vendor" / "lib.py") == "packages"


def test_imported_files_from_elsewhere_are_sources():
    sources = sources_of(resolved(), (ROOT / "src" / "entry.py", SHARED))
    assert sources.kind(SHARED) == "source"
    assert sources.kind(SHARED.with_name("other.py")) is None
    assert SHARED.parent in sources.directories()


def test_a_worker_without_code_has_settings_only():
    sources = sources_of(resolved(main=None))
    assert sources.kind(ROOT / "src" / "entry.py") is None


def test_a_virtual_environment_of_any_name_is_not_walked(tmp_path):
    for name in ("pkg/sub", "env/lib", ".git/objects", "node_modules/x", "__pycache__"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    assert {path.relative_to(tmp_path).as_posix() for path in walk(tmp_path)} == {".", "pkg", "pkg/sub"}


def test_a_missing_root_is_no_error(tmp_path):
    assert list(walk(tmp_path / "none")) == []
    assert list(files_in([tmp_path / "none"])) == []
