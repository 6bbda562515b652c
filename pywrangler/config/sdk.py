"""Which release of the `workers` SDK a Worker runs with.

Cloudflare's tool vendors the package `workers-runtime-sdk` into `python_modules`, where it wins over the SDK that is
built into the platform, at every compatibility date. So: the release that the project has, in `python_modules` or in
its environment, decides; without one the compatibility date does, between the built-in SDK and the newest release.
Our implementation stays in charge in any case, and acts as that release.

The tables below were taken from the releases 1.5.4 to 1.9.5 on the package index, and from workerd's
`src/pyodide/internal/workers-api`, which is the built-in SDK.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pywrangler.config.model import Compat

Version = tuple[int, int, int]

BUILT_IN: Version = (0, 0, 0)
"""The SDK of the platform itself: bindings are raw there."""
FIRST: Version = (1, 5, 4)
NEWEST: Version = (1, 9, 5)

DISTRIBUTION = "workers-runtime-sdk"

SINCE: dict[str, Version] = {
    "workers.wait_until": FIRST,
    "workers.blob": FIRST,
    "workers.fetch": FIRST,
    "workers.formdata": FIRST,
    "workers.request": FIRST,
    "workers.response": FIRST,
    "workers.rpc": FIRST,
    "workers.types": FIRST,
    "workers.utils": FIRST,
    "workers.wsgi": (1, 6, 0),
    "workers.entrypoints": (1, 6, 4),
    "workers.asgi": (1, 6, 14),
    "workers.asgi.entrypoint": (1, 7, 0),
    "workers.wsgi.entrypoint": (1, 8, 0),
    "workers.gateway": (1, 9, 5),
    "workers.gateway.options": (1, 9, 5),
    "workers.asgi.DEFAULT_OPTIONS": (1, 9, 5),
    "workers.asgi.Options": (1, 9, 5),
    "workers.wsgi.DEFAULT_OPTIONS": (1, 9, 5),
    "workers.wsgi.Options": (1, 9, 5),
}
"""Modules and names that came with a release."""

UNTIL: dict[str, Version] = {"workers._workers": (1, 6, 4)}
"""Modules that a release no longer has."""

_CONTENTS: tuple[tuple[str, str, Version], ...] = (
    ("gateway/__init__.py", "", (1, 9, 5)),
    ("workflows.js", "", (1, 9, 0)),
    ("entrypoints.py", "key, config", (1, 8, 6)),
    ("utils.py", "HTTPMessageMapping", (1, 8, 1)),
    ("wsgi.py", "def entrypoint(", (1, 8, 0)),
    ("asgi.py", "def entrypoint(", (1, 7, 0)),
    ("asgi.py", "", (1, 6, 14)),
    ("rpc.py", "class _RpcStubWrapper", (1, 6, 5)),
    ("entrypoints.py", "", (1, 6, 4)),
    ("wsgi.py", "", (1, 6, 0)),
    ("rpc.py", "", FIRST),
    ("_workers.py", "", BUILT_IN),
)
"""What tells a release whose metadata is gone: a file, a text in it, the first release that has it; newest first."""

_NUMBER = re.compile(r"\d+")
_VERSION_LINE = re.compile(r"^Version:\s*(\S+)\s*$", re.MULTILINE)


def effective(compat: Compat, directories: Iterable[Path]) -> Version:
    """Return the release that a Worker runs with; `directories` hold its packages, the most important first."""
    for directory in directories:
        found = vendored(directory)
        if found is not None:
            return found
    return NEWEST if compat.external_sdk else BUILT_IN


def vendored(directory: Path) -> Version | None:
    """Return the release of the SDK among the packages in a directory, None if there is none."""
    package = directory / "workers"
    if not (package / "__init__.py").is_file():
        return None
    return _told_by_metadata(directory) or _told_by_contents(package)


def has(name: str, version: Version) -> bool:
    """Say whether a release has a module or a name, given with its module: `workers.wsgi`."""
    return version >= SINCE.get(name, BUILT_IN) and not (name in UNTIL and version >= UNTIL[name])


def spell(version: Version) -> str:
    """Return a release as messages name it."""
    return "built-in SDK" if version == BUILT_IN else f"{DISTRIBUTION} {'.'.join(map(str, version))}"


def explain(name: str, version: Version, compat_date: str) -> str:
    """Say why a module or name is missing, and what to do."""
    if name in UNTIL and version >= UNTIL[name]:
        return f"{spell(version)} no longer has {name}; import it from workers."
    here = f"The built-in SDK of compatibility date {compat_date}" if version == BUILT_IN else f"{spell(version)}"
    since = ".".join(map(str, SINCE[name]))
    remedy = f'add "{DISTRIBUTION}>={since}" to the dependencies in pyproject.toml and run `pywrangler sync`'
    if version == BUILT_IN:
        remedy += ", or set compatibility_date to 2026-04-21 or later"
    return f"{here} has no {name}, which came with {DISTRIBUTION} {since}: {remedy}."


@cache
def _parsed(text: str) -> Version | None:
    parts = [int(number) for number in _NUMBER.findall(text)[:3]]
    if not parts or not text[:1].isdigit():
        return None
    first, second, third = (*parts, 0, 0)[:3]
    return first, second, third


def _told_by_metadata(directory: Path) -> Version | None:
    """Return what the distribution that holds the package says; the newest, if an older one left its metadata."""
    infos = sorted(directory.glob(f"{DISTRIBUTION.replace('-', '_')}-*.dist-info"))
    if not infos:
        infos = [info for info in sorted(directory.glob("*.dist-info")) if _lists_the_package(info)]
    versions = [version for info in infos if (version := _metadata_version(info)) is not None]
    return max(versions, default=None)


def _lists_the_package(info: Path) -> bool:
    return any(line.startswith("workers/__init__.py,") for line in _text(info / "RECORD").splitlines())


def _metadata_version(info: Path) -> Version | None:
    line = _VERSION_LINE.search(_text(info / "METADATA"))
    text = line[1] if line is not None else info.name.removesuffix(".dist-info").rpartition("-")[2]
    return _parsed(text)


def _told_by_contents(package: Path) -> Version | None:
    for name, text, version in _CONTENTS:
        file = package / name
        if file.is_file() and (not text or text in _text(file)):
            return version
    return None  # a package of somebody else


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
