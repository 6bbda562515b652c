"""One name of `env` over all environments: where it exists and what it is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class Member:
    """A name, with its types by environment (None: the top level)."""

    name: str
    types: dict[str | None, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """Comments: what stands behind a type that says little."""

    def note(self, text: str) -> None:
        """Add a comment once."""
        if text not in self.notes:
            self.notes.append(text)

    def union(self) -> list[str]:
        """Return the different types, in the order of the environments."""
        return list(dict.fromkeys(self.types.values()))

    def absence(self, environments: Sequence[str | None]) -> str:
        """Say where the name exists, if not everywhere."""
        missing = [name for name in environments if name not in self.types]
        if not missing:
            return ""
        present = [name for name in environments if name in self.types]
        if len(present) <= len(missing):
            return f"only in {_listed(present)}"
        return f"not in {_listed(missing)}"


def _listed(names: Sequence[str | None]) -> str:
    return ", ".join("the top level" if name is None else name for name in names)


class Members:
    """The names of `env` in the order in which they were first met."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}

    def __getitem__(self, name: str) -> Member:
        return self._members.setdefault(name, Member(name))

    def all(self) -> list[Member]:
        """Return all of them."""
        return list(self._members.values())
