from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import ConfigError, StartError
from pywrangler.session import pyproject


def written(directory: Path, text: str) -> Path:
    path = directory / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_nearest_file_at_or_above_the_config_counts(tmp_path):
    outer = written(tmp_path, "")
    below = tmp_path / "packages" / "api"
    below.mkdir(parents=True)
    assert pyproject.find(below) == outer
    assert pyproject.find(below.parent) == outer
    inner = written(below, "")
    assert pyproject.find(below) == inner


def test_without_a_file_the_advice_is_one_that_can_be_pasted(tmp_path):
    directory = tmp_path / "My Worker"
    directory.mkdir()
    with pytest.raises(StartError) as caught:
        pyproject.find(directory)
    assert caught.value.problem.code == "no-pyproject"
    text = caught.value.problem.remedy.partition("\n\n")[2]
    assert 'name = "my-worker"' in text
    assert pyproject.read(written(tmp_path, text)).requirements == ()


def test_a_project_with_requirements_txt_only_gets_the_lines_to_write(tmp_path):
    (tmp_path / "requirements.txt").write_text(
        "# web\nfastapi>=0.110  # framework\n-r other.txt\n\nhttpx ; python_version > '3'\n"
    )
    with pytest.raises(StartError) as caught:
        pyproject.find(tmp_path)
    problem = caught.value.problem
    assert problem.code == "requirements-txt"
    assert problem.place.path == tmp_path / "requirements.txt"
    text = problem.remedy.partition("\n\n")[2]
    assert pyproject.read(written(tmp_path, text)).requirements == ("fastapi>=0.110", "httpx ; python_version > '3'")


def test_dependencies_and_the_dev_group_with_its_includes_are_taken(tmp_path):
    project = pyproject.read(
        written(
            tmp_path,
            """
[project]
requires-python = ">=3.11"
dependencies = ["fastapi>=0.110", "Jinja2"]

[dependency-groups]
types = ["workers-runtime-sdk"]
dev = ["pytest", {include-group = "types"}, "workers-py"]
docs = ["mkdocs"]
""",
        )
    )
    assert project.requirements == ("fastapi>=0.110", "Jinja2", "pytest", "workers-runtime-sdk")
    assert project.left_out == ("workers-py",)
    assert (project.python_place.line, project.python_place.column) == (3, 1)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("", ("a", "b")),
        ('default-groups = ["docs", "dev"]', ("a", "c", "b")),
        ('default-groups = "all"', ("a", "b", "c")),
        ("default-groups = []", ("a",)),
        ('dev-dependencies = ["d>=1", 7]', ("a", "b", "d>=1")),
    ],
)
def test_the_groups_that_uv_installs_are_those_that_are_installed(tmp_path, settings, found):
    text = f'[project]\ndependencies = ["a"]\n[dependency-groups]\ndev = ["b"]\ndocs = ["c"]\n[tool.uv]\n{settings}\n'
    assert pyproject.read(written(tmp_path, text)).requirements == found


def test_a_default_group_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match='no dependency group "x"'):
        pyproject.read(written(tmp_path, '[tool.uv]\ndefault-groups = ["x"]\n'))


@pytest.mark.parametrize("name", ["workers-py", "workers_py>=1.9", "Workers.Py[x]"])
def test_cloudflares_command_line_is_left_out_however_it_is_spelt(tmp_path, name):
    project = pyproject.read(written(tmp_path, f'[project]\ndependencies = ["{name}"]\n'))
    assert project.requirements == ("workers-runtime-sdk",)
    assert project.left_out == (name,)


@pytest.mark.parametrize(
    ("asked", "installed"),
    [
        (["workers-py"], ["workers-runtime-sdk"]),
        (["workers-py>=1.2"], ["workers-runtime-sdk"]),
        (["workers-py==1.17.9"], ["workers-runtime-sdk"]),
        (["workers-py~=1.9", "workers-runtime-sdk==1.8.2"], ["workers-runtime-sdk==1.8.2"]),
        (["workers-py==1.6.1"], []),
        (["workers-py>=1.2,<1.9"], []),
        (["workers-py<1.9.0"], []),
        (["workers-py<2"], ["workers-runtime-sdk"]),
        (["fastapi"], ["fastapi"]),
    ],
)
def test_the_sdk_that_it_brings_is_installed(tmp_path, asked, installed):
    dependencies = ", ".join(f'"{item}"' for item in asked)
    project = pyproject.read(written(tmp_path, f"[project]\ndependencies = [{dependencies}]\n"))
    assert list(project.requirements) == installed


def test_sources_of_uv_replace_the_index(tmp_path):
    project = pyproject.read(
        written(
            tmp_path,
            """
[project]
dependencies = ["shared_lib ; python_version >= '3'", "fork", "direct", "plain"]
[tool.uv.sources]
shared-lib = { path = "../shared", editable = true }
fork = { git = "https://example.com/fork.git", tag = "v2" }
direct = { url = "https://example.com/direct-1-py3-none-any.whl" }
plain = { workspace = true }
""",
        )
    )
    shared = (tmp_path.parent / "shared").as_uri()
    assert project.requirements == (
        f"shared-lib @ {shared} ; python_version >= '3'",
        "fork @ git+https://example.com/fork.git@v2",
        "direct @ https://example.com/direct-1-py3-none-any.whl",
        "plain",
    )


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('[project]\nname = "x"\ndependencies = "fastapi"\n', 3, "list of requirements"),
        ("[project]\ndependencies = [1]\n", 2, "list of requirements"),
        ('[project]\nrequires-python = "three"\n', 2, "range of versions"),
        ("[project]\nrequires-python = 3.11\n", 2, "range of versions"),
        ("project = 1\n", 1, "table"),
        ('[dependency-groups]\ndev = [{include-group = "dev"}]\n', 2, "includes itself"),
        ('[dependency-groups]\ndev = [{include-group = "nope"}]\n', 2, 'no dependency group "nope"'),
        ("[dependency-groups]\ndev = [7]\n", 2, "no requirement"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, line, says):
    with pytest.raises(ConfigError) as caught:
        pyproject.read(written(tmp_path, text))
    (problem,) = caught.value.problems
    assert says in problem.what
    assert problem.place.line == line


def test_invalid_toml_is_shown_with_its_place(tmp_path):
    path = written(tmp_path, '[project]\nname = "x\n')
    with pytest.raises(ConfigError) as caught:
        pyproject.read(path)
    (problem,) = caught.value.problems
    assert (problem.place.path, problem.place.line) == (path, 2)
    assert 'name = "x' in problem.excerpt


@given(st.binary(max_size=200))
def test_garbage_is_a_config_error_or_a_project(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("garbage") / "pyproject.toml"
    path.write_bytes(content)
    with contextlib.suppress(ConfigError):
        assert pyproject.read(path).path == path
