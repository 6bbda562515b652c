"""Types of JSON values, from samples of them: the variables of a config (spec/types.md, section 4, rule 4).

A variable that is an object arrives as a JavaScript one: its properties are attributes, and `to_py()` gives a dict
(spec/workers-module.md, section 7). So an object becomes two classes: `Settings` for the value, and the TypedDict
`SettingsDict` for what `to_py()` gives. Samples are the values of one name in all environments.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from pywrangler.typegen.names import is_attribute, pascal_case, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.typegen.names import Names

OBJECT_MEMBERS = frozenset({
    "js_id", "typeof", "constructor", "object_keys", "object_values", "object_entries", "as_object_map", "as_py_json",
    "hasOwnProperty", "toString", "valueOf", "to_py",
})  # fmt: skip
"""What every JavaScript object has in Python: a property of that name cannot be declared."""


class Samples:
    """Writes the types of one stub's variables; `definitions` are the classes that they need."""

    def __init__(self, names: Names, *, strict: bool, has_jsnull: bool) -> None:
        self._names = names
        self._strict = strict
        self._has_jsnull = has_jsnull
        self.definitions: list[list[str]] = []
        self._known: dict[str, tuple[str, str]] = {}
        self._prefix = ""

    def text(self, name: str, values: Sequence[Any], prefix: str = "") -> str:
        """Return the type of `self.env.<name>` that has these values; new classes get the prefix."""
        self._prefix = prefix
        face, _ = self._types(pascal_case(name), values)
        return face

    def _types(self, name: str, values: Sequence[Any]) -> tuple[str, str]:
        """Return the type in `env` and the type of what `to_py()` gives."""
        faces = self._scalars(values)
        plains = list(faces)
        objects = [value for value in values if isinstance(value, dict)]
        if objects:
            face, plain = self._object(name, objects)
            faces.append(face)
            plains.append(plain)
        arrays = [value for value in values if isinstance(value, list)]
        if arrays:
            face, plain = self._array(name, [item for array in arrays for item in array])
            faces.append(face)
            plains.append(plain)
        return " | ".join(faces), " | ".join(plains)

    def _scalars(self, values: Sequence[Any]) -> list[str]:
        builtin = self._names.builtin
        literals: dict[str, str] = {}
        plain: dict[str, None] = {}
        has_null = False
        for value in values:
            if value is None:
                has_null = True
            elif isinstance(value, bool | str) or (isinstance(value, int) and not isinstance(value, bool)):
                if self._strict:
                    literals.setdefault(_literal(value), "")
                else:
                    plain.setdefault(builtin(type(value).__name__))
            elif isinstance(value, float):
                plain.setdefault(builtin("float"))
        if "True" in literals and "False" in literals:
            del literals["True"], literals["False"]
            plain.setdefault(builtin("bool"))
        found = [f"{self._names.typing('Literal')}[{', '.join(literals)}]"] if literals else []
        found += plain
        if has_null:
            found.append(self._names.types("JsNull") if self._has_jsnull else "None")
        return found

    def _array(self, name: str, items: list[Any]) -> tuple[str, str]:
        if not items:
            element = self._names.typing("Any")
            return f"{self._names.types('JsArray')}[{element}]", self._list(element)
        face, plain = self._types(f"{name}Item", items)
        if face == plain:
            return f"{self._names.types('JsArray')}[{face}]", self._list(plain)
        return f"{self._names.types('JsonArray')}[{face}, {plain}]", self._list(plain)

    def _list(self, element: str) -> str:
        return f"{self._names.builtin('list')}[{element}]"

    def _object(self, name: str, objects: list[dict[str, Any]]) -> tuple[str, str]:
        keys = list(dict.fromkeys(key for value in objects for key in value))
        fields: list[tuple[str, str, str, bool]] = []
        for key in keys:
            given = [value[key] for value in objects if key in value]
            face, plain = self._types(name + pascal_case(key), given)
            fields.append((key, face, plain, len(given) == len(objects)))
        shape = f"{name}:{fields}"
        if shape not in self._known:
            self._known[shape] = self._define(name, fields)
        return self._known[shape]

    def _define(self, name: str, fields: list[tuple[str, str, str, bool]]) -> tuple[str, str]:
        name = self._prefix + name
        plain_name, face_name = self._names.define(f"{name}Dict"), self._names.define(name)
        plains = [
            (key, plain if always else f"{self._names.typing('NotRequired')}[{plain}]")
            for key, _, plain, always in fields
        ]
        self.definitions.append(typed_dict(self._names, plain_name, plains))
        lines = [f"class {face_name}({self._names.types('JsObject')}[{plain_name}]):"]
        for key, face, _, always in fields:
            if is_attribute(key) and key not in OBJECT_MEMBERS:
                lines.append(f"    {key}: {face}" + ("" if always else "  # not everywhere"))
            else:
                lines.append(f"    # getattr(..., {quoted(key)}): {face}")
        if all(line.lstrip().startswith("#") for line in lines[1:]):
            lines.append("    pass")
        self.definitions.append(lines)
        return face_name, plain_name


def typed_dict(names: Names, name: str, fields: Sequence[tuple[str, str]], *, total: bool = True) -> list[str]:
    """Return the lines of a TypedDict: a class, or a call where a key cannot be an attribute or hides a builtin."""
    base = names.typing("TypedDict")
    if all(is_attribute(key) and not hasattr(builtins, key) for key, _ in fields):
        head = f"class {name}({base}{'' if total else ', total=False'}):"
        return [head, *(f"    {key}: {text}" for key, text in fields or [])] if fields else [head, "    pass"]
    lines = [f"{name} = {base}(", f'    "{name}",', "    {"]
    lines += [f"        {quoted(key)}: {text}," for key, text in fields]
    return [*lines, "    }," if total else "    },\n    total=False,", ")"]


def _literal(value: str | int) -> str:
    return quoted(value) if isinstance(value, str) else repr(value)
