"""Which keys exist, which of them environments inherit, and which level gives a key its value.

Inheritable keys: the environment's value, else the top level's; no merging. All bindings, `vars` and some others are
not inherited: the environment's value or nothing, with a warning where the top level has more (spec/config.md,
section 4). `env`, `dev` and a few more belong to the top level only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.config.bindings import SHAPES
from pywrangler.config.diagnostics import Node
from pywrangler.config.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

STRING, BOOLEAN, OBJECT, ARRAY, ANY = str, bool, dict, list, object

SETTINGS: dict[str, type] = {
    "account_id": STRING,
    "base_dir": STRING,
    "find_additional_modules": BOOLEAN,
    "preserve_file_names": BOOLEAN,
    "no_bundle": BOOLEAN,
    "minify": BOOLEAN,
    "keep_names": BOOLEAN,
    "python_modules": OBJECT,
    "tsconfig": STRING,
    "jsx_factory": STRING,
    "jsx_fragment": STRING,
    "workers_dev": BOOLEAN,
    "preview_urls": BOOLEAN,
    "limits": OBJECT,
    "placement": OBJECT,
    "logpush": BOOLEAN,
    "upload_source_maps": BOOLEAN,
    "observability": OBJECT,
    "access": ANY,
    "cache": ANY,
    "compliance_region": STRING,
    "first_party_worker": BOOLEAN,
    "logfwdr": OBJECT,
    "previews": ANY,
}
"""Inheritable keys that are only checked for their type; `WorkerConfig.settings` holds them."""

INHERITED = frozenset({
    *SETTINGS, "name", "main", "compatibility_date", "compatibility_flags", "rules", "build", "route", "routes",
    "triggers", "migrations", "exports", "assets",
})  # fmt: skip

ARRAYS = {key: shape.name for key, shape in SHAPES.items() if not shape.single and "." not in key}
"""Keys that hold an array of bindings, with the field that names each."""
ARRAYS["services"] = "binding"

OWN = frozenset({
    *ARRAYS, *(key for key, shape in SHAPES.items() if shape.single), "vars", "secrets", "durable_objects", "queues",
    "define", "tail_consumers", "streaming_tail_consumers", "cloudchamber", "containers", "unsafe", "connect",
})  # fmt: skip

TOP_ONLY = frozenset({
    "$schema", "alias", "env", "dev", "site", "wasm_modules", "text_blobs", "data_blobs", "keep_vars", "send_metrics",
    "dependencies_instrumentation", "addresses", "pages_build_output_dir", "legacy_env", "node_compat",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layers:
    """The top level and the selected environment, if any."""

    top: Node
    env: Node | None
    name: str | None
    """The name of the environment, also of one that the config does not define."""

    def inherited(self, key: str) -> Node:
        """Return the node of an inheritable key."""
        return self.env.child(key) if self.env is not None and self.env.has(key) else self.top.child(key)

    def own(self, key: str) -> Node:
        """Return the node of a key that is not inherited."""
        return (self.env or self.top).child(key)


def select(top: Node, environment: str | None) -> Layers:
    """Return the layers for an environment; report one that does not exist."""
    if not environment:
        return Layers(top, None, None)
    environments = top.child("env")
    names = list(environments.value) if isinstance(environments.value, dict) else []
    if environment in names:
        chosen = environments.child(environment)
        return Layers(top, chosen if chosen.is_object() else None, environment)
    if names:
        listed = ", ".join(f'"{name}"' for name in names)
        near = did_you_mean(environment, names)
        environments.error(
            "unknown-environment",
            f'No environment found in the configuration with name "{environment}".',
            f"{near} The configured environments are {listed}.".strip(),
            key=True,
        )
    else:
        top.warning(
            "unknown-environment",
            f'The configuration has no environments; "{environment}" uses the top level.',
            f'Add an "env" object with "{environment}", or leave --env away.',
        )
    return Layers(top, None, environment)


def check_keys(layers: Layers) -> None:
    """Warn about unknown keys, and about those that the environment does not inherit."""
    top, env = layers.top, layers.env
    known = INHERITED | OWN | TOP_ONLY
    top.known(known)
    if env is None:
        return
    env.known(known)
    for key in env.value:
        if key in TOP_ONLY:
            what = f'"{key}" counts at the top level only; in "{env.label}" it is ignored.'
            env.child(key).warning("top-level-only", what, key=True)
    for key in top.value:
        if key in OWN:
            _check_not_inherited(key, top.child(key), env)


def _check_not_inherited(key: str, top: Node, env: Node) -> None:
    if not env.has(key):
        top.warning(
            "not-inherited",
            f'"{key}" exists at the top level, but not on "{env.label}".',
            f'Environments do not inherit it: add "{key}" to "{env.label}", with what it needs there.',
            key=True,
        )
        return
    mine = set(_names(key, env.child(key).value))
    missing = [name for name in _names(key, top.value) if name not in mine]
    if missing:
        listed = ", ".join(f'"{name}"' for name in dict.fromkeys(missing))
        env.child(key).warning(
            "not-inherited",
            f'"{top.label}" names {listed} at the top level, but "{env.label}.{key}" does not.',
            "Environments do not inherit it.",
            key=True,
        )


def _names(key: str, value: Any) -> Iterator[str]:
    if key == "vars" and isinstance(value, dict):
        yield from value
        return
    field = ARRAYS.get(key, "")
    if key == "durable_objects" and isinstance(value, dict):
        value, field = value.get("bindings"), "name"
    if field and isinstance(value, list):
        for item in value:
            name = item.get(field) if isinstance(item, dict) else None
            if isinstance(name, str):
                yield name
