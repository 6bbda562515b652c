"""What lies where we look may be a pipe, a socket, a device or a directory: nothing hangs, and it is named."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.files import open_regular, read_regular, read_text, require_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Each is read by a process of its own, because a reader that hangs would take the test run with it.
TIMEOUT_SECONDS = 20


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_directory(path: Path) -> None:
    path.mkdir()


def make_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.fixture
def make_socket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    with socket.socket(socket.AF_UNIX) as listener:

        def make(path: Path) -> None:
            # The path of a socket is short; the working directory makes it so.
            monkeypatch.chdir(path.parent)
            listener.bind(path.name)

        yield make


@pytest.fixture(params=["pipe", "device", "directory", "socket"])
def make(request: pytest.FixtureRequest, make_socket: Callable[[Path], None]) -> Callable[[Path], None]:
    makers = {"pipe": make_pipe, "device": make_device, "directory": make_directory, "socket": make_socket}
    return makers[request.param]


def test_regular_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a\r\n" + "ü".encode() * 3)
    (tmp_path / "link").symlink_to(path)
    for place in (path, str(path), tmp_path / "link"):
        assert read_regular(place) == path.read_bytes()
    assert read_regular(path, 4) == path.read_bytes()[:4]
    assert read_regular(path, 100) == path.read_bytes()
    assert read_text(path) == "a\nüüü"
    require_regular(path)
    require_regular(tmp_path / "nothing")


def test_anything_else_is_an_error_at_once(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "it"
    make(path)
    for read in (open_regular, read_regular, read_text, require_regular):
        with pytest.raises(OSError, match=r"It is a (named pipe|device|socket), not a file|Is a directory") as caught:
            read(path)
        assert caught.value.filename == str(path)


def test_a_pipe_that_replaces_a_file_while_it_is_opened_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "it"
    path.touch()
    status = path.stat()
    path.unlink()
    make_pipe(path)
    monkeypatch.setattr(os, "stat", lambda _path: status)
    with pytest.raises(OSError, match="named pipe"):
        open_regular(path)


# ---- every reader -----------------------------------------------------------------------------------------

CONFIG: dict[str, Any] = {
    "name": "w",
    "main": "entry.py",
    "compatibility_date": "2026-06-01",
    "compatibility_flags": ["python_workers"],
    "secrets_store_secrets": [{"binding": "S", "store_id": "s", "secret_name": "n"}],
    "d1_databases": [{"binding": "DB", "database_name": "db", "database_id": "x"}],
    "text_blobs": {"T": "text.txt"},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "wrangler.jsonc").write_text(json.dumps(CONFIG))
    (tmp_path / "entry.py").write_text("import helper\n")
    (tmp_path / "registry").mkdir()
    (tmp_path / "migrations").mkdir()
    return tmp_path


def run(project: Path, *words: str) -> tuple[int, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(project),
        "NO_COLOR": "1",
        "WRANGLER_REGISTRY_PATH": str(project / "registry"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pywrangler", *words],
        cwd=project, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.processes
@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("other.jsonc", ["vars", "-c", "other.jsonc"], 'other.jsonc": It is a named pipe, not a file'),
        ("wrangler.jsonc", ["vars"], 'wrangler.jsonc": It is a named pipe, not a file'),
        (".dev.vars", ["secret", "put", "A"], 'The file ".dev.vars" cannot be changed: It is a named pipe'),
        (".wrangler/deploy/config.json", ["vars"], "w has no variables"),
        (".dev.vars", ["vars"], 'Failed to load local dev variables file ".dev.vars": It is a named pipe'),
        (".env", ["check"], 'The file ".env" cannot be read: It is a named pipe'),
        ("secrets.env", ["check", "--env-file", "secrets.env"], "cannot be read: It is a named pipe"),
        ("helper.py", ["check"], ""),
        ("pyproject.toml", ["check"], ""),
        ("worker_configuration.pyi", ["types"], "cannot be read: It is a named pipe"),
        ("migrations/0001_a.sql", ["d1", "migrations", "list", "db"], ""),
        ("registry/w", ["doctor"], "registry"),
        ("registry/other", ["doctor"], "registry"),
    ],
)
def test_a_pipe_in_the_place_of_a_file_hangs_no_command(project: Path, name: str, words: list[str], said: str) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).unlink(missing_ok=True)
    make_pipe(project / name)
    assert said in run(project, *words)[1]


@pytest.mark.processes
def test_a_pipe_in_the_place_of_local_data_hangs_no_command(project: Path) -> None:
    (project / "value").write_text("secret")
    assert run(project, "kv", "key", "put", "k", "v", "--namespace-id", "x")[0] == 0
    (database,) = (project / ".wrangler/state/v3/kv").rglob("*.sqlite")
    for suffix in ("", "-wal"):
        place = database.with_name(database.name + suffix)
        place.unlink(missing_ok=True)
        make_pipe(place)
        code, text = run(project, "kv", "key", "get", "k", "--namespace-id", "x")
        assert (code, "It is a named pipe, not a file" in text) == (1, True)
        place.unlink()
