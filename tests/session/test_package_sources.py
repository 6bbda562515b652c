from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import ConfigError, StartError
from pywrangler.session import build_metadata, pyproject
from pywrangler.session.workspaces import canonical_name


def requirements(directory, sources, *listed):
    quoted = ", ".join(f'"{item}"' for item in listed)
    path = directory / "pyproject.toml"
    path.write_text(f"[project]\ndependencies = [{quoted}]\n[tool.uv.sources]\n{sources}\n", encoding="utf-8")
    return pyproject.read(path).requirements


@pytest.mark.parametrize(
    ("sources", "requirement", "lines"),
    [
        ('a = { path = "lib" }', "a", ["a @ file://{here}/lib"]),
        ('a = { path = "lib", editable = true }', "A[x]>=1", ["-e {here}/lib[x] # a"]),
        ('a = { path = "lib", editable = true }', "a ; os_name == 'x'", ["a @ file://{here}/lib ; os_name == 'x'"]),
        ('a = { git = "https://h/a", subdirectory = "py" }', "a[x]", ["a[x] @ git+https://h/a#subdirectory=py"]),
        ('a = { git = "https://h/a", rev = "12" }', "a", ["a @ git+https://h/a@12"]),
        ('a = { index = "mine" }', "a>=1", ["a>=1"]),
        ('a = [{ url = "https://h/1", marker = "os_name == \'x\'" }, { url = "https://h/2" }]', "a",
         ["a @ https://h/1 ; os_name == 'x'", "a @ https://h/2"]),
        ('a = { url = "https://h/1", marker = "os_name == \'x\'" }', "a ; python_version > '3'",
         ["a @ https://h/1 ; (python_version > '3') and (os_name == 'x')"]),
        ('b = { path = "lib" }', "a", ["a"]),
        ("a = { workspace = true }", "a", ["a"]),  # and there is no such member
        ("a = 1", "a", ["a"]),
    ],
)  # fmt: skip
def test_a_source_of_uv_is_said_as_pip_understands_it(tmp_path, sources, requirement, lines):
    assert requirements(tmp_path, sources, requirement) == tuple(line.format(here=tmp_path) for line in lines)


def test_members_of_the_workspace_are_editable(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    for name in ("api", "Shared_Lib"):
        (tmp_path / "packages" / name).mkdir(parents=True)
        (tmp_path / "packages" / name / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n')
    found = requirements(tmp_path / "packages" / "api", "shared-lib = { workspace = true }", "shared-lib>=1")
    assert found == (f"-e {tmp_path}/packages/Shared_Lib # shared-lib",)


def test_indexes_are_asked_for_all_packages(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[[tool.uv.index]]\nurl = "https://a/simple"\n[[tool.uv.index]]\nurl = "https://b"\ndefault = true\n'
        '[[tool.uv.index]]\nurl = "https://c\\n--pre"\n'
    )
    assert pyproject.read(path).indexes == ("--extra-index-url https://a/simple", "--index-url https://b")


@pytest.mark.parametrize(
    ("line", "name"),
    [("FastAPI[all]>=1", "fastapi"), ("a_b.c @ https://x", "a-b-c"), ("-e /lib[x] # my-lib", "my-lib"), ("", "")],
)
def test_the_name_of_a_line(line, name):
    assert canonical_name(line) == name


@pytest.mark.parametrize(
    ("requirement", "sources", "installed", "brings"),
    [
        ("pywrangler", "", (), False),
        ("pywrangler>=0.1", "", (), False),
        ("pywrangler @ https://h/x.whl", "", ("pywrangler @ https://h/x.whl",), True),
        ("pywrangler", 'pywrangler = { git = "https://h/x" }', ("pywrangler @ git+https://h/x",), True),
    ],
)
def test_our_name_is_never_asked_of_an_index(tmp_path, requirement, sources, installed, brings):
    assert requirements(tmp_path, sources, requirement) == installed
    assert pyproject.read(tmp_path / "pyproject.toml").brings_pywrangler is brings


SCALARS = st.one_of(st.text(), st.booleans(), st.integers())


@given(
    st.dictionaries(
        st.sampled_from(["a", "b"]),
        st.one_of(
            SCALARS,
            st.dictionaries(
                st.sampled_from(["path", "git", "url", "marker", "editable", "workspace", "subdirectory"]), SCALARS
            ),
        ),
    )
)
def test_any_sources_give_one_line_each_or_an_error(tmp_path_factory, sources):
    tomli_w = pytest.importorskip("tomli_w")
    path = tmp_path_factory.mktemp("sources") / "pyproject.toml"
    value = {"project": {"dependencies": ["a", "b>=1"]}, "tool": {"uv": {"sources": sources}}}
    path.write_text(tomli_w.dumps(value), encoding="utf-8")
    with contextlib.suppress(ConfigError):
        for line in pyproject.read(path).requirements:
            assert line.splitlines() == [line]


# ---- dependencies that a build backend makes

BACKEND = """\
import os

def _metadata(directory):
    os.makedirs(os.path.join(directory, "x.dist-info"))
    with open(os.path.join(directory, "x.dist-info", "METADATA"), "w") as file:
        file.write("Name: x\\nVersion: 1\\n")
        for line in open("deps.txt"):
            file.write(f"Requires-Dist: {line.strip()}\\n")
    return "x.dist-info"

def prepare_metadata_for_build_wheel(directory, settings=None):
    os.makedirs("x.egg-info", exist_ok=True)  # as setuptools does
    return _metadata(directory)

class without_hook:
    @staticmethod
    def build_wheel(directory, settings=None):
        import zipfile
        _metadata(directory)
        with zipfile.ZipFile(os.path.join(directory, "x.whl"), "w") as wheel:
            wheel.write(os.path.join(directory, "x.dist-info", "METADATA"), "x.dist-info/METADATA")
        return "x.whl"

    @staticmethod
    def get_requires_for_build_wheel(settings=None):
        return ["more"]

class broken:
    @staticmethod
    def prepare_metadata_for_build_wheel(directory, settings=None):
        raise SystemExit("deps.txt is missing")
"""


def dynamic(directory, backend="backend", head='[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n'):
    (directory / "backend.py").write_text(BACKEND)
    (directory / "deps.txt").write_text("fastapi>=0.110\nhttpx ; extra == 'client'\nworkers-py\n")
    path = directory / "pyproject.toml"
    path.write_text(f'{head}[build-system]\nrequires = []\nbuild-backend = "{backend}"\nbackend-path = ["."]\n')
    return pyproject.read(path)


@pytest.mark.processes
@pytest.mark.parametrize("head", ['[project]\nname = "x"\nversion = "1"\ndynamic = ["version", "dependencies"]\n', ""])
@pytest.mark.parametrize(("backend", "more"), [("backend", []), ("backend:without_hook", [["more"]])])
def test_dynamic_dependencies_are_those_that_the_backend_names(tmp_path, head, backend, more):
    project = dynamic(tmp_path, backend, head)
    installed: list[list[str]] = []
    found = build_metadata.dependencies(
        project, project.backend, sys.executable, lambda lines, _directory: installed.append(list(lines))
    )
    assert found == ["fastapi>=0.110", "workers-py"]
    assert installed == more
    assert not (tmp_path / "x.egg-info").exists()
    whole = pyproject.with_requirements(project, found)
    assert (whole.requirements, whole.left_out) == (("fastapi>=0.110", "workers-runtime-sdk"), ("workers-py",))


@pytest.mark.processes
def test_a_backend_that_fails_is_quoted(tmp_path):
    project = dynamic(tmp_path, "backend:broken")
    with pytest.raises(StartError, match=r"deps.txt is missing"):
        build_metadata.dependencies(project, project.backend, sys.executable, lambda *_: None)


def test_static_dependencies_need_no_backend(tmp_path):
    project = dynamic(tmp_path, head='[project]\nname = "x"\ndynamic = ["version"]\ndependencies = ["a"]\n')
    assert (project.backend, project.requirements) == (None, ("a",))


def test_dynamic_dependencies_that_nobody_knows_are_refused(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\nname = "x"\ndynamic = ["dependencies"]\n')
    with pytest.raises(ConfigError, match='no "build-backend"') as caught:
        pyproject.read(path)
    assert caught.value.problems[0].place.line == 3


# ---- what is written is what pip reads


def test_the_lines_are_understood_by_pip(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "pyproject.toml").write_text('[project]\nname = "lib"\nversion = "1"\n')
    sources = 'lib = { path = "lib", editable = true }\nfar = { git = "https://h/x.git", tag = "v1" }'
    (tmp_path / "lines.txt").write_text("\n".join(requirements(tmp_path, sources, "lib", "far", "near>=1")))
    code = (
        "import sys; from pip._internal.req.req_file import parse_requirements\n"
        "from pip._internal.network.session import PipSession\n"
        "for it in parse_requirements(sys.argv[1], PipSession()): print(it.is_editable, it.requirement)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "lines.txt")], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        f"True {tmp_path}/lib", "False far @ git+https://h/x.git@v1", "False near>=1"
    ]  # fmt: skip
