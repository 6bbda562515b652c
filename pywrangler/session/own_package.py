"""The pywrangler that runs, as a wheel: so that `sync` can install this very one into a project's environment.

An index cannot be asked for it, because the name belongs to somebody else there; the directory or repository that it
was installed from may be gone, or hold another version by now. So its files are packed again, as its RECORD lists
them. Of an editable installation these are the pointers to the sources, so the copy is editable too. Where it came from
(https://packaging.python.org/specifications/direct-url/) is written into the copy.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAME = "pywrangler"
ENTRY_POINT = "pywrangler.__main__:main"
PACKAGE = Path(__file__).parents[1]
_ORIGIN = "direct_url.json"
_OF_THE_INSTALLER = frozenset(("RECORD", "INSTALLER", "REQUESTED", _ORIGIN, "uv_cache.json", "uv_build.json"))


@dataclass(frozen=True, slots=True)
class OwnPackage:
    """An installed pywrangler."""

    version: str
    root: Path
    """The directory that the files are relative to."""
    files: tuple[str, ...]
    info: str
    """Name of the directory with its metadata."""
    origin: str
    """The text that says where it came from; "" if it came from an index."""
    is_editable: bool

    @property
    def sources(self) -> Path | None:
        """Where the sources of an editable installation are."""
        url = urlsplit(str(json.loads(self.origin).get("url", ""))) if self.is_editable else None
        return Path(unquote(url.path)) if url is not None and url.scheme == "file" else None

    @property
    def fingerprint(self) -> str:
        """What changes when another one is installed."""
        digest = hashlib.sha256(f"{self.version}\n{self.origin}\n".encode())
        for name in self.files:
            status = (self.root / name).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def __str__(self) -> str:
        if not self.origin:
            return f"{NAME} {self.version}"
        url = str(json.loads(self.origin).get("url", ""))
        return f"{NAME} {self.version} ({'editable, ' if self.is_editable else ''}{url.removeprefix('file://')})"


def find_own(search_path: Sequence[str] | None = None) -> OwnPackage | None:
    """Return the installation that this code belongs to, None if it runs from plain sources."""
    path = list(sys.path if search_path is None else search_path)
    for distribution in importlib.metadata.distributions(name=NAME, path=path):
        entries = distribution.entry_points.select(group="console_scripts", name=NAME)
        files = [str(item) for item in distribution.files or ()]
        info = next((name.partition("/")[0] for name in files if name.endswith(".dist-info/METADATA")), "")
        if not info or not any(entry.value == ENTRY_POINT for entry in entries):
            continue
        origin = distribution.read_text(_ORIGIN) or ""
        root = Path(str(distribution.locate_file("")))
        is_editable = _is_editable(origin)
        if is_editable or (root / NAME).resolve() == PACKAGE.resolve():
            kept = tuple(sorted(name for name in files if _is_packed(name, info) and (root / name).is_file()))
            return OwnPackage(distribution.version, root, kept, info, origin, is_editable)
    return None


def _is_editable(origin: str) -> bool:
    try:
        details = json.loads(origin or "{}").get("dir_info", {})
    except (ValueError, AttributeError):
        return False
    return isinstance(details, dict) and details.get("editable") is True


def _is_packed(name: str, info: str) -> bool:
    """Whether a file of an installation was in its wheel: not scripts, compiled code, the installer's own notes."""
    if name.startswith(("..", "/")) or name.endswith(".pyc"):
        return False
    directory, _, rest = name.partition("/")
    return directory != info or rest not in _OF_THE_INSTALLER


def write_wheel(own: OwnPackage, directory: Path) -> Path:
    """Pack the installation again; return the wheel."""
    path = directory / f"{own.info.removesuffix('.dist-info')}-py3-none-any.whl"
    record = []
    with zipfile.ZipFile(path, "w") as archive:
        for name in own.files:
            content = (own.root / name).read_bytes()
            archive.writestr(zipfile.ZipInfo(name), content)
            record.append(_record_line(name, content))
        archive.writestr(zipfile.ZipInfo(f"{own.info}/RECORD"), "".join([*record, f"{own.info}/RECORD,,\n"]))
    return path


def write_origin(own: OwnPackage, site_packages: Path) -> None:
    """Let the copy say where the original came from, not that it came from a wheel of ours."""
    info = site_packages / own.info
    record = info / "RECORD"
    name = f"{own.info}/{_ORIGIN}"
    lines = [line for line in record.read_text(encoding="utf-8").splitlines(keepends=True) if not _is_of(line, name)]
    if own.origin:
        (info / _ORIGIN).write_text(own.origin, encoding="utf-8")
        lines.append(_record_line(name, own.origin.encode()))
    else:
        (info / _ORIGIN).unlink(missing_ok=True)
    record.write_text("".join(lines), encoding="utf-8")


def installed_in(site_packages: Iterable[Path]) -> OwnPackage | None:
    """Return the pywrangler of an environment, None if it has none of ours."""
    for directory in site_packages:
        for distribution in importlib.metadata.distributions(name=NAME, path=[str(directory)]):
            entries = distribution.entry_points.select(group="console_scripts", name=NAME)
            if any(entry.value == ENTRY_POINT for entry in entries):
                origin = distribution.read_text(_ORIGIN) or ""
                return OwnPackage(distribution.version, directory, (), "", origin, _is_editable(origin))
    return None


def _record_line(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def _is_of(line: str, name: str) -> bool:
    return line.startswith(f"{name},")
