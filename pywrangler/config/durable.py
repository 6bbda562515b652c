"""Durable Objects in a config: bindings, and the classes of this Worker with their kind of storage.

Migrations are a history in order (spec/config.md, section 5): it decides per class whether SQL is enabled. Renaming
carries that, deleting forgets it. `exports` is the newer, declarative form; the two exclude each other. A class
that is bound but in neither is SQLite-backed locally, with a warning, because a deploy would refuse it.
Contradictions in the history are warnings: a session can run, a deploy could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.config.diagnostics import show
from pywrangler.config.model import DurableObjectBinding, DurableObjectClass
from pywrangler.config.shapes import Record, each, one_of, text
from pywrangler.config.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pywrangler.config.diagnostics import Node

_MIGRATION_KEYS = (
    "tag", "new_classes", "new_sqlite_classes", "renamed_classes", "deleted_classes", "transferred_classes",
)  # fmt: skip
DAY_SECONDS = 24 * 60 * 60
MILLISECOND_TOLERANCE = 1e-6


def _script_of_environment(item: Node) -> None:
    if item.has("environment") and not item.has("script_name"):
        item.error("missing-field", f'"{item.label}" needs a "script_name" if it has an "environment".', key=True)


def _milliseconds(node: Node) -> None:
    if not node.expect((int, float), "of type number"):
        return
    if not 0 <= node.value <= DAY_SECONDS or abs(node.value * 1000 - round(node.value * 1000)) > MILLISECOND_TOLERANCE:
        what = f'Expected "{node.label}" to be at most {DAY_SECONDS} seconds, in whole milliseconds,'
        node.error("out-of-range", f"{what} but got {show(node.value)}.")


BINDING = Record(
    {"name": text, "class_name": text},
    {"script_name": text, "environment": text},
    rules=(_script_of_environment, lambda item: item.flag("remote")),
)
OBJECTS = Record(
    optional={
        "bindings": each(BINDING),
        "code_update_strategy": Record({"mode": one_of("immediate", "deferred")}, {"max_delay": _milliseconds}),
    }
)


def read_bindings(node: Node) -> tuple[DurableObjectBinding, ...]:
    """Read `durable_objects`."""
    if not node.is_object():
        return ()
    OBJECTS(node)
    bindings = []
    for item in node.child("bindings").objects():
        name, class_name = item.text("name", required=True), item.text("class_name", required=True)
        script_name = item.text("script_name") or None
        if name is not None and class_name is not None:
            bindings.append(DurableObjectBinding(name, class_name, script_name, item.report.document.place(item.trail)))
    return tuple(bindings)


def read_migrations(node: Node) -> dict[str, bool]:
    """Read `migrations`; return class name to whether it is SQLite-backed."""
    classes: dict[str, bool] = {}
    tags: set[str] = set()
    for item in node.objects() if node.value is not None else ():
        item.known(_MIGRATION_KEYS)
        tag = item.text("tag", required=True)
        if tag is not None and tag in tags:
            item.child("tag").warning("migration", f'Two migrations have the tag "{tag}".', "Tags must be unique.")
        tags.add(tag or "")
        _create(item, "new_classes", classes, sqlite=False)
        _create(item, "new_sqlite_classes", classes, sqlite=True)
        for entry, source, target in _pairs(item, "renamed_classes", ("from", "to")):
            if source not in classes:
                _warn_unknown(entry, source, classes, "renamed")
            classes[target] = classes.pop(source, True)
        for entry, _, target in _pairs(item, "transferred_classes", ("from", "to"), ("from_script",)):
            if target in classes:
                entry.warning("migration", f'The class "{target}" exists already when it is transferred.')
            classes[target] = True
        for index, name in enumerate(item.child("deleted_classes").strings()):
            if name not in classes:
                _warn_unknown(item.child("deleted_classes").child(index), name, classes, "deleted")
            classes.pop(name, None)
    return classes


def _create(item: Node, key: str, classes: dict[str, bool], *, sqlite: bool) -> None:
    for name in item.child(key).strings():
        if name in classes:
            item.child(key).warning(
                "migration", f'The class "{name}" is created a second time.', "A deploy would refuse this history."
            )
        classes[name] = sqlite


def _pairs(
    item: Node, key: str, names: tuple[str, str], others: tuple[str, ...] = ()
) -> Iterable[tuple[Node, str, str]]:
    for entry in item.child(key).objects():
        entry.known((*names, *others))
        first, second = (entry.text(name, required=True) for name in names)
        for other in others:
            entry.text(other, required=True)
        if first and second:
            yield entry, first, second


def _warn_unknown(node: Node, name: str, classes: Iterable[str], verb: str) -> None:
    what = f'The class "{name}" is {verb} but no earlier migration creates it.'
    node.warning("migration", what, did_you_mean(name, classes))


def local_classes(
    declared: dict[str, bool], bound: Iterable[tuple[str, Node]], *, is_declarative: bool
) -> tuple[DurableObjectClass, ...]:
    """Return the classes of this Worker: those declared, then those only bound (each with a warning)."""
    classes = [DurableObjectClass(name, sqlite) for name, sqlite in declared.items()]
    seen = set(declared)
    for name, node in bound:
        if name in seen:
            continue
        seen.add(name)
        near = did_you_mean(name, declared)
        if is_declarative:
            remedy = f'Add "{name}": {{"type": "durable-object", "storage": "sqlite"}} to "exports".'
        elif declared:
            remedy = f'Add a migration with "new_sqlite_classes": ["{name}"].'
        else:
            remedy = f'Add "exports": {{"{name}": {{"type": "durable-object", "storage": "sqlite"}}}}.'
        what = f'The Durable Object class "{name}" is in no migration; locally it is SQLite-backed.'
        node.warning("undeclared-class", what, f"{near} {remedy}".strip())
        classes.append(DurableObjectClass(name, sqlite=True, declared=False))
    return tuple(classes)
