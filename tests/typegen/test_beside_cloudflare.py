"""Cloudflare's packages in the same environment, before or after ours, and in the place of ours.

What they hold was recorded from the wheels of workers-py 1.17.9, workers-runtime-sdk 1.9.5 and pyodide-py 0.25.1 on
PyPI (`python -m zipfile -l`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pywrangler.typegen.generate import write_if_changed
from tests.typegen.checkers import ROOT, run, why_no_pyright
from tests.typegen.project import types_of, write_gateway, write_worker

OF_WORKERS_PY = {
    f"pywrangler/{name}.py"
    for name in ("__init__", "__main__", "cli", "metadata", "resolve", "sync", "types", "unsupported_flags", "utils")
} | {"pywrangler/py.typed"}
OF_THE_SDK = {
    "_cloudflare_compat_flags.pyi",
    "_pyodide_entrypoint_helper.pyi",
    "_workers_sdk_entropy_import_context.py",
    "_workers_sdk_package_patches.py",
    "_workers_sdk_patch_loader.pth",
    "_workers_sdk_patch_loader.py",
    "asgi.py",
    "workers",
    "pyodide",
    "_pyodide",
    "webbrowser.py",
}

# The signatures of the SDK, as far as Workers meet them; `types` has none of ours.
SDK = {
    "__init__.py": """\
from typing import Any
from .entrypoints import DurableObject, WorkerEntrypoint, WorkflowEntrypoint
from .response import Response
from .types import Context
__all__ = ["Context", "DurableObject", "Response", "WorkerEntrypoint", "WorkflowEntrypoint", "env"]
def __getattr__(key):
    if key == "env":
        return None
    raise AttributeError(key)
""",
    "entrypoints.py": "class DurableObject: ...\nclass WorkerEntrypoint: ...\nclass WorkflowEntrypoint: ...\n",
    "response.py": "class Response: ...\n",
    "types.py": "from typing import Protocol\nclass Context(Protocol): ...\n",
    "py.typed": "",
}


def test_no_file_of_ours_lies_where_one_of_theirs_does():
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pywrangler").rglob("*") if path.is_file()}
    assert ours & OF_WORKERS_PY <= {"pywrangler/__init__.py", "pywrangler/__main__.py", "pywrangler/py.typed"}
    top = {path.name for path in ROOT.glob("*-stubs")}
    assert len(top) > 5
    assert top & OF_THE_SDK == set()


@pytest.fixture
def both(tmp_path):
    """Our package after workers-py was installed over it, and an environment for Python."""
    package = tmp_path / "pywrangler"
    package.mkdir()
    for path in (ROOT / "pywrangler").iterdir():
        if f"pywrangler/{path.name}" not in OF_WORKERS_PY:
            (package / path.name).symlink_to(path)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("from .cli import app\n\napp()\n")
    (package / "utils.py").write_text("WORD = 'workers-py'\n")
    (package / "cli.py").write_text(
        "import sys\nfrom .utils import WORD\n\ndef app():\n    print(WORD, 'runs', sys.argv[1:])\n"
    )
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


@pytest.mark.processes
@pytest.mark.parametrize(
    "words", [["-c", "from pywrangler.cli import app; app()"], ["-m", "pywrangler"]], ids=["script", "module"]
)
def test_workers_py_installed_later_runs_and_says_how_to_get_ours(both, tmp_path, words):
    command = [sys.executable, *words, "deploy"]
    done = subprocess.run(command, env=both, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "workers-py runs ['deploy']\n"
    assert "this is the command of Cloudflare's workers-py" in done.stderr
    assert "-m pywrangler.program" in done.stderr


@pytest.mark.processes
def test_what_ours_does_not_know_is_left_to_workers_py(both, tmp_path):
    command = [sys.executable, "-m", "pywrangler.program"]
    done = subprocess.run([*command, "deploy"], env=both, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "workers-py runs ['deploy']\n"
    assert "left to Cloudflare's workers-py" in done.stderr
    done = subprocess.run([*command, "chek"], env=both, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 'Did you mean "pywrangler check"' in done.stderr


@pytest.mark.processes
def test_ours_runs_beside_a_later_workers_py(both, tmp_path):
    version = [sys.executable, "-m", "pywrangler.program", "--version"]
    done = subprocess.run(version, env=both, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0.1.0\n", "")
    for module in ("pywrangler.testing.plugin", "pywrangler.cli.dev", "pywrangler.cli.doctor", "pywrangler.host.main"):
        subprocess.run([sys.executable, "-c", f"import {module}"], env=both, cwd=tmp_path, check=True)


# ---- types without our stubs

KINDS = {
    "kv_namespaces": [{"binding": "KV", "id": "a"}],
    "d1_databases": [{"binding": "DB", "database_name": "a", "database_id": "b"}],
    "hyperdrive": [{"binding": "HYPERDRIVE", "id": "a"}],
    "queues": {"producers": [{"binding": "JOBS", "queue": "a"}]},
    "version_metadata": {"binding": "VERSION"},
    "vars": {"OBJECT": {"list": [{"a": 1}, {"b": None}]}, "EMPTY": [], "NULL": None, "TEXT": "x"},
}
READER = """\
from __future__ import annotations

from typing import TYPE_CHECKING

from workers import WorkerEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env


class Default(WorkerEntrypoint):
    env: Env

    def text(self) -> str:
        return self.env.TEXT

    def wrong(self) -> int:
        return self.env.TEXT  # wrong
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_generated_types_are_valid_beside_the_sdk_alone(tmp_path, checker):
    """And what is no binding keeps its type."""
    sdk = tmp_path / "sdk" / "workers"
    sdk.mkdir(parents=True)
    for name, text in SDK.items():
        (sdk / name).write_text(text)
    gateway = write_gateway(tmp_path)
    worker = write_worker(tmp_path / "many", "many", "", **KINDS)
    (worker / "src" / "reader.py").write_text(READER)
    for directory in (gateway, worker):
        write_if_changed(types_of(directory))
    stubs = [str(directory / "src" / "worker_configuration.pyi") for directory in (gateway, worker)]
    line = READER.splitlines().index("        return self.env.TEXT  # wrong") + 1
    if checker == "mypy":
        # Without packages: ours would be found.
        words = [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--no-site-packages",
            "--config-file=",
            "--follow-imports=silent",
        ]
        for files in ([stubs[0]], [stubs[1]]):
            done = run([*words, *files], tmp_path, MYPYPATH=str(tmp_path / "sdk"))
            assert done.returncode == 0, done.stdout
        done = run([*words, "reader.py"], worker / "src", MYPYPATH=str(tmp_path / "sdk"))
        assert [part for part in done.stdout.splitlines() if "error" in part and f":{line}:" not in part][:-1] == []
        assert f"reader.py:{line}: error" in done.stdout
        return
    if reason := why_no_pyright():
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    (tmp_path / "empty").mkdir()
    config = {"venvPath": ".", "venv": "empty", "extraPaths": ["sdk"], "include": ["gateway/src/*.pyi", "many/src"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    done = run([sys.executable, "-m", "pyright", "--outputjson"], tmp_path)
    found = json.loads(done.stdout)["generalDiagnostics"]
    errors = [(Path(it["file"]).name, it["range"]["start"]["line"] + 1) for it in found if it["severity"] == "error"]
    assert errors == [("reader.py", line)], found
