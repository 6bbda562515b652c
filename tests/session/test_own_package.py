"""The pywrangler that runs is packed again and installed elsewhere; editors find in that environment what they need."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from pywrangler.session import editor_setup, own_package
from pywrangler.session.own_package import find_own, installed_in, write_origin, write_wheel

ROOT = Path(__file__).parents[2]


def install(site: Path, *, entry: str = own_package.ENTRY_POINT, origin: object = None, version: str = "9.1") -> None:
    """Make an installation as pip leaves it."""
    info = site / f"pywrangler-{version}.dist-info"
    files = {
        "pywrangler/__init__.py": "",
        "pywrangler/__main__.py": "def main(): print('it runs')\n",
        "workers-stubs/__init__.pyi": "",
        f"{info.name}/METADATA": f"Metadata-Version: 2.1\nName: pywrangler\nVersion: {version}\n",
        f"{info.name}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info.name}/entry_points.txt": f"[console_scripts]\npywrangler = {entry}\n",
        f"{info.name}/INSTALLER": "pip\n",
        "pywrangler/__pycache__/__init__.cpython-311.pyc": "",
    }
    if origin is not None:
        files[f"{info.name}/direct_url.json"] = json.dumps(origin)
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in ("../../../bin/pywrangler", *files)))


ORIGINS = [
    None,
    {"url": "file:///gone", "dir_info": {}},
    {"url": "file:///gone/p.whl", "archive_info": {}},
    {"url": "https://h/p.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
]


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """An installation whose code is taken for the one that runs."""
    site = tmp_path / "site"
    monkeypatch.setattr(own_package, "PACKAGE", site / "pywrangler")
    return site


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_installation_is_packed_as_it_is_wherever_it_came_from(ours, tmp_path, origin):
    install(ours, origin=origin)
    own = find_own([str(ours)])
    assert own is not None
    wheel = write_wheel(own, tmp_path)
    assert wheel.name == "pywrangler-9.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "pywrangler/__main__.py" in names
    assert "workers-stubs/__init__.pyi" in names
    assert not [name for name in names if "bin" in name or "pycache" in name or "INSTALLER" in name or "url" in name]


@pytest.mark.parametrize("origin", ORIGINS)
def test_the_copy_says_where_the_original_came_from(ours, tmp_path, origin):
    install(ours, origin=origin)
    own = find_own([str(ours)])
    copy = tmp_path / "copy"
    install(copy, origin={"url": "file:///tmp/wheel-that-is-gone.whl"})
    write_origin(own, copy)
    found = installed_in([copy])
    assert found.origin == own.origin == (json.dumps(origin) if origin else "")
    record = (copy / own.info / "RECORD").read_text()
    assert ("direct_url.json" in record) is (origin is not None)


def test_a_package_of_another_program_is_not_taken_for_ours(ours):
    install(ours, entry="pywrangler.cli:app")
    assert find_own([str(ours)]) is None
    assert installed_in([ours]) is None


def test_an_installation_beside_plain_sources_is_not_the_one_that_runs(ours, tmp_path):
    install(tmp_path / "elsewhere")
    assert find_own([str(tmp_path / "elsewhere")]) is None


def test_the_fingerprint_changes_with_the_files_and_the_origin(ours):
    install(ours)
    first = find_own([str(ours)])
    before = first.fingerprint
    assert find_own([str(ours)]).fingerprint == before
    (ours / "pywrangler" / "__init__.py").write_text("new")
    assert first.fingerprint != before
    install(ours, origin={"url": "https://h/x"})
    assert find_own([str(ours)]).fingerprint not in (before, first.fingerprint)


@pytest.mark.processes
def test_the_copy_runs_and_is_removed_whole(ours, tmp_path):
    """With pip as it is."""
    install(ours, origin={"url": "https://h/p.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}})
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    own = find_own([str(ours)])
    wheel = write_wheel(own, tmp_path)

    def pip(*words: str) -> str:
        command = [str(python), "-m", "pip", *words, "--disable-pip-version-check"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    pip("install", "--no-index", str(wheel))
    (site,) = (tmp_path / "env" / "lib").glob("python3*/site-packages")
    write_origin(own, site)
    said = subprocess.run([tmp_path / "env/bin/pywrangler"], capture_output=True, text=True, check=True).stdout
    assert said == "it runs\n"
    assert "pywrangler @ git+https://h/p.git@abc" in pip("freeze")
    pip("uninstall", "--yes", "pywrangler")
    assert [path.name for path in site.iterdir() if "pywrangler" in path.name or "workers" in path.name] == []


def test_an_editable_copy_leads_to_the_same_sources():
    own = find_own()
    if own is None or not own.is_editable:
        pytest.skip("the tests run from an installation that is not editable")
    assert own.sources == ROOT
    assert [name for name in own.files if name.endswith(".pth")]
    assert str(own) == f"pywrangler {own.version} (editable, {ROOT})"


# ---- editors


def python(site: Path, code: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", f"import site; site.addsitedir({str(site)!r})\n{code}"]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_a_module_of_the_platform_says_where_it_can_be_imported(tmp_path):
    editor_setup.write_sources(tmp_path, ROOT)
    for name in ("workers", "workers.types", "js", "pyodide.ffi", "asgi", "_pyodide_entrypoint_helper"):
        done = python(tmp_path, f"import importlib, sys; sys.modules.pop('x', None); importlib.import_module({name!r})")
        assert "ModuleNotFoundError" in done.stderr
        assert "in Workers only" in done.stderr
    assert "TYPE_CHECKING" in python(tmp_path, "import worker_configuration").stderr


def test_each_stub_has_a_source(tmp_path):
    editor_setup.write_sources(tmp_path, ROOT)
    written = {path.relative_to(tmp_path / editor_setup.SOURCES).with_suffix("") for path in tmp_path.rglob("*.py")}
    stubs = {
        Path(path.relative_to(ROOT).as_posix().replace("-stubs/", "/")).with_suffix("")
        for path in ROOT.glob("*-stubs/**/*.pyi")
    }
    assert stubs == written - {Path("worker_configuration")}
    assert len(stubs) > 30


def test_a_real_package_comes_before_our_sources(tmp_path):
    editor_setup.write_sources(tmp_path, ROOT)
    (tmp_path / "workers").mkdir()
    (tmp_path / "workers" / "__init__.py").write_text("print('the real one')")
    assert python(tmp_path, "import workers").stdout == "the real one\n"


def test_pyright_is_told_of_modules_that_lie_elsewhere(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    inner = ["api", "src", ".", "api/src", "web/src", "api"]
    editor_setup.write_pyright_config(tmp_path, ".venv", [*(tmp_path / name for name in inner), tmp_path.parent])
    settings = json.loads((tmp_path / "pyrightconfig.json").read_text())
    # The first that holds a file counts.
    assert settings["executionEnvironments"] == [{"root": "web/src"}, {"root": "api/src"}, {"root": "api"}]


@pytest.mark.parametrize(
    ("table", "there", "written"),
    [("", False, True), ("[tool.pyright]\n", False, False), ("[tool.basedpyright]\n", False, False), ("", True, False)],
)
def test_pyright_is_told_where_the_environment_is_unless_it_has_settings(tmp_path, table, there, written):
    (tmp_path / "pyproject.toml").write_text(table)
    path = tmp_path / "pyrightconfig.json"
    if there:
        path.write_text("{}")
    assert editor_setup.write_pyright_config(tmp_path, ".venv") is written
    assert (path.exists() and json.loads(path.read_text())) == (
        {"venvPath": ".", "venv": ".venv"} if written else {} if there else False
    )
