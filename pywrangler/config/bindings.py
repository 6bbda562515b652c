"""All kinds of bindings but Durable Objects: one `Shape` per config key (spec/config.md, section 6).

There is no proxy to the account here: `remote: true` is a warning, then the local simulation serves. Kinds that exist
in the account only are loaded as well; their methods fail when called, and a warning says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pywrangler.config.diagnostics import show
from pywrangler.config.model import OtherBinding, ServiceBinding
from pywrangler.config.shapes import (
    Check,
    Record,
    any_of,
    anything,
    deprecated,
    filled,
    flag,
    mapping,
    not_both,
    number,
    one_of,
    strings,
    text,
    unless_null,
)
from pywrangler.config.workflows import WORKFLOW_SETTINGS, check_unique, workflow_name

if TYPE_CHECKING:
    from pywrangler.config.diagnostics import Node

BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")

Where = Literal["local", "account", "remote"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Entries of one key: what they look like, and the field that holds the name in `env`."""

    label: str
    record: Record
    name: str = "binding"
    single: bool = False
    """The key holds one object, not an array."""
    where: Where = "local"
    """What runs it under wrangler: a simulation that we have, one that we lack, or the account alone."""


def _bucket(node: Node) -> None:
    if node.expect(str, "of type string") and not BUCKET.fullmatch(node.value):
        node.error(
            "bucket-name",
            f"{node.label}={show(node.value)} is invalid.",
            "Bucket names are 3 to 63 lowercase letters, digits and dashes, with no dash at either end.",
        )


def _stream(node: Node) -> None:
    if not node.value.get("stream") and node.value.get("pipeline", "") == "":
        for key in ("stream", "pipeline"):
            if node.has(key):
                filled(node.child(key))


_PLUGIN = Record({"plugin": Record({"package": text, "name": text}, is_open=True)}, {"options": mapping}, is_open=True)
SERVICE = Record(
    {"binding": text, "service": text},
    {"entrypoint": text, "environment": text, "props": anything, "dev": _PLUGIN, "remote": flag},
    is_open=True,
)
_WORKER = Shape("Worker", SERVICE)
_CREDENTIALS = Record({"accessKeyId": text, "secretAccessKey": text}, is_open=True)


def _array(
    label: str,
    required: dict[str, Check] | None = None,
    optional: dict[str, Check] | None = None,
    *rules: Check,
    name: str = "binding",
) -> Shape:
    return Shape(label, Record({name: text, **(required or {})}, optional or {}, rules=rules), name)


def _account(
    label: str, required: dict[str, Check] | None = None, optional: dict[str, Check] | None = None, *rules: Check
) -> Shape:
    record = Record({"binding": text, **(required or {})}, {**(optional or {}), "remote": flag}, rules=rules)
    return Shape(label, record, where="account")


def _remote(
    label: str, required: dict[str, Check] | None = None, optional: dict[str, Check] | None = None, *rules: Check
) -> Shape:
    return replace(_account(label, required, optional, *rules), where="remote")


def _single(label: str, where: Where = "account", *, is_open: bool = False) -> Shape:
    return Shape(label, Record({"binding": text}, {"remote": flag}, is_open), single=True, where=where)


SHAPES: dict[str, Shape] = {
    "workflows": _array(
        "Workflow",
        {"name": workflow_name, "class_name": text},
        {"script_name": text, **WORKFLOW_SETTINGS},
    ),
    "kv_namespaces": _array("KV Namespace", {}, {"id": filled, "preview_id": text, "remote": flag}),
    "send_email": _array(
        "Send Email",
        {},
        {
            "destination_address": text,
            "allowed_destination_addresses": unless_null(strings),
            "allowed_sender_addresses": unless_null(strings),
            "binding": anything,
            "remote": flag,
        },
        not_both("destination_address", "allowed_destination_addresses"),
        name="name",
    ),
    "queues.producers": _array(
        "Queue",
        {},
        {"queue": filled, "delivery_delay": number, "remote": flag},
        deprecated("delivery_delay", "Set the delay on the queue."),
    ),
    "d1_databases": _array(
        "D1 Database",
        {},
        {
            "database_name": text,
            "database_id": text,
            "preview_database_id": text,
            "migrations_dir": text,
            "migrations_table": text,
            "migrations_pattern": text,
            "database_internal_env": text,
            "jurisdiction": text,
            "remote": flag,
        },
    ),
    "vectorize": _remote("Vectorize Index", {"index_name": text}),
    "hyperdrive": _array(
        "Hyperdrive Config", {"id": text}, {"localConnectionString": unless_null(text), "remote": flag}
    ),
    "r2_buckets": _array(
        "R2 Bucket",
        {},
        {
            "bucket_name": _bucket,
            "preview_bucket_name": _bucket,
            "jurisdiction": text,
            "local_dev": Record(optional={"experimental_s3_credentials": _CREDENTIALS}),
            "remote": flag,
        },
    ),
    "analytics_engine_datasets": _array("Analytics Engine Dataset", {}, {"dataset": filled, "remote": flag}),
    "browser": _single("Browser Run"),
    "images": _single("Images"),
    "stream": _single("Stream"),
    "ai": _single("AI", "remote", is_open=True),
    "media": _single("Media", "remote"),
    "analytics": _single("Analytics SQL", "remote"),
    "version_metadata": Shape("Worker Version Metadata", Record({"binding": text}, is_open=True), single=True),
    "ratelimits": _array(
        "Rate Limit",
        {"namespace_id": text, "simple": Record({"limit": number, "period": one_of(10, 60)})},
        name="name",
    ),
    "dispatch_namespaces": Shape(
        "Dispatch Namespace",
        Record(
            {"binding": text},
            {
                "namespace": text,
                "outbound": Record({"service": text}, {"environment": text, "parameters": strings}, is_open=True),
                "remote": flag,
            },
            is_open=True,
        ),
        where="remote",
    ),
    "mtls_certificates": _remote("mTLS Certificate", {"certificate_id": filled}),
    "pipelines": Shape(
        "Pipeline",
        Record(
            {"binding": text},
            {"stream": text, "pipeline": text, "remote": flag},
            rules=(any_of("stream", "pipeline"), _stream, deprecated("pipeline", 'Use "stream".')),
        ),
        where="account",
    ),
    "secrets_store_secrets": _array("Secrets Store Secret", {"store_id": text, "secret_name": text}),
    "worker_loaders": Shape("Worker Loader", Record({"binding": text}), where="account"),
    "ai_search": _remote("AI Search", {"instance_name": text}),
    "ai_search_namespaces": _remote("AI Search Namespace", {"namespace": text}),
    "agent_memory": _remote("Agent Memory", {"namespace": text}),
    "artifacts": _account("Artifacts", {"namespace": text}),
    "flagship": _account("Flagship", {}, {"app_id": text}),
    "k2": _remote("K2 Stream", {"stream": text}),
    "vpc_services": _remote("VPC Service", {"service_id": text}),
    "vpc_networks": _remote(
        "VPC Network",
        {},
        {"tunnel_id": text, "network_id": text},
        any_of("tunnel_id", "network_id"),
        not_both("tunnel_id", "network_id"),
    ),
    "unsafe_hello_world": Shape("Hello World", Record({"binding": text}, {"enable_timer": flag}), where="account"),
}
"""Kinds that become an `OtherBinding`; the order is that of the bindings table."""


def read_shape(kind: str, node: Node) -> tuple[OtherBinding, ...]:
    """Read the entries of one key of `SHAPES`."""
    shape = SHAPES[kind]
    if kind == "workflows":
        check_unique(node)
    found = [_read_entry(kind, shape, item) for item in ([node] if shape.single else node.items())]
    return tuple(binding for binding in found if binding is not None)


def _read_entry(kind: str, shape: Shape, item: Node) -> OtherBinding | None:
    shape.record(item)
    name = item.value.get(shape.name) if isinstance(item.value, dict) else None
    if not isinstance(name, str):
        return None
    _check_remote(shape, item, name)
    return OtherBinding(kind, name, dict(item.value), item.report.document.place(item.trail))


def _check_remote(shape: Shape, item: Node, name: str) -> None:
    remote = item.child("remote")
    if shape.where == "remote" and remote.value is False:
        what = f'The {shape.label} binding "{name}" exists in the account only, so it cannot have "remote": false.'
        remote.error("remote", what, "Remove it. A file may answer calls: --mock.", key=True)
    elif shape.where != "local":
        item.warning(
            "account-only",
            f'The {shape.label} binding "{name}" is not simulated locally.',
            f"The Worker runs, but calls on this binding fail. Let a file answer them: --mock {name}=FILE",
        )
    elif remote.value is True:
        remote.warning(
            "remote",
            f'The {shape.label} binding "{name}" asks for the remote resource; pywrangler has no remote mode.',
            "The local simulation is used instead.",
        )


# ---- kinds with a dataclass of their own ----------------------------------------------------------------


def read_services(node: Node) -> tuple[ServiceBinding, ...]:
    """Read `services`. Unknown fields pass, as upstream."""
    services = []
    for item in node.items():
        SERVICE(item)
        value = item.value if isinstance(item.value, dict) else {}
        binding, service, entrypoint = (value.get(key) for key in ("binding", "service", "entrypoint"))
        if not isinstance(binding, str) or not isinstance(service, str):
            continue
        _check_remote(_WORKER, item, binding)
        props = value.get("props")
        services.append(
            ServiceBinding(
                binding,
                service,
                entrypoint if isinstance(entrypoint, str) and entrypoint else None,
                props if isinstance(props, dict) else {},
                item.report.document.place(item.trail),
            )
        )
    return tuple(services)


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
