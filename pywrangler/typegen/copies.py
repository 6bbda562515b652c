"""Copies of TypedDicts: types of another Worker's arguments and results, which its stub cannot import."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pywrangler.typegen.samples import typed_dict
from pywrangler.typegen.source import Located

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.typegen.annotations import Annotations
    from pywrangler.typegen.names import Names

BASES_LIMIT = 10
"""Bases of bases; more than that is a circle."""


class Copies:
    """Copies each TypedDict once; `definitions` are their lines."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._done: dict[Located, str] = {}
        self.definitions: list[list[str]] = []

    def copy(self, annotations: Annotations, located: Located) -> str | None:
        """Return the name of the copy; None for a class that is no TypedDict."""
        if located in self._done:
            return self._done[located]
        fields = list(_fields(annotations, located, 0))
        if not annotations.is_typed_dict(located):
            return None
        # Before its fields are written: they may name the class itself.
        name = self._done[located] = self._names.define(located.node.name)
        written = {}
        for owner, statement, is_required in fields:
            assert isinstance(statement.target, ast.Name)
            text = annotations.text(statement.annotation, owner.module)
            written[statement.target.id] = text if is_required else f"{self._names.typing('NotRequired')}[{text}]"
        self.definitions.append(typed_dict(self._names, name, list(written.items())))
        return name


def _fields(annotations: Annotations, located: Located, depth: int) -> Iterator[tuple[Located, ast.AnnAssign, bool]]:
    """Yield the fields, those of bases first, and whether each has to be there."""
    for base in annotations.bases(located) if depth < BASES_LIMIT else ():
        yield from _fields(annotations, base, depth + 1)
    total = next((keyword.value for keyword in located.node.keywords if keyword.arg == "total"), None)
    is_total = not (isinstance(total, ast.Constant) and total.value is False)
    for statement in located.node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            mark = annotations.mark(statement.annotation, located.module)
            yield located, statement, is_total if mark is None else mark == "Required"
