"""The table of a Worker's bindings that `dev` shows (spec/cli.md, section 2; spec/dev-vars.md, section 6).

Values of secrets, of everything from a file or the process environment, and of `--var` are never part of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.config.bindings import SHAPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pywrangler.cli.style import Style
    from pywrangler.config.model import OtherBinding, Resolved, Variable
    from pywrangler.session.reports import Link

GAP = 6
NARROW_GAP = 4
VALUE_LIMIT = 40
_LAST_BEFORE_SERVICES = "r2_buckets"
_HEAD = ("Binding", "Resource", "Mode")


@dataclass(frozen=True, slots=True)
class Row:
    """One binding."""

    name: str
    value: str
    """What it leads to, without parentheses; may be empty."""
    resource: str
    mode: str = "local"
    link: Link | None = None


def rows(resolved: Resolved, links: Mapping[str, Link]) -> list[Row]:
    """Return the rows in the order of the table."""
    worker = resolved.worker
    order = list(SHAPES)
    early = order[: order.index(_LAST_BEFORE_SERVICES) + 1]
    objects = [
        Row(
            item.name,
            item.class_name if item.script_name is None else f"{item.class_name}, defined in {item.script_name}",
            "Durable Object",
            link=links.get(item.name),
        )
        for item in worker.durable_objects
    ]
    services = [
        Row(
            item.binding,
            item.service + (f"#{item.entrypoint}" if item.entrypoint else ""),
            "Worker",
            link=links.get(item.binding),
        )
        for item in worker.services
    ]
    others = sorted(worker.others, key=lambda item: order.index(item.kind) if item.kind in SHAPES else len(order))
    before = [_other(item) for item in others if item.kind in early]
    after = [_other(item) for item in others if item.kind not in early]
    assets = [Row(worker.assets.binding, "", "Assets")] if worker.assets and worker.assets.binding else []
    variables = [Row(item.name, _variable(item), "Environment Variable") for item in resolved.variables]
    return [*objects, *before, *services, *after, *assets, *variables]


def lay_out(table: list[Row], style: Style, width: int) -> list[str]:
    """Return the lines of the table, its head included; names and values on two lines if they do not fit in one."""
    names = [f"env.{row.name}" for row in table]
    values = [f"({row.value})" if row.value else "" for row in table]
    first = max(len(_HEAD[0]), *(len(f"{name} {value}".rstrip()) for name, value in zip(names, values, strict=True)))
    second = max(len(_HEAD[1]), *(len(row.resource) for row in table))
    third = max(len(_mode(row)) for row in table)
    is_narrow = first + second + third + 2 * GAP > width
    gap = NARROW_GAP if is_narrow else GAP
    if is_narrow:
        first = max(len(_HEAD[0]), *map(len, names))
    dim = style.paint(_HEAD[0].ljust(first + gap) + _HEAD[1].ljust(second + gap) + _HEAD[2], "dim")
    lines = [dim]
    for row, name, value in zip(table, names, values, strict=True):
        shown = name if is_narrow else f"{name} {value}".rstrip()
        painted = style.paint(name, "bold") + ("" if is_narrow or not value else f" {value}")
        padding = " " * (first - len(shown) + gap)
        lines.append(painted + padding + row.resource.ljust(second + gap) + _painted_mode(row, style))
        if is_narrow and value:
            lines.append(f"  {value}")
    return lines


def _mode(row: Row) -> str:
    return f"{row.mode} [{row.link}]" if row.link else row.mode


def _painted_mode(row: Row, style: Style) -> str:
    mode = style.paint(row.mode, "blue" if row.mode == "local" else "yellow")
    return f"{mode} {painted_link(row.link, style)}" if row.link else mode


def painted_link(link: Link, style: Style) -> str:
    """Return `[connected]` in green, anything else in red."""
    return style.paint(f"[{link}]", "green" if link == "connected" else "red")


def _variable(variable: Variable) -> str:
    if variable.source != "vars" or variable.kind == "secret":
        return '"(hidden)"'
    if variable.kind == "text":
        return f'"{_cut(str(variable.value))}"'
    return _cut(json.dumps(variable.value, separators=(",", ":"), ensure_ascii=False))


def _cut(text: str) -> str:
    text = text.replace("\r", "\\r").replace("\n", "\\n")
    return text if len(text) < VALUE_LIMIT else text[: VALUE_LIMIT - 3] + "..."


def _other(binding: OtherBinding) -> Row:
    shape = SHAPES.get(binding.kind)
    label = shape.label if shape is not None else binding.kind
    is_missing = binding.kind == "wasm_modules" if shape is None else shape.where != "local"
    mode = "mock" if binding.mock is not None else "not supported" if is_missing else "local"
    describe = _VALUES.get(binding.kind)
    return Row(binding.name, describe(binding.data) if describe is not None else "", label, mode)


def _first(*keys: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda data: str(next((data[key] for key in keys if data.get(key)), ""))


def _ratelimit(data: Mapping[str, Any]) -> str:
    simple = data.get("simple") or {}
    return f"{simple.get('limit')} requests/{simple.get('period')}s"


def _email(data: Mapping[str, Any]) -> str:
    allowed = data.get("allowed_destination_addresses") or ()
    shown = str(data.get("destination_address") or ", ".join(map(str, allowed)) or "unrestricted")
    senders = data.get("allowed_sender_addresses") or ()
    return f"{shown} - senders: {', '.join(map(str, senders))}" if senders else shown


def _workflow(data: Mapping[str, Any]) -> str:
    script = data.get("script_name")
    return f"{data.get('class_name')} (defined in {script})" if script else str(data.get("class_name"))


_VALUES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "workflows": _workflow,
    "kv_namespaces": _first("preview_id", "id"),
    "send_email": _email,
    "queues.producers": _first("queue"),
    "d1_databases": _first("preview_database_id", "database_name", "database_id"),
    "vectorize": _first("index_name"),
    "hyperdrive": _first("id"),
    "r2_buckets": _first("preview_bucket_name", "bucket_name"),
    "analytics_engine_datasets": _first("dataset"),
    "ratelimits": _ratelimit,
    "dispatch_namespaces": _first("namespace"),
    "mtls_certificates": _first("certificate_id"),
    "pipelines": _first("stream", "pipeline"),
    "secrets_store_secrets": lambda data: f"{data.get('store_id')}/{data.get('secret_name')}",
}
