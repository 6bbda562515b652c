"""What a value of a config has to look like, as data: checks that report at the node they are given.

The tables of `bindings` and `settings` are made of these. They refuse what wrangler refuses and take what it takes,
`tests/config/wrangler_cases.py` compares the two: a missing key and an explicit null are different things there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pywrangler.config.diagnostics import show

if TYPE_CHECKING:
    from pywrangler.config.diagnostics import Node

Check = Callable[["Node"], object]


def anything(_node: Node) -> None:
    """Take any value."""


def text(node: Node) -> None:
    """Take a string."""
    node.expect(str, "of type string")


def filled(node: Node) -> None:
    """Take a string that is not empty."""
    if node.expect(str, "of type string") and not node.value:
        node.error("empty", f'"{node.label}" must not be empty.')


def flag(node: Node) -> None:
    """Take true or false."""
    node.expect(bool, "of type boolean")


def number(node: Node) -> None:
    """Take a number."""
    node.expect((int, float), "of type number")


def mapping(node: Node) -> None:
    """Take an object, whatever is in it."""
    node.is_object()


def strings(node: Node) -> None:
    """Take an array of strings."""
    node.strings()


def share(node: Node) -> None:
    """Take a number from 0 to 1."""
    if node.expect((int, float), "of type number") and not 0 <= node.value <= 1:
        node.error("out-of-range", f'"{node.label}" must be a value between 0 and 1 but is {show(node.value)}.')


def whole(low: int, high: int | None = None) -> Check:
    """Take a whole number within bounds."""
    bounds = f"between {low} and {high}" if high is not None else f"of at least {low}"

    def check(node: Node) -> None:
        if not node.expect((int, float), "of type number"):
            return
        if node.value != node.value // 1 or not low <= node.value <= (node.value if high is None else high):
            what = f'Expected "{node.label}" to be a whole number {bounds} but got {show(node.value)}.'
            node.error("out-of-range", what)

    return check


def one_of(*options: str | int) -> Check:
    """Take one of a few values."""
    return lambda node: node.one_of(options)


def either(kind: type, first: Check, second: Check) -> Check:
    """Take what `first` takes if the value is of a type, else what `second` takes."""
    return lambda node: (first if isinstance(node.value, kind) else second)(node)


def is_nothing(value: object) -> bool:
    """Tell whether a value is null, false, 0 or "": JavaScript's `!value`, by which some keys are ignored."""
    return not value and not isinstance(value, dict | list)


def unless_nothing(check: Check) -> Check:
    """Take null, false, 0 and "" as if the key were missing, too."""
    return lambda node: None if is_nothing(node.value) else check(node)


def unless_null(check: Check) -> Check:
    """Take null as if the key were missing, too."""
    return lambda node: None if node.value is None else check(node)


def each(check: Check) -> Check:
    """Take an array whose elements pass."""

    def check_all(node: Node) -> None:
        for item in node.items():
            check(item)

    return check_all


def values(check: Check) -> Check:
    """Take an object whose values pass, under any keys."""

    def check_all(node: Node) -> None:
        for _, item in node.entries():
            check(item)

    return check_all


@dataclass(frozen=True, slots=True)
class Record:
    """Take an object with these fields."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    is_open: bool = False
    """Further fields are taken as they are; otherwise each is a warning."""
    rules: tuple[Check, ...] = ()
    """What fields must be to each other; asked only if the value is an object."""

    def __call__(self, node: Node) -> None:
        """Report what is wrong."""
        if not node.is_object():
            return
        known = (*self.required, *self.optional)
        if not self.is_open:
            node.known(known)
        for key in self.required:
            if not node.has(key):
                node.require(key, known)
            elif node.value[key] == "" and self.required[key] is text:
                node.child(key).warning("empty", f'"{node.label}.{key}" is empty.', "Nothing can have an empty name.")
        for key, check in (*self.required.items(), *self.optional.items()):
            if node.has(key):
                check(node.child(key))
        for rule in self.rules:
            rule(node)


def not_both(first: str, second: str) -> Check:
    """Refuse an object that has two fields of which each stands for the other."""

    def check(node: Node) -> None:
        if node.has(first) and node.has(second):
            what = f'"{node.label}" has both "{first}" and "{second}".'
            node.child(second).error("not-allowed", what, "Keep one of them.", key=True)

    return check


def any_of(*keys: str) -> Check:
    """Refuse an object that has none of these fields."""

    def check(node: Node) -> None:
        if not any(node.has(key) for key in keys):
            listed = " or ".join(f'"{key}"' for key in keys)
            node.error("missing-field", f'"{node.label}" needs {listed}.', key=True)

    return check


def deprecated(key: str, remedy: str) -> Check:
    """Warn about a field that has no effect any more."""

    def check(node: Node) -> None:
        if node.has(key):
            node.child(key).warning("deprecated", f'"{node.label}.{key}" is deprecated.', remedy, key=True)

    return check
