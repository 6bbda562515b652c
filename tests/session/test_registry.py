"""The registry on disk: who owns a name, and what becomes of files that nobody owns."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pywrangler.errors import RegistryError
from pywrangler.session.registry import Registry, Rival, choose_directory, is_live

from .sample import entry


@pytest.fixture
def listening(tmp_path):
    """Return a function that gives the address of a live private listener."""
    opened = []

    def listen(name: str = "a.sock") -> str:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / name))
        listener.listen(1)
        opened.append(listener)
        return f"unix:{tmp_path / name}"

    yield listen
    for listener in opened:
        listener.close()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "registry"


def ours(address: str, name: str = "backend", instance: str = "me", **more):
    return entry(name, pid=os.getpid(), instance=instance, address=address, **more)


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "home/.config/.wrangler/registry"),
        ({"XDG_CONFIG_HOME": "/xdg"}, "/xdg/.wrangler/registry"),
        ({"WRANGLER_REGISTRY_PATH": "/w", "XDG_CONFIG_HOME": "/xdg"}, "/w"),
        ({"WRANGLER_REGISTRY_PATH": "/w", "CLOUDFLARE_DEV_REGISTRY_PATH": "/c"}, "/c"),
        ({"WRANGLER_REGISTRY_PATH": ""}, "home/.config/.wrangler/registry"),
    ],
)
def test_the_directory_is_the_one_that_wrangler_uses(environment, expected, tmp_path):
    home = tmp_path / "home"
    assert choose_directory(environment, home) == tmp_path / expected


def test_an_existing_legacy_directory_wins_over_xdg(tmp_path):
    (tmp_path / ".wrangler").mkdir()
    assert choose_directory({"XDG_CONFIG_HOME": "/xdg"}, tmp_path) == tmp_path / ".wrangler" / "registry"


def test_an_entry_is_a_file_of_mode_0600_named_like_the_worker(directory, listening):
    registry = Registry(directory)
    assert registry.claim(ours(listening(), classes=("Counter",))) is None
    (path,) = directory.iterdir()
    assert path.name == "backend"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_bytes())["pywrangler"]["classes"] == ["Counter"]
    assert registry.peers()["backend"].classes == ("Counter",)


def test_withdrawing_removes_the_file(directory, listening):
    registry = Registry(directory)
    registry.claim(ours(listening()))
    registry.withdraw("backend")
    registry.withdraw("backend")
    assert list(directory.iterdir()) == []


def test_a_live_owner_keeps_its_name(directory, listening):
    Registry(directory).claim(ours(listening(), instance="first", url="http://localhost:8787"))
    second = Registry(directory)
    assert second.claim(ours(listening("b.sock"), instance="second")) == Rival(
        os.getpid(), "http://localhost:8787", "first"
    )
    second.withdraw("backend")
    assert (directory / "backend").exists()


def test_a_name_is_free_as_soon_as_its_owner_withdrew(directory, listening):
    first, second = Registry(directory), Registry(directory)
    first.claim(ours(listening(), instance="first"))
    wanted = ours(listening("b.sock"), instance="second")
    assert second.claim(wanted) is not None
    first.withdraw("backend")
    assert second.claim(wanted) is None
    assert second.peers()["backend"].instance == "second"


def test_an_owner_whose_process_is_gone_is_replaced_at_once(directory, listening):
    address = listening()
    Registry(directory).claim(entry("backend", pid=dead_pid(), instance="dead", address=address))
    registry = Registry(directory)
    assert registry.peers() == {}
    assert registry.claim(ours(address)) is None


def test_an_owner_whose_listener_is_gone_is_dead_though_its_pid_is_reused(directory, listening, tmp_path):
    Registry(directory).claim(entry("backend", pid=os.getpid(), instance="dead", address=f"unix:{tmp_path}/none"))
    registry = Registry(directory)
    assert registry.peers() == {}
    assert registry.claim(ours(listening())) is None


def test_peers_that_die_without_a_word_disappear(directory, listening):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    Registry(directory).claim(entry("backend", pid=process.pid, address=listening()))
    registry = Registry(directory)
    assert set(registry.peers()) == {"backend"}
    process.communicate()
    assert registry.peers() == {}


@pytest.mark.parametrize(
    "content", [b"", b"garbage \xff", b"[]", b"null", b'{"pywrangler": 5}', b'{"pywrangler": {"name": "backend"}}']
)
def test_garbage_is_ignored_and_does_not_keep_a_name(content, directory, listening):
    directory.mkdir()
    (directory / "backend").write_bytes(content)
    registry = Registry(directory)
    assert registry.peers() == {}
    assert registry.claim(ours(listening())) is None


def test_an_entry_under_a_wrong_name_is_ignored(directory, listening):
    Registry(directory).claim(ours(listening()))
    (directory / "backend").rename(directory / "other")
    assert Registry(directory).peers() == {}


def test_a_fresh_file_of_another_tool_keeps_its_name_and_is_left_alone(directory, listening):
    directory.mkdir()
    content = json.dumps({"debugPortAddress": "127.0.0.1:1", "instanceId": "x"})
    (directory / "backend").write_text(content)
    registry = Registry(directory)
    assert registry.claim(ours(listening())) == Rival(None)
    assert registry.peers() == {}
    assert (directory / "backend").read_text() == content


def test_a_stale_file_of_another_tool_is_replaced(directory, listening):
    directory.mkdir()
    path = directory / "backend"
    path.write_text(json.dumps({"debugPortAddress": "127.0.0.1:1"}))
    os.utime(path, (time.time() - 100, time.time() - 100))
    assert Registry(directory).claim(ours(listening())) is None


def test_a_beat_touches_the_file(directory, listening):
    registry = Registry(directory)
    registry.claim(ours(listening()))
    path = directory / "backend"
    os.utime(path, (1, 1))
    registry.beat()
    assert path.stat().st_mtime > time.time() - 60


def test_a_beat_writes_entries_that_vanished_again_with_their_directory(directory, listening):
    registry = Registry(directory)
    registry.claim(ours(listening()))
    (directory / "backend").unlink()
    directory.rmdir()
    registry.beat()
    assert set(registry.peers()) == {"backend"}


def test_an_unusable_directory_is_named_with_a_way_out(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RegistryError, match=r"file/registry.*WRANGLER_REGISTRY_PATH"):
        Registry(blocked / "registry").prepare()


@pytest.mark.parametrize("address", ["", "tcp:1", "unix:", "unix:\0", "unix:/nonexistent", "unix:" + "x" * 300])
def test_an_address_that_nobody_answers_is_not_live(address):
    assert not is_live(entry("x", pid=os.getpid(), address=address))


@pytest.mark.parametrize("pid", [0, -1, 2**70])
def test_an_impossible_pid_is_not_live(pid, listening):
    assert not is_live(entry("x", pid=pid, address=listening()))


def test_an_owner_with_a_full_backlog_is_live(tmp_path):
    path = tmp_path / "full.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(0)
        waiting = []
        while True:
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            waiting.append(client)
            try:
                client.connect(str(path))
            except BlockingIOError:
                break
        assert is_live(entry("x", pid=os.getpid(), address=f"unix:{path}"))
        for client in waiting:
            client.close()


def test_claims_from_two_threads_never_both_win(directory, listening, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    address = listening()

    def claim(number: int) -> bool:
        return Registry(directory).claim(ours(address, instance=str(number))) is None

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(claim, range(8))) == 1


def test_temporary_files_are_no_entries(directory):
    directory.mkdir()
    (directory / ".pywrangler-abc").write_text("{}")
    (directory / Path("sub")).mkdir()
    assert Registry(directory).peers() == {}


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_what_is_no_file_is_no_session_and_can_be_replaced(directory, listening, monkeypatch, kind):
    directory.mkdir()
    with socket.socket(socket.AF_UNIX) as odd:
        for name in ("backend", "other"):
            if kind == "pipe":
                os.mkfifo(directory / name)
            elif kind == "device":
                (directory / name).symlink_to("/dev/zero")
        if kind == "socket":
            monkeypatch.chdir(directory)  # the path of a socket is short
            odd.bind("backend")
        registry = Registry(directory)
        assert registry.peers() == {}
        mine = ours(listening())
        assert registry.claim(mine) is None
        assert registry.peers() == {"backend": mine}
        assert (directory / "backend").is_file()


def test_a_directory_under_the_name_of_a_worker_is_told(directory, listening):
    (directory / "backend").mkdir(parents=True)
    registry = Registry(directory)
    assert registry.peers() == {}
    with pytest.raises(IsADirectoryError):
        registry.claim(ours(listening()))
