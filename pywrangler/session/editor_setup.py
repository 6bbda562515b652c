"""What editors and type checkers need of a project's environment, beside the stubs that pywrangler brings.

A stub package such as `workers-stubs` describes a module that is nowhere to be found: it exists in Workers only.
pyright warns of that at each import (reportMissingModuleSource), and a test that imports it gets a bare
ModuleNotFoundError. So the environment gets a source for each stub, last on the path, which says that it can be
imported in Workers only. Real packages of these names, such as Cloudflare's `workers-runtime-sdk`, come first. The same
for the stub that `pywrangler types` writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import ConfigError
from pywrangler.session.workspaces import FILE_NAME, load, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SOURCES = "_pywrangler_sources"
PYRIGHT_CONFIG = "pyrightconfig.json"
OURS = ("workers", "js", "pyodide", "asgi", "pyodide_js", "_pyodide_entrypoint_helper", "_cloudflare_compat_flags")
"""The modules that we have stubs of."""
_STUBS = "-stubs"
_FOUND_ANYWAY = (".", "src")
"""Where pyright looks for modules without being told."""
_TEXT = """\
# Stands for a module that exists in Workers, or as a stub, so that editors find one. Written by `pywrangler sync`.
raise ModuleNotFoundError({message!r}, name={name!r})
"""
_IN_WORKERS = (
    "{name} can be imported in Workers only: run them with `pywrangler dev`, test them with the fixture `workers`"
)
_TYPES = "worker_configuration"
_FOR_TYPES = "{name} holds nothing but types: import it below `if TYPE_CHECKING:`"


def write_sources(site_packages: Path, stubs: Path) -> None:
    """Write a source for each stub of ours that lies in `stubs`, and let Python find them."""
    for name, inner in (*_modules(stubs), (_TYPES, Path(f"{_TYPES}.py"))):
        path = site_packages / SOURCES / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        message = (_FOR_TYPES if name == _TYPES else _IN_WORKERS).format(name=name)
        path.write_text(_TEXT.format(message=message, name=name), encoding="utf-8")
    # A .pth file adds to the end of the path.
    (site_packages / f"{SOURCES}.pth").write_text(f"{SOURCES}\n", encoding="utf-8")


def _modules(stubs: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and path of the module that each stub describes."""
    for package in OURS:
        for path in sorted((stubs / f"{package}{_STUBS}").rglob("*.pyi")):
            inner = Path(package, path.relative_to(stubs / f"{package}{_STUBS}")).with_suffix(".py")
            parts = inner.with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), inner


def write_pyright_config(directory: Path, environment: str, module_roots: Sequence[Path] = ()) -> bool:
    """Tell pyright where the environment and the Workers' modules are, unless the project has settings of its own.

    Return whether it was done.
    """
    path = directory / PYRIGHT_CONFIG
    if path.exists() or _has_pyright_table(directory / FILE_NAME):
        return False
    settings: dict[str, object] = {"venvPath": ".", "venv": environment}
    # pyright looks into the environment, where `worker_configuration` has no types, before it looks beside the file.
    inner = [root.relative_to(directory).as_posix() for root in module_roots if root.is_relative_to(directory)]
    if others := [root for root in dict.fromkeys(inner) if root not in _FOUND_ANYWAY]:
        settings["executionEnvironments"] = [{"root": root} for root in sorted(others, reverse=True)]
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    return True


def _has_pyright_table(path: Path) -> bool:
    try:
        tool = table(load(path)[1], "tool")
    except (OSError, ConfigError):
        return True  # whose settings are not known
    return "pyright" in tool or "basedpyright" in tool
