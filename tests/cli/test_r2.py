"""`pywrangler r2 object`: objects of local buckets, in upstream's words (spec/cli.md, section 7)."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pywrangler.bindings.r2.storage import Bucket
from pywrangler.bindings.r2.tables import Metadata
from pywrangler.bindings.stores import Stores
from pywrangler.cli.app import run

BUCKETS = [
    {"binding": "FILES", "bucket_name": "my-bucket"},
    {"binding": "BOTH", "bucket_name": "real", "preview_bucket_name": "shown"},
    {"binding": "BARE"},
]
LARGE = bytes(range(256)) * 3000


@pytest.fixture(autouse=True)
def project(monkeypatch, tmp_path):
    for name in ("CLOUDFLARE_ENV", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path, "w", BUCKETS)
    return tmp_path


def write_config(directory: Path, name: str, buckets: list[dict[str, str]]) -> None:
    directory.mkdir(exist_ok=True)
    (directory / "entry.py").touch()
    settings = {
        "name": name,
        "main": "entry.py",
        "compatibility_date": "2026-06-10",
        "compatibility_flags": ["python_workers"],
        "r2_buckets": buckets,
    }
    (directory / "wrangler.jsonc").write_text(json.dumps(settings))


@pytest.fixture
def r2(capsysbinary, monkeypatch):
    """Return `r2("put b/k", ..., input=b"")`: exit status, output, errors."""

    def go(words, *more, input=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(input)))
        status = run(["r2", "object", *words.split(), *more])
        out, err = capsysbinary.readouterr()
        return status, out.decode(errors="backslashreplace"), err.decode()

    return go


def stored(root: Path, bucket: str, key: str) -> tuple[bytes, Metadata] | None:
    stores = Stores(root / ".wrangler/state/v3", pytest.fail)
    try:
        found = Bucket(stores, bucket, time.time).get(key)
        if found is None:
            return None
        content = b""
        while piece := found[2].read():
            content += piece
        return content, found[0].metadata
    finally:
        stores.close()


def error(message: str, *more: str) -> str:
    return f"✘ [ERROR] {message}\n\n" + "".join(f"  {line}\n\n" for line in more)


def test_a_file_is_stored_where_dev_finds_it(r2, project):
    (project / "a.bin").write_bytes(LARGE)
    said = 'Creating object "dir/a.bin" in bucket "my-bucket".\nUpload complete.\n'
    assert r2("put my-bucket/dir/a.bin --file a.bin") == (0, said, "")
    assert stored(project, "my-bucket", "dir/a.bin") == (LARGE, Metadata())


def test_the_input_is_stored_with_metadata(r2, project):
    flags = "--ct text/x --cd inline --ce gzip --cl de --cc no-store"
    assert r2(f"put any/k --pipe {flags} --expires", "Tue, 14 Nov 2023 22:13:20 GMT", input=b"\0\xff")[0] == 0
    content, metadata = stored(project, "any", "k")
    assert content == b"\0\xff"
    assert metadata.http == {
        "contentType": "text/x",
        "contentDisposition": "inline",
        "contentEncoding": "gzip",
        "contentLanguage": "de",
        "cacheControl": "no-store",
        "cacheExpiry": 1_700_000_000_000,
    }
    long = "--content-type a --content-disposition b --content-encoding c --content-language d --cache-control e"
    assert r2(f"put any/k --pipe {long} --expires 2023-11-14", input=b"x")[0] == 0
    assert [*stored(project, "any", "k")[1].http.values()] == ["a", "d", "b", "c", "e", 1_699_920_000_000]


def test_an_object_is_written_to_a_file_or_to_the_output(r2, project, capsysbinary):
    r2("put b/dir/sub/k --pipe", input=LARGE)
    said = 'Downloading "dir/sub/k" from "b".\nDownload complete.\n'
    assert r2("get b/dir/sub/k") == (0, said, "")
    assert (project / "dir/sub/k").read_bytes() == LARGE
    assert r2("get b/dir/sub/k --file other/file") == (0, said, "")
    assert (project / "other/file").read_bytes() == LARGE
    assert [path.name for path in (project / "other").iterdir()] == ["file"]
    assert run(["r2", "object", "get", "b/dir/sub/k", "--pipe"]) == 0
    assert capsysbinary.readouterr() == (LARGE, b"")


def test_a_reader_that_has_enough_is_no_error(r2, project):
    r2("put b/k --pipe", input=LARGE)
    command = [sys.executable, "-m", "pywrangler", "r2", "object", "get", "b/k", "--pipe"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=project) as process:
        assert process.stdout.read(2) == LARGE[:2]
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_an_object_that_is_not_there(r2, project):
    (project / "k").write_text("mine")
    assert r2("get b/k") == (1, 'Downloading "k" from "b".\n', error("The specified key does not exist."))
    assert (project / "k").read_text() == "mine"
    assert r2("get b/k --pipe") == (1, "", error("The specified key does not exist."))
    assert r2("delete b/k") == (0, 'Deleting object "k" from bucket "b".\nDelete complete.\n', "")


def test_an_object_is_removed(r2, project):
    r2("put b/k --pipe", input=b"x")
    assert r2("delete b/k")[0] == 0
    assert stored(project, "b", "k") is None


def test_all_objects_are_listed(r2):
    assert r2("list b") == (0, "[]\n", "")
    r2("put b/é --pipe --ct text/x --expires 2023-11-14", input=b"abc")
    for number in range(3):
        r2(f"put b/other/{number} --pipe", input=b"")
    (entry,) = json.loads(r2("list b --prefix é")[1])
    uploaded = entry.pop("uploaded")
    assert uploaded[10] == "T"
    assert entry == {
        "key": "é",
        "size": 3,
        "etag": "900150983cd24fb0d6963f7d28e17f72",
        "httpMetadata": {"contentType": "text/x", "cacheExpiry": "2023-11-14T00:00:00.000Z"},
    }
    assert [entry["key"] for entry in json.loads(r2("list b")[1])] == ["other/0", "other/1", "other/2", "é"]


def test_a_list_has_all_pages(r2, project):
    stores = Stores(project / ".wrangler/state/v3", pytest.fail)
    bucket = Bucket(stores, "b", time.time)
    with bucket.change():
        for number in range(1001):
            row = (f"k{number:04}", None, "v", 0, "", 0, "{}", "{}", '{"a":"b"}')
            bucket.run("INSERT INTO _mf_objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    stores.close()
    found = json.loads(r2("list b")[1])
    assert len(found) == 1001
    assert found[0]["customMetadata"] == {"a": "b"}


# ---- what is refused


@pytest.mark.parametrize("words", ["put my-bucket --pipe", "get my-bucket", "delete my-bucket/", "get /key"])
def test_a_path_has_a_bucket_and_a_key(r2, words):
    given = words.split()[1]
    message = f"The object path must be in the form of {{bucket}}/{{key}} you provided {given}"
    assert r2(words) == (1, "", error(message))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("put b/k", "Either the --file or --pipe options are required."),
        ("put b/k --file x --pipe", "Arguments file and pipe are mutually exclusive"),
        ("get b/k --file x --pipe", "Arguments file and pipe are mutually exclusive"),
        ("put b/k --file", "Argument -f/--file: expected one argument"),
    ],
)
def test_flags_that_do_not_go_together(r2, words, message):
    status, out, err = r2(words)
    assert (status, err) == (1, error(message))
    assert out.startswith(f"usage: pywrangler r2 object {words.split()[0]} ")


def test_a_file_that_cannot_be_read(r2, project):
    assert r2("put b/k --file nope.txt") == (1, "", error('The file "nope.txt" does not exist.'))
    (project / "directory").mkdir()
    assert r2("put b/k --file directory") == (1, "", error('The file "directory" cannot be read: Is a directory.'))


def test_a_file_that_cannot_be_written(r2, project):
    (project / "there").write_text("a file")
    r2("put b/there/k --pipe", input=b"x")
    status, _, err = r2("get b/there/k")
    assert status == 1
    assert err.startswith('✘ [ERROR] The file "there/k" cannot be written: ')


@pytest.mark.parametrize("key", ["../x", "/etc/x", "a/../../x", "dir/"])
def test_a_key_that_leads_elsewhere_is_no_file(r2, key):
    r2(f"put b/{key} --pipe", input=b"x")
    message = f'The key "{key}" is no path of a file below this directory.'
    assert r2(f"get b/{key}") == (1, "", error(message, "Name the file with --file, or use --pipe."))
    assert r2(f"get b/{key} --file here")[0] == 0


def test_an_expiry_that_is_no_date(r2):
    message = '--expires takes a date such as "Tue, 14 Nov 2023 22:13:20 GMT", not "soon".'
    assert r2("put b/k --pipe --expires soon") == (1, "", error(message))


def test_a_key_that_is_too_long(r2, project):
    message = error("The specified object name is not valid.")
    for words in ("put b/{} --pipe", "get b/{} --pipe", "delete b/{}"):
        status, _, err = r2(words.format("k" * 1025))
        assert (status, err) == (1, message)
    assert not list((project / ".wrangler/state/v3/r2").glob("b/blobs/*"))


@pytest.mark.parametrize("words", ["put b/k --pipe", "get b/k", "delete b/k"])
def test_there_is_local_data_only(r2, words):
    verb = f"r2 object {words.split()[0]}"
    message = f"`pywrangler {verb}` works on local data only: --remote is not available."
    advice = f"For data of the account: npx wrangler {verb} --remote"
    assert r2(f"{words} --remote") == (1, "", error(message, advice))


def test_listing_has_no_counterpart_for_the_account(r2):
    status, _, err = r2("list b --remote")
    assert status == 1
    assert "dashboard" in err


# ---- which data


def test_local_data_may_lie_elsewhere(r2, project):
    r2("put b/k --pipe --persist-to elsewhere --local", input=b"x")
    assert (project / "elsewhere/v3/r2/b/blobs").is_dir()
    assert stored(project, "b", "k") is None


@pytest.mark.parametrize(("name", "used"), [("FILES", "my-bucket"), ("real", "shown"), ("BOTH", "shown")])
def test_a_name_that_is_probably_another(r2, name, used):
    binding = "FILES" if name == "FILES" else "BOTH"
    status, _, err = r2(f"list {name}")
    assert status == 0
    assert err == f'▲ [WARNING] For the binding {binding} `dev` uses the bucket "{used}", not "{name}".\n\n'


@pytest.mark.parametrize("name", ["my-bucket", "shown", "BARE", "unheard-of"])
def test_a_name_that_is_none_of_them_or_right_is_taken(r2, name):
    assert r2(f"list {name}") == (0, "[]\n", "")


def test_the_worker_that_has_the_bucket_has_the_data(r2, project, monkeypatch):
    (project / "wrangler.jsonc").unlink()
    write_config(project / "one", "one", [{"binding": "B", "bucket_name": "of-one"}])
    write_config(project / "two", "two", [{"binding": "B", "bucket_name": "of-two"}])
    r2("put of-two/k --pipe", input=b"x")
    assert stored(project / "two", "of-two", "k") is not None
    status, _, err = r2("list neither")
    assert status == 1
    assert "--name one" in err
    r2("put neither/k --pipe --name one", input=b"x")
    assert stored(project / "one", "neither", "k") is not None


def test_a_directory_without_a_configuration_has_data_of_its_own(r2, project, monkeypatch):
    (project / "wrangler.jsonc").unlink()
    assert r2("put b/k --pipe", input=b"x")[0] == 0
    assert stored(project, "b", "k") is not None


def test_flags_of_wrangler_without_a_meaning_are_accepted(r2):
    assert r2("put b/k --pipe -J eu -s Standard -y --local", input=b"x")[0] == 0
    assert r2("put b/k --pipe --jurisdiction=eu --storage-class Standard --force", input=b"x")[0] == 0
