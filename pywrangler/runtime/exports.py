"""What a Worker's main module exports: Durable Object classes, entrypoints, workflows and module-level handlers.

Source: spec/workers-module.md, section 6. Classes are recognised by the `_pywrangler_kind` mark that the base classes
of the `workers` module carry, so this part needs not import them.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from pywrangler.config.model import Compat

LEGACY_HANDLERS = ("on_fetch", "on_scheduled", "on_queue", "on_alarm", "on_trace", "on_pubsub", "on_email", "on_tail")
BASES = "workers.entrypoints"
"""Where the base classes are defined; `asgi.entrypoint` makes exports elsewhere in that package."""

EVENT_HANDLERS = ("fetch", "scheduled", "queue", "email", "tail", "trace", "test")


@dataclass(frozen=True, slots=True)
class Exports:
    """The exported names by kind; `default` is the key of the default entrypoint."""

    objects: dict[str, type] = field(default_factory=dict)
    entrypoints: dict[str, type] = field(default_factory=dict)
    workflows: dict[str, type] = field(default_factory=dict)
    handlers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    """Module-level handlers by event (`fetch`, `scheduled`, ...), for Workers of the old layout."""

    @property
    def default_handlers(self) -> tuple[str, ...]:
        """Events that the default export handles."""
        default = self.entrypoints.get("default")
        if default is not None:
            return tuple(
                name
                for name in EVENT_HANDLERS
                if callable(getattr(default, name, None)) or callable(getattr(default, f"on_{name}", None))
            )
        return tuple(self.handlers)


def scan(module: ModuleType, compat: Compat) -> Exports:
    """Return what `module` exports; TypeError if it has both a `Default` class and module-level handlers."""
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    exports = Exports()
    for name in names:
        value = getattr(module, name)
        kind = getattr(value, "_pywrangler_kind", None) if inspect.isclass(value) else None
        if kind is None or value.__module__ == BASES:
            continue  # the base classes themselves are importable from the main module, too
        if kind == "object":
            exports.objects[value.__name__] = value
        elif kind == "workflow":
            exports.workflows[value.__name__] = value
        else:
            exports.entrypoints["default" if value.__name__ == "Default" else value.__name__] = value
    if compat.module_handlers:
        for name in LEGACY_HANDLERS:
            handler = getattr(module, name, None)
            if callable(handler):
                exports.handlers[name.removeprefix("on_")] = handler
        if exports.handlers and "default" in exports.entrypoints:
            raise TypeError("Cannot define multiple default entrypoints")
    return exports


def legacy_names(module: ModuleType) -> tuple[str, ...]:
    """Return the module-level handlers that a newer compatibility date ignores, for a hint."""
    return tuple(name for name in LEGACY_HANDLERS if callable(getattr(module, name, None)))
