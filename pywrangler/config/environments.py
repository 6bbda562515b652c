"""Which keys exist, which of them environments inherit, and which level gives a key its value.

Inheritable keys: the environment's value, else the top level's; no merging. All bindings, `vars` and some others are
not inherited: the environment's value or nothing, with a warning where the top level has more (spec/config.md,
section 4). `env`, `dev` and a few more belong to the top level only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.config.bindings import SHAPES
from pywrangler.config.diagnostics import Node, show
from pywrangler.config.settings import INHERITED_SETTINGS, OWN_SETTINGS, TOP_SETTINGS
from pywrangler.config.shapes import is_nothing
from pywrangler.config.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

INHERITED = frozenset({
    *INHERITED_SETTINGS, "name", "main", "compatibility_date", "compatibility_flags", "rules", "build", "route",
    "routes", "triggers", "migrations", "exports", "assets", "previews",
})  # fmt: skip

ARRAYS = {key: shape.name for key, shape in SHAPES.items() if not shape.single and "." not in key}
"""Keys that hold an array of bindings, with the field that names each."""
ARRAYS["services"] = "binding"

OWN = frozenset({
    *ARRAYS, *OWN_SETTINGS, *(key for key, shape in SHAPES.items() if shape.single), "vars", "secrets",
    "durable_objects", "queues", "tail_consumers", "unsafe",
})  # fmt: skip

TOP_ONLY = frozenset({
    *TOP_SETTINGS, "env", "dev", "wasm_modules", "text_blobs", "data_blobs", "pages_build_output_dir", "legacy_env",
    "node_compat",
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

    def effective(self, key: str) -> Node:
        """Return the node of any key, from the level that it counts on."""
        return self.top.child(key) if key in TOP_ONLY else self.own(key) if key in OWN else self.inherited(key)


def select(top: Node, environment: str | None) -> Layers:
    """Return the layers for an environment; report one that does not exist."""
    if not environment:
        return Layers(top, None, None)
    environments = top.child("env")
    names = list(environments.value) if isinstance(environments.value, dict) else []
    if environment in names:
        chosen = environments.child(environment)
        return Layers(top, chosen if chosen.is_object() else None, environment)
    if environments.exists and not is_nothing(environments.value):
        listed = ", ".join(f'"{name}"' for name in names) or "none"
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
    if not env.has("routes"):
        _check_inherited_domains(top.child("routes"), env)


def _check_inherited_domains(routes: Node, env: Node) -> None:
    items = routes.value if isinstance(routes.value, list) else []
    domains = [
        show(item.get("pattern")) for item in items if isinstance(item, dict) and item.get("custom_domain") is True
    ]
    if domains:
        routes.warning(
            "inherited-domain",
            f'"{env.label}" inherits "routes" with the custom domain {", ".join(domains)}.',
            f'A deploy takes the domain from the top-level Worker: add "routes": [] to "{env.label}", or its own.',
            key=True,
        )


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
    if key in ("vars", "define") and isinstance(value, dict):
        yield from value
        return
    field = ARRAYS.get(key, "")
    if key in ("durable_objects", "unsafe") and isinstance(value, dict):
        value, field = value.get("bindings"), "name"
    if field and isinstance(value, list):
        for item in value:
            name = item.get(field) if isinstance(item, dict) else None
            if isinstance(name, str):
                yield name
