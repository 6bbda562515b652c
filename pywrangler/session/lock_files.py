"""The versions that a project's lock files pin: `pylock.toml` and `uv.lock`.

They are read as *constraints*: which packages are installed is said by pyproject.toml, a lock says in which version.
So one reading serves uv and pip, and a lock that was made for another platform: Cloudflare's `pywrangler sync` writes
a pylock.toml with WebAssembly builds, whose versions are those of production.

Rules
- pylock.toml (https://packaging.python.org/specifications/pylock-toml/) stands beside pyproject.toml; uv.lock
  (https://docs.astral.sh/uv/concepts/projects/layout/) there or at the root of the workspace.
- What both name has the version of pylock.toml.
- A commit, an archive or an address is pinned as what it is; a directory is not pinned.
- A lock that cannot be read stops the command: guessing would install something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from pywrangler.errors import ConfigError, Place, Problem
from pywrangler.session.workspaces import canonical_name, load, root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PYLOCK = "pylock.toml"
UV_LOCK = "uv.lock"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_NOT_FOR_REQUIREMENTS = re.compile(r"\b(extras|dependency_groups)\b")
"""Variables of markers that only lock files have."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock file."""

    name: str
    what: str
    """`==1.2`, or ` @ ` and an address."""
    marker: str = ""

    def __str__(self) -> str:
        return f"{self.name}{self.what}" + (f" ; {self.marker}" if self.marker else "")


@dataclass(frozen=True, slots=True)
class Pins:
    """What the lock files of a project say."""

    files: tuple[Path, ...] = ()
    pins: tuple[Pin, ...] = ()

    def lines(self) -> list[str]:
        """Return the lines of a constraints file."""
        return [str(pin) for pin in self.pins]

    def named(self) -> list[tuple[str, str]]:
        """Return these lines with the names of their packages."""
        return [(str(pin), pin.name) for pin in self.pins]

    def replaced(self, requirement: str) -> str:
        """Return a requirement with the address that is pinned for it: a constraint may not name another one."""
        name = canonical_name(requirement)
        found = [pin for pin in self.pins if pin.name == name and pin.what.startswith(" @ ")]
        if len(found) != 1 or " @ " not in requirement or requirement.startswith("-"):
            return requirement
        extras = re.match(r"[^\[@;]*(\[[^\]]*\])", requirement)
        _, semicolon, marker = requirement.partition(" ;")
        return f"{name}{extras[1] if extras else ''}{found[0].what}{semicolon}{marker}"

    def unknown(self, requirements: Iterable[str]) -> list[str]:
        """Return the names of requirements from the index that no lock file has."""
        known = {pin.name for pin in self.pins}
        names = [canonical_name(item) for item in requirements if " @ " not in item and not item.startswith("-")]
        return [name for name in names if name not in known] if self.files else []


def read(directory: Path) -> Pins:
    """Return what the lock files of the project in a directory pin; ConfigError if one is malformed."""
    files = [directory / PYLOCK]
    files += [folder / UV_LOCK for folder in dict.fromkeys((directory, root_of(directory)))]
    found: list[Path] = []
    pins: dict[str, list[Pin]] = {}
    for path in files:
        if not path.is_file() or path.name in (item.name for item in found):
            continue
        found.append(path)
        of_file: dict[str, list[Pin]] = {}
        for pin in _pins(path):
            of_file.setdefault(pin.name, []).append(pin)
        for name, items in of_file.items():
            pins.setdefault(name, items)
    return Pins(tuple(found), tuple(pin for items in pins.values() for pin in items))


def _pins(path: Path) -> Iterator[Pin]:
    _, value = load(path)
    is_pylock = path.name == PYLOCK
    version = value.get("lock-version" if is_pylock else "version")
    if str(version).partition(".")[0] != "1":
        what = f"{path.name} has the format {version!r}; known is 1." if version else f"{path.name} is no lock file."
        raise _wrong(path, what, "Make it again with a current tool.")
    packages = value.get("packages" if is_pylock else "package", [])
    if not isinstance(packages, list):
        raise _wrong(path, f"{path.name} has no list of packages.")
    for package in packages:
        name = canonical_name(package["name"]) if isinstance(package, dict) and _is_text(package, "name") else ""
        if not name:
            raise _wrong(path, f"{path.name} has a package without a name.")
        found = _of_pylock(package) if is_pylock else _of_uv(package)
        if found is None:
            raise _wrong(path, f"{path.name} has something else than a version for {name}.")
        if found:
            yield Pin(name, found, _marker(package))


def _wrong(path: Path, what: str, remedy: str = "Make it again, or remove it.") -> ConfigError:
    return ConfigError([Problem("lock-file", what, remedy, Place(path))])


def _of_pylock(package: dict[str, Any]) -> str | None:
    """Return what is pinned, "" for a directory, None if that cannot be told."""
    vcs, archive = package.get("vcs"), package.get("archive")
    if isinstance(vcs, dict):
        if not all(_is_text(vcs, key) for key in ("type", "url", "commit-id")):
            return "" if _is_text(vcs, "path") else None
        return f" @ {vcs['type']}+{vcs['url']}@{vcs['commit-id']}{_fragment(vcs.get('subdirectory'))}"
    if isinstance(archive, dict):
        return f" @ {archive['url']}{_fragment(archive.get('subdirectory'))}" if _is_text(archive, "url") else ""
    return "" if "directory" in package else _version(package)


def _of_uv(package: dict[str, Any]) -> str | None:
    source = package.get("source")
    if not isinstance(source, dict):
        return None
    if _is_text(source, "git"):
        # https://host/repository?rev=main&subdirectory=x#commit
        try:
            parts = urlsplit(source["git"])
        except ValueError:
            return None
        place = parts._replace(query="", fragment="").geturl()
        return f" @ git+{place}@{parts.fragment}{_fragment(parse_qs(parts.query).get('subdirectory', [None])[0])}"
    if _is_text(source, "url"):
        return f" @ {source['url']}{_fragment(source.get('subdirectory'))}"
    return _version(package) if "registry" in source else ""


def _version(package: dict[str, Any]) -> str | None:
    return f"=={package['version']}" if _VERSION.fullmatch(str(package.get("version", ""))) else None


def _marker(package: dict[str, Any]) -> str:
    several = package.get("resolution-markers")  # uv: the package is locked in several versions
    found = several if isinstance(several, list) else [package.get("marker")]
    texts = [item for item in found if isinstance(item, str) and len(item.splitlines()) == 1]
    if any(_NOT_FOR_REQUIREMENTS.search(text) for text in texts):
        return ""
    return " or ".join(f"({text})" for text in texts) if len(texts) > 1 else "".join(texts)


def _fragment(subdirectory: Any) -> str:
    return f"#subdirectory={subdirectory}" if isinstance(subdirectory, str) and subdirectory else ""


def _is_text(value: dict[str, Any], key: str) -> bool:
    found = value.get(key)
    return isinstance(found, str) and bool(found) and not re.search(r"\s", found)
