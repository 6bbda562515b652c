"""Durable Objects in a config: bindings, and the classes of this Worker with their kind of storage.

Migrations are a history in order (spec/config.md, section 5): it decides per class whether SQL is enabled. Renaming
carries that, deleting forgets it. `exports` is the newer, declarative form; the two exclude each other. A class
that is bound but in neither is SQLite-backed locally, with a warning, because a deploy would refuse it.
Contradictions in the history are warnings: a session can run, a deploy could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.config.model import DurableObjectBinding, DurableObjectClass
from pywrangler.config.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pywrangler.config.diagnostics import Node

_MIGRATION_KEYS = (
    "tag", "new_classes", "new_sqlite_classes", "renamed_classes", "deleted_classes", "transferred_classes",
)  # fmt: skip
_STATES = ("created", "deleted", "renamed", "transferred", "expecting-transfer")
_STATE_FIELDS = {
    "created": {"storage", "container"},
    "deleted": set[str](),
    "renamed": {"renamed_to"},
    "transferred": {"transferred_to"},
    "expecting-transfer": {"storage", "transfer_from", "container"},
}
_ALL_FIELDS = {"type", "state", "cache"}.union(*_STATE_FIELDS.values())


def read_bindings(node: Node) -> tuple[DurableObjectBinding, ...]:
    """Read `durable_objects`."""
    if not node.is_object():
        return ()
    node.known(("bindings",))
    if not node.has("bindings"):
        node.require("bindings")
    bindings = []
    for item in node.child("bindings").objects():
        item.known(("name", "class_name", "script_name", "environment"))
        name, class_name = item.text("name", required=True), item.text("class_name", required=True)
        script_name = item.text("script_name")
        if item.text("environment") and not item.has("script_name"):
            item.error("missing-field", f'"{item.label}" needs a "script_name" if it has an "environment".', key=True)
        if name and class_name:
            bindings.append(DurableObjectBinding(name, class_name, script_name, item.report.document.place(item.trail)))
    return tuple(bindings)


def read_migrations(node: Node) -> dict[str, bool]:
    """Read `migrations`; return class name to whether it is SQLite-backed."""
    classes: dict[str, bool] = {}
    tags: set[str] = set()
    for item in node.objects():
        item.known(_MIGRATION_KEYS)
        tag = item.text("tag", required=True, empty=True)
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


def read_exports(node: Node) -> dict[str, bool]:
    """Read `exports`; return the live Durable Object classes: name to whether it is SQLite-backed."""
    classes: dict[str, bool] = {}
    for name, item in node.entries():
        if not item.is_object():
            continue
        if not item.has("type"):
            item.require("type")
        kind = item.choice("type", ("durable-object", "worker"))
        if kind == "worker":
            item.known(("type", "cache"))
        elif kind == "durable-object":
            storage = _read_class(item)
            if storage:
                classes[name] = storage == "sqlite"
    return classes


def _read_class(item: Node) -> str | None:
    """Return the storage of a live class, None for one that is gone or faulty."""
    item.known(_ALL_FIELDS - {"cache"})
    state = item.choice("state", _STATES) if item.has("state") else "created"
    if state is None:
        return None
    for key in sorted(_ALL_FIELDS - {"type", "state", "cache"} - _STATE_FIELDS[state]):
        if item.has(key):
            what = f'"{item.label}" is {state}, so it must not have "{key}".'
            item.child(key).error("not-allowed", what, key=True)
    for key in ("renamed_to", "transferred_to", "transfer_from"):
        item.text(key, required=key in _STATE_FIELDS[state])
    if "storage" not in _STATE_FIELDS[state]:
        return None
    if not item.has("storage"):
        item.require("storage")
    storage: Any = item.choice("storage", ("sqlite", "legacy-kv"))
    return storage or None


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
