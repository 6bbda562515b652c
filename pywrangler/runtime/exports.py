"""What a Worker's main module exports: Durable Object classes, entrypoints, workflows and module-level handlers.

Source: spec/workers-module.md, section 6. Classes are recognised by the `_pywrangler_kind` mark that the base classes
of the `workers` module carry, so this part needs not import them.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pywrangler.config import handlers
from pywrangler.config.model import Compat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

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
    ignored: tuple[str, ...] = ()
    """Functions of the module that look like handlers and are none."""
    compat: Compat = field(default_factory=lambda: Compat(""))

    @property
    def default_handlers(self) -> tuple[str, ...]:
        """Events that the default export handles."""
        default = self.entrypoints.get("default")
        if default is None:
            return tuple(self.handlers)
        return tuple(
            name for name in EVENT_HANDLERS if callable(getattr(default, handlers.method_name(name, self.compat), None))
        )

    def misnamed(self) -> Iterator[tuple[type, str, str]]:
        """Yield each class with a method that the platform calls by another name, and that name."""
        for kind in (*self.entrypoints.values(), *self.objects.values()):
            is_object = kind in self.objects.values()
            yield from ((kind, *names) for names in handlers.misnamed(dir(kind), self.compat, is_object=is_object))

    def advice(self, kind: type | None, event: str) -> str:
        """Return why an event finds no handler in a class, or in none, and what to do; empty if nothing is known."""
        called = handlers.method_name(event, self.compat)
        if kind is not None:
            for found, method, wanted in self.misnamed():
                if found is kind and wanted == called:
                    return " ".join(handlers.explain_misnamed(kind.__name__, method, wanted, self.compat))
        if f"on_{event}" in self.ignored:
            has_class = "default" in self.entrypoints
            return " ".join(handlers.explain_function(f"on_{event}", self.compat, has_class=has_class))
        return ""


def scan(module: ModuleType, compat: Compat) -> Exports:
    """Return what `module` exports. Functions of the module are handlers at old dates, unless there is a `Default`."""
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    functions = tuple(name for name in (*handlers.FUNCTIONS, *handlers.NEVER) if callable(getattr(module, name, None)))
    exports = Exports(compat=compat)
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
    if compat.module_handlers and "default" not in exports.entrypoints:
        for name in functions:
            if name in handlers.FUNCTIONS:
                exports.handlers[name.removeprefix("on_")] = getattr(module, name)
    taken = {f"on_{name}" for name in exports.handlers}
    return replace(exports, ignored=tuple(name for name in functions if name not in taken))
