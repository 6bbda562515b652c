"""Installed distributions: what the `.dist-info` directories beside packages say.

Read without `importlib.metadata`, whose parser of mails takes longer to import than all of this takes to run. The form
is that of https://packaging.python.org/specifications/recording-installed-packages/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pywrangler.files import read_regular
from pywrangler.packages.versions import release_of, satisfies

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SUFFIX = ".dist-info"
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*\(?([^;)@]*)\)?\s*(.*)")
_LIMIT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Requirement:
    """A distribution that another one, or a project, needs."""

    name: str
    """Canonical."""
    versions: str = ""
    """As written, for example `>=1.2,<2`; empty for any."""
    is_conditional: bool = False
    """It has a marker, so it may not be needed here."""

    def allows(self, version: str) -> bool:
        """Whether a version will do; true where that cannot be told."""
        return not self.versions or satisfies(self.versions, release_of(version))


@dataclass(frozen=True)
class Distribution:
    """One `.dist-info` directory; what is in it is read when it is asked for."""

    path: Path

    @cached_property
    def name(self) -> str:
        """The canonical name."""
        return canonical(self.path.name.removesuffix(_SUFFIX).rpartition("-")[0])

    @cached_property
    def version(self) -> str:
        """The version as the directory has it."""
        return self.path.name.removesuffix(_SUFFIX).rpartition("-")[2]

    @cached_property
    def record(self) -> str:
        """The list of its files, as it is; empty without one."""
        return _text(self.path / "RECORD")

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Its files, relative to the directory of all packages."""
        names = (line.rsplit(",", 2)[0].strip('"') for line in self.record.splitlines())
        return tuple(name for name in names if name)

    @cached_property
    def requires(self) -> tuple[Requirement, ...]:
        """What it needs without any extras."""
        head = _text(self.path / "METADATA").partition("\n\n")[0]
        lines = re.findall(r"^Requires-Dist:(.*)$", head, re.MULTILINE)
        return tuple(found for line in lines if "extra" not in line.partition(";")[2] and (found := parse(line)))


def installed(directory: Path) -> Iterator[Distribution]:
    """Yield the distributions of a directory of packages, which need not exist."""
    try:
        names = sorted(path for path in directory.iterdir() if path.name.endswith(_SUFFIX))
    except OSError:
        return
    yield from map(Distribution, names)


def parse(requirement: str) -> Requirement | None:
    """Return what a line asks for, None if that is unclear.

    The form: https://packaging.python.org/specifications/dependency-specifiers/
    """
    match = _REQUIREMENT.match(requirement)
    if match is None:
        return None
    return Requirement(canonical(match[1]), match[2].strip(), ";" in match[3] or ";" in requirement)


def canonical(name: str) -> str:
    """Return the name of a distribution as indexes spell it: lower case, with single hyphens."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _text(path: Path) -> str:
    try:
        return read_regular(path, _LIMIT_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
