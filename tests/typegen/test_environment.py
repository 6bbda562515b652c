"""`Env`: variables, secrets, bindings, environments (spec/types.md, section 4)."""

from __future__ import annotations

import ast
import json
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.config.bindings import SHAPES
from pywrangler.config.shapes import Record
from pywrangler.errors import ConfigError
from pywrangler.typegen.names import Names
from pywrangler.typegen.samples import Samples
from tests.typegen.project import BASE, class_lines, types_of, write_gateway, write_worker


def env(directory, name="Env", **options):
    return class_lines(types_of(directory, **options).text, name)


def test_the_gateway_of_the_specification(tmp_path):
    gateway = write_gateway(tmp_path)
    assert env(gateway) == [
        'GREETING: Literal["hello"]',
        "COUNT: Literal[5]",
        "SETTINGS: Settings",
        "API_KEY: str",
        "KV: _w.KVNamespace",
        "BUCKET: _w.R2Bucket",
        "DB: _w.D1Database",
        "JOBS: _w.Queue[Any]",
        "ROOMS: _w.DurableObjectNamespace[RoomStub]",
        "COUNTER: _w.DurableObjectNamespace[CounterStub]",
        "AUTH: AuthStub",
        "PIPE: _w.Workflow[OrderParams]",
    ]


def test_the_same_project_gives_the_same_bytes(tmp_path):
    first = types_of(write_gateway(tmp_path / "a"))
    second = types_of(write_gateway(tmp_path / "b"))
    assert first.text == second.text


def test_values_of_secrets_are_never_written(tmp_path):
    gateway = write_gateway(tmp_path)
    (gateway / ".dev.vars").write_text("API_KEY=do-not-show-me\nGREETING=nor-me\n", encoding="utf-8")
    text = types_of(gateway).text
    assert "do-not-show-me" not in text
    assert "nor-me" not in text
    # A name that a file overrides can hold anything.
    assert "    GREETING: str\n" in text


def test_loose_variables_have_plain_types(tmp_path):
    gateway = write_gateway(tmp_path)
    assert env(gateway, strict_vars=False)[:2] == ["GREETING: str", "COUNT: int"]


def test_required_secrets_are_exactly_those_of_the_config(tmp_path):
    write_worker(tmp_path, "one", "", secrets={"required": ["B", "A"]}, vars={"V": "x"})
    (tmp_path / ".dev.vars").write_text("OTHER=1\nV=2\n", encoding="utf-8")
    assert env(tmp_path) == ['V: Literal["x"]', "B: str", "A: str"]


def test_without_a_variable_file_the_example_says_which_secrets_there_are(tmp_path):
    write_worker(tmp_path, "one", "")
    (tmp_path / ".dev.vars.example").write_text("TOKEN=change-me\n", encoding="utf-8")
    assert env(tmp_path) == ["TOKEN: str"]
    (tmp_path / ".dev.vars").write_text("MINE=1\n", encoding="utf-8")
    assert env(tmp_path) == ["MINE: str"]


def test_variables_of_the_process_are_no_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("CLOUDFLARE_INCLUDE_PROCESS_ENV", "true")
    write_worker(tmp_path, "one", "")
    assert env(tmp_path) == ["pass"]


def test_environments_are_merged_and_each_has_its_own_class(tmp_path):
    write_worker(
        tmp_path,
        "one",
        "",
        vars={"GREETING": "hello", "COUNT": 5, "BOTH": True},
        kv_namespaces=[{"binding": "KV"}],
        r2_buckets=[{"binding": "FILES"}],
        env={
            "staging": {
                "vars": {"GREETING": "stg", "COUNT": 6, "ONLY": "z", "BOTH": False},
                "kv_namespaces": [{"binding": "KV"}],
            },
            "prod-eu": {"vars": {"GREETING": "hello"}, "kv_namespaces": [{"binding": "KV"}]},
        },
    )
    assert env(tmp_path) == [
        'GREETING: Literal["hello", "stg"]',
        "COUNT: Literal[5, 6] | None  # not in prod-eu",
        "BOTH: bool | None  # not in prod-eu",
        "KV: _w.KVNamespace",
        "FILES: _w.R2Bucket | None  # only in the top level",
        'ONLY: Literal["z"] | None  # only in staging',
    ]
    assert env(tmp_path, "StagingEnv") == [
        'GREETING: Literal["stg"]',
        "COUNT: Literal[6]",
        'ONLY: Literal["z"]',
        "BOTH: Literal[False]",
        "KV: _w.KVNamespace",
    ]
    assert env(tmp_path, "ProdEuEnv") == ['GREETING: Literal["hello"]', "KV: _w.KVNamespace"]


def test_one_environment_alone(tmp_path):
    write_worker(tmp_path, "one", "", vars={"A": 1}, env={"staging": {"vars": {"A": 2}}})
    text = types_of(tmp_path, environment="staging").text
    assert class_lines(text, "Env") == ["A: Literal[2]"]
    assert "StagingEnv" not in text


def test_an_object_has_attributes_and_gives_a_dict(tmp_path):
    settings = {"theme": "dark", "deep": {"n": 1.5, "none": None}, "list": [{"a": 1}, {"b": "x"}], "to_py": 1, "a-b": 2}
    write_worker(tmp_path, "one", "", vars={"SETTINGS": settings})
    text = types_of(tmp_path).text
    assert class_lines(text, "Settings") == [
        'theme: Literal["dark"]',
        "deep: SettingsDeep",
        "list: _w.JsonArray[SettingsListItem, SettingsListItemDict]",
        '# getattr(..., "to_py"): Literal[1]',
        '# getattr(..., "a-b"): Literal[2]',
    ]
    assert class_lines(text, "SettingsDeepDict") == ["n: float", "none: _w.JsNull"]
    assert class_lines(text, "SettingsListItemDict") == ["a: NotRequired[Literal[1]]", 'b: NotRequired[Literal["x"]]']


@pytest.mark.parametrize(
    ("value", "strict", "loose"),
    [
        ("x", 'Literal["x"]', "str"),
        ('say "hi"\n', 'Literal["say \\"hi\\"\\n"]', "str"),
        (True, "Literal[True]", "bool"),
        (-3, "Literal[-3]", "int"),
        (2.0, "Literal[2]", "int"),
        (1e16, "float", "float"),
        (2.5, "float", "float"),
        (None, "_w.JsNull", "_w.JsNull"),
        ([], "_w.JsArray[Any]", "_w.JsArray[Any]"),
        (["a", 1, "a"], '_w.JsArray[Literal["a", 1]]', "_w.JsArray[str | int]"),
    ],
)
def test_a_value_has_its_type(tmp_path, value, strict, loose):
    write_worker(tmp_path, "one", "", vars={"V": value})
    assert env(tmp_path) == [f"V: {strict}"]
    assert env(tmp_path, strict_vars=False) == [f"V: {loose}"]


def test_null_is_none_before_the_date_that_brought_jsnull(tmp_path):
    write_worker(tmp_path, "one", "", vars={"V": None}, compatibility_date="2025-01-01")
    assert env(tmp_path) == ["V: None"]


@pytest.mark.parametrize("name", ["MULTI-DASH", "class", "__private", "1st", "with space", "new\nline"])
def test_a_name_that_is_no_attribute_is_a_comment(tmp_path, name):
    write_worker(tmp_path, "one", "", vars={name: "x", "OK": "y"})
    assert env(tmp_path) == [f'# getattr(env, {json.dumps(name)}): Literal["x"]', 'OK: Literal["y"]']


def test_a_name_of_a_builtin_does_not_change_the_types_of_others(tmp_path):
    write_worker(tmp_path, "one", "", vars={"str": 2.5, "list": [[1]]}, secrets={"required": ["KEY"]})
    text = types_of(tmp_path).text
    assert class_lines(text, "Env")[-1] == "KEY: builtins.str"
    assert "import builtins" in text


def test_every_kind_of_binding_has_a_line(tmp_path):
    config: dict[str, object] = {}
    for kind, shape in SHAPES.items():
        entry = {shape.name: kind.upper().replace(".", "_")}
        for field, check in shape.record.required.items():
            if isinstance(check, Record):
                entry[field] = {"limit": 1, "period": 10}
            elif field != shape.name:
                entry[field] = "some-value"
        entry |= {"pipelines": {"stream": "s"}, "vpc_networks": {"tunnel_id": "t"}}.get(kind, {})
        if kind == "hyperdrive":
            entry["localConnectionString"] = "postgres://u:p@localhost/db"
        if kind == "queues.producers":
            config["queues"] = {"producers": [{**entry, "queue": "q"}]}
        else:
            config[kind] = entry if shape.single else [entry]
    write_worker(tmp_path, "one", "class Some: ...\n", **config)
    lines = env(tmp_path)
    assert len(lines) == len(SHAPES)
    assert all(re.match(r"[A-Z_0-9]+: (_w\.\w+(\[Any\])?|Any)(  # .*)?$", line) for line in lines)


def test_a_worker_is_matched_by_its_name_in_the_environment(tmp_path):
    write_worker(tmp_path / "far", "far", "class Thing:\n    def a(self) -> int: ...\n", env={"production": {}})
    near = write_worker(
        tmp_path / "near",
        "near",
        "",
        durable_objects={"bindings": [{"name": "T", "class_name": "Thing", "script_name": "far"}]},
        env={
            "production": {
                "durable_objects": {"bindings": [{"name": "T", "class_name": "Thing", "script_name": "far-production"}]}
            }
        },
    )
    assert env(near) == ["T: _w.DurableObjectNamespace[ThingStub]"]


def test_a_worker_that_nobody_knows_is_a_comment(tmp_path):
    near = write_worker(
        tmp_path / "near",
        "near",
        "",
        durable_objects={"bindings": [{"name": "T", "class_name": "Thing", "script_name": "far\n# injected"}]},
        services=[{"binding": "S", "service": "far"}],
    )
    assert env(near) == [
        "T: _w.DurableObjectNamespace[Any]  # Thing from far # injected (pass -c to type it)",
        "S: _w.Service  # the default entrypoint of far (pass -c to type it)",
    ]


def test_a_broken_sibling_is_left_out(tmp_path):
    gateway = write_gateway(tmp_path)
    (tmp_path / "counter" / "wrangler.jsonc").write_text("{ nonsense", encoding="utf-8")
    assert "COUNTER: _w.DurableObjectNamespace[Any]  # Counter from counter (pass -c to type it)" in env(gateway)


def test_a_broken_config_that_was_named_is_an_error(tmp_path):
    gateway = write_gateway(tmp_path)
    (tmp_path / "counter" / "wrangler.jsonc").write_text("{ nonsense", encoding="utf-8")
    with pytest.raises(ConfigError):
        types_of(gateway, configs=("wrangler.jsonc", "../counter/wrangler.jsonc"))


def test_a_class_that_is_not_there_is_a_warning_at_its_binding(tmp_path):
    write_worker(tmp_path, "one", "", durable_objects={"bindings": [{"name": "T", "class_name": "Thing"}]})
    generated = types_of(tmp_path)
    (problem,) = generated.problems
    assert (problem.code, problem.severity) == ("class-missing", "warning")
    assert problem.place is not None
    assert problem.place.line > 1


def test_a_class_of_a_script_is_known_by_name_only(tmp_path):
    (tmp_path / "far" / "src").mkdir(parents=True)
    config = {"name": "far", "main": "src/index.ts", **BASE}
    (tmp_path / "far" / "wrangler.jsonc").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "far" / "src" / "index.ts").write_text("export class Thing extends X {}", encoding="utf-8")
    bindings = [{"name": name, "class_name": name, "script_name": "far"} for name in ("Thing", "Gone")]
    near = write_worker(tmp_path / "near", "near", "", durable_objects={"bindings": bindings})
    generated = types_of(near)
    assert [problem.what.split('"')[1] for problem in generated.problems] == ["Gone"]
    assert class_lines(generated.text, "Env")[0] == "Thing: _w.DurableObjectNamespace[Any]"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(string.printable, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(JSON, min_size=1, max_size=3), st.booleans())
def test_any_json_value_gives_valid_python(values, strict):
    """And each class that a type names is defined before it."""
    names = Names(())
    samples = Samples(names, strict=strict, has_jsnull=True)
    text = samples.text("THE_VALUE", values)
    body = "\n".join(line for lines in samples.definitions for line in lines)
    tree = ast.parse("\n".join([*names.import_lines(), body, f"x: {text}"]))
    known = {"_w", "list", "str", "int", "float", "bool", "builtins"}
    for statement in tree.body:
        used = {
            node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        assert used <= known
        if isinstance(statement, ast.Import | ast.ImportFrom):
            known |= {alias.asname or alias.name for alias in statement.names}
        elif isinstance(statement, ast.ClassDef):
            known |= {statement.name}
        elif isinstance(statement, ast.Assign):
            known |= {target.id for target in statement.targets}
