"""`pywrangler secrets-store secret`: local values for `secrets_store_secrets`."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
import time

import pytest

from pywrangler.bindings.secrets_store import open_secrets
from pywrangler.bindings.stores import Stores
from pywrangler.cli.app import run


@pytest.fixture(autouse=True)
def project(monkeypatch, tmp_path):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def secrets(monkeypatch, capsys):
    """Return `secrets("create st --name n", given="value")`: exit status, output, errors."""

    def go(words, given=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        status = run(["secrets-store", "secret", *words.split()])
        return status, *capsys.readouterr()

    return go


def stored(root, store):
    stores = Stores(root / ".wrangler/state/v3", pytest.fail)
    entries = open_secrets(stores, store, time.time)
    found = {item.name: tuple(entries.get(item.name)) for item in entries.page()[0]}
    stores.close()
    return found


def test_a_secret_is_stored_as_wrangler_stores_it(secrets, project):
    said = '✅ Created secret "token" in the local store "st".\n'
    assert secrets("create st --name token --scopes workers --comment x", "geheim é\n") == (0, said, "")
    ((value, metadata),) = stored(project, "st").values()
    assert value.decode() == "geheim é"
    assert len(bytes.fromhex(json.loads(metadata)["uuid"])) == 16
    assert secrets("create st --name token", "other")[0] == 0
    assert stored(project, "st")["token"][0] == b"other"


def test_names_are_listed_and_values_are_not(secrets):
    secrets("create st --name b", "one")
    secrets("create st --name a", "two")
    assert secrets("list st") == (0, "a\nb\n", "")
    assert secrets("list other") == (0, "", "")


def test_a_secret_is_removed(secrets, project):
    secrets("create st --name token", "v")
    status, _, err = secrets("delete st --name tokem")
    assert (status, err) == (
        1,
        '✘ [ERROR] The local store "st" holds no secret "tokem".\n\n  Did you mean "token"?\n\n',
    )
    assert secrets("delete st --name token") == (0, '✅ Deleted secret "token" from the local store "st".\n', "")
    assert stored(project, "st") == {}


def test_the_data_lies_beside_the_configuration(secrets, project):
    settings = {"name": "token", "main": "entry.py", "compatibility_flags": ["python_workers"]}
    (project / "sub").mkdir()
    (project / "wrangler.jsonc").write_text(json.dumps(settings))
    secrets("create st --name n --cwd sub", "v")
    assert stored(project, "st")["n"][0] == b"v"
    secrets("create st --name n --persist-to x", "v")
    assert (project / "sub/x/v3/secrets-store").is_dir()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("create st", "The following arguments are required: --name"),
        ("create --name n", "The following arguments are required: STORE"),
        ("create st --name n --value hush", "A value does not belong on the command line"),
        ("create st --name n --remote", "works on local data only: --remote is not available."),
        ("create st --name=", "A secret has a name"),
    ],
)
def test_what_is_refused(secrets, project, words, message):
    status, _, err = secrets(words, "v")
    assert status == 1
    assert message in err
    assert "hush" not in err
    assert not (project / ".wrangler").exists()


def modes(root):
    return {path: stat.S_IMODE(path.lstat().st_mode) for path in (root, *root.rglob("*"))}


def test_nobody_else_can_read_a_secret(secrets, project, monkeypatch):
    before = os.umask(0o022)
    try:
        secrets("create st --name token", "x" * 100_000)
        root = project / ".wrangler/state/v3/secrets-store"
        assert {path: mode for path, mode in modes(root).items() if mode & 0o077} == {}
        assert any(path.suffix == ".sqlite" for path in modes(root))
        for path in root.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # as wrangler leaves them
        root.chmod(0o755)
        assert secrets("list st") == (0, "token\n", "")
        stores = Stores(project / ".wrangler/state/v3", pytest.fail)
        open_secrets(stores, "st", time.time).put("other", b"y", None, None)
        assert {path: mode for path, mode in modes(root).items() if mode & 0o077} == {}
        assert {path.name[-4:] for path in root.rglob("*.sqlite-*")} == {"-wal", "-shm"}
        stores.close()
    finally:
        os.umask(before)


def test_a_store_of_somebody_else_is_left_as_it_is(secrets, project, monkeypatch):
    secrets("create st --name token", "x")
    root = project / ".wrangler/state/v3/secrets-store"
    root.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert secrets("list st")[0] == 0
    assert stat.S_IMODE(root.stat().st_mode) == 0o755
