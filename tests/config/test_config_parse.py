"""One config at a time: what it means, and what is said about mistakes (spec/config.md, sections 3 to 7)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pywrangler.config import jsonc
from pywrangler.config.bindings import SHAPES
from pywrangler.config.model import (
    Assets,
    Build,
    Dev,
    DurableObjectBinding,
    DurableObjectClass,
    QueueConsumer,
    Rule,
    ServiceBinding,
    WorkerConfig,
)
from pywrangler.config.overrides import NO_OVERRIDES, Overrides
from pywrangler.config.parse import Parsed, parse
from pywrangler.errors import Place, Problem

BASICS = {
    "name": "w",
    "main": "entry.py",
    "compatibility_date": "2026-06-01",
    "compatibility_flags": ["python_workers"],
}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    (tmp_path / "entry.py").touch()

    def run(config: Any, environment: str | None = None, overrides: Overrides = NO_OVERRIDES, **more: Any) -> Parsed:
        text = json.dumps(config, indent=1) if not isinstance(config, str) else config
        path = tmp_path / "wrangler.jsonc"
        document = jsonc.parse(text.encode(), path)
        return parse(document, config_path=path, environment=environment, overrides=overrides, cwd=tmp_path, **more)

    return run


@pytest.fixture
def worker(read: Any) -> Any:
    """Read a config that must be without problems."""

    def run(
        config: dict[str, Any], environment: str | None = None, overrides: Overrides = NO_OVERRIDES
    ) -> WorkerConfig:
        parsed = read(BASICS | config, environment, overrides)
        assert parsed.problems == ()
        return parsed.worker

    return run


@pytest.fixture
def problems(read: Any) -> Any:
    """Read the basics with more keys; return the problems."""

    def run(config: dict[str, Any], environment: str | None = None) -> tuple[Problem, ...]:
        return read(BASICS | config, environment).problems

    return run


@pytest.fixture
def problem(problems: Any) -> Any:
    def run(config: dict[str, Any], environment: str | None = None) -> Problem:
        (only,) = problems(config, environment)
        return only

    return run


# ---- the document ---------------------------------------------------------------------------------------


def test_a_minimal_worker(worker: Any, tmp_path: Path) -> None:
    found = worker({})
    assert (found.name, found.main, found.named, found.environment) == ("w", tmp_path / "entry.py", True, None)
    assert found.root == tmp_path
    assert found.compat.date == "2026-06-01"
    assert found.name_place == Place(tmp_path / "wrangler.jsonc", 2, 10)


@pytest.mark.parametrize("text", ["null", "5", '"x"', "[1]", "true"])
def test_a_config_that_is_no_object_is_an_error(read: Any, text: str) -> None:
    parsed = read(text)
    assert parsed.worker is None
    assert parsed.problems[0].what == "The configuration has to be an object."


def test_every_problem_is_reported_at_once_in_the_order_of_the_file(read: Any) -> None:
    found = read("""{
      "name": 5,
      "compatability_date": "2026-06-01",
      "main": "nope.py",
      "compatibility_flags": "python_workers",
      "kv_namespaces": [{"id": "x"}, {"binding": ""}],
      "dev": {"port": "x"}
    }""").problems
    assert [problem.place.line for problem in found] == sorted(problem.place.line for problem in found)
    assert {problem.code for problem in found} >= {
        "wrong-type",
        "unknown-key",
        "main-not-found",
        "missing-field",
        "empty",
    }
    assert len([problem for problem in found if problem.severity == "error"]) >= 6


def test_a_problem_has_place_remedy_and_excerpt(problem: Any, tmp_path: Path) -> None:
    found = problem({"kv_namespace": []})
    assert found.what == 'Unexpected field "kv_namespace" in the configuration.'
    assert found.remedy == 'Did you mean "kv_namespaces"?'
    assert found.severity == "warning"
    assert found.place == Place(tmp_path / "wrangler.jsonc", 8, 2)
    assert found.excerpt.splitlines()[1].endswith("^" * len('"kv_namespace"'))


@pytest.mark.parametrize(
    ("config", "where", "near"),
    [
        ({"dev": {"prot": 1}}, '"dev"', "port"),
        ({"assets": {"directory": ".", "html_handing": "none"}}, '"assets"', "html_handling"),
        ({"kv_namespaces": [{"binding": "K", "zebra": "x"}]}, '"kv_namespaces[0]"', None),
        ({"migrations": [{"tag": "a", "new_sqlite_class": ["A"]}]}, '"migrations[0]"', "new_sqlite_classes"),
        ({"queues": {"producer": []}}, '"queues"', "producers"),
    ],
)
def test_unknown_keys_are_warnings_that_name_the_nearest(problems: Any, config: Any, where: str, near: str) -> None:
    (found,) = [item for item in problems(config) if item.code == "unknown-key"]
    assert found.severity == "warning"
    assert f"in {where}" in found.what
    assert found.remedy == (f'Did you mean "{near}"?' if near else "")


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        ({"kv_namespaces": [{"bindng": "K"}]}, 'Rename "bindng" to "binding".'),
        ({"kv_namespaces": [{"id": "K"}]}, ""),
        ({"services": [{"binding": "S", "servce": "s"}]}, 'Rename "servce" to "service".'),
        ({"services": [{"binding": "S", "props": {}}]}, ""),
        ({"durable_objects": {"bindings": [{"name": "A", "classname": "B"}]}}, 'Rename "classname" to "class_name".'),
        ({"rules": [{"typ": "Text", "globs": []}]}, 'Rename "typ" to "type".'),
        ({"migrations": [{"tags": "v1"}]}, 'Rename "tags" to "tag".'),
    ],
)
def test_a_missing_field_names_the_one_that_may_be_its_misspelling(problems: Any, config: Any, remedy: str) -> None:
    (found,) = [item for item in problems(config) if item.code == "missing-field"]
    assert found.remedy == remedy


def test_a_repeated_key_is_a_warning(read: Any) -> None:
    text = json.dumps(BASICS)[:-1] + ', "name": "other"}'
    parsed = read(text)
    assert parsed.worker.name == "other"
    assert [item.code for item in parsed.problems] == ["duplicate-key"]


# ---- name, main, compatibility --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["A B", "Upper", "-dash", "dots.no", "ä"])
def test_names_are_lowercase_with_dashes(problem: Any, name: str) -> None:
    shown = json.dumps(name, ensure_ascii=False)
    what = f'Expected "name" to be alphanumeric and lowercase with dashes only but got {shown}.'
    assert problem({"name": name}).what == what


def test_without_a_name_the_worker_gets_one_that_stays_the_same(read: Any) -> None:
    config = {key: value for key, value in BASICS.items() if key != "name"}
    first, second = read(config).worker, read(config).worker
    assert first.name == second.name
    assert first.named is False
    assert read(config | {"name": ""}).worker.named is False


def test_a_missing_main_file_names_its_neighbours(problem: Any) -> None:
    found = problem({"main": "entri.py"})
    assert found.what == 'The entry-point file at "entri.py" was not found.'
    assert found.remedy == 'Did you mean "entry.py"?'
    assert "There is no directory" in problem({"main": "src/entry.py"}).remedy


def test_javascript_is_for_wrangler(problem: Any) -> None:
    found = problem({"main": "src/index.ts"})
    assert found.severity == "error"
    assert "pywrangler runs Python Workers" in found.what
    assert "wrangler" in found.remedy


def test_python_needs_its_flag(problem: Any) -> None:
    found = problem({"compatibility_flags": ["nodejs_compat"]})
    assert found.what == "The `python_workers` compatibility flag is required to use Python."
    assert '"compatibility_flags": ["python_workers"]' in found.remedy
    assert found.place.line == 5


def test_neither_main_nor_assets_is_an_error(read: Any) -> None:
    (found,) = read({"name": "w", "compatibility_date": "2026-06-01"}).problems
    assert found.what == "Missing entry-point to Worker script or to assets directory."


def test_assets_alone_are_a_worker(read: Any, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    config = {"name": "w", "compatibility_date": "2026-06-01", "assets": {"directory": "public"}}
    parsed = read(config)
    assert parsed.problems == ()
    assert parsed.worker.main is None


def test_a_missing_date_is_a_warning_and_the_newest_is_used(read: Any) -> None:
    config = {key: value for key, value in BASICS.items() if key != "compatibility_date"}
    parsed = read(config)
    (found,) = parsed.problems
    assert found.severity == "warning"
    assert found.what.startswith("No compatibility_date was specified. Using the default compatibility date: 20")
    assert parsed.worker.compat.external_sdk


@pytest.mark.parametrize("date", ["2026-13-01", "2026-02-30", "yesterday", "2026-6-1", "20260601", ""])
def test_dates_are_real_dates(problem: Any, date: str) -> None:
    assert "should be a valid date (YYYY-MM-DD)" in problem({"compatibility_date": date}).what


def test_dashes_from_a_word_processor_have_their_own_message(problem: Any) -> None:
    found = problem({"compatibility_date": "2026\u201306\u201301"})
    assert "dashes" in found.what
    assert '"2026-06-01"' in found.remedy


def test_a_future_date_is_accepted(worker: Any) -> None:
    assert worker({"compatibility_date": "2099-01-01"}).compat.date == "2099-01-01"


def test_flags_that_contradict_each_other_are_an_error(problem: Any) -> None:
    flags = ["python_workers", "enable_ctx_exports", "disable_ctx_exports"]
    assert "contradict" in problem({"compatibility_flags": flags}).what


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"legacy_env": True}, '"legacy_env" is no longer supported'),
        ({"node_compat": True}, '"node_compat" is no longer supported'),
        ({"pages_build_output_dir": "dist"}, "Pages project"),
    ],
)
def test_what_is_gone_is_an_error(problem: Any, config: Any, what: str) -> None:
    found = problem(config)
    assert found.severity == "error"
    assert what in found.what


# ---- further keys ---------------------------------------------------------------------------------------


def test_dev_is_read(worker: Any, tmp_path: Path) -> None:
    dev = worker({"dev": {"ip": "*", "port": 0, "local_protocol": "https", "host": "example.com"}}).dev
    assert dev == Dev("*", 0, "https", "example.com", Place(tmp_path / "wrangler.jsonc", 10, 11))
    assert worker({}).dev == Dev()


@pytest.mark.parametrize("port", [-1, 65536, 1.5, True, "8787", None])
def test_a_port_is_a_port(problem: Any, port: object) -> None:
    assert '"dev.port"' in problem({"dev": {"port": port}}).what


def test_build_is_read(worker: Any, tmp_path: Path) -> None:
    assert worker({"build": {"command": "make", "cwd": "sub", "watch_dir": ["a", "../b"]}}).build == Build(
        "make", tmp_path / "sub", (tmp_path / "a", tmp_path.parent / "b")
    )
    assert worker({"build": {"command": "make"}}).build == Build("make", tmp_path, (tmp_path / "src",))
    assert worker({"build": {"cwd": "x"}}).build is None


def test_what_a_build_makes_need_not_exist_yet(worker: Any) -> None:
    worker({"build": {"command": "make"}, "main": "dist/entry.py", "assets": {"directory": "dist/public"}})


def test_a_rule_behind_another_of_its_type_is_hidden_with_a_warning(read: Any) -> None:
    rules = [
        {"type": "Text", "globs": ["**/*.md"], "fallthrough": True},
        {"type": "Text", "globs": ["**/*.rst"]},
        {"type": "Text", "globs": ["**/*.org"]},
    ]
    parsed = read(BASICS | {"rules": rules})
    assert parsed.worker.rules == (Rule("Text", ("**/*.md",), True), Rule("Text", ("**/*.rst",)))
    assert [item.code for item in parsed.problems] == ["shadowed-rule"]


@pytest.mark.parametrize(
    ("routes", "host"),
    [
        ({"route": "example.com/*"}, "example.com"),
        ({"route": {"pattern": "https://a.example.com/x/*", "zone_name": "example.com"}}, "a.example.com"),
        ({"routes": ["*.example.com/*", "b.com"]}, "example.com"),
        ({"routes": ["*/*", {"pattern": "b.com", "custom_domain": True}]}, "b.com"),
        ({}, None),
    ],
)
def test_the_first_route_names_the_host(worker: Any, routes: Any, host: str | None) -> None:
    assert worker(routes).first_route_host == host


# What `wrangler dev` (4.164) sends in `CF-Worker`.
@pytest.mark.parametrize(
    ("config", "zone"),
    [
        ({}, "w.example.com"),
        ({"route": "a.example.com/*"}, "a.example.com"),
        ({"route": {"pattern": "a.example.com/*", "zone_name": "example.com"}}, "example.com"),
        ({"routes": [{"pattern": "a.example.com/*", "zone_id": "1"}, {"pattern": "b.com", "zone_name": "c.com"}]},
         "a.example.com"),
        ({"routes": []}, "w.example.com"),
        ({"dev": {"host": "dev.example.org"}}, "dev.example.org"),
        ({"dev": {"host": "dev.example.org"}, "route": "a.example.com"}, "dev.example.org"),
        ({"dev": {"host": "dev.example.org"}, "route": {"pattern": "a.b.com", "zone_name": "b.com"}}, "b.com"),
    ],
)  # fmt: skip
def test_the_first_route_or_the_host_names_the_zone(worker: Any, config: Any, zone: str) -> None:
    assert worker(config).zone == zone


def test_the_host_of_a_route_can_be_left_out(read: Any) -> None:
    config = BASICS | {"route": "a.com/*", "dev": {"host": "b.com"}}
    found = read(config, overrides=Overrides(infer_origin=False)).worker
    assert (found.first_route_host, found.dev.host) == (None, "b.com")
    flags = Overrides(infer_origin=False, routes=("c.com/*",))
    assert read(config, overrides=flags).worker.first_route_host is None


def test_route_and_routes_exclude_each_other(problem: Any) -> None:
    assert problem({"route": "a.com", "routes": ["b.com"]}).severity == "error"


def test_an_environment_may_have_a_route_of_its_own_and_inherit_routes(read: Any) -> None:
    parsed = read(BASICS | {"routes": ["b.com/*"], "env": {"e": {"route": "a.com/*"}}}, "e")
    assert (parsed.problems, parsed.worker.first_route_host) == ((), "a.com")


@pytest.mark.parametrize(
    ("own", "is_said"),
    [
        ({}, True),
        ({"route": "x.com/*"}, True),
        ({"routes": []}, False),
        ({"routes": [{"pattern": "a.com", "custom_domain": True}]}, False),
    ],
)
def test_an_environment_that_inherits_a_custom_domain_is_a_warning(problems: Any, own: Any, is_said: bool) -> None:
    routes = [{"pattern": "a.com", "custom_domain": True}, {"pattern": "b.com/*", "zone_name": "b.com"}]
    found = [item for item in problems({"routes": routes, "env": {"e": own}}, "e") if item.code == "inherited-domain"]
    assert [item.what for item in found] == (
        ['"env.e" inherits "routes" with the custom domain "a.com".'] if is_said else []
    )


def test_unsafe_bindings_are_not_inherited(problems: Any) -> None:
    unsafe = {"bindings": [{"name": "U", "type": "u"}]}
    for own, what in (
        ({}, '"unsafe" exists at the top level, but not on "env.e".'),
        ({"unsafe": {}}, '"unsafe" names "U" at the top level, but "env.e.unsafe" does not.'),
    ):
        assert what in [item.what for item in problems({"unsafe": unsafe, "env": {"e": own}}, "e")]


def test_empty_strings_that_upstream_ignores_are_warnings(problems: Any) -> None:
    found = problems({"route": "", "account_id": ""})
    assert [item.severity for item in found] == ["warning", "warning"]


def test_crons_and_tail_consumers_are_read(worker: Any) -> None:
    found = worker({"triggers": {"crons": ["*/5 * * * *"]}, "tail_consumers": [{"service": "t"}]})
    assert found.crons == ("*/5 * * * *",)
    assert found.tail_consumers == ("t",)


def test_other_keys_are_kept_as_configured(worker: Any) -> None:
    config = {"workers_dev": False, "limits": {"cpu_ms": 50}, "account_id": "abc", "observability": {"enabled": True}}
    assert worker(config).settings == config


def test_vars_hold_numbers_as_javascript_does(worker: Any) -> None:
    found = worker({"vars": {"BIG": 2**53, "OK": 2**53 - 1, "DEEP": [{"x": -(2**70)}]}})
    assert found.vars == {"BIG": float(2**53), "OK": 2**53 - 1, "DEEP": [{"x": -float(2**70)}]}
    assert isinstance(found.vars["BIG"], float)


@pytest.mark.parametrize(("text", "expected"), [("1.0", 1), ("1e3", 1000), ("-0.0", 0), ("1.5", 1.5), ("1e16", 1e16)])
def test_vars_that_are_whole_are_ints(read: Any, text: str, expected: float) -> None:
    found = read(json.dumps(BASICS)[:-1] + f', "vars": {{"A": {text}, "B": [{text}]}}}}').worker.vars
    assert repr(found) == repr({"A": expected, "B": [expected]})


@pytest.mark.parametrize("number", [-(2**63) - 1, 2**64, 10**400, -(10**400)])
def test_numbers_that_no_message_can_carry_become_floats_everywhere(worker: Any, number: int) -> None:
    found = worker(
        {
            "limits": {"cpu_ms": number},
            "services": [{"binding": "S", "service": "s", "props": {"n": number}}],
        }
    )
    assert isinstance(found.settings["limits"]["cpu_ms"], float)
    assert isinstance(found.services[0].props["n"], float)


@pytest.mark.parametrize("value", [[], "x", 5, None])
def test_vars_are_an_object(problem: Any, value: object) -> None:
    assert problem({"vars": value}).what == f'Expected "vars" to be an object but got {json.dumps(value)}.'


# ---- assets ---------------------------------------------------------------------------------------------


def test_assets_are_read(worker: Any, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    given = {
        "directory": "./public/",
        "binding": "ASSETS",
        "html_handling": "none",
        "not_found_handling": "404-page",
        "run_worker_first": ["/api/*", "!/api/x"],
    }
    assert worker({"assets": given}).assets == Assets(
        tmp_path / "public", "ASSETS", "none", "404-page", ("/api/*", "!/api/x")
    )


@pytest.mark.parametrize(
    ("assets", "what"),
    [
        ({"directory": "nope"}, "does not exist"),
        ({"binding": "A"}, 'needs the field "directory"'),
        ({"directory": "public", "html_handling": "x"}, 'one of "auto-trailing-slash"'),
        ({"directory": "public", "run_worker_first": ["api/*"]}, 'has to begin with "/"'),
        ({"directory": "public", "run_worker_first": ["!/api/*"]}, "exceptions only"),
        ({"directory": "public", "run_worker_first": ["/" + "x" * 100]}, "longer than 100"),
        ({"directory": "public", "run_worker_first": [f"/{n}" for n in range(101)]}, "at most 100"),
        ({"directory": "public", "run_worker_first": 5}, "should be an array"),
    ],
)
def test_assets_mistakes(problem: Any, tmp_path: Path, assets: Any, what: str) -> None:
    (tmp_path / "public").mkdir()
    assert what in problem({"assets": assets}).what


def test_an_assets_only_worker_has_nobody_to_use_a_binding(read: Any, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    assets = {"directory": "p", "binding": "A", "run_worker_first": True}
    found = read({"name": "w", "compatibility_date": "2026-06-01", "assets": assets}).problems
    assert [item.what for item in found] == [
        '"assets.binding" needs a Worker script.',
        '"assets.run_worker_first" needs a Worker script.',
    ]


def test_publishing_the_config_itself_is_a_warning(problem: Any) -> None:
    found = problem({"assets": {"directory": "."}})
    assert found.severity == "warning"
    assert "published" in found.remedy


# ---- bindings -------------------------------------------------------------------------------------------


def test_services_and_durable_objects_are_read(worker: Any) -> None:
    found = worker(
        {
            "services": [{"binding": "S", "service": "other", "entrypoint": "E", "props": {"a": 1}, "unknown": 1}],
            "durable_objects": {
                "bindings": [
                    {"name": "A", "class_name": "Aa"},
                    {"name": "B", "class_name": "Bb", "script_name": "other"},
                    {"name": "C", "class_name": "Cc", "script_name": "w"},
                ]
            },
            "migrations": [{"tag": "v1", "new_sqlite_classes": ["Aa"], "new_classes": ["Cc"]}],
        }
    )
    (service,) = found.services
    assert service == ServiceBinding("S", "other", "E", {"a": 1}, service.place)
    assert found.durable_objects == (
        DurableObjectBinding("A", "Aa", None, found.durable_objects[0].place),
        DurableObjectBinding("B", "Bb", "other", found.durable_objects[1].place),
        DurableObjectBinding("C", "Cc", None, found.durable_objects[2].place),
    )
    assert found.durable_object_classes == (DurableObjectClass("Cc", False), DurableObjectClass("Aa", True))


def test_queue_consumers_have_local_defaults(worker: Any) -> None:
    found = worker({"queues": {"consumers": [{"queue": "q"}, {"queue": "r", "max_batch_size": 10, "retry_delay": 2}]}})
    assert found.queue_consumers == (
        QueueConsumer("q", 5, 1, 2, None, 0),
        QueueConsumer("r", max_batch_size=10, retry_delay=2),
    )


@pytest.mark.parametrize(("given", "known"), [(1, 1), (250, 250)])
def test_queue_consumers_may_say_how_many_batches_run_at_once(worker: Any, given: int, known: int) -> None:
    found = worker({"queues": {"consumers": [{"queue": "q", "max_concurrency": given}]}})
    assert found.queue_consumers[0].max_concurrency == known


MINIMAL: dict[str, Any] = {
    "workflows": [{"binding": "X", "name": "wf", "class_name": "C"}],
    "send_email": [{"name": "X"}],
    "hyperdrive": [{"binding": "X", "id": "i", "localConnectionString": "postgres://u:p@h/d"}],
    "ratelimits": [{"name": "X", "namespace_id": "1", "simple": {"limit": 10, "period": 60}}],
    "secrets_store_secrets": [{"binding": "X", "store_id": "s", "secret_name": "n"}],
    "vectorize": [{"binding": "X", "index_name": "i"}],
    "mtls_certificates": [{"binding": "X", "certificate_id": "i"}],
    "pipelines": [{"binding": "X", "stream": "s"}],
    "ai_search": [{"binding": "X", "instance_name": "i"}],
    "ai_search_namespaces": [{"binding": "X", "namespace": "n"}],
    "agent_memory": [{"binding": "X", "namespace": "n"}],
    "artifacts": [{"binding": "X", "namespace": "n"}],
    "k2": [{"binding": "X", "stream": "s"}],
    "vpc_services": [{"binding": "X", "service_id": "s"}],
    "vpc_networks": [{"binding": "X", "tunnel_id": "t"}],
}


@pytest.mark.parametrize("kind", SHAPES)
def test_every_kind_of_binding_is_read(read: Any, kind: str) -> None:
    shape = SHAPES[kind]
    entry = MINIMAL.get(kind, {"binding": "X"} if shape.single else [{"binding": "X"}])
    config: dict[str, Any] = {"queues": {"producers": entry}} if kind == "queues.producers" else {kind: entry}
    parsed = read(BASICS | config)
    (binding,) = parsed.worker.others
    assert (binding.kind, binding.name) == (kind, "X")
    assert binding.data == (entry if shape.single else entry[0])
    assert parsed.labels == {"X": shape.label}
    assert [item.code for item in parsed.problems] == ([] if shape.where == "local" else ["account-only"])


@pytest.mark.parametrize("kind", [kind for kind, shape in SHAPES.items() if shape.where == "remote"])
def test_what_exists_in_the_account_only_cannot_be_local(read: Any, kind: str) -> None:
    shape = SHAPES[kind]
    (entry,) = MINIMAL.get(kind, [{"binding": "X"}])
    local = {**entry, "remote": False}
    (found,) = read(BASICS | {kind: local if shape.single else [local]}).problems
    assert (found.code, found.severity) == ("remote", "error")


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("wrong", [5, "x", None, True])
def test_an_entry_of_the_wrong_type_is_an_error(read: Any, kind: str, wrong: object) -> None:
    config = {"queues": {"producers": wrong}} if kind == "queues.producers" else {kind: wrong}
    found = read(BASICS | config).problems
    assert [item.severity for item in found] == ["error"]
    assert f'"{kind}"' in found[0].what


def test_remote_is_a_warning_never_silence(problem: Any) -> None:
    found = problem({"kv_namespaces": [{"binding": "CACHE", "id": "x", "remote": True}]})
    assert found.severity == "warning"
    assert "CACHE" in found.what
    assert "no remote mode" in found.what


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"kv_namespaces": {}}, 'The field "kv_namespaces" should be an array but got {}.'),
        ({"kv_namespaces": [5]}, 'Expected "kv_namespaces[0]" to be an object but got 5.'),
        ({"kv_namespaces": [{"binding": "K", "id": ""}]}, '"kv_namespaces[0].id" must not be empty.'),
        ({"services": [{"binding": "S"}]}, '"services[0]" needs the field "service".'),
        ({"durable_objects": {"bindings": [{"name": "A"}]}}, 'needs the field "class_name"'),
        (
            {
                "durable_objects": {"bindings": [{"name": "A", "class_name": "B", "environment": "x"}]},
                "exports": {"B": {"type": "durable-object", "storage": "sqlite"}},
            },
            'needs a "script_name" if it has an "environment"',
        ),
        ({"r2_buckets": [{"binding": "B", "bucket_name": "UP"}]}, 'r2_buckets[0].bucket_name="UP" is invalid.'),
        ({"ratelimits": [{"name": "R", "namespace_id": "1", "simple": {"limit": 1, "period": 30}}]}, "one of 10, 60"),
        ({"workflows": [{"binding": "W", "name": "-x", "class_name": "C"}]}, "is invalid"),
        ({"queues": {"consumers": [{"queue": "q", "type": "http_pull"}]}}, 'to be one of "worker"'),
        ({"queues": {"consumers": [{"queue": "q"}, {"queue": "q"}]}}, "two consumers"),
        ({"queues": {"consumers": [{"queue": "q", "max_concurrency": 1.5}]}}, "to be a whole number but got 1.5"),
        ({"queues": {"consumers": [{"queue": "q", "max_concurrency": 251}]}}, "to be between 1 and 250 but got 251"),
        (
            {"send_email": [{"name": "M", "destination_address": "a@b", "allowed_destination_addresses": []}]},
            "has both",
        ),
        ({"migrations": [{"new_classes": []}]}, '"migrations[0]" needs the field "tag".'),
        ({"exports": {"A": {"type": "durable-object"}}}, 'needs the field "storage"'),
        (
            {"exports": {"A": {"type": "durable-object", "state": "deleted", "storage": "sqlite"}}},
            'must not have "storage"',
        ),
        ({"exports": {"A": {"type": "durable-object", "state": "renamed"}}}, 'needs the field "renamed_to"'),
        ({"rules": [{"type": "Texte", "globs": []}]}, 'to be one of "ESModule"'),
        ({"secrets": {"required": "A"}}, 'The field "secrets.required" should be an array but got "A".'),
        ({"env": {"staging": 5}}, 'Expected "env.staging" to be an object but got 5.'),
    ],
)
def test_mistakes_in_bindings_are_errors(problem: Any, config: Any, what: str) -> None:
    found = problem(config, "staging" if "env" in config else None)
    assert found.severity == "error"
    assert what in found.what
    assert found.place.line > 1


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"kv_namespaces": [{"binding": "K"}, {"binding": "K"}]}, "K assigned to multiple KV Namespace bindings."),
        (
            {"kv_namespaces": [{"binding": "K"}], "vars": {"K": 1}},
            "K assigned to KV Namespace and Environment Variable bindings.",
        ),
        (
            {"kv_namespaces": [{"binding": "K"}], "secrets": {"required": ["K"]}},
            "K assigned to KV Namespace and Secret bindings.",
        ),
        (
            {
                "durable_objects": {"bindings": [{"name": "K", "class_name": "C", "script_name": "x"}]},
                "services": [{"binding": "K", "service": "s"}],
            },
            "K assigned to Worker and Durable Object bindings.",
        ),
        (
            {"version_metadata": {"binding": "K"}, "vars": {"K": 1}},
            "K assigned to Worker Version Metadata and Environment Variable",
        ),
    ],
)
def test_names_of_bindings_are_unique(problem: Any, config: Any, what: str) -> None:
    assert what in problem(config).what


# ---- Durable Object classes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("migrations", "classes"),
    [
        ([{"tag": "1", "new_classes": ["A"]}], {"A": False}),
        ([{"tag": "1", "new_sqlite_classes": ["A"]}], {"A": True}),
        (
            [{"tag": "1", "new_classes": ["A"]}, {"tag": "2", "renamed_classes": [{"from": "A", "to": "B"}]}],
            {"B": False},
        ),
        ([{"tag": "1", "new_sqlite_classes": ["A", "B"]}, {"tag": "2", "deleted_classes": ["A"]}], {"B": True}),
        (
            [
                {"tag": "1", "new_classes": ["A"]},
                {"tag": "2", "deleted_classes": ["A"]},
                {"tag": "3", "new_sqlite_classes": ["A"]},
            ],
            {"A": True},
        ),
        ([{"tag": "1", "transferred_classes": [{"from": "X", "from_script": "s", "to": "A"}]}], {"A": True}),
    ],
)
def test_the_history_decides_about_sqlite(worker: Any, migrations: Any, classes: dict[str, bool]) -> None:
    found = worker({"migrations": migrations}).durable_object_classes
    assert {item.class_name: item.sqlite for item in found} == classes


def test_exports_decide_about_sqlite(worker: Any) -> None:
    exports = {
        "A": {"type": "durable-object", "storage": "sqlite"},
        "B": {"type": "durable-object", "storage": "legacy-kv"},
        "C": {"type": "durable-object", "state": "deleted"},
        "D": {"type": "durable-object", "state": "expecting-transfer", "storage": "sqlite", "transfer_from": "x"},
        "W": {"type": "worker"},
    }
    found = worker({"exports": exports}).durable_object_classes
    assert {item.class_name: item.sqlite for item in found} == {"A": True, "B": False, "D": True}


def test_migrations_and_exports_exclude_each_other(problem: Any) -> None:
    config = {
        "migrations": [{"tag": "1", "new_sqlite_classes": ["A"]}],
        "exports": {"A": {"type": "durable-object", "storage": "sqlite"}},
    }
    assert problem(config).severity == "error"


@pytest.mark.parametrize(
    ("migrations", "remedy"),
    [
        (None, 'Add "exports": {"C": {"type": "durable-object", "storage": "sqlite"}}.'),
        ([{"tag": "1", "new_sqlite_classes": ["Other"]}], 'Add a migration with "new_sqlite_classes": ["C"].'),
    ],
)
def test_a_class_in_no_migration_is_sqlite_with_a_warning(read: Any, migrations: Any, remedy: str) -> None:
    config: dict[str, Any] = {"durable_objects": {"bindings": [{"name": "N", "class_name": "C"}]}}
    parsed = read(BASICS | config | ({"migrations": migrations} if migrations else {}))
    (found,) = parsed.problems
    assert (found.severity, found.remedy) == ("warning", remedy)
    assert DurableObjectClass("C", sqlite=True, declared=False) in parsed.worker.durable_object_classes


def test_a_misspelt_class_is_recognised(problem: Any) -> None:
    config = {
        "durable_objects": {"bindings": [{"name": "N", "class_name": "Countr"}]},
        "migrations": [{"tag": "1", "new_sqlite_classes": ["Counter"]}],
    }
    assert 'Did you mean "Counter"?' in problem(config).remedy


@pytest.mark.parametrize(
    "migrations",
    [
        [{"tag": "1", "deleted_classes": ["A"]}],
        [{"tag": "1", "renamed_classes": [{"from": "A", "to": "B"}]}],
        [{"tag": "1", "new_classes": ["A"], "new_sqlite_classes": ["A"]}],
        [{"tag": "1"}, {"tag": "1"}],
    ],
)
def test_contradictions_in_the_history_are_warnings(problem: Any, migrations: Any) -> None:
    assert problem({"migrations": migrations}).severity == "warning"


# ---- environments ---------------------------------------------------------------------------------------


def test_an_environment_inherits_what_is_inheritable(worker: Any) -> None:
    config = {"route": "top.com", "env": {"st": {"compatibility_date": "2020-01-01", "vars": {"A": 1}}}}
    found = worker(config, "st")
    assert (found.name, found.environment) == ("w-st", "st")
    assert found.compat.date == "2020-01-01"
    assert found.compat.flags == ("python_workers",)
    assert found.first_route_host == "top.com"


def test_an_environment_has_its_own_name(worker: Any) -> None:
    assert worker({"env": {"st": {"name": "own"}}}, "st").name == "own"


def test_inheritance_replaces_whole_values(worker: Any, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    config = {
        "assets": {"directory": "p", "html_handling": "none"},
        "env": {"st": {"assets": {"directory": "p"}}},
    }
    assert worker(config, "st").assets.html_handling == "auto-trailing-slash"


def test_bindings_are_not_inherited_and_a_warning_says_so(read: Any) -> None:
    parsed = read(BASICS | {"services": [{"binding": "S", "service": "s"}], "env": {"st": {}}}, "st")
    assert parsed.worker.services == ()
    (found,) = parsed.problems
    assert (found.code, found.severity) == ("not-inherited", "warning")
    assert found.what == '"services" exists at the top level, but not on "env.st".'


def test_names_that_an_environment_lacks_are_listed(problem: Any) -> None:
    config = {"vars": {"A": 1, "B": 2}, "env": {"st": {"vars": {"B": 3}}}}
    found = problem(config, "st")
    assert '"A"' in found.what
    assert '"B"' not in found.what


def test_the_environment_has_its_own_vars_only(worker: Any) -> None:
    assert worker({"vars": {"A": 1}, "env": {"st": {"vars": {"A": 2, "B": 3}}}}, "st").vars == {"A": 2, "B": 3}


def test_without_an_environment_others_are_not_looked_at(worker: Any) -> None:
    worker({"env": {"st": {"main": 5, "nonsense": True}}})


def test_the_top_level_is_validated_with_an_environment_too(problems: Any) -> None:
    found = problems({"kv_namespaces": [{"binding": 5}], "nonsense": 1, "env": {"st": {"kv_namespaces": []}}}, "st")
    assert {item.code for item in found} == {"wrong-type", "unknown-key"}


def test_top_level_keys_in_an_environment_are_ignored_with_a_warning(problem: Any) -> None:
    found = problem({"env": {"st": {"dev": {"port": 1}}}}, "st")
    assert (found.code, found.severity) == ("top-level-only", "warning")


def test_an_unknown_environment_is_an_error_that_lists_the_known(problem: Any) -> None:
    found = problem({"env": {"staging": {}, "production": {}}}, "stagin")
    assert found.severity == "error"
    assert found.what == 'No environment found in the configuration with name "stagin".'
    assert 'Did you mean "staging"?' in found.remedy
    assert '"staging", "production"' in found.remedy


def test_without_any_environments_the_top_level_serves_with_a_warning(read: Any) -> None:
    parsed = read(BASICS | {"vars": {"A": 1}}, "prod")
    assert (parsed.worker.name, parsed.worker.vars) == ("w-prod", {"A": 1})
    assert [item.severity for item in parsed.problems] == ["warning"]


@pytest.mark.parametrize("name", ["../x", "a/b", "a b", ""])
def test_an_environment_name_cannot_break_out_of_the_registry(read: Any, name: str) -> None:
    parsed = read(BASICS | {"env": {name: {}}}, name)
    assert bool(name) == any(item.severity == "error" for item in parsed.problems)


# ---- the command line -----------------------------------------------------------------------------------


def test_flags_replace_what_the_config_says(worker: Any, tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "other.py").touch()
    given = Overrides(
        name="flag",
        script=Path("other.py"),
        compatibility_date="2025-01-01",
        compatibility_flags=("python_workers", "x"),
        assets=Path("static"),
        port=1234,
        ip="0.0.0.0",
        host="h.com",
        routes=("r.com/*",),
        local_protocol="https",
    )
    found = worker({"main": "nope.js", "dev": {"port": 1}, "assets": {"directory": "missing"}}, None, given)
    assert (found.name, found.main) == ("flag", tmp_path / "other.py")
    assert (found.compat.date, found.compat.flags) == ("2025-01-01", ("python_workers", "x"))
    assert found.assets == Assets(tmp_path / "static")
    assert found.dev == Dev("0.0.0.0", 1234, "https", "h.com")
    assert found.first_route_host == "r.com"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (Overrides(name="A B"), "--name"),
        (Overrides(compatibility_date="soon"), "--compatibility-date"),
        (Overrides(assets=Path("nope")), "--assets"),
        (Overrides(script=Path("nope.py")), "nope.py"),
        (Overrides(script=Path("x.ts")), "x.ts"),
    ],
)
def test_mistakes_in_flags_are_errors(read: Any, given: Overrides, what: str) -> None:
    found = [item for item in read(BASICS, None, given).problems if item.severity == "error"]
    assert found
    assert what in found[0].what
