"""Configurations that wrangler judged, made from one valid value of each key by spoiling every part of it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE: dict[str, Any] = {"name": "w", "main": "src/index.js", "compatibility_date": "2026-01-01"}
VALUES: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", [], ["x"], [None], {}, {"x": 1}, [{}])


class Case(NamedTuple):
    """One configuration."""

    key: str
    label: str
    config: dict[str, Any]
    environment: str | None = None


SEEDS: dict[str, Any] = {
    "$schema": "x",
    "name": "w",
    "main": "src/index.js",
    "compatibility_date": "2026-01-01",
    "compatibility_flags": ["nodejs_compat"],
    "account_id": "abc",
    "base_dir": "src",
    "find_additional_modules": True,
    "preserve_file_names": True,
    "no_bundle": True,
    "minify": True,
    "keep_names": True,
    "tsconfig": "t.json",
    "jsx_factory": "h",
    "jsx_fragment": "F",
    "workers_dev": True,
    "preview_urls": True,
    "logpush": True,
    "upload_source_maps": True,
    "first_party_worker": True,
    "compliance_region": "public",
    "keep_vars": True,
    "send_metrics": True,
    "dependencies_instrumentation": {"enabled": True, "exclude_packages": ["a"]},
    "addresses": ["a@b.c"],
    "rules": [{"type": "Text", "globs": ["**/*.md"], "fallthrough": True}],
    "python_modules": {"exclude": ["**/*.pyc"]},
    "build": {"command": "true", "cwd": "src", "watch_dir": ["src"]},
    "define": {"A": "1"},
    "alias": {"a": "b"},
    "route": "a.com/*",
    "routes": [
        "a.com/*",
        {"pattern": "b.com/*", "zone_id": "z"},
        {"pattern": "c.com/*", "zone_name": "c.com"},
        {"pattern": "d.com", "custom_domain": True, "enabled": True, "previews_enabled": True},
    ],
    "triggers": {"crons": ["*/5 * * * *"]},
    "limits": {"cpu_ms": 5, "subrequests": 5},
    "placement": {"mode": "smart", "hint": "x"},
    "observability": {
        "enabled": True,
        "head_sampling_rate": 0.5,
        "redact_query_string": True,
        "issues": {"enabled": True},
        "logs": {
            "enabled": True,
            "head_sampling_rate": 1,
            "invocation_logs": True,
            "destinations": ["a"],
            "persist": True,
        },
        "traces": {"enabled": True, "head_sampling_rate": 1, "destinations": ["a"], "persist": True},
    },
    "access": {"dev": {"aud": "a", "identity": {"email": "x"}}},
    "cache": {"enabled": True, "cross_version_cache": True},
    "logfwdr": {"bindings": [{"name": "L", "destination": "d"}]},
    "previews": {
        "vars": {"A": "b"},
        "limits": {"cpu_ms": 5},
        "kv_namespaces": [{"binding": "K", "id": "x"}],
        "observability": {"enabled": True},
        "durable_objects": {"bindings": [{"name": "D", "class_name": "C"}]},
    },
    "tail_consumers": [{"service": "s", "environment": "e"}],
    "streaming_tail_consumers": [{"service": "s"}],
    "cloudchamber": {"memory": "1", "image": "i", "location": "l", "ipv4": True, "vcpu": 1},
    "unsafe": {
        "bindings": [{"name": "U", "type": "u", "x": 1}],
        "metadata": {"a": 1},
        "capnp": {"compiled_schema": "x"},
    },
    "connect": [{"protocol": "tcp", "port": 5, "address": "a"}],
    "vars": {"A": "x", "B": 1, "C": {"d": None}},
    "secrets": {"required": ["S"]},
    "durable_objects": {
        "bindings": [{"name": "D", "class_name": "C", "script_name": "s", "environment": "e"}],
        "code_update_strategy": {"mode": "deferred", "max_delay": 5},
    },
    "migrations": [
        {
            "tag": "v1",
            "new_classes": ["A"],
            "new_sqlite_classes": ["B"],
            "renamed_classes": [{"from": "A", "to": "X"}],
            "deleted_classes": ["B"],
            "transferred_classes": [{"from": "Q", "from_script": "s", "to": "Z"}],
        }
    ],
    "exports": {
        "C": {"type": "durable-object", "state": "created", "storage": "sqlite"},
        "D": {"type": "durable-object", "state": "deleted"},
        "E": {"type": "durable-object", "state": "renamed", "renamed_to": "C"},
        "F": {"type": "durable-object", "state": "transferred", "transferred_to": "s"},
        "G": {"type": "durable-object", "state": "expecting-transfer", "storage": "sqlite", "transfer_from": "s"},
        "W": {"type": "worker", "cache": {"enabled": True}},
        "Flow": {
            "type": "workflow",
            "name": "f",
            "limits": {"steps": 5},
            "schedules": ["* * * * *"],
            "default_retention": {"success_retention": "3 days", "error_retention": 5},
            "concurrency": {"limit": 1},
            "jurisdiction": "eu",
        },
    },
    "workflows": [
        {
            "binding": "W",
            "name": "w",
            "class_name": "C",
            "script_name": "s",
            "limits": {"steps": 5},
            "schedules": "* * * * *",
            "default_retention": {"success_retention": "3 days", "error_retention": 5},
            "concurrency": {"limit": 1},
            "jurisdiction": "eu",
        }
    ],
    "kv_namespaces": [{"binding": "K", "id": "i", "preview_id": "p", "remote": False}],
    "send_email": [
        {"name": "M", "destination_address": "a@b", "allowed_sender_addresses": ["a"], "remote": False},
        {"name": "M2", "allowed_destination_addresses": ["x@y"]},
    ],
    "queues": {
        "producers": [{"binding": "Q", "queue": "q", "delivery_delay": 1, "remote": False}],
        "consumers": [
            {
                "queue": "q",
                "type": "worker",
                "max_batch_size": 5,
                "max_batch_timeout": 5,
                "max_retries": 5,
                "dead_letter_queue": "d",
                "max_concurrency": 5,
                "retry_delay": 5,
                "visibility_timeout_ms": 500,
            }
        ],
    },
    "r2_buckets": [
        {
            "binding": "R",
            "bucket_name": "abc",
            "preview_bucket_name": "abd",
            "jurisdiction": "eu",
            "remote": False,
            "local_dev": {"experimental_s3_credentials": {"accessKeyId": "a", "secretAccessKey": "b"}},
        }
    ],
    "d1_databases": [
        {
            "binding": "DB",
            "database_name": "n",
            "database_id": "i",
            "preview_database_id": "p",
            "migrations_dir": "m",
            "migrations_table": "t",
            "migrations_pattern": "x",
            "database_internal_env": "e",
            "jurisdiction": "eu",
            "remote": False,
        }
    ],
    "vectorize": [{"binding": "V", "index_name": "i", "remote": True}],
    "ai_search_namespaces": [{"binding": "V", "namespace": "i", "remote": True}],
    "ai_search": [{"binding": "V", "instance_name": "i", "remote": True}],
    "agent_memory": [{"binding": "V", "namespace": "i", "remote": True}],
    "hyperdrive": [{"binding": "H", "id": "i", "localConnectionString": "postgres://u:p@h/d", "remote": False}],
    "services": [
        {
            "binding": "S",
            "service": "s",
            "environment": "e",
            "entrypoint": "E",
            "props": {"a": 1},
            "remote": False,
            "cross_account_grant": "g",
        }
    ],
    "analytics_engine_datasets": [{"binding": "A", "dataset": "d", "remote": False}],
    "dispatch_namespaces": [
        {
            "binding": "N",
            "namespace": "n",
            "outbound": {"service": "s", "environment": "e", "parameters": ["p"]},
            "remote": True,
        }
    ],
    "mtls_certificates": [{"binding": "T", "certificate_id": "c", "remote": True}],
    "browser": {"binding": "B", "remote": False},
    "images": {"binding": "B", "remote": False},
    "stream": {"binding": "B", "remote": False},
    "media": {"binding": "B", "remote": True},
    "analytics": {"binding": "B", "remote": True},
    "ai": {"binding": "B", "remote": True, "staging": True},
    "pipelines": [{"binding": "P", "stream": "p", "remote": False}],
    "k2": [{"binding": "P", "stream": "p", "remote": True}],
    "secrets_store_secrets": [{"binding": "X", "store_id": "s", "secret_name": "n"}],
    "artifacts": [{"binding": "X", "namespace": "n", "remote": True}],
    "unsafe_hello_world": [{"binding": "X", "enable_timer": True}],
    "flagship": [{"binding": "X", "app_id": "n", "remote": True}],
    "worker_loaders": [{"binding": "X"}],
    "ratelimits": [{"name": "X", "namespace_id": "1", "simple": {"limit": 5, "period": 10}}],
    "vpc_services": [{"binding": "X", "service_id": "s", "remote": True}],
    "vpc_networks": [{"binding": "X", "tunnel_id": "s", "remote": True}],
    "version_metadata": {"binding": "X"},
    "assets": {
        "directory": "public",
        "binding": "ASSETS",
        "html_handling": "none",
        "not_found_handling": "none",
        "base_path": "/x",
        "run_worker_first": ["/a"],
    },
    "dev": {
        "ip": "localhost",
        "port": 8787,
        "inspector_port": 9229,
        "inspector_ip": "x",
        "local_protocol": "http",
        "upstream_protocol": "http",
        "host": "h",
        "enable_containers": True,
        "container_engine": "x",
        "generate_types": False,
    },
    "site": {"bucket": "public", "include": ["a"], "exclude": ["b"]},
    "wasm_modules": {"A": "a.wasm"},
    "text_blobs": {"A": "a.txt"},
    "data_blobs": {"A": "a.bin"},
    "containers": [
        {"class_name": "C", "image": "docker.io/httpd:1", "name": "n", "max_instances": 5, "instance_type": "lite"}
    ],
}

EXTRA: dict[str, list[Any]] = {
    "placement": [
        {"mode": "off"},
        {"mode": "smart"},
        {"mode": "targeted"},
        {"mode": "targeted", "region": "x"},
        {"region": "x"},
        {"region": ""},
        {"host": "a", "hostname": "b"},
        {"hint": "x"},
        {"mode": "off", "hint": "x"},
        {"mode": "smart", "region": "x"},
        {"hostname": "h"},
        {"region": 1},
    ],
    "routes": [
        [{"pattern": "a"}],
        [{"pattern": "a", "zone_id": "a", "zone_name": "b"}],
        [{"pattern": "a", "enabled": True}],
        [{"pattern": "a", "zone_id": "x", "foo": 1}],
        [""],
        ["a", 5],
    ],
    "route": [{"pattern": "a"}, {"pattern": "a", "zone_name": "b"}, {"pattern": "a", "custom_domain": True}],
    "observability": [
        {"logs": {"enabled": True}},
        {"traces": {"enabled": True}},
        {"enabled": True, "head_sampling_rate": 2},
        {"head_sampling_rate": 1},
        {"enabled": "x", "logs": {"enabled": True}},
    ],
    "dispatch_namespaces": [
        [{"binding": "N", "namespace": "n"}],
        [{"binding": "N"}],
        [{"binding": "N", "namespace": "n", "outbound": {"parameters": []}}],
    ],
    "pipelines": [
        [{"binding": "P", "pipeline": "p"}],
        [{"binding": "P"}],
        [{"binding": "P", "stream": "", "pipeline": "x"}],
        [{"binding": "P", "pipeline": ""}],
        [{"binding": "P", "stream": ""}],
        [{"binding": "P", "stream": "s", "pipeline": ""}],
    ],
    "vpc_networks": [
        [{"binding": "P", "network_id": "p"}],
        [{"binding": "P"}],
        [{"binding": "P", "network_id": "", "tunnel_id": "x"}],
    ],
    "connect": [
        [{"protocol": "udp", "port": 5, "idle_timeout_ms": 5, "max_pending_bytes": 5}],
        [{"protocol": "tcp", "port": 5}, {"protocol": "tcp", "port": 5}],
        [{"protocol": "udp", "port": 5, "idle_timeout_ms": -5}],
    ],
    "triggers": [
        {},
        {"crons": []},
        {"crons": None},
        {"events": []},
        {"events": [{"type": "x"}]},
        {"events": [{"type": "repo.created", "targets": [{"type": "workflow", "workflow_name": "x"}]}]},
    ],
    "workflows": [
        [{"binding": "W", "name": "w", "class_name": "C"}, {"binding": "W2", "name": "w", "class_name": "C"}],
        [{"binding": "W", "name": "-w", "class_name": "C"}],
        [{"binding": "W", "name": "w", "class_name": "C", "jurisdiction": "xx"}],
        [{"binding": "W", "name": "w", "class_name": "C", "schedules": [""]}],
        [{"binding": "W", "name": "w", "class_name": "C", "limits": {"steps": 30000}}],
    ],
    "exports": [
        {"C": {"type": "durable-object", "storage": "legacy-kv", "container": "x"}},
        {"C": {"type": "durable-object", "state": "renamed", "renamed_to": "C"}},
        {"C": {"type": "durable-object", "state": "renamed", "renamed_to": "a b"}},
        {"": {"type": "durable-object", "storage": "sqlite"}},
        {"A": {"type": "workflow", "name": "f"}, "B": {"type": "workflow", "name": "f"}},
        {"A": {"type": "workflow", "name": "f f"}},
        {"C": {"type": "durable-object", "state": "deleted", "storage": "sqlite"}},
    ],
    "durable_objects": [
        {},
        {"bindings": [{"name": "D", "class_name": "C", "environment": "e"}]},
        {"code_update_strategy": {"mode": "immediate"}},
        {"code_update_strategy": {"max_delay": 100000, "mode": "deferred"}},
        {"code_update_strategy": {"max_delay": 0.00001, "mode": "deferred"}},
        {"bindings": [{"name": "D", "class_name": "C", "remote": "x"}]},
        {"bindings": [{"name": "D", "class_name": "C", "remote": True}]},
    ],
    "unsafe": [
        {"bindings": []},
        {"metadata": {}},
        {"capnp": {"base_path": "x", "source_schemas": ["a"]}},
        {"capnp": {"base_path": "x", "compiled_schema": "a"}},
        {"capnp": {}},
        {"bindings": [{"name": "U", "type": "kv_namespace"}]},
    ],
    "compliance_region": ["fedramp_high", "eu"],
    "compatibility_date": [
        "2026",
        "2026-1-1",
        "January 1, 2026",
        "2026-01-01T00:00:00Z",
        "2026-02-30",
        "2099-01-01",
        "2026\u201301\u201301",
    ],
    "name": ["A", "a b", "a.b", "-a", "a" * 100],
    "r2_buckets": [
        [{"binding": "R", "bucket_name": "UP"}],
        [{"binding": "R", "bucket_name": "a"}],
        [{"binding": "R", "preview_bucket_name": ""}],
        [{"binding": "R"}],
    ],
    "site": [{"bucket": "public", "entry-point": "x"}, {}],
    "migrations": [
        [{"tag": "v1"}, {"tag": "v1"}],
        [{"tag": "v1", "deleted_classes": ["X"]}],
        [{"tag": "v1", "renamed_classes": [{"from": "A"}]}],
    ],
    "queues": [
        {"consumers": [{"queue": "q", k: v}]}
        for k, vs in {
            "max_batch_size": [0, 101, 2.5],
            "max_batch_timeout": [-1, 61, 0],
            "max_retries": [-1, 101],
            "max_concurrency": [0, 251, None],
            "retry_delay": [-1, 100000],
            "visibility_timeout_ms": [-1],
        }.items()
        for v in vs
    ]
    + [
        {"consumers": [{"queue": "q"}, {"queue": "q"}]},
        {"consumers": [{"queue": ""}]},
        {"producers": [{"binding": "A", "queue": "q", "foo": 1}]},
        {"consumers": [{"queue": "q", "type": "http_pull"}]},
    ],
    "send_email": [
        [{"name": "A", "destination_address": "a", "allowed_destination_addresses": ["b"]}],
        [{"name": "A", "binding": "B"}],
    ],
    "ratelimits": [
        [{"name": "X", "namespace_id": "1", "simple": {"limit": 5, "period": 11}}],
        [{"name": "X", "namespace_id": 1, "simple": {"limit": 5, "period": 10}}],
        [{"name": "X", "namespace_id": "", "simple": {"limit": 0, "period": 60}}],
    ],
    "hyperdrive": [[{"binding": "H", "id": ""}]],
    "containers": [[{"class_name": "C", "image": "nope"}], [{"image": "docker.io/httpd:1"}], [{"class_name": "C"}]],
    "assets": [
        {"directory": "public", "run_worker_first": ["x"]},
        {"directory": "public", "run_worker_first": ["!/x"]},
        {},
        {"directory": ""},
        {"directory": "public", "run_worker_first": []},
    ],
    "dev": [{"port": 70000}, {"port": -1}, {"port": 1.5}],
    "vars": [[], {"": "x"}, {"a b": 1}],
    "k2": [[{"binding": "P", "stream": "p", "remote": False}]],
    "services": [
        [{"binding": "S", "service": "s", "dev": {"plugin": {"package": "p", "name": "n"}}}],
        [{"binding": "S", "service": "s", "dev": {}}],
        [{"binding": "S", "service": ""}],
    ],
    "tail_consumers": ["", 0, False],
    "limits": ["", 0, False, 5, "x"],
}

TOP_ONLY = (
    "$schema", "keep_vars", "send_metrics", "dependencies_instrumentation", "addresses", "alias", "dev", "site",
    "wasm_modules", "text_blobs", "data_blobs",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield all cases, those of a key together and always in this order."""
    for key, seed in SEEDS.items():
        for label, value in [*_spoilt(seed), *((json.dumps(value), value) for value in EXTRA.get(key, ()))]:
            yield Case(key, label, BASE | {key: value})
        if key not in TOP_ONLY:
            yield from _in_environments(key, seed)
    for value in (None, "x", {}, 0, {"e": None}, {"e": "x"}, {"e": {}}, {"f": None}, {"e": {"name": None}}):
        for environment in (None, "e", ""):
            yield Case("env", json.dumps(value), BASE | {"env": value}, environment)


def _in_environments(key: str, seed: Any) -> Iterator[Case]:
    for value in (seed, *VALUES):
        yield Case(key, f"env {json.dumps(value)}", BASE | {"env": {"e": {key: value}}}, "e")
    empty: Any = type(seed)()
    for label, own in (("absent", {}), ("same", {key: seed}), ("empty", {key: empty})):
        yield Case(key, f"inherit {label}", BASE | {key: seed, "env": {"e": own}}, "e")


def _spoilt(seed: Any) -> Iterator[tuple[str, Any]]:
    yield "valid", seed
    for path in _paths(seed):
        name = ".".join(map(str, path))
        for value in VALUES:
            yield f"{name}={json.dumps(value)}", _put(seed, path, value)
        if path:
            yield f"{name} dropped", _drop(seed, path)
        if isinstance(_get(seed, path), dict):
            yield f"{name} with one more", _put(seed, (*path, "zzz_extra"), 1)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _paths(item, (*path, key))


def _get(root: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        root = root[key]
    return root


def _put(root: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    root = copy.deepcopy(root)
    _get(root, path[:-1])[path[-1]] = value
    return root


def _drop(root: Any, path: tuple[Any, ...]) -> Any:
    root = copy.deepcopy(root)
    del _get(root, path[:-1])[path[-1]]
    return root


if __name__ == "__main__":
    for case in cases():
        print(json.dumps(case._asdict()))
