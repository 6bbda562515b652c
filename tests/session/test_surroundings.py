"""What a session needs around it: private sockets, virtual environments, nurseries."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pywrangler.errors import StartError
from pywrangler.session.private import PrivateDirectory
from pywrangler.session.spawn import spawn_nursery
from pywrangler.session.venv import find_site_packages

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


# ---- private sockets


def test_private_sockets_are_closed_to_others_and_go_with_the_session(short_path):
    private = PrivateDirectory({"XDG_RUNTIME_DIR": str(short_path)})
    with private.listen("0") as listener:
        path = Path(listener.getsockname())
        assert len(os.fsencode(path)) < 100
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    private.remove()
    assert list((short_path / "pywrangler").iterdir()) == []


def test_leftovers_of_dead_sessions_are_removed_those_of_live_ones_stay(short_path):
    environment = {"XDG_RUNTIME_DIR": str(short_path)}
    code = (
        "import sys; from pywrangler.session.private import PrivateDirectory as P; import os;"
        "p = P({'XDG_RUNTIME_DIR': sys.argv[1]}); p.listen('0'); print(p.path); os._exit(0)"
    )
    dead = subprocess.run([sys.executable, "-c", code, str(short_path)], capture_output=True, text=True, check=True)
    left = Path(dead.stdout.strip())
    assert left.is_dir()
    first = PrivateDirectory(environment)
    second = PrivateDirectory(environment)
    assert not left.exists()
    assert first.path.is_dir()
    first.remove()
    second.remove()


def test_a_runtime_directory_with_a_long_path_is_passed_over(tmp_path):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    private = PrivateDirectory({"XDG_RUNTIME_DIR": str(deep)})
    assert not private.path.is_relative_to(deep)
    private.remove()


def test_a_directory_that_is_open_to_others_is_passed_over(tmp_path):
    (tmp_path / "pywrangler").mkdir()
    (tmp_path / "pywrangler").chmod(0o755)
    private = PrivateDirectory({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert not private.path.is_relative_to(tmp_path)
    private.remove()


# ---- virtual environments


def make_venv(root: Path, version: str = VERSION) -> Path:
    packages = root / ".venv" / "lib" / f"python{version}" / "site-packages"
    packages.mkdir(parents=True)
    (root / ".venv" / "pyvenv.cfg").write_text("")
    return packages


def test_the_nearest_venv_above_the_config_is_used(tmp_path):
    make_venv(tmp_path)
    near = make_venv(tmp_path / "a")
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    assert find_site_packages(tmp_path / "a" / "b" / "c", home=tmp_path) == (near,)
    assert find_site_packages(tmp_path / "a", home=tmp_path) == (near,)


def test_a_venv_in_the_home_directory_belongs_to_no_project(tmp_path):
    make_venv(tmp_path)
    (tmp_path / "project").mkdir()
    assert find_site_packages(tmp_path / "project", home=tmp_path) == ()


def test_a_venv_of_another_python_is_an_error_with_a_remedy(tmp_path):
    make_venv(tmp_path, "3.9")
    with pytest.raises(StartError, match=rf"is for Python 3\.9.*runs on {VERSION}.*pywrangler sync"):
        find_site_packages(tmp_path, home=tmp_path.parent)


def test_the_venv_that_pywrangler_runs_in_adds_nothing():
    if sys.prefix == sys.base_prefix or Path(sys.prefix).name != ".venv":
        pytest.skip("not in a .venv")
    assert find_site_packages(Path(sys.prefix).parent, home=Path("/")) == ()


# ---- nurseries


def nursery(code: str):
    return spawn_nursery((sys.executable, "-P", "-c", code))


def test_a_nursery_gets_its_descriptor_and_a_process_group_of_its_own():
    code = (
        "import os, socket, sys; link = socket.socket(fileno=int(sys.argv[1]));"
        "link.send(str(os.getpgrp() == os.getpid()).encode()); link.recv(1)"
    )
    process = nursery(code)
    assert process.connection.recv(10) == b"True"
    process.connection.close()
    assert process.reap(5.0) == 0


def test_a_nursery_that_does_not_end_is_killed():
    process = nursery("import time; time.sleep(100)")
    process.connection.close()
    assert process.reap(0.05) is None
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_the_end_of_a_nursery_is_told_with_its_status():
    process = nursery("raise SystemExit(7)")
    assert process.connection.recv(1) == b""
    assert process.reap(5.0) == 7
    process.connection.close()


def test_the_working_directory_does_not_shadow_the_standard_library(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    process = nursery("import json")
    assert process.reap(5.0) == 0
    process.connection.close()
