"""`exports`: what a Worker's module exports, declared: Durable Object classes, entrypoints and Workflows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pywrangler.config.shapes import Record, anything, filled, flag, one_of
from pywrangler.config.workflows import WORKFLOW_SETTINGS, workflow_name

if TYPE_CHECKING:
    from pywrangler.config.diagnostics import Node
    from pywrangler.config.shapes import Check

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_STORAGE = one_of("sqlite", "legacy-kv")
_STATES: dict[str, dict[str, Check]] = {
    "created": {"storage": _STORAGE, "container": filled},
    "deleted": {},
    "renamed": {"renamed_to": filled},
    "transferred": {"transferred_to": filled},
    "expecting-transfer": {"storage": _STORAGE, "transfer_from": filled, "container": filled},
}
_OPTIONAL = ("container",)
_WORKER = Record({"type": anything}, {"cache": Record({"enabled": flag})})
_WORKFLOW = Record({"type": anything, "name": workflow_name}, WORKFLOW_SETTINGS)


def read_exports(node: Node) -> dict[str, bool]:
    """Read `exports`; return the live Durable Object classes: name to whether it is SQLite-backed."""
    classes: dict[str, bool] = {}
    workflows: dict[str, str] = {}
    for name, item in node.entries() if node.value is not None else ():
        if not item.is_object():
            continue
        if not item.has("type"):
            item.require("type")
        kind = item.choice("type", ("durable-object", "worker", "workflow"))
        if kind == "worker":
            _WORKER(item)
        elif kind == "workflow":
            _WORKFLOW(item)
            _check_unique(item, name, workflows)
        elif kind == "durable-object":
            storage = _read_class(name, item)
            if storage:
                classes[name] = storage == "sqlite"
    return classes


def _check_unique(item: Node, class_name: str, seen: dict[str, str]) -> None:
    name = item.value.get("name")
    if not isinstance(name, str):
        return
    if name in seen:
        what = f'"{item.label}" declares the Workflow "{name}", as "{seen[name]}" does.'
        item.child("name").error("not-allowed", what, "Names of Workflows are unique.")
    seen.setdefault(name, class_name)


def _read_class(name: str, item: Node) -> str | None:
    """Return the storage of a live class, None for one that is gone or faulty."""
    if not name:
        item.error("empty", 'A class in "exports" needs a name.', key=True)
    state = item.choice("state", tuple(_STATES)) if item.has("state") else "created"
    if state is None:
        return None
    fields = _STATES[state]
    for key in item.value:
        if key not in fields and key not in ("type", "state"):
            what = f'"{item.label}" is {state}, so it must not have "{key}".'
            item.child(key).error("not-allowed", what, key=True)
    for key, check in fields.items():
        if item.has(key):
            check(item.child(key))
        elif key not in _OPTIONAL:
            item.require(key, (*fields, "type", "state"))
    _check_target(name, item)
    if item.has("container") and item.value.get("storage") == "legacy-kv":
        what = f'"{item.label}.container" needs the storage "sqlite".'
        item.child("container").error("not-allowed", what, key=True)
    storage: Any = item.value.get("storage")
    return storage if "storage" in fields and isinstance(storage, str) else None


def _check_target(name: str, item: Node) -> None:
    target = item.child("renamed_to")
    if not isinstance(target.value, str) or not target.value:
        return
    if target.value == name:
        target.error("not-allowed", f'"{target.label}" is the name that the class has already.')
    elif not _IDENTIFIER.fullmatch(target.value):
        target.error("not-allowed", f'"{target.label}" cannot be the name of a class: "{target.value}".')


def check_containers(containers: Node, exports: Node) -> None:
    """Report containers and classes that name each other in vain."""
    items = [item for item in containers.items() if isinstance(item.value, dict)] if containers.value else []
    names = [item.value.get("name") for item in items]
    wanted = {}
    for _, item in exports.entries() if isinstance(exports.value, dict) else ():
        name = item.value.get("container") if isinstance(item.value, dict) else None
        if isinstance(name, str) and name:
            wanted[name] = item.child("container")
    for name, node in wanted.items():
        if name not in names and containers.exists:
            node.error("container", f'"{node.label}" names the container "{name}", which "containers" does not have.')
    for item in items:
        if not item.has("class_name") and item.value.get("name") not in wanted:
            what = f'"{item.label}" belongs to no Durable Object class.'
            item.error("container", what, 'Add "class_name".', key=True)
