"""Reading a document that a person wrote: every fault becomes a `Problem`, reading goes on with a default.

A `Node` is a value with its trail. Its methods return what is usable and report what is not, so that one pass
finds every problem. Nothing here raises.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pywrangler.config.suggest import did_you_mean, nearest
from pywrangler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pywrangler.config.document import Document, Trail

MISSING: Any = object()

PROBLEM_LIMIT = 200
"""More problems than anybody reads; the rest of a broken file is not reported."""


@dataclass(slots=True)
class Report:
    """Collects the problems of one document."""

    document: Document
    problems: list[Problem] = field(default_factory=list)
    ignore_unknown: bool = False
    """Generated (redirected) configs carry keys for other tools."""

    def error(self, code: str, trail: Trail, what: str, remedy: str = "", *, key: bool = False) -> None:
        """Note an error at the value (or the key) of `trail`."""
        self._add("error", code, trail, what, remedy, key=key)

    def warning(self, code: str, trail: Trail, what: str, remedy: str = "", *, key: bool = False) -> None:
        """Note a warning at the value (or the key) of `trail`."""
        self._add("warning", code, trail, what, remedy, key=key)

    def _add(
        self, severity: Literal["error", "warning"], code: str, trail: Trail, what: str, remedy: str, *, key: bool
    ) -> None:
        if len(self.problems) >= PROBLEM_LIMIT:
            return
        document = self.document
        place, excerpt = document.place(trail, key=key), document.excerpt(trail, key=key)
        problem = Problem(code, what, remedy, place, severity, excerpt)
        if problem not in self.problems:
            self.problems.append(problem)


def show(value: Any) -> str:
    """Return `value` as short JSON for a message."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def dotted(trail: Trail) -> str:
    """Return the path of a value as people write it: `env.staging.services[0].binding`."""
    text = ""
    for key in trail:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the configuration"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document and where it stands."""

    report: Report
    trail: Trail
    value: Any

    @property
    def label(self) -> str:
        """The dotted path."""
        return dotted(self.trail)

    def child(self, key: str | int) -> Node:
        """Return the entry `key`, which may be missing (then its value is MISSING)."""
        if isinstance(key, str):
            value = self.value.get(key, MISSING) if isinstance(self.value, dict) else MISSING
        else:
            value = self.value[key]
        return Node(self.report, (*self.trail, key), value)

    def has(self, key: str) -> bool:
        """Tell whether the object holds `key`."""
        return isinstance(self.value, dict) and key in self.value

    @property
    def exists(self) -> bool:
        """Tell whether there is a value at all."""
        return self.value is not MISSING

    def gone(self) -> Node:
        """Return the node as if there were no value."""
        return Node(self.report, self.trail, MISSING)

    def error(self, code: str, what: str, remedy: str = "", *, key: bool = False) -> None:
        """Note an error here."""
        self.report.error(code, self.trail, what, remedy, key=key)

    def warning(self, code: str, what: str, remedy: str = "", *, key: bool = False) -> None:
        """Note a warning here."""
        self.report.warning(code, self.trail, what, remedy, key=key)

    # ---- this value ------------------------------------------------------------------------------------

    def expect(self, kind: type | tuple[type, ...], name: str) -> bool:
        """Tell whether the value is of a JSON type; note an error if it is there and is not."""
        if not self.exists:
            return False
        is_right = isinstance(self.value, kind) and not (isinstance(self.value, bool) and kind is not bool)
        if not is_right:
            self.error("wrong-type", f'Expected "{self.label}" to be {name} but got {show(self.value)}.')
        return is_right

    def is_object(self) -> bool:
        """Tell whether the value is an object; report anything else."""
        return self.expect(dict, "an object")

    def one_of(self, options: Collection[Any]) -> bool:
        """Tell whether the value is one of `options`; report anything else."""
        # `in` would take True for 1.
        if any(isinstance(self.value, bool) is isinstance(option, bool) and self.value == option for option in options):
            return True
        near = did_you_mean(self.value, map(str, options)) if isinstance(self.value, str) else ""
        listed = ", ".join(json.dumps(option) for option in options)
        self.error("not-allowed", f'Expected "{self.label}" to be one of {listed} but got {show(self.value)}.', near)
        return False

    def items(self) -> list[Node]:
        """Return the elements if the value is an array; report anything else."""
        if not self.exists:
            return []
        if not isinstance(self.value, list):
            self.error("wrong-type", f'The field "{self.label}" should be an array but got {show(self.value)}.')
            return []
        return [self.child(index) for index in range(len(self.value))]

    def objects(self) -> list[Node]:
        """Return the elements that are objects; report the others."""
        return [item for item in self.items() if item.is_object()]

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Yield the entries if the value is an object; report anything else."""
        if self.exists and self.is_object():
            for key in self.value:
                yield key, self.child(key)

    def strings(self) -> tuple[str, ...]:
        """Return the strings of an array; report what is not a string."""
        return tuple(item.value for item in self.items() if item.expect(str, "a string"))

    def known(self, keys: Collection[str]) -> None:
        """Warn about every key that is not one of `keys`, naming the nearest."""
        if self.report.ignore_unknown or not isinstance(self.value, dict):
            return
        for key in self.value:
            if key not in keys:
                where = f'"{self.label}"' if self.trail else "the configuration"
                self.child(key).warning(
                    "unknown-key", f'Unexpected field "{key}" in {where}.', did_you_mean(key, keys), key=True
                )

    # ---- fields of this object -------------------------------------------------------------------------

    def text(self, key: str, *, required: bool = False) -> str | None:
        """Return a string field; `required` reports its absence."""
        node = self.child(key)
        if not node.exists:
            if required:
                self.require(key)
            return None
        if required and node.value == "":
            node.warning("empty", f'"{node.label}" is empty.', "Nothing can have an empty name.")
        return str(node.value) if node.expect(str, "of type string") else None

    def require(self, key: str, known: Collection[str] = ()) -> None:
        """Report that `key` is missing; a field that is none of `known` may be a misspelling of it."""
        strangers = [name for name in self.value if name not in known] if isinstance(self.value, dict) else []
        wrong = next((name for name in strangers if nearest(name, [key])), None)
        remedy = f'Rename "{wrong}" to "{key}".' if wrong is not None else ""
        self.error("missing-field", f'"{self.label}" needs the field "{key}".', remedy, key=True)

    def flag(self, key: str) -> bool | None:
        """Return a boolean field."""
        node = self.child(key)
        return bool(node.value) if node.expect(bool, "of type boolean") else None

    def number(self, key: str, low: float = float("-inf"), high: float = float("inf")) -> float | None:
        """Return a number within bounds."""
        node = self.child(key)
        if not node.expect((int, float), "of type number"):
            return None
        if not low <= node.value <= high:
            bounds = f"between {low:g} and {high:g}" if high != float("inf") else f"at least {low:g}"
            node.error("out-of-range", f'Expected "{node.label}" to be {bounds} but got {show(node.value)}.')
            return None
        number: float = node.value
        return number

    def whole(self, key: str, low: int, high: int) -> int | None:
        """Return a whole number within bounds (`1.0` counts as 1, as in JSON)."""
        number = self.number(key, low, high)
        if number is None:
            return None
        if number != int(number):
            node = self.child(key)
            node.error("wrong-type", f'Expected "{node.label}" to be a whole number but got {show(number)}.')
            return None
        return int(number)

    def choice(self, key: str, options: Collection[Any]) -> Any:
        """Return a field that has to be one of `options`."""
        node = self.child(key)
        return node.value if node.exists and node.one_of(options) else None
