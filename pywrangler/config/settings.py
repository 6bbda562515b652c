"""Keys that are only checked: what they mean is a matter of deploys and of other tools.

`WorkerConfig.settings` holds the values. Containers are checked as far as their types go.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pywrangler.config.diagnostics import show
from pywrangler.config.paths import absolute, is_file
from pywrangler.config.shapes import (
    Check,
    Record,
    any_of,
    anything,
    each,
    either,
    filled,
    flag,
    mapping,
    not_both,
    number,
    one_of,
    share,
    strings,
    text,
    unless_nothing,
    unless_null,
    values,
    whole,
)

if TYPE_CHECKING:
    from pywrangler.config.diagnostics import Node

COMPLIANCE_REGIONS = ("public", "fedramp_high")
REPOSITORY_EVENTS = (
    "created", "deleted", "forked", "imported", "pushed", "cloned", "fetched", "token.created", "token.revoked",
)  # fmt: skip
ARTIFACT_EVENTS = tuple(f"cf.artifacts.repo.{event}" for event in REPOSITORY_EVENTS)
INSTANCE_TYPES = ("lite", "basic", "standard-1", "standard-2", "standard-3", "standard-4", "dev", "standard")
_TARGETS = ("region", "host", "hostname")


def _placement(node: Node) -> None:
    if not node.is_object():
        return
    if node.has("hint"):
        for key in _TARGETS:
            not_both("hint", key)(node)
        if node.has("mode"):
            node.choice("mode", ("off", "smart"))
        else:
            node.require("mode")
        text(node.child("hint"))
        if node.value["hint"] and node.value.get("mode") == "off":
            what = f'"{node.label}.hint" needs the mode "smart".'
            node.child("hint").error("not-allowed", what, key=True)
        return
    present = [key for key in _TARGETS if node.has(key)]
    for key in present:
        filled(node.child(key))
    for first, second in pairwise(present):
        not_both(first, second)(node)
    if present:
        node.choice("mode", ("targeted",))
    elif not node.has("mode"):
        node.require("mode")
    elif node.choice("mode", ("off", "smart", "targeted")) == "targeted":
        any_of(*_TARGETS)(node)


def _is_enabled_somewhere(node: Node) -> None:
    """`observability` has to say at least once whether something is enabled."""
    parts = [node, *(node.child(key) for key in ("logs", "traces", "issues"))]
    if not any(part.has("enabled") for part in parts):
        what = f'"{node.label}" needs the field "enabled", itself or in "logs" or "traces".'
        node.error("missing-field", what, key=True)


_LOGS: dict[str, Check] = {
    "enabled": flag,
    "head_sampling_rate": share,
    "destinations": strings,
    "persist": flag,
}
OBSERVABILITY = Record(
    optional={
        "enabled": flag,
        "head_sampling_rate": share,
        "redact_query_string": flag,
        "issues": Record(optional={"enabled": flag}),
        "logs": Record(optional={**_LOGS, "invocation_logs": flag}),
        "traces": Record(optional=_LOGS),
    },
    rules=(_is_enabled_somewhere,),
)
CACHE = Record({"enabled": flag}, {"cross_version_cache": flag})
LIMITS = unless_nothing(Record(optional={"cpu_ms": number, "subrequests": number}, is_open=True))

INHERITED_SETTINGS: dict[str, Check] = {
    "account_id": text,
    "base_dir": text,
    "find_additional_modules": flag,
    "preserve_file_names": flag,
    "no_bundle": flag,
    "minify": flag,
    "keep_names": flag,
    "python_modules": Record(optional={"exclude": strings}, is_open=True),
    "tsconfig": text,
    "jsx_factory": text,
    "jsx_fragment": text,
    "workers_dev": flag,
    "preview_urls": flag,
    "limits": LIMITS,
    "placement": _placement,
    "logpush": flag,
    "upload_source_maps": flag,
    "observability": OBSERVABILITY,
    "access": Record(optional={"dev": unless_null(Record({"aud": text}, {"identity": unless_null(mapping)}))}),
    "cache": CACHE,
    "compliance_region": one_of(*COMPLIANCE_REGIONS),
    "first_party_worker": flag,
    "logfwdr": Record({"bindings": each(Record({"name": text, "destination": text}))}, is_open=True),
}
"""Environments inherit these."""


_PORT: dict[str, Check] = {"protocol": one_of("tcp", "udp"), "port": whole(1, 65535)}
_UDP: dict[str, Check] = {"idle_timeout_ms": whole(0, 2**32 - 1), "max_pending_bytes": whole(0, 2**32 - 1)}


def _connect(node: Node) -> None:
    seen: set[str] = set()
    for item in node.items():
        value = item.value if isinstance(item.value, dict) else {}
        Record(_PORT, {"address": text, **(_UDP if value.get("protocol") == "udp" else {})})(item)
        key = repr((value.get("protocol"), value.get("port")))
        if value and key in seen:
            item.error("not-allowed", f'"{item.label}" has the protocol and the port of an earlier entry.')
        seen.add(key)


def _has_image(node: Node) -> None:
    configuration = node.value.get("configuration")
    old = configuration.get("image") if isinstance(configuration, dict) else None
    if not node.value.get("image") and not old and node.value.get("scheduling_policy") != "durable_object":
        what = f'"{node.label}" needs the field "image".'
        node.error("missing-field", what, "It is a Dockerfile or the name of an image.", key=True)


def _image(node: Node) -> None:
    """A Dockerfile, or the name of an image with its tag."""
    if not node.expect(str, "of type string") or not node.value:
        return
    if is_file(absolute(node.report.document.path.parent, node.value)):
        return
    if ":" not in node.value.rsplit("/", 1)[-1] or "://" in node.value:
        what = f'"{node.label}" is neither a Dockerfile nor the name of an image: {show(node.value)}.'
        node.error("container-image", what, "The name of an image has a tag, as in docker.io/httpd:1.")


def _non_negative(node: Node) -> None:
    if node.expect((int, float), "of type number") and node.value < 0:
        node.error("out-of-range", f'Expected "{node.label}" to be at least 0 but got {show(node.value)}.')


_INSTANCE = either(
    str, one_of(*INSTANCE_TYPES), Record(optional={"vcpu": number, "memory_mib": number, "disk_mb": number})
)
_CONTAINER = Record(
    optional={
        "name": text,
        "class_name": text,
        "image": _image,
        "images": mapping,
        "image_build_context": text,
        "image_vars": mapping,
        "instances": anything,
        "max_instances": _non_negative,
        "instance_type": _INSTANCE,
        "scheduling_policy": one_of("regional", "moon", "default", "durable_object"),
        "observability": mapping,
        "ssh": Record({"enabled": flag}, {"port": whole(1, 65535)}, is_open=True),
        "wrangler_ssh": Record({"enabled": flag}, {"port": whole(1, 65535)}, is_open=True),
        "authorized_keys": each(Record({"name": text, "public_key": text}, is_open=True)),
        "trusted_user_ca_keys": each(Record({"public_key": text}, {"name": text}, is_open=True)),
        "configuration": mapping,
        "constraints": mapping,
        "affinities": anything,
        "rollout_step_percentage": anything,
        "rollout_kind": one_of("full_auto", "full_manual", "none"),
        "rollout_active_grace_period": _non_negative,
        "durable_objects": anything,
        "unsafe": mapping,
    },
    rules=(any_of("class_name", "name"), _has_image),
)
_SOURCES = Record({"base_path": text, "source_schemas": strings}, is_open=True)
_COMPILED = Record(
    {"compiled_schema": text},
    is_open=True,
    rules=(not_both("compiled_schema", "base_path"), not_both("compiled_schema", "source_schemas")),
)


def _schema(node: Node) -> None:
    (_COMPILED if node.has("compiled_schema") else _SOURCES)(node)


OWN_SETTINGS: dict[str, Check] = {
    "define": values(text),
    "connect": _connect,
    "containers": unless_nothing(each(_CONTAINER)),
    "cloudchamber": Record(
        optional={
            "memory": text,
            "image": text,
            "location": text,
            "ipv4": flag,
            "vcpu": number,
            "instance_type": one_of(*INSTANCE_TYPES),
        },
        is_open=True,
    ),
    "streaming_tail_consumers": unless_nothing(each(Record({"service": text}, is_open=True))),
}
"""Environments do not inherit these."""

UNSAFE = Record(optional={"bindings": anything, "metadata": mapping, "capnp": _schema})

TOP_SETTINGS: dict[str, Check] = {
    "$schema": text,
    "alias": values(text),
    "keep_vars": flag,
    "send_metrics": flag,
    "dependencies_instrumentation": Record(optional={"enabled": flag, "exclude_packages": strings}),
    "addresses": strings,
    "site": Record({"bucket": text}, {"include": strings, "exclude": strings, "entry-point": text}),
}
"""These belong to the top level only."""

EVENT = Record(
    {
        "type": one_of(*ARTIFACT_EVENTS),
        "targets": each(Record({"type": one_of("workflow"), "workflow_name": filled})),
    },
    {"filter": Record(optional={"namespace": filled, "repo_name": filled})},
)
"""An element of `triggers.events`."""
