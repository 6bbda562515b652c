"""Reading all keys of one level (the top level, or with the selected environment on it) into model objects."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pywrangler.config import bindings, core, durable
from pywrangler.config.exports import check_containers, read_exports
from pywrangler.config.previews import PREVIEWS
from pywrangler.config.queues import read_consumers
from pywrangler.config.settings import INHERITED_SETTINGS, OWN_SETTINGS, TOP_SETTINGS, UNSAFE

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.config.diagnostics import Node, Report
    from pywrangler.config.document import Trail
    from pywrangler.config.environments import Layers
    from pywrangler.config.model import (
        Assets,
        DurableObjectBinding,
        DurableObjectClass,
        OtherBinding,
        QueueConsumer,
        Rule,
        ServiceBinding,
    )


class Named(NamedTuple):
    """A name in `env`, what kind of binding has it, and where."""

    name: str
    label: str
    trail: Trail


@dataclass(slots=True)
class Level:
    """What one reading of the keys gives."""

    durable_objects: tuple[DurableObjectBinding, ...] = ()
    classes: tuple[DurableObjectClass, ...] = ()
    services: tuple[ServiceBinding, ...] = ()
    consumers: tuple[QueueConsumer, ...] = ()
    others: tuple[OtherBinding, ...] = ()
    assets: Assets | None = None
    assets_directory: Node | None = None
    tail_consumers: tuple[str, ...] = ()
    crons: tuple[str, ...] = ()
    vars: dict[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] | None = None
    rules: tuple[Rule, ...] = ()
    route_host: str | None = None
    zone_name: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    names: list[Named] = field(default_factory=list)


def read_level(layers: Layers, config_path: Path, *, environment: str | None) -> Level:
    """Read every key that a level can hold."""
    level = Level()
    base = layers.top.report.document.path.parent
    _read_settings(layers, level)
    level.rules = core.read_rules(layers.inherited("rules"))
    level.route_host = core.read_routes(layers.inherited("route"), layers.inherited("routes"))
    level.zone_name = core.zone_name(layers.inherited("route"), layers.inherited("routes"))
    level.crons = core.read_crons(layers.inherited("triggers"))
    level.assets, level.assets_directory = core.read_assets(layers.inherited("assets"), base)
    _read_own_bindings(layers, level)
    _read_classes(layers, level, effective_name(layers, config_path, environment))
    level.vars = core.read_vars(layers.own("vars"))
    level.names += [Named(name, "Environment Variable", (*layers.own("vars").trail, name)) for name in level.vars]
    level.secrets = core.read_secrets(layers.own("secrets"))
    _check_names(layers.top.report, level, layers.own("secrets"))
    return level


def _read_settings(layers: Layers, level: Level) -> None:
    account = layers.inherited("account_id")
    if account.value == "":
        account.warning("empty", f'"{account.label}" is empty and ignored.')
    nodes = {
        **{key: (layers.inherited(key), check) for key, check in INHERITED_SETTINGS.items()},
        **{key: (layers.own(key), check) for key, check in OWN_SETTINGS.items()},
        **{key: (layers.top.child(key), check) for key, check in TOP_SETTINGS.items()},
    }
    for key, (node, check) in nodes.items():
        if node.exists:
            check(node)
            level.settings[key] = node.value
    previews = layers.inherited("previews")
    if previews.exists:
        PREVIEWS(previews)
    for key in ("previews", "route", "routes", "triggers", "migrations", "exports"):
        node = layers.inherited(key)
        if node.exists:
            level.settings[key] = node.value


def _read_own_bindings(layers: Layers, level: Level) -> None:
    others: list[OtherBinding] = []
    queues = layers.own("queues")
    if queues.exists and queues.is_object():
        queues.known(("producers", "consumers"))
        level.consumers = read_consumers(queues.child("consumers"))
    for kind in bindings.SHAPES:
        node = queues.child("producers") if kind == "queues.producers" else layers.own(kind)
        if node.exists:
            found = bindings.read_shape(kind, node)
            others += found
            level.names += [Named(item.name, bindings.SHAPES[kind].label, node.trail) for item in found]
    services = layers.own("services")
    level.services = bindings.read_services(services)
    level.names += [Named(item.binding, "Worker", services.trail) for item in level.services]
    if level.assets and level.assets.binding:
        level.names.append(Named(level.assets.binding, "Assets", (*layers.inherited("assets").trail, "binding")))
    for kind in ("wasm_modules", "text_blobs", "data_blobs"):
        node = layers.top.child(kind)
        found = bindings.read_files(kind, node)
        others += found
        level.names += [Named(item.name, kind, (*node.trail, item.name)) for item in found]
    unsafe = layers.own("unsafe")
    if unsafe.exists and unsafe.is_object():
        unsafe.warning("unsafe", '"unsafe" fields are experimental and may change or break at any time.', key=True)
        UNSAFE(unsafe)
        found = bindings.read_unsafe(unsafe)
        others += found
        level.names += [Named(item.name, "Unsafe Metadata", unsafe.trail) for item in found]
    level.others = tuple(others)
    level.tail_consumers = core.read_tails(layers.own("tail_consumers"))


def _read_classes(layers: Layers, level: Level, name: str) -> None:
    node = layers.own("durable_objects")
    found = durable.read_bindings(node) if node.exists else ()
    # A script_name that is the Worker's own means a class of this Worker (spec/registry.md, section 3).
    level.durable_objects = tuple(
        item if item.script_name != name else type(item)(item.name, item.class_name, None, item.place) for item in found
    )
    level.names += [Named(item.name, "Durable Object", node.trail) for item in found]
    migrations, exports = layers.inherited("migrations"), layers.inherited("exports")
    declared = durable.read_migrations(migrations)
    exported = read_exports(exports)
    check_containers(layers.own("containers"), exports)
    if exported and migrations.exists and migrations.value:
        what = f'"{migrations.label}" and Durable Object classes in "{exports.label}" exclude each other.'
        migrations.error("not-allowed", what, "Keep one of them.", key=True)
    items = node.child("bindings").value if node.exists else None
    trails = {
        item.get("class_name"): node.child("bindings").child(index).child("class_name")
        for index, item in enumerate(items if isinstance(items, list) else [])
        if isinstance(item, dict) and isinstance(item.get("class_name"), str)
    }
    local = [(item.class_name, trails[item.class_name]) for item in level.durable_objects if item.script_name is None]
    level.classes = durable.local_classes({**declared, **exported}, local, is_declarative=bool(exported))


def _check_names(report: Report, level: Level, secrets: Node) -> None:
    labels: dict[str, list[Named]] = {}
    required = [Named(name, "Secret", secrets.trail) for name in level.secrets or ()]
    for named in (*level.names, *required):
        labels.setdefault(named.name, []).append(named)
    for name, uses in labels.items():
        if len(uses) < 2:
            continue
        kinds = list(dict.fromkeys(use.label for use in uses))
        what = f"{name} assigned to multiple {kinds[0]} bindings."
        if len(kinds) > 1:
            what = f"{name} assigned to {', '.join(kinds[:-1])} and {kinds[-1]} bindings."
        report.error("duplicate-binding", _trail_of(uses[-1], report), what, "Names of bindings must be unique.")


def _trail_of(named: Named, report: Report) -> Trail:
    """Return where the name itself stands: arrays of bindings only gave their own trail."""
    node: Any = report.document.value
    for key in named.trail:
        node = node[key]
    if isinstance(node, dict) and named.label == "Durable Object":
        node, trail = node.get("bindings"), (*named.trail, "bindings")
    else:
        trail = named.trail
    if isinstance(node, list):
        for index in range(len(node) - 1, -1, -1):
            item = node[index]
            for key in ("binding", "name"):
                if isinstance(item, dict) and item.get(key) == named.name:
                    return (*trail, index, key)
    return trail


def effective_name(layers: Layers, config_path: Path, environment: str | None) -> str:
    """Return the name for the registry; a stable stand-in if the config has none."""
    if layers.env is not None and isinstance(layers.env.value.get("name"), str) and layers.env.value["name"]:
        return str(layers.env.value["name"])
    top = layers.top.value.get("name")
    name = top if isinstance(top, str) and top else f"unnamed-{uuid.uuid5(uuid.NAMESPACE_URL, str(config_path))}"
    return f"{name}-{environment}" if environment else name
