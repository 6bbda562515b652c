"""Which handlers the platform looks for, by compatibility date and flags, and what to do where there are others.

Source: `makeEntrypointProxyHandler` and `initPython` in workerd's src/pyodide/python-entrypoint-helper.ts.

- From 2025-08-14 on, or with `python_no_global_handlers`: the methods of classes, `class Default` first.
- Before, or with `disable_python_no_global_handlers`: functions of the main module with the prefix `on_`, as long as
  there is no `class Default`. Some methods of classes have the prefix then, too; others never have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pywrangler.config.model import Compat

SINCE = "2025-08-14"
CLASSES_FLAG = "python_no_global_handlers"
FUNCTIONS_FLAG = "disable_python_no_global_handlers"

PREFIXED = ("fetch", "connect", "alarm", "webSocketMessage", "webSocketClose", "webSocketError")
"""Methods that have the prefix in classes where functions of the module are handlers."""
EVENTS = ("scheduled", "queue", "email", "tail", "trace")
"""Methods of entrypoints that have no prefix at any date."""
FUNCTIONS = ("on_fetch", "on_scheduled", "on_queue", "on_alarm", "on_trace", "on_pubsub")
"""Functions of a main module that are handlers at old dates."""
NEVER = ("on_email", "on_tail")
"""Functions that look like handlers, but are not at any date."""

SIGNATURES = {
    "fetch": "fetch(self, request)",
    "scheduled": "scheduled(self, controller, env, ctx)",
    "queue": "queue(self, batch, env, ctx)",
    "email": "email(self, message, env, ctx)",
    "tail": "tail(self, events, env, ctx)",
    "trace": "trace(self, events, env, ctx)",
}


def method_name(name: str, compat: Compat) -> str:
    """Return what the platform calls a handler of a class: `fetch`, or `on_fetch` at old dates."""
    return f"on_{name}" if compat.module_handlers and name in PREFIXED else name


def cause(compat: Compat) -> str:
    """Return what decides where handlers are looked for: "at compatibility date 2025-08-01"."""
    flag = FUNCTIONS_FLAG if compat.module_handlers else CLASSES_FLAG
    return f'with the compatibility flag "{flag}"' if flag in compat.flags else f"at compatibility date {compat.date}"


def way_to_classes(compat: Compat) -> str:
    """Return how to have the platform call `fetch` of `class Default`, where it does not."""
    if FUNCTIONS_FLAG not in compat.flags:
        return f'set compatibility_date to {SINCE} or later, or add the compatibility flag "{CLASSES_FLAG}"'
    rest = "" if compat.date >= SINCE else f" and set compatibility_date to {SINCE} or later"
    return f'remove the compatibility flag "{FUNCTIONS_FLAG}"{rest}'


def way_to_functions(compat: Compat) -> str:
    """Return how to have the platform call functions of the module, where it does not."""
    if CLASSES_FLAG not in compat.flags:
        return f'add the compatibility flag "{FUNCTIONS_FLAG}"'
    rest = "" if compat.date < SINCE else f' and add "{FUNCTIONS_FLAG}"'
    return f'remove the compatibility flag "{CLASSES_FLAG}"{rest}'


def misnamed(methods: Collection[str], compat: Compat, *, is_object: bool) -> Iterator[tuple[str, str]]:
    """Yield the methods of a class that are handlers by another name, each with the name that the platform calls."""
    for name in PREFIXED if is_object else ("fetch", "connect", *EVENTS):
        called = method_name(name, compat)
        other = name if called != name else f"on_{name}"
        if other in methods and called not in methods:
            yield other, called


def explain_misnamed(class_name: str, method: str, called: str, compat: Compat) -> tuple[str, str]:
    """Return what is wrong with a method that the platform calls by another name, and what to do."""
    if called.removeprefix("on_") in PREFIXED:
        what = f"{class_name} defines {method}(), but {cause(compat)} the platform calls {called}()."
        way = way_to_classes(compat) if compat.module_handlers else way_to_functions(compat)
        return what, f"Rename it to {called}, or {way}."
    return f"{class_name} defines {method}(), but the platform calls {called}().", f"Rename it to {called}."


def explain_function(function: str, compat: Compat, *, has_class: bool) -> tuple[str, str]:
    """Return why the platform does not call a function of the main module, and what to do."""
    name = function.removeprefix("on_")
    method = method_name(name, compat)
    signature = SIGNATURES.get(name, f"{name}(self)").replace(f"{name}(", f"{method}(", 1)
    where = "class Default" if has_class else "`class Default(WorkerEntrypoint)`"
    remedy = f"Move it into {where} as `async def {signature}`; there env is self.env, and ctx is self.ctx"
    if function in NEVER:
        return f"{function}() at module level is no handler at any date.", f"{remedy}."
    if compat.module_handlers:
        return f"{function}() at module level is ignored because there is a class Default.", f"{remedy}."
    what = f"{function}() at module level is ignored {cause(compat)}: the platform calls {method}() of class Default."
    if has_class:
        return what, f"{remedy}."
    return what, f"{remedy}; or {way_to_functions(compat)}."
