"""Whether the platform can call what a Worker exports, and whether the config names what is there.

Rules (spec/workers-module.md, section 6; spec/durable-objects.md, section 4):
- `fetch` gets the request only, and needs no more; surplus arguments are dropped, so `fetch(self)` works;
- `scheduled`, `queue`, `email`, `tail` and `trace` of an entrypoint get exactly three arguments, of which the last two
  are None: bindings are in `self.env`, the context in `self.ctx`;
- which names it looks for depends on the compatibility date: `pywrangler.config.handlers`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pywrangler.config import handlers
from pywrangler.errors import Place, Problem
from pywrangler.fidelity.exports import ExportedClass, Exports, Function, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pywrangler.config.model import Compat, WorkerConfig
    from pywrangler.fidelity.modules import Project
    from pywrangler.fidelity.source import Severity, Source

STRICT_EVENTS = {
    "scheduled": "controller",
    "queue": "batch",
    "email": "message",
    "tail": "events",
    "trace": "events",
}
_STRICT_COUNT = 3
_NOUNS: dict[Kind, str] = {
    "object": "a Durable Object",
    "entrypoint": "a WorkerEntrypoint",
    "workflow": "a WorkflowEntrypoint",
}
_RELAXED = {"fetch": 1, "alarm": 1, "webSocketMessage": 2, "webSocketClose": 4, "webSocketError": 2}


def check_signatures(exports: Exports, worker: WorkerConfig) -> Iterator[Problem]:
    """Yield a finding for each handler that the platform calls with other arguments than it takes."""
    for found in exports.classes.values():
        if found.kind == "workflow":
            continue
        yield from _names(found, worker.compat)
        for method, (source, function) in found.methods.items():
            name = method.removeprefix("on_") if worker.compat.module_handlers else method
            if handlers.method_name(name, worker.compat) != method:
                continue
            if name in _RELAXED and (found.kind == "object" or name == "fetch"):
                yield from _relaxed(source, function, _RELAXED[name], found.name)
            elif name in STRICT_EVENTS and found.kind == "entrypoint":
                yield from _strict(source, function)
    has_class = exports.default is not None or exports.may_have("Default")
    for name, (source, function) in exports.functions.items():
        if name in _called_functions(exports, worker):
            continue
        what, remedy = handlers.explain_function(name, worker.compat, has_class=exports.default is not None)
        severity: Severity = "warning" if has_class else "error"
        yield source.problem("legacy-handlers", _head(function), what, remedy, severity)


def _names(found: ExportedClass, compat: Compat) -> Iterator[Problem]:
    """Yield a finding for each method that the platform calls by another name at this date."""
    for method, called in handlers.misnamed(found.methods, compat, is_object=found.kind == "object"):
        source, function = found.methods[method]
        what, remedy = handlers.explain_misnamed(found.name, method, called, compat)
        yield source.problem("handler-name", _head(function), what, remedy)


def _called_functions(exports: Exports, worker: WorkerConfig) -> frozenset[str]:
    """Return the functions of the module that the platform calls."""
    if not worker.compat.module_handlers or exports.default is not None:
        return frozenset()
    return frozenset(exports.functions) & frozenset(handlers.FUNCTIONS)


def check_config(project: Project, exports: Exports, others: Mapping[str, Exports]) -> Iterator[Problem]:
    """Yield a finding for each class or entrypoint that the config names and the Worker does not export.

    `others` holds the exports of all Workers at hand by name, so that bindings to them are checked, too.
    """
    worker = project.worker
    everybody = {**others, worker.name: exports}
    for binding in worker.durable_objects:
        target = binding.script_name or worker.name
        yield from _named(everybody.get(target), "object", binding.class_name, binding.name, target, binding.place)
    for other in worker.others:
        class_name, script = other.data.get("class_name"), other.data.get("script_name")
        if other.kind == "workflows" and isinstance(class_name, str):
            target = script if isinstance(script, str) else worker.name
            yield from _named(everybody.get(target), "workflow", class_name, other.name, target, other.place)
    for service in worker.services:
        if service.entrypoint is not None:
            found = everybody.get(service.service)
            yield from _named(found, "entrypoint", service.entrypoint, service.binding, service.service, service.place)
    if project.main is None or exports.may_have("Default"):
        return
    yield from _handlers(worker, exports)
    if not exports.classes and not exports.functions:
        what = f"{project.main.path.name} exports no entrypoint."
        method = handlers.method_name("fetch", worker.compat)
        remedy = f"Define `class Default(WorkerEntrypoint)` with an `async def {method}(self, request)`."
        yield Problem("no-entrypoint", what, remedy, Place(project.main.path))


def _named(
    exports: Exports | None, kind: Kind, class_name: str, binding: str, target: str, place: Place | None
) -> Iterator[Problem]:
    if exports is None:
        return  # another Worker, not at hand
    found = exports.classes.get(class_name)
    if found is not None and found.kind == kind:
        return
    if found is not None:
        what = f'Binding {binding} needs {_NOUNS[kind]}, but "{class_name}" of {target} is {_NOUNS[found.kind]}.'
        yield Problem("class-kind", what, "", place)
    elif not exports.may_have(class_name):
        known = ", ".join(exports.of_kind(kind)) or "none"
        what = f'Binding {binding} names "{class_name}", which {target} does not export (it exports: {known}).'
        yield Problem("class-not-exported", what, "Define or import it in the main module, or correct it.", place)


def _handlers(worker: WorkerConfig, exports: Exports) -> Iterator[Problem]:
    """Yield a finding for each event that the config asks for and nothing handles."""
    default = exports.default
    functions = {name.removeprefix("on_") for name in _called_functions(exports, worker)}
    handled = functions if default is None else set(default.methods)
    wanted = {"scheduled": "triggers.crons", "queue": "queues.consumers"}
    asked = {"scheduled": bool(worker.crons), "queue": bool(worker.queue_consumers)}
    for event, key in wanted.items():
        if asked[event] and event not in handled:
            what = f'The config has "{key}", but the default entrypoint has no {event}().'
            remedy = f"Add `async def {event}(self, {STRICT_EVENTS[event]}, env, ctx)` to `class Default`."
            if functions:
                what = f'The config has "{key}", but there is no on_{event}().'
                remedy = f"Add `async def on_{event}({STRICT_EVENTS[event]}, env, ctx)`."
            yield Problem("no-handler", what, remedy, Place(worker.config_path))


# ---- signatures


def _relaxed(source: Source, function: Function, given: int, class_name: str) -> Iterator[Problem]:
    required = _required(function)
    if len(required) <= given:
        return
    names = ", ".join(required[given:])
    what = f"{function.name}() of {class_name} is called without {names}, which it requires."
    remedy = "Take the request only: `async def fetch(self, request)`; env is self.env, ctx is self.ctx."
    if function.name != "fetch":
        remedy = f"It gets {given} {'argument' if given == 1 else 'arguments'}; give the others a default."
    yield source.problem("signature", _head(function), what, remedy)


def _strict(source: Source, function: Function) -> Iterator[Problem]:
    positional = _positional(function)
    takes_any = function.args.vararg is not None
    first = STRICT_EVENTS[function.name]
    remedy = f"Write `async def {function.name}(self, {first}, env, ctx)`."
    if len(positional) < _STRICT_COUNT and not takes_any:
        what = f"{function.name}() is called with three arguments, but takes {len(positional)}."
        yield source.problem("signature", _head(function), what, remedy)
    elif len(_required(function)) > _STRICT_COUNT:
        what = f"{function.name}() is called with three arguments, but requires {len(_required(function))}."
        yield source.problem("signature", _head(function), what, remedy)
    for parameter, instead in zip(positional[1:_STRICT_COUNT], ("self.env", "self.ctx"), strict=False):
        used = next(
            (
                node
                for statement in function.body
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and node.id == parameter and isinstance(node.ctx, ast.Load)
            ),
            None,
        )
        if used is not None:
            what = f"The argument {parameter} of {function.name}() is None on Cloudflare."
            yield source.problem("none-argument", used, what, f"Use {instead}.")


def _positional(function: Function) -> list[str]:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    is_static = any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in function.decorator_list)
    return names if is_static else names[1:]


def _required(function: Function) -> list[str]:
    names = _positional(function)
    defaults = len(function.args.defaults)
    keyword_only = [
        argument.arg
        for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if default is None
    ]
    return [*(names[: len(names) - defaults] if defaults else names), *keyword_only]


def _head(function: Function) -> ast.AST:
    """Return the `def` line as a node: what is wrong is the signature, not the body."""
    end = function.body[0]
    node = ast.Name(function.name)
    node.lineno, node.col_offset = function.lineno, function.col_offset
    node.end_lineno = function.lineno
    node.end_col_offset = end.col_offset if end.lineno == function.lineno else 10_000
    return node
