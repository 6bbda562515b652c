"""Which release of the SDK counts: what the project has, else the compatibility date."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywrangler.config import sdk
from pywrangler.config.compat import derive
from pywrangler.config.sdk import BUILT_IN, FIRST, NEWEST, explain, has
from pywrangler.packages.sdk import effective, release_in

OLD, NEW = derive("2026-03-08"), derive("2026-04-21")

RECORD = "workers/__init__.py,sha256=x,1\n"


@pytest.fixture
def modules(tmp_path):
    """A `python_modules` that holds a package `workers`."""
    package = tmp_path / "python_modules" / "workers"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return package.parent


def add_metadata(modules, name, metadata=None, record=RECORD):
    info = modules / f"{name}.dist-info"
    info.mkdir()
    if metadata is not None:
        (info / "METADATA").write_bytes(metadata if isinstance(metadata, bytes) else metadata.encode())
    (info / "RECORD").write_bytes(record.encode(errors="surrogatepass"))


@pytest.mark.parametrize(
    ("compat", "release"),
    [
        (OLD, BUILT_IN),
        (NEW, NEWEST),
        (derive("2026-03-08", ["enable_python_external_sdk"]), NEWEST),
        (derive("2026-05-01", ["disable_python_external_sdk"]), BUILT_IN),
    ],
)
def test_without_a_vendored_sdk_the_date_decides(compat, release, tmp_path):
    assert effective(compat, [tmp_path / "python_modules"], [tmp_path / "site-packages"]) == release


@pytest.mark.parametrize("compat", [OLD, NEW])
def test_a_vendored_sdk_wins_at_every_date(compat, modules):
    add_metadata(modules, "workers_runtime_sdk-1.8.2", "Name: workers-runtime-sdk\nVersion: 1.8.2\n")
    assert effective(compat, [modules], ()) == (1, 8, 2)


def test_python_modules_come_before_the_environment(modules, tmp_path):
    other = tmp_path / "site-packages"
    (other / "workers").mkdir(parents=True)
    (other / "workers" / "__init__.py").touch()
    add_metadata(modules, "workers_runtime_sdk-1.7.0", "Version: 1.7.0\n")
    add_metadata(other, "workers_runtime_sdk-1.9.5", "Version: 1.9.5\n")
    assert effective(OLD, [modules], [other]) == (1, 7, 0)
    assert effective(OLD, [tmp_path / "none"], [other]) == (1, 9, 5)


def test_the_environment_that_runs_pywrangler_may_be_that_of_the_project(modules, monkeypatch):
    add_metadata(modules, "workers_runtime_sdk-1.7.0", "")
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(modules) if name == "purelib" else "")
    assert effective(OLD, [], ()) == (1, 7, 0)


@pytest.mark.parametrize(
    ("name", "metadata", "release"),
    [
        ("workers_runtime_sdk-1.9.5", "Metadata-Version: 2.5\nName: workers-runtime-sdk\nVersion: 1.9.5\n", (1, 9, 5)),
        ("workers_runtime_sdk-1.10.0rc1", "Version: 1.10.0rc1\n", (1, 10, 0)),
        ("workers_runtime_sdk-2.0", "Version: 2.0\n", (2, 0, 0)),
        ("workers_runtime_sdk-1.7.0", None, (1, 7, 0)),
        ("Workers.Runtime_SDK-1.7.0", "", (1, 7, 0)),
        ("somebody_s_workers-1.8.0", "Version: 1.8.0\n", (1, 8, 0)),
    ],
)
def test_the_distribution_that_holds_the_package_names_its_release(name, metadata, release, modules):
    add_metadata(modules, "other-9.9.9", "Version: 9.9.9\n", record="other/__init__.py,,\n")
    add_metadata(modules, name, metadata)
    assert release_in(modules) == release


@pytest.mark.parametrize("stale", ["1.6.0", "1.10.0"])
def test_metadata_that_an_older_installation_left_does_not_count(stale, modules):
    versions = sorted([stale, "1.9.5"], key=lambda text: [int(part) for part in text.split(".")])
    for version in versions:
        add_metadata(modules, f"workers_runtime_sdk-{version}", f"Version: {version}\n")
    assert release_in(modules) == tuple(int(part) for part in versions[-1].split("."))


# What tells the releases on the package index apart: the files that are new or changed, as `pip install --target d
# --no-deps workers-runtime-sdk==X` lays them down for X = 1.5.4, 1.6.0, 1.6.4, 1.6.5, 1.6.14, 1.7.0, 1.8.0, 1.8.1,
# 1.8.6, 1.9.0 and 1.9.5.
CONTENTS = [
    ({"rpc.py": "", "_workers.py": ""}, FIRST),
    ({"rpc.py": "", "_workers.py": "", "wsgi.py": ""}, (1, 6, 0)),
    ({"rpc.py": "", "entrypoints.py": "", "wsgi.py": ""}, (1, 6, 4)),
    ({"rpc.py": "class _RpcStubWrapper(_BindingWrapper):", "entrypoints.py": "", "wsgi.py": ""}, (1, 6, 5)),
    ({"rpc.py": "", "entrypoints.py": "", "wsgi.py": "", "asgi.py": ""}, (1, 6, 14)),
    ({"rpc.py": "", "entrypoints.py": "", "wsgi.py": "", "asgi.py": "def entrypoint(app: Any)"}, (1, 7, 0)),
    ({"rpc.py": "", "wsgi.py": "def entrypoint(app: Any)", "asgi.py": "def entrypoint(app: Any)"}, (1, 8, 0)),
    ({"rpc.py": "", "utils.py": "class HTTPMessageMapping(http.client.HTTPMessage, Mapping)"}, (1, 8, 1)),
    ({"rpc.py": "", "entrypoints.py": "async def _do_call(entrypoint, name, key, config, callback"}, (1, 8, 6)),
    ({"rpc.py": "", "workflows.js": ""}, (1, 9, 0)),
    ({"rpc.py": "", "workflows.js": "", "gateway/__init__.py": ""}, (1, 9, 5)),
    ({"_workers.py": "", "workflows.py": ""}, BUILT_IN),
    ({}, None),
    ({"greeting.py": ""}, None),
]


@pytest.mark.parametrize(("files", "release"), CONTENTS)
def test_a_vendored_sdk_without_metadata_is_told_by_what_it_contains(files, release, modules):
    for name, text in files.items():
        path = modules / "workers" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert release_in(modules) == release


@pytest.mark.parametrize("version", ["x", "", "nonsense", "v"])
def test_a_version_that_cannot_be_read_leaves_it_to_the_contents(version, modules):
    add_metadata(modules, f"workers_runtime_sdk-{version}")
    (modules / "workers" / "wsgi.py").touch()
    assert release_in(modules) == (1, 6, 0)


def test_nothing_that_is_in_the_way_is_an_error(tmp_path):
    (tmp_path / "workers").write_text("a file")
    assert release_in(tmp_path) is None
    assert release_in(tmp_path / "workers") is None


@settings(max_examples=60, deadline=None)
@given(record=st.text(max_size=80), name=st.text("abc-._0123456789rc", max_size=20))
def test_no_metadata_makes_it_fail(record, name, tmp_path_factory):
    modules = tmp_path_factory.mktemp("modules")
    (modules / "workers").mkdir()
    (modules / "workers" / "__init__.py").touch()
    add_metadata(modules, f"workers_runtime_sdk-{name}", record=record)
    found = release_in(modules)
    assert found is None or len(found) == 3


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("workers.wsgi", (1, 6, 0), NEWEST),
        ("workers.asgi", (1, 6, 14), NEWEST),
        ("workers.asgi.Options", (1, 9, 5), NEWEST),
        ("workers.wait_until", FIRST, NEWEST),
        ("workers.Response", BUILT_IN, NEWEST),
        ("workers._workers", BUILT_IN, (1, 6, 3)),
    ],
)
def test_modules_and_names_belong_to_releases(name, first, last):
    assert has(name, first)
    assert has(name, last)
    assert first == BUILT_IN or not has(name, BUILT_IN)
    assert last == NEWEST or not has(name, NEWEST)


def test_what_is_missing_is_explained_with_a_way_out():
    assert explain("workers.wsgi", BUILT_IN, "2026-03-08") == (
        "The built-in SDK of compatibility date 2026-03-08 has no workers.wsgi, which came with workers-runtime-sdk "
        '1.6.0: add "workers-runtime-sdk>=1.6.0" to the dependencies in pyproject.toml and run `pywrangler sync`, '
        "or set compatibility_date to 2026-04-21 or later."
    )
    assert explain("workers.asgi", (1, 6, 3), "2026-03-08") == (
        "workers-runtime-sdk 1.6.3 has no workers.asgi, which came with workers-runtime-sdk 1.6.14: add "
        '"workers-runtime-sdk>=1.6.14" to the dependencies in pyproject.toml and run `pywrangler sync`.'
    )
    assert explain("workers._workers", NEWEST, "2026-05-01") == (
        "workers-runtime-sdk 1.9.5 no longer has workers._workers; import it from workers."
    )


def test_every_name_of_the_tables_came_with_a_release_or_went_with_one():
    assert all(FIRST <= version <= NEWEST for version in (*sdk.SINCE.values(), *sdk.UNTIL.values()))
