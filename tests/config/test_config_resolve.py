"""Whole sessions: several configs, flags, environments, what crosses between Workers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pywrangler.config.resolve import Overrides, Resolution, resolve, shared_data
from pywrangler.errors import ConfigError, Place, Problem
from pywrangler.protocol.control import Fork, HostSettings, pack, unpack


@pytest.fixture
def project(tmp_path: Path) -> Any:
    """Write Workers: `project("backend", vars=...)` makes a directory with a config and a main."""

    def make(directory: str, **config: Any) -> Path:
        folder = tmp_path / directory
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "entry.py").touch()
        basics = {
            "name": folder.name,
            "main": "entry.py",
            "compatibility_date": "2026-06-01",
            "compatibility_flags": ["python_workers"],
        }
        path = folder / "wrangler.jsonc"
        path.write_text(json.dumps(basics | config))
        return path

    return make


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def start(
        *paths: Path,
        environment: str | None = None,
        process: dict[str, str] | None = None,
        cwd: Path = tmp_path,
        **given: Any,
    ) -> Resolution:
        overrides = Overrides(**given)
        return resolve(
            list(paths) or None,
            cwd=cwd,
            environment=environment,
            overrides=overrides,
            process_environment=process or {},
        )

    return start


def errors(run: Any, *args: Any, **given: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        run(*args, **given)
    return caught.value.problems


def binding(script: str) -> dict[str, Any]:
    return {"bindings": [{"name": "N", "class_name": "C", "script_name": script}]}


def test_one_worker(project: Any, run: Any, tmp_path: Path) -> None:
    path = project("backend")
    found = run(path)
    (only,) = found.workers
    assert only.worker.name == "backend"
    assert found.warnings == ()
    assert found.state_roots == (path.parent / ".wrangler" / "state" / "v3",)
    assert only.files_watched[0] == path
    assert path.parent / ".dev.vars" in only.files_watched


def test_a_project_of_several_workers_starts_them_all_each_with_its_own_data(
    project: Any, run: Any, tmp_path: Path
) -> None:
    project("frontend", durable_objects=binding("backend"))
    project("backend")
    found = run()
    assert [item.worker.name for item in found.workers] == ["backend", "frontend"]
    assert found.state_roots == tuple(
        tmp_path / name / ".wrangler" / "state" / "v3" for name in ("backend", "frontend")
    )


def test_given_configs_share_the_data_of_the_primary(project: Any, run: Any) -> None:
    first, second = project("b"), project("a")
    found = run(first, second)
    assert [item.worker.name for item in found.workers] == ["b", "a"]
    assert set(found.state_roots) == {first.parent / ".wrangler" / "state" / "v3"}


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (
            {"kv_namespaces": [{"binding": "A", "id": "x"}]},
            {"kv_namespaces": [{"binding": "B", "id": "x"}]},
            ("kv", "x"),
        ),
        (
            {"kv_namespaces": [{"binding": "A", "id": "x", "preview_id": "p"}]},
            {"kv_namespaces": [{"binding": "B", "id": "p"}]},
            ("kv", "p"),
        ),
        (
            {"d1_databases": [{"binding": "A", "database_name": "n", "database_id": "x"}]},
            {"d1_databases": [{"binding": "B", "database_name": "m", "database_id": "x"}]},
            ("d1", "x"),
        ),
        (
            {"r2_buckets": [{"binding": "A", "bucket_name": "bucket"}]},
            {"r2_buckets": [{"binding": "B", "bucket_name": "bucket"}]},
            ("r2", "bucket"),
        ),
        (
            {"secrets_store_secrets": [{"binding": "A", "store_id": "s", "secret_name": "one"}]},
            {"secrets_store_secrets": [{"binding": "B", "store_id": "s", "secret_name": "two"}]},
            ("secrets-store", "s"),
        ),
        (
            {"ratelimits": [{"name": "A", "namespace_id": "1", "simple": {"limit": 1, "period": 10}}]},
            {"ratelimits": [{"name": "B", "namespace_id": "1", "simple": {"limit": 1, "period": 10}}]},
            ("ratelimit", "1"),
        ),
        ({"kv_namespaces": [{"binding": "A", "id": "x"}]}, {"kv_namespaces": [{"binding": "A", "id": "y"}]}, None),
        (
            {"kv_namespaces": [{"binding": "A", "id": "x"}]},
            {"r2_buckets": [{"binding": "A", "bucket_name": "xxx"}]},
            None,
        ),
    ],
)
def test_data_with_the_same_id_lies_with_the_first_worker(
    project: Any, run: Any, first: Any, second: Any, name: Any
) -> None:
    project("a", **first)
    project("b", **second)
    found = run()
    a, b = (item.worker for item in found.workers)
    earlier = [(found.state_roots[0], a)]
    assert shared_data(a, found.state_roots[0], []) == ()
    expected = () if name is None else ((*name, found.state_roots[0]),)
    assert shared_data(b, found.state_roots[1], earlier) == expected
    assert shared_data(b, found.state_roots[0], earlier) == ()  # the same directory anyway


def test_persist_to_starts_at_the_working_directory(project: Any, run: Any, tmp_path: Path) -> None:
    assert run(project("a"), persist_to=Path("data")).state_roots == (tmp_path / "data" / "v3",)


def test_flags_are_for_the_primary_only(project: Any, run: Any) -> None:
    found = run(project("a"), project("b"), name="x", port=1, vars=("V:1",), compatibility_date="2025-01-01")
    first, second = found.workers
    assert (first.worker.name, first.worker.dev.port, first.worker.compat.date) == ("x", 1, "2025-01-01")
    assert (second.worker.name, second.worker.dev.port, second.worker.compat.date) == ("b", None, "2026-06-01")
    assert [item.name for item in first.variables] == ["V"]
    assert second.variables == ()


def test_the_environment_is_for_all(project: Any, run: Any) -> None:
    first, second = project("a", env={"st": {}}), project("b", env={"st": {"name": "own"}})
    assert [item.worker.name for item in run(first, second, environment="st").workers] == ["a-st", "own"]


@pytest.mark.parametrize(
    ("environment", "process", "name"),
    [
        (None, {}, "a"),
        (None, {"CLOUDFLARE_ENV": "st"}, "a-st"),
        ("", {"CLOUDFLARE_ENV": "st"}, "a"),
        ("st", {"CLOUDFLARE_ENV": "other"}, "a-st"),
    ],
)
def test_where_the_environment_comes_from(
    project: Any, run: Any, environment: str | None, process: dict[str, str], name: str
) -> None:
    path = project("a", env={"st": {}})
    assert run(path, environment=environment, process=process).workers[0].worker.name == name


def test_cloudflare_env_selects_variable_files_too(project: Any, run: Any) -> None:
    path = project("a", env={"st": {}})
    (path.parent / ".dev.vars.st").write_text("A=st\n")
    (item,) = run(path, process={"CLOUDFLARE_ENV": "st"}).workers[0].variables
    assert (item.value, item.source) == ("st", ".dev.vars.st")


def test_switches_may_stand_in_dot_env_of_the_working_directory(project: Any, run: Any, tmp_path: Path) -> None:
    path = project("a", env={"st": {}})
    (tmp_path / ".env").write_text("CLOUDFLARE_ENV=st\nTOKEN=never-for-the-worker\n")
    found = run(path)
    assert found.workers[0].worker.name == "a-st"
    assert found.workers[0].variables == ()


def test_variables_of_the_command_do_not_leak_into_the_worker(project: Any, run: Any, tmp_path: Path) -> None:
    path = project("a")
    (tmp_path / ".env").write_text("CLOUDFLARE_INCLUDE_PROCESS_ENV=true\nTOKEN=t\n")
    names = {item.name for item in run(path, process={"REAL": "1"}).workers[0].variables}
    assert names == {"REAL"}


def test_problems_of_all_configs_are_reported_together(project: Any, run: Any) -> None:
    first, second = project("a", main="x.py"), project("b", kv_namespaces=5)
    broken = second.parent / "broken.jsonc"
    broken.write_text("{")
    found = errors(run, first, second, broken)
    assert {problem.place.path for problem in found} == {first, second, broken}
    assert [problem.severity for problem in found] == ["error"] * 3


def test_errors_come_before_warnings(project: Any, run: Any) -> None:
    found = errors(run, project("a", nonsense=1), project("b", main=5))
    assert [problem.severity for problem in found] == ["error", "warning"]


def test_two_workers_of_one_name_are_an_error_that_names_both_files(project: Any, run: Any) -> None:
    first, second = project("a"), project("b", name="a")
    (found,) = errors(run, first, second)
    assert found.place == Place(second, 1, 10)
    assert str(first) in found.remedy


def test_a_worker_that_runs_elsewhere_is_no_problem(project: Any, run: Any) -> None:
    path = project("gateway", durable_objects=binding("other-worker"), services=[{"binding": "S", "service": "x"}])
    assert run(path, project("b")).warnings == ()


@pytest.mark.parametrize(
    "config",
    [
        {"durable_objects": binding("bakend")},
        {"services": [{"binding": "N", "service": "bakend"}]},
        {"workflows": [{"binding": "N", "name": "n", "class_name": "C", "script_name": "bakend"}]},
        {"tail_consumers": [{"service": "bakend"}]},
    ],
)
def test_a_near_miss_is_a_warning(project: Any, run: Any, config: Any) -> None:
    (found,) = run(project("frontend", **config), project("backend")).warnings
    assert found.severity == "warning"
    assert 'names the Worker "bakend"' in found.what
    assert found.remedy == 'Did you mean "backend"?'


def test_a_forgotten_environment_suffix_is_recognised(project: Any, run: Any) -> None:
    first = project("frontend", env={"st": {"services": [{"binding": "S", "service": "backend"}]}})
    (found,) = run(first, project("backend", env={"st": {}}), environment="st").warnings
    assert "backend-st" in found.remedy


def test_a_script_without_any_config_is_legal(run: Any, tmp_path: Path) -> None:
    (tmp_path / "hello.py").touch()
    found = run(script=Path("hello.py"))
    (only,) = found.workers
    assert only.worker.main == tmp_path / "hello.py"
    assert only.worker.compat.flags == ("python_workers",)
    assert not only.worker.named
    assert [problem.code for problem in found.warnings] == ["compatibility-date"]


def test_no_config_at_all_says_how_to_start(run: Any) -> None:
    (found,) = errors(run)
    assert found.code == "no-config"
    assert "pywrangler init" in found.remedy


def test_hyperdrive_needs_a_local_connection(project: Any, run: Any) -> None:
    path = project("a", hyperdrive=[{"binding": "DB", "id": "x"}])
    (found,) = errors(run, path)
    assert "CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB" in found.remedy
    process = {"CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB": "postgres://u:p@localhost/d"}
    (hyperdrive,) = run(path, process=process).workers[0].worker.others
    assert hyperdrive.data["localConnectionString"] == "postgres://u:p@localhost/d"


def test_the_warning_about_unsafe_can_be_silenced(project: Any, run: Any) -> None:
    path = project("a", unsafe={"bindings": [{"name": "U", "type": "x", "more": 1}]})
    assert [problem.code for problem in run(path).warnings] == ["unsafe"]
    assert run(path, process={"WRANGLER_DISABLE_EXPERIMENTAL_WARNING": "1"}).warnings == ()


# ---- generated configs ----------------------------------------------------------------------------------


@pytest.fixture
def redirected(project: Any, tmp_path: Path) -> Any:
    def make(**config: Any) -> Path:
        project("app")
        generated = project("app/dist", name="app", legacy_env=True, topLevelName="app", **config)
        deploy = tmp_path / "app" / ".wrangler" / "deploy" / "config.json"
        deploy.parent.mkdir(parents=True)
        deploy.write_text('{"configPath": "../../dist/wrangler.jsonc"}')
        return generated

    return make


def test_a_generated_config_gives_paths_and_the_users_config_variables(
    redirected: Any, run: Any, tmp_path: Path
) -> None:
    generated = redirected()
    app = tmp_path / "app"
    (app / ".dev.vars").write_text("A=1\n")
    found = run(cwd=app)
    (only,) = found.workers
    assert only.worker.main == generated.parent / "entry.py"
    assert only.worker.root == app
    assert [item.name for item in only.variables] == ["A"]
    assert found.state_roots == (app / ".wrangler" / "state" / "v3",)
    assert {generated, app / "wrangler.jsonc", app / ".wrangler/deploy/config.json"} <= set(only.files_watched)
    assert found.warnings == ()
    assert found.redirects[0].path == generated


def test_a_generated_config_has_no_environments(redirected: Any, run: Any, tmp_path: Path) -> None:
    redirected(env={"a": {}})
    (found,) = errors(run, cwd=tmp_path / "app")
    assert "Redirected configurations cannot include environments" in found.what


def test_a_generated_config_is_of_one_environment(redirected: Any, run: Any, tmp_path: Path) -> None:
    redirected(targetEnvironment="st")
    assert run(cwd=tmp_path / "app", environment="st").workers[0].worker.name == "app"
    (found,) = errors(run, cwd=tmp_path / "app", environment="prod")
    assert '"st"' in found.what


def test_what_is_resolved_can_travel_to_a_host(project: Any, run: Any, tmp_path: Path) -> None:
    path = project(
        "a",
        vars={"BIG": 2**80, "J": {"a": [None, 1.5]}},
        kv_namespaces=[{"binding": "K"}],
        durable_objects=binding("b"),
        migrations=[{"tag": "v1", "new_sqlite_classes": ["X"]}],
        dev={"port": 0},
        build={"command": "make"},
    )
    (only,) = run(path).workers
    settings = HostSettings(
        only.worker, {item.name: item.value for item in only.variables}, tmp_path, tmp_path, "http://x"
    )
    assert unpack(pack(Fork(1, settings))[4:]).settings.worker == only.worker
