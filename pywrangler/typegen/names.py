"""The names of a generated stub: what it defines, what its members shadow, and what it has to import.

Inside of a class body a member hides a global of the same name, from annotations too: a method `list` makes
`list[str]` wrong. So every name that some member of the file has is *taken*, and what is imported or built in under
such a name is written in another way.
"""

from __future__ import annotations

import builtins
import json
import keyword
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPES = "_w"
"""What the stub calls our module of types."""
_MODULE = "workers._configuration"

_WORD = re.compile(r"[A-Za-z0-9]+")


def pascal_case(text: str) -> str:
    """Return `MY_SETTINGS`, `my-settings` or `mySettings` as `MySettings`."""
    parts = [part.capitalize() if part.isupper() else part[0].upper() + part[1:] for part in _WORD.findall(text)]
    name = "".join(parts) or "Value"
    return f"_{name}" if name[0].isdigit() else name


def is_attribute(name: str) -> bool:
    """Tell whether `self.env.<name>` can be written."""
    mangled = name.startswith("__") and not name.endswith("__")
    return name.isidentifier() and not keyword.iskeyword(name) and not mangled


def quoted(text: str) -> str:
    """Return a text as a literal, of Python and of JavaScript alike."""
    return json.dumps(text, ensure_ascii=False)


def comment(text: str) -> str:
    """Return a text that stays in its line."""
    return " ".join(text.split())


class Names:
    """Gives out names that mean what they should everywhere in the file, and remembers the imports."""

    def __init__(self, members: Iterable[str]) -> None:
        self._members = frozenset(members)
        self._globals: dict[str, str] = {TYPES: _MODULE}
        self._imports: dict[tuple[str, str | None], str] = {}
        self._uses_types = False

    def define(self, wanted: str, otherwise: str = "") -> str:
        """Return a name for a class of the file: the first of the two that is free, else one with a number."""
        name, number = wanted, 2
        if otherwise and self._is_taken(wanted, ""):
            name = wanted = otherwise
        while self._is_taken(name, ""):
            name, number = f"{wanted}{number}", number + 1
        self._globals[name] = ""
        return name

    def claim(self, name: str) -> str:
        """Return the name as it is: user code imports it."""
        self._globals[name] = ""
        return name

    def types(self, name: str) -> str:
        """Return how to write a name of `workers.types`, or of `pyodide.ffi`."""
        self._uses_types = True
        return f"{TYPES}.{name}"

    def typing(self, name: str) -> str:
        """Return how to write a name of `typing`."""
        return self.imported("typing", name)

    def builtin(self, name: str) -> str:
        """Return how to write a builtin."""
        if name in self._members or self._globals.get(name, name) != name:
            return f"{self.module('builtins')}.{name}"
        return name

    def imported(self, module: str, name: str) -> str:
        """Return how to write `name` of `module`."""
        if module == "builtins":
            return self.builtin(name)
        return self._import(module, name, name)

    def module(self, module: str) -> str:
        """Return how to write a module."""
        return self._import(module, None, module.replace(".", "_"))

    def _import(self, module: str, name: str | None, wanted: str) -> str:
        known = self._imports.get((module, name))
        if known is not None:
            return known
        origin = f"{module}:{name}"
        alias, number = wanted, 2
        if hasattr(builtins, wanted) or self._is_taken(alias, origin):
            alias = f"_{wanted}"
        while self._is_taken(alias, origin):
            alias, number = f"_{wanted}_{number}", number + 1
        self._globals[alias] = origin
        self._imports[module, name] = alias
        return alias

    def _is_taken(self, name: str, origin: str) -> bool:
        return (
            name in self._members or self._globals.get(name, origin) != origin or (not origin and name in self._globals)
        )

    def import_lines(self) -> list[str]:
        """Return the imports that the text given out so far needs."""
        lines = [f"import {_MODULE} as {TYPES}"] if self._uses_types else []
        modules = sorted((module, alias) for (module, name), alias in self._imports.items() if name is None)
        lines += [f"import {module}" if module == alias else f"import {module} as {alias}" for module, alias in modules]
        grouped: dict[str, list[str]] = {}
        for (module, name), alias in sorted(self._imports.items(), key=lambda item: (item[0][0], item[0][1] or "")):
            if name is not None:
                grouped.setdefault(module, []).append(name if name == alias else f"{name} as {alias}")
        lines += [f"from {module} import {', '.join(names)}" for module, names in grouped.items()]
        return sorted(lines, key=lambda line: (line.split()[1], line))
