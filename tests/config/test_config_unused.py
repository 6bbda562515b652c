"""Settings that have an effect under wrangler and none here are named, each once, with a way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pywrangler.config import jsonc
from pywrangler.config.parse import parse
from pywrangler.errors import Problem

BASICS = {
    "name": "w",
    "main": "entry.py",
    "compatibility_date": "2026-06-01",
    "compatibility_flags": ["python_workers"],
}
SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"site": {"bucket": "x"}}, "site"),
    ({"containers": [{"class_name": "C", "image": "docker.io/httpd:1"}]}, "containers"),
    ({"access": {"dev": {"aud": "a"}}}, "access.dev"),
    ({"cache": {"enabled": True}}, "cache"),
    ({"exports": {"E": {"type": "worker", "cache": {"enabled": True}}}}, "exports.E.cache"),
    ({"exports": {"F": {"type": "workflow", "name": "f"}}}, "exports.F"),
    ({"streaming_tail_consumers": [{"service": "s"}]}, "streaming_tail_consumers"),
    ({"connect": [{"protocol": "tcp", "port": 5}]}, "connect"),
    ({"assets": {"directory": "public", "base_path": "/x"}}, "assets.base_path"),
    (
        {
            "r2_buckets": [
                {"binding": "A"},
                {
                    "binding": "B",
                    "local_dev": {"experimental_s3_credentials": {"accessKeyId": "a", "secretAccessKey": "b"}},
                },
            ]
        },
        "r2_buckets[1].local_dev",
    ),
    (
        {"services": [{"binding": "S", "service": "s", "dev": {"plugin": {"package": "p", "name": "n"}}}]},
        "services[0].dev",
    ),
    (
        {"workflows": [{"binding": "W", "name": "w", "class_name": "C", "limits": {"steps": 5}}]},
        "workflows[0].limits",
    ),
    ({"dev": {"inspector_port": 9229}}, "dev.inspector_port"),
]


def _found(config: dict[str, Any], directory: Path, environment: str | None = None) -> list[Problem]:
    (directory / "entry.py").touch()
    (directory / "public").mkdir(exist_ok=True)
    path = directory / "wrangler.jsonc"
    document = jsonc.parse(json.dumps(BASICS | config, indent=1).encode(), path)
    return list(parse(document, config_path=path, environment=environment).problems)


@pytest.mark.parametrize(("config", "label"), SETTINGS)
def test_a_setting_without_effect_is_named_with_what_to_do(config: dict[str, Any], label: str, tmp_path: Path) -> None:
    (found,) = _found(config, tmp_path)
    assert (found.code, found.severity) == ("no-effect", "warning")
    assert found.what.startswith(f'"{label}" has no effect here: ')
    assert found.remedy
    assert found.place is not None
    assert found.place.line > len(BASICS)


def test_only_the_selected_environment_counts(tmp_path: Path) -> None:
    config = {"cache": {"enabled": True}, "env": {"e": {"cache": {"enabled": False}, "containers": []}}}
    (found,) = _found(config, tmp_path, "e")
    assert found.what.startswith('"env.e.cache" has no effect')


def test_what_means_nothing_under_wrangler_either_is_not_named(tmp_path: Path) -> None:
    config = {"minify": True, "no_bundle": True, "placement": {"mode": "smart"}, "observability": {"enabled": True}}
    assert _found({**config, "limits": {"cpu_ms": 5}, "upload_source_maps": True}, tmp_path) == []
