"""The import table of docs/architecture.md, checked against every import in the package."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pywrangler"
EVERYTHING = None
CORE = {"errors", "files", "config.model"}

# Folder -> what it may import of ours; its own folder is always allowed.
MAY_IMPORT: dict[str, set[str] | None] = {
    "errors": set(),
    "files": set(),
    "descendants": set(),
    "config": {"errors", "files"},
    "protocol": CORE,
    "packages": {"config", "errors", "files"},
    "runtime": CORE | {"protocol", "config.handlers"},
    "bindings": CORE | {"runtime", "protocol"},
    "modules": CORE | {"runtime", "bindings", "protocol", "config.sdk"},
    "host": {"runtime", "bindings", "protocol", "packages", "config", "errors", "files", "descendants"},
    "fidelity": {"packages", "config", "errors", "files"},
    "session": {"protocol", "packages", "config", "errors", "files", "fidelity", "descendants"},
    "typegen": {"config", "errors", "files"},
    "cloud": {"config", "errors"},
    "testing": {"session", "protocol", "config", "errors"},
    "cli": EVERYTHING,
    "program": EVERYTHING,
    "__main__": {"program"},
    "__init__": {"version"},
    "version": set(),
    "delegation": set(),
    "take_over": {"program"},
}


def imports_of(path: Path) -> list[tuple[int, str]]:
    """Return line and dotted name (below the package) of each import of ours, late ones included."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            base = node.module
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return [(line, name.removeprefix("pywrangler.")) for line, name in found if name.startswith("pywrangler.")]


def violations(path: Path, folder: str) -> list[str]:
    """Return the lines of `path` that import what `folder` may not."""
    allowed = MAY_IMPORT[folder]
    if allowed is None:
        return []
    bad = []
    for line, name in imports_of(path):
        if any(name == entry or name.startswith(f"{entry}.") for entry in allowed | {folder}):
            continue
        bad.append(f"{path.relative_to(ROOT)}:{line} imports pywrangler.{name}, which {folder}/ may not")
    return bad


def folder_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_import_follows_the_table() -> None:
    lines = [line for path in sorted(PACKAGE.rglob("*.py")) for line in violations(path, folder_of(path))]
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize(
    ("folder", "source"),
    [("protocol", "from pywrangler.runtime import context"), ("session", "import pywrangler.host.main")],
)
def test_a_forbidden_import_is_named_with_its_line(tmp_path: Path, folder: str, source: str) -> None:
    path = ROOT / "pywrangler" / folder / "imaginary.py"
    written = tmp_path / "imaginary.py"
    written.write_text(f"x = 1\n{source}\n", encoding="utf-8")
    names = imports_of(written)
    assert names
    assert names[0][0] == 2
    assert all(not any(name.startswith(entry) for entry in (MAY_IMPORT[folder] or set())) for _, name in names), path
