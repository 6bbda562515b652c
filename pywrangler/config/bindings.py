"""All kinds of bindings but Durable Objects: one `Shape` per config key (spec/config.md, section 6).

There is no proxy to the account here: `remote: true` is a warning, then the local simulation serves. Kinds that exist
in the account only are loaded as well; their methods fail when called, and a warning says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pywrangler.config.diagnostics import show
from pywrangler.config.model import OtherBinding, QueueConsumer, ServiceBinding

if TYPE_CHECKING:
    from pywrangler.config.diagnostics import Node

BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
WORKFLOW = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,63}")

Kind = Literal["string", "boolean", "number", "object", "strings", "array"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Entries of one key: `fields` to JSON type, which are `required`, and the field that holds the name in `env`."""

    label: str
    fields: dict[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    name: str = "binding"
    single: bool = False
    """The key holds one object, not an array."""
    where: Literal["local", "account"] = "local"
    open: bool = False
    """Any further field is taken as it is."""


_REMOTE: dict[str, Kind] = {"remote": "boolean"}


def _account(
    label: str, fields: dict[str, Kind] | None = None, required: tuple[str, ...] = (), *, single: bool = False
) -> Shape:
    return Shape(label, {**(fields or {}), **_REMOTE}, required, single=single, where="account", open=True)


SHAPES: dict[str, Shape] = {
    "workflows": Shape(
        "Workflow",
        {"name": "string", "class_name": "string", "script_name": "string", "limits": "object", **_REMOTE},
        ("name", "class_name"),
        open=True,
    ),
    "kv_namespaces": Shape("KV Namespace", {"id": "string", "preview_id": "string", **_REMOTE}),
    "send_email": Shape(
        "Send Email",
        {
            "destination_address": "string",
            "allowed_destination_addresses": "strings",
            "allowed_sender_addresses": "strings",
            **_REMOTE,
        },
        name="name",
    ),
    "queues.producers": Shape("Queue", {"queue": "string", "delivery_delay": "number", **_REMOTE}),
    "d1_databases": Shape(
        "D1 Database",
        {
            "database_name": "string",
            "database_id": "string",
            "preview_database_id": "string",
            "migrations_dir": "string",
            "migrations_table": "string",
            "migrations_pattern": "string",
            "database_internal_env": "string",
            **_REMOTE,
        },
    ),
    "vectorize": _account("Vectorize Index", {"index_name": "string"}, ("index_name",)),
    "hyperdrive": Shape("Hyperdrive Config", {"id": "string", "localConnectionString": "string"}, ("id",)),
    "r2_buckets": Shape(
        "R2 Bucket",
        {
            "bucket_name": "string",
            "preview_bucket_name": "string",
            "jurisdiction": "string",
            "local_dev": "object",
            **_REMOTE,
        },
    ),
    "analytics_engine_datasets": Shape("Analytics Engine Dataset", {"dataset": "string"}),
    "browser": Shape("Browser Run", _REMOTE, single=True, where="account"),
    "images": Shape("Images", _REMOTE, single=True, where="account"),
    "stream": Shape("Stream", _REMOTE, single=True, where="account"),
    "ai": _account("AI", {"staging": "boolean"}, single=True),
    "media": _account("Media", single=True),
    "websearch": _account("Web Search", single=True),
    "version_metadata": Shape("Worker Version Metadata", single=True),
    "ratelimits": Shape(
        "Rate Limit", {"namespace_id": "string", "simple": "object"}, ("namespace_id", "simple"), name="name"
    ),
    "dispatch_namespaces": _account("Dispatch Namespace", {"namespace": "string", "outbound": "object"}),
    "mtls_certificates": _account("mTLS Certificate", {"certificate_id": "string"}, ("certificate_id",)),
    "pipelines": Shape("Pipeline", {"stream": "string", "pipeline": "string", **_REMOTE}, where="account"),
    "secrets_store_secrets": Shape(
        "Secrets Store Secret", {"store_id": "string", "secret_name": "string"}, ("store_id", "secret_name")
    ),
    "worker_loaders": Shape("Worker Loader", where="account"),
    "ai_search": _account("AI Search"),
    "ai_search_namespaces": _account("AI Search Namespace"),
    "agent_memory": _account("Agent Memory"),
    "artifacts": _account("Artifacts"),
    "flagship": _account("Flagship"),
    "vpc_services": _account("VPC Service"),
    "vpc_networks": _account("VPC Network"),
}
"""Kinds that become an `OtherBinding`; the order is that of the bindings table."""


def read_shape(kind: str, node: Node) -> tuple[OtherBinding, ...]:
    """Read the entries of one key of `SHAPES`."""
    shape = SHAPES[kind]
    found = [_read_entry(kind, shape, item) for item in ([node] if shape.single else node.items())]
    return tuple(binding for binding in found if binding is not None)


def _read_entry(kind: str, shape: Shape, item: Node) -> OtherBinding | None:
    if not item.is_object():
        return None
    if not shape.open:
        item.known((shape.name, *shape.fields))
    name = item.text(shape.name, required=True)
    for key, expected in shape.fields.items():
        if not item.has(key):
            if key in shape.required:
                item.require(key)
            continue
        _read_field(item, key, expected)
    _CHECKS.get(kind, lambda _: None)(item)
    _check_remote(shape, item, name)
    if name is None:
        return None
    return OtherBinding(kind, name, dict(item.value), item.report.document.place(item.trail))


def _read_field(item: Node, key: str, expected: Kind) -> None:
    child = item.child(key)
    if expected == "string":
        item.text(key)
    elif expected == "boolean":
        item.flag(key)
    elif expected == "number":
        item.number(key)
    elif expected == "object":
        child.is_object()
    elif expected == "strings":
        child.strings()


def _check_remote(shape: Shape, item: Node, name: str | None) -> None:
    wants_remote = isinstance(item.value, dict) and item.value.get("remote") is True
    if shape.where == "account":
        item.warning(
            "account-only",
            f'The {shape.label} binding "{name}" is not simulated locally.',
            f"The Worker runs, but calls on this binding fail. Let a file answer them: --mock {name}=FILE",
        )
    elif wants_remote:
        item.child("remote").warning(
            "remote",
            f'The {shape.label} binding "{name}" asks for the remote resource; pywrangler has no remote mode.',
            "The local simulation is used instead.",
        )


# ---- checks beyond types --------------------------------------------------------------------------------


def _check_bucket(item: Node) -> None:
    for key in ("bucket_name", "preview_bucket_name"):
        value = item.value.get(key)
        if isinstance(value, str) and value and not BUCKET.fullmatch(value):
            node = item.child(key)
            node.error(
                "bucket-name",
                f"{node.label}={show(value)} is invalid.",
                "Bucket names are 3 to 63 lowercase letters, digits and dashes, with no dash at either end.",
            )


def _check_ratelimit(item: Node) -> None:
    simple = item.child("simple")
    if not isinstance(simple.value, dict):
        return
    simple.known(("limit", "period"))
    for key in ("limit", "period"):
        if not simple.has(key):
            simple.require(key)
    simple.number("limit", 0)
    simple.choice("period", (10, 60))


def _check_workflow(item: Node) -> None:
    item.known(("binding", *SHAPES["workflows"].fields, "schedules"))
    name = item.child("name")
    if isinstance(name.value, str) and name.value and not WORKFLOW.fullmatch(name.value):
        name.error(
            "workflow-name",
            f"{name.label}={show(name.value)} is invalid.",
            "Names of workflows are 1 to 64 letters, digits, dashes and underscores, and do not begin with a dash.",
        )


def _check_email(item: Node) -> None:
    if item.has("destination_address") and item.has("allowed_destination_addresses"):
        item.child("allowed_destination_addresses").error(
            "not-allowed",
            f'"{item.label}" has both "destination_address" and "allowed_destination_addresses".',
            "Keep one of them.",
            key=True,
        )


def _check_producer(item: Node) -> None:
    if item.has("delivery_delay"):
        item.child("delivery_delay").warning(
            "deprecated", f'"{item.label}.delivery_delay" is deprecated.', "Set the delay on the queue.", key=True
        )


def _check_pipeline(item: Node) -> None:
    if item.has("pipeline"):
        item.child("pipeline").warning(
            "deprecated", f'"{item.label}.pipeline" is deprecated.', 'Use "stream".', key=True
        )


_CHECKS = {
    "r2_buckets": _check_bucket,
    "ratelimits": _check_ratelimit,
    "workflows": _check_workflow,
    "send_email": _check_email,
    "queues.producers": _check_producer,
    "pipelines": _check_pipeline,
}


# ---- kinds with a dataclass of their own ----------------------------------------------------------------


def read_services(node: Node) -> tuple[ServiceBinding, ...]:
    """Read `services`. Unknown fields pass, as upstream."""
    services = []
    for item in node.objects():
        binding, service = item.text("binding", required=True), item.text("service", required=True)
        entrypoint = item.text("entrypoint")
        item.text("environment", empty=True)
        item.flag("remote")
        props = item.child("props")
        value = props.value if props.exists and props.is_object() else {}
        _check_remote(Shape("Worker"), item, binding)
        if binding and service:
            place = item.report.document.place(item.trail)
            services.append(ServiceBinding(binding, service, entrypoint, value, place))
    return tuple(services)


def read_consumers(node: Node) -> tuple[QueueConsumer, ...]:
    """Read `queues.consumers`; missing numbers are the local defaults."""
    consumers = []
    seen: set[str] = set()
    for item in node.objects():
        item.known((
            "queue", "type", "max_batch_size", "max_batch_timeout", "max_retries", "dead_letter_queue",
            "max_concurrency", "retry_delay", "visibility_timeout_ms",
        ))  # fmt: skip
        queue = item.text("queue", required=True)
        item.choice("type", ("worker",))
        most = item.whole("max_concurrency", 1, 250) if item.value.get("max_concurrency") is not None else None
        item.number("visibility_timeout_ms", 0)
        numbers = {
            "max_batch_size": item.whole("max_batch_size", 1, 100),
            "max_batch_timeout": item.number("max_batch_timeout", 0, 60),
            "max_retries": item.whole("max_retries", 0, 100),
            "retry_delay": item.number("retry_delay", 0, 86400),
        }
        dead_letter_queue = item.text("dead_letter_queue")
        if not queue:
            continue
        if queue in seen:
            item.child("queue").error("duplicate-consumer", f'The queue "{queue}" has two consumers here.')
            continue
        seen.add(queue)
        given: dict[str, Any] = {key: number for key, number in numbers.items() if number is not None}
        consumers.append(QueueConsumer(queue, dead_letter_queue=dead_letter_queue, max_concurrency=most, **given))
    return tuple(consumers)


def read_files(kind: str, node: Node) -> tuple[OtherBinding, ...]:
    """Read `wasm_modules`, `text_blobs` or `data_blobs`: name to path; `data["path"]` is as written."""
    place = node.report.document.place
    return tuple(
        OtherBinding(kind, name, {"path": item.value}, place(item.trail))
        for name, item in node.entries()
        if item.expect(str, "a path")
    )


def read_unsafe(node: Node) -> tuple[OtherBinding, ...]:
    """Read `unsafe.bindings`: name, type and anything."""
    found = []
    for item in node.child("bindings").objects():
        name, kind = item.text("name", required=True), item.text("type", required=True)
        if name and kind:
            found.append(
                OtherBinding("unsafe.bindings", name, dict(item.value), item.report.document.place(item.trail))
            )
    return tuple(found)
