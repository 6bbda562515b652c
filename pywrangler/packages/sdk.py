"""Which release of the `workers` SDK a Worker runs with.

Cloudflare's tool vendors the package `workers-runtime-sdk` into `python_modules`, where it wins over the SDK that is
built into the platform, at every compatibility date. So: the release that the project has, among its vendored packages
or in its environment, decides; without one the compatibility date does, between the built-in SDK and the newest
release. Our implementation stays in charge in any case, and acts as that release.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.config.sdk import BUILT_IN, DISTRIBUTION, FIRST, NEWEST, Version
from pywrangler.files import read_text
from pywrangler.packages.distributions import installed
from pywrangler.packages.versions import release_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pywrangler.config.model import Compat

PACKAGE = "workers"

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


def effective(compat: Compat, vendored: Iterable[Path], site_packages: Sequence[Path]) -> Version:
    """Return the release that a Worker runs with.

    `vendored` are the directories of its vendored packages, `site_packages` those of its environment; () means that
    this Python is the one of its environment.
    """
    environment = site_packages or (Path(sysconfig.get_path("purelib")),)
    for directory in (*vendored, *environment):
        found = release_in(directory)
        if found is not None:
            return found
    return NEWEST if compat.external_sdk else BUILT_IN


def release_in(directory: Path) -> Version | None:
    """Return the release of the SDK among the packages in a directory, None if there is none."""
    package = directory / PACKAGE
    if not (package / "__init__.py").is_file():
        return None
    return _told_by_metadata(directory) or _told_by_contents(package)


def _told_by_metadata(directory: Path) -> Version | None:
    """Return what the distribution that holds the package says; the newest, if an older one left its metadata."""
    known = list(installed(directory))
    holders = [item for item in known if item.name == DISTRIBUTION]
    holders = holders or [item for item in known if f"{PACKAGE}/__init__.py" in item.files]
    releases = [_padded(numbers) for item in holders if (numbers := release_of(item.version))]
    return max(releases, default=None)


def _padded(numbers: tuple[int, ...]) -> Version:
    first, second, third = (*numbers, 0, 0)[:3]
    return first, second, third


def _told_by_contents(package: Path) -> Version | None:
    for name, text, version in _CONTENTS:
        file = package / name
        if file.is_file() and (not text or text in _text(file)):
            return version
    return None  # a package of somebody else


def _text(path: Path) -> str:
    try:
        return read_text(path, errors="replace")
    except OSError:
        return ""
