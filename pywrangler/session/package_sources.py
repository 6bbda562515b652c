"""Where packages come from: `[tool.uv]` of a pyproject.toml, said in lines that pip understands too.

Rules (https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources):
- a path, an address, a repository or a member of the workspace replaces the requirement's own source; with `editable`
  its sources stay where they are, members of a workspace always do;
- a list gives a source for each marker;
- `[[tool.uv.index]]` are further indexes; for all packages, because pip knows no index for one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pywrangler.session import workspaces
from pywrangler.session.workspaces import REQUIREMENT, canonical_name, entries, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class PackageSources:
    """What `[tool.uv]` of the pyproject.toml in `directory` says."""

    def __init__(self, value: dict[str, Any], directory: Path) -> None:
        uv = table(table(value, "tool"), "uv")
        self._directory = directory
        self._sources = {canonical_name(name): source for name, source in table(uv, "sources").items()}
        self._indexes = [item for item in entries(uv.get("index")) if isinstance(item, dict)]

    def lines(self, requirement: str) -> Iterator[str]:
        """Yield the lines of a requirements file for a requirement."""
        found = self._sources.get(canonical_name(requirement))
        given = [item for item in entries(found) or [found] if isinstance(item, dict)]
        made = [line for line in (self._line(requirement, item) for item in given) if line]
        yield from made or [requirement]

    def _line(self, requirement: str, source: dict[str, Any]) -> str:
        # What cannot be printed cannot be a part of a line.
        source = {key: item for key, item in source.items() if not isinstance(item, str) or item.isprintable()}
        name = canonical_name(requirement)
        match = REQUIREMENT.match(requirement)
        extras = (match[2] if match else "") or ""
        markers = [requirement.partition(";")[2].strip(), str(source.get("marker", "")).strip()]
        both = " and ".join(f"({item})" if all(markers) else item for item in markers if item)
        condition = f" ; {both}" if both else ""
        if isinstance(source.get("path"), str):
            path, is_editable = (self._directory / source["path"]).resolve(), source.get("editable") is True
        elif source.get("workspace") is True:
            member = workspaces.member(self._directory, name)
            if member is None:
                return ""
            path, is_editable = member, source.get("editable") is not False
        else:
            address = _address(source)
            return f"{name}{extras} @ {address}{condition}" if address else ""
        if is_editable and not condition:  # which an editable line cannot have
            return f"-e {path}{extras} # {name}"
        return f"{name}{extras} @ {path.as_uri()}{condition}"

    def indexes(self) -> tuple[str, ...]:
        """Return the options of a requirements file that name indexes."""
        found = []
        for item in self._indexes:
            url = item.get("url")
            if isinstance(url, str) and url and not re.search(r"\s", url):
                found.append(f"{'--index-url' if item.get('default') is True else '--extra-index-url'} {url}")
        return tuple(found)


def _address(source: dict[str, Any]) -> str:
    subdirectory = source.get("subdirectory")
    fragment = f"#subdirectory={subdirectory}" if isinstance(subdirectory, str) else ""
    if isinstance(source.get("git"), str):
        revision = next((source[key] for key in ("rev", "tag", "branch") if isinstance(source.get(key), str)), "")
        return f"git+{source['git']}{f'@{revision}' if revision else ''}{fragment}"
    return f"{source['url']}{fragment}" if isinstance(source.get("url"), str) else ""
