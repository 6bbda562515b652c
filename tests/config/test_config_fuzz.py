"""Nothing that a person can write in a config may end in anything but a config or problems."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from pywrangler.config import jsonc, toml
from pywrangler.config.bindings import SHAPES
from pywrangler.config.environments import INHERITED, OWN, TOP_ONLY
from pywrangler.config.parse import parse
from pywrangler.config.resolve import Overrides, resolve
from pywrangler.config.variables import Wishes, resolve_variables
from pywrangler.errors import ConfigError
from pywrangler.protocol.control import Fork, HostSettings, pack

FOLDER = Path("/nonexistent/project")
FILE = FOLDER / "wrangler.jsonc"

BASE: dict[str, Any] = {
    "name": "w",
    "main": "entry.py",
    "compatibility_date": "2026-06-01",
    "compatibility_flags": ["python_workers"],
    "vars": {"A": 1},
    "secrets": {"required": ["S"]},
    "durable_objects": {"bindings": [{"name": "D", "class_name": "C", "script_name": "other"}]},
    "migrations": [
        {
            "tag": "v1",
            "new_classes": ["A"],
            "new_sqlite_classes": ["B"],
            "renamed_classes": [{"from": "A", "to": "X"}],
            "deleted_classes": ["X"],
            "transferred_classes": [{"from": "A", "from_script": "s", "to": "T"}],
        }
    ],
    "exports": {"C": {"type": "durable-object", "storage": "sqlite", "state": "created"}, "W": {"type": "worker"}},
    "services": [{"binding": "S1", "service": "other", "entrypoint": "E", "props": {}}],
    "queues": {"producers": [{"binding": "Q", "queue": "q"}], "consumers": [{"queue": "q", "max_batch_size": 5}]},
    "assets": {"directory": "public", "binding": "ASSETS", "run_worker_first": ["/api/*", "!/api/x"]},
    "rules": [{"type": "Text", "globs": ["**/*.md"], "fallthrough": True}],
    "build": {"command": "make", "cwd": ".", "watch_dir": ["src"]},
    "dev": {"port": 8787, "ip": "localhost", "local_protocol": "http"},
    "routes": ["example.com/*", {"pattern": "*.x.com", "zone_id": "z"}],
    "route": "example.com",
    "triggers": {"crons": ["* * * * *"]},
    "tail_consumers": [{"service": "t"}],
    "ratelimits": [{"name": "R", "namespace_id": "1", "simple": {"limit": 1, "period": 10}}],
    "r2_buckets": [{"binding": "B", "bucket_name": "bucket"}],
    "hyperdrive": [{"binding": "H", "id": "x", "localConnectionString": "postgres://"}],
    "workflows": [{"binding": "WF", "name": "wf", "class_name": "Wf", "script_name": "other"}],
    "send_email": [{"name": "M", "allowed_destination_addresses": ["a@b.c"]}],
    "unsafe": {"bindings": [{"name": "U", "type": "t"}]},
    "text_blobs": {"T": "t.txt"},
    "observability": {"enabled": True, "logs": {"enabled": True, "head_sampling_rate": 1}},
    "placement": {"mode": "targeted", "region": "x"},
    "access": {"dev": {"aud": "a"}},
    "containers": [{"class_name": "C", "image": "a:1", "instance_type": "lite"}],
    "previews": {"vars": {"A": 1}, "kv_namespaces": [{"binding": "K"}]},
    "connect": [{"protocol": "udp", "port": 5, "idle_timeout_ms": 1}],
    "version_metadata": {"binding": "V"},
    "kv_namespaces": [{"binding": "K", "id": "x", "remote": True}],
    "env": {"st": {"vars": {"A": 2}, "kv_namespaces": [{"binding": "K"}]}},
}

KEYS = st.sampled_from(sorted(INHERITED | OWN | TOP_ONLY | set(SHAPES)))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "A", "../x", "a\0b", "x" * 5000, "2026-06-01", "sqlite", "durable-object", "/", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=4) | KEYS | st.sampled_from(["binding", "name", "bindings", "type"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


def trails(value: Any, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [trail] if trail else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += trails(item, (*trail, key))
    return found


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """The base with random JSON at random known places, also inside the environment."""
    config = copy.deepcopy(BASE)
    if draw(st.booleans()):
        config["env"]["st"] = copy.deepcopy({key: value for key, value in BASE.items() if key != "env"})
    for _ in range(draw(st.integers(1, 4))):
        *path, last = draw(st.sampled_from(trails(config)))
        parent: Any = config
        for key in path:
            parent = parent[key]
        if draw(st.integers(0, 4)) == 0:
            del parent[last]
        else:
            parent[last] = draw(VALUES)
    config[draw(KEYS)] = draw(VALUES)
    return config


def judge(document: Any, environment: str | None) -> None:
    parsed = parse(document, config_path=FILE, environment=environment, cwd=FOLDER)
    for problem in parsed.problems:
        assert problem.place is None or problem.place.line >= 1
        assert problem.what
        (str(problem) + problem.excerpt).encode()
    if parsed.worker is not None:
        outcome = resolve_variables(parsed.worker, parsed.labels, Wishes(environment))
        values = {item.name: item.value for item in outcome.variables}
        pack(Fork(1, HostSettings(parsed.worker, values, FOLDER, FOLDER, "http://localhost")))


@settings(max_examples=150, deadline=None)
@given(configs(), st.sampled_from([None, "st", "nope", "../x"]))
def test_any_json_at_any_place_gives_a_worker_or_problems(config: dict[str, Any], environment: str | None) -> None:
    text = json.dumps(config).replace("NaN", "1e999").replace("Infinity", "1e999")
    judge(jsonc.parse(text.encode(), FILE), environment)


@settings(max_examples=50, deadline=None)
@given(configs())
def test_any_toml_gives_a_worker_or_problems(config: dict[str, Any]) -> None:
    def without_null(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without_null(item) for key, item in value.items() if item is not None}
        if isinstance(value, list):
            return [without_null(item) for item in value if item is not None]
        return value

    with suppress(ConfigError):  # integers that JavaScript does not hold
        judge(toml.parse(tomli_w.dumps(without_null(config)).encode(), FOLDER / "wrangler.toml"), "st")


@settings(max_examples=50, deadline=None)
@given(VALUES)
def test_any_document_gives_a_worker_or_problems(value: Any) -> None:
    text = json.dumps(value).replace("NaN", "1e999").replace("Infinity", "1e999")
    judge(jsonc.parse(text.encode(), FILE), None)


@settings(max_examples=50, deadline=None)
@given(
    st.builds(
        Overrides,
        name=st.none() | st.text(max_size=5),
        script=st.none() | st.builds(Path, st.text(max_size=5)),
        compatibility_date=st.none() | st.text(max_size=5),
        compatibility_flags=st.none() | st.lists(st.text(max_size=3)).map(tuple),
        assets=st.none() | st.builds(Path, st.text(max_size=5)),
        vars=st.lists(st.text(max_size=5)).map(tuple),
        routes=st.none() | st.lists(st.text(max_size=5)).map(tuple),
        env_files=st.lists(st.text(max_size=5)).map(tuple),
    ),
    st.none() | st.text(max_size=3),
)
def test_any_flags_give_a_session_or_problems(overrides: Overrides, environment: str | None) -> None:
    with suppress(ConfigError):
        resolve([], cwd=FOLDER, environment=environment, overrides=overrides, process_environment={})
