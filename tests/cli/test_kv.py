"""`pywrangler kv`: keys of local namespaces, in upstream's words (spec/cli.md, section 6)."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.bindings.kv.entries import open_entries
from pywrangler.bindings.stores import Stores
from pywrangler.cli.app import run
from pywrangler.cli.kv_files import entries_in, names_in
from pywrangler.errors import StartError

NAMESPACES = [
    {"binding": "KV", "id": "kvid"},
    {"binding": "BOTH", "id": "real", "preview_id": "shown"},
    {"binding": "BARE"},
]
FLAGS = "Missing required option: exactly one of --binding and --namespace-id must be provided"
VALUE = "Missing required option: exactly one of <value> and --path must be provided"


@pytest.fixture(autouse=True)
def project(monkeypatch, tmp_path):
    for name in ("CLOUDFLARE_ENV", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path)
    return tmp_path


def write_config(directory: Path, **more) -> None:
    directory.mkdir(exist_ok=True)
    (directory / "entry.py").touch()
    settings = {
        "name": "w",
        "main": "entry.py",
        "compatibility_date": "2026-06-10",
        "compatibility_flags": ["python_workers"],
        "kv_namespaces": NAMESPACES,
        **more,
    }
    (directory / "wrangler.jsonc").write_text(json.dumps(settings))


@pytest.fixture
def kv(capsysbinary):
    """Return `kv("key put k v", ...)`: exit status, output, errors."""

    def go(words, *more):
        status = run(["kv", *words.split(), *more])
        out, err = capsysbinary.readouterr()
        return status, out.decode(errors="backslashreplace"), err.decode()

    return go


def stored(root: Path, namespace: str) -> dict[str, tuple[bytes, str | None]]:
    stores = Stores(root / ".wrangler/state/v3", pytest.fail)
    entries = open_entries(stores, namespace, time.time)
    found = {item.name: tuple(entries.get(item.name)) for item in entries.page()[0]}
    stores.close()
    return found


# ---- one key


def test_a_key_is_written_where_dev_finds_it(kv, project):
    said = 'Writing the value "v" to key "k" on namespace binding: "KV" (id: "kvid").\n'
    assert kv("key put k v --binding KV") == (0, said, "")
    assert stored(project, "kvid") == {"k": (b"v", None)}
    said = 'Writing the value "w" to key "k" on namespace id: "kvid" with metadata "{"a": "é"}".\n'
    assert kv("key put k w --namespace-id kvid --metadata", '{"a": "é"}') == (0, said, "")
    assert stored(project, "kvid") == {"k": (b"w", '{"a":"é"}')}


def test_a_value_may_be_a_file(kv, project):
    (project / "value.bin").write_bytes(b"\0\xff\n")
    said = 'Writing the contents of value.bin to the key "k" on namespace binding: "KV" (id: "kvid").\n'
    assert kv("key put k --path value.bin --binding KV") == (0, said, "")
    assert kv("key get k --binding KV")[1] == "\0\\xff\n"


def test_get_shows_bytes_or_text(kv):
    kv("key put k --binding KV", "é")
    assert kv("key get k --binding KV") == (0, "é", "")
    assert kv("key get k --binding KV --text") == (0, "é\n", "")
    assert kv("key get none --binding KV") == (0, "Value not found\n", "")


@pytest.mark.parametrize(
    "words",
    ["key put k v --binding KV", "key put k --binding KV v", "--binding KV key put k v", "key --binding KV put k v"],
)
def test_flags_may_stand_anywhere(kv, project, words):
    assert kv(words)[0] == 0
    assert stored(project, "kvid") == {"k": (b"v", None)}


def test_list_shows_what_keys_carry(kv):
    assert kv("key list --binding KV") == (0, "[]\n", "")
    kv("key put b2 v --binding KV --ttl 100")
    kv("key put b1 v --binding KV --metadata [1]")
    kv("key put a v --binding KV --expiration 9000000000")
    kv("key put a v --binding KV --expiration 2000000000")
    found = json.loads(kv("key list --binding KV")[1])
    assert [item["name"] for item in found] == ["a", "b1", "b2"]
    assert found[0]["expiration"] == 2_000_000_000
    assert found[1] == {"name": "b1", "metadata": [1]}
    assert abs(found[2]["expiration"] - time.time() - 100) < 5
    assert [item["name"] for item in json.loads(kv("key list --binding KV --prefix b")[1])] == ["b1", "b2"]


def test_list_shows_more_than_a_page(kv, project):
    stores = Stores(project / ".wrangler/state/v3", pytest.fail)
    entries = open_entries(stores, "kvid", time.time)
    for number in range(1001):
        entries.put(f"k{number}", b"")
    stores.close()
    assert len(json.loads(kv("key list --binding KV")[1])) == 1001


def test_delete_removes_a_key_if_it_is_there(kv, project):
    kv("key put k v --binding KV")
    said = 'Deleting the key "k" on namespace binding: "KV" (id: "kvid").\n'
    assert kv("key delete k --binding KV") == (0, said, "")
    assert kv("key delete k --binding KV") == (0, said, "")
    assert stored(project, "kvid") == {}


# ---- which namespace


def test_reads_and_writes_of_a_binding_with_two_namespaces(kv, project):
    status, out, err = kv("key put k v --binding BOTH")
    assert (status, out) == (1, "")
    assert 'The binding "BOTH" has both an "id" and a "preview_id" configured.' in err
    assert "wrangler.jsonc:1:" in err
    assert kv("key put k preview --binding BOTH --preview")[0] == 0
    assert kv("key put k real --binding BOTH --preview false")[0] == 0
    assert (stored(project, "shown")["k"][0], stored(project, "real")["k"][0]) == (b"preview", b"real")
    assert kv("key get k --binding BOTH --preview") == (0, "preview", "")
    status, out, err = kv("key get k --binding BOTH")
    assert (status, out) == (0, "real")
    assert 'This is the namespace "real"; `dev` uses the preview namespace "shown".' in err


def test_a_namespace_without_an_id_has_the_name_of_its_binding(kv, project):
    kv("key put k v --binding BARE")
    assert stored(project, "BARE") == {"k": (b"v", None)}


def test_a_namespace_by_id_needs_no_configuration(kv, project):
    (project / "wrangler.jsonc").unlink()
    assert kv("key put k v --namespace-id any")[0] == 0
    assert stored(project, "any") == {"k": (b"v", None)}


def test_local_data_may_lie_elsewhere(kv, project):
    write_config(project / "sub")
    kv("key put k v --binding KV --persist-to elsewhere")
    kv("key put k w --binding KV --cwd sub")
    assert (project / "elsewhere/v3/kv").is_dir()
    assert (project / "sub/.wrangler/state/v3/kv").is_dir()
    assert not (project / ".wrangler").exists()


def test_the_worker_that_has_the_binding_is_meant(kv, project):
    (project / "wrangler.jsonc").unlink()
    write_config(project / "one", name="one", kv_namespaces=[{"binding": "MINE", "id": "x"}])
    write_config(project / "two", name="two")
    assert kv("key put k v --binding MINE")[0] == 0
    assert stored(project / "one", "x") == {"k": (b"v", None)}
    assert kv("key put k v --binding KV --name two")[0] == 0
    assert stored(project / "two", "kvid") == {"k": (b"v", None)}
    assert "There are several Workers here" in kv("key put k v --namespace-id x")[2]


def test_the_environment_chooses_bindings(kv, project):
    write_config(project, env={"test": {"kv_namespaces": [{"binding": "KV", "id": "other"}]}})
    kv("key put k v --binding KV --env test")
    assert stored(project, "other") == {"k": (b"v", None)}


# ---- what is refused


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("key get k", FLAGS),
        ("key get k --binding KV --namespace-id x", "--binding and --namespace-id cannot be used together."),
        ("key put k --binding KV", VALUE),
        ("key put k v --path f --binding KV", "Conflicting options: <value> and --path cannot be used together."),
        ("key put k v --metadata nojson --binding KV", "--metadata must be valid JSON. Received: nojson"),
        ("key put --binding KV", "The following arguments are required: KEY"),
        ("key put k v w --binding KV", "Unknown argument: w"),
        ("key put k v --bindin KV", "Did you mean --binding?"),
        ("key put k v --ttl soon --binding KV", "Argument --ttl: invalid int value: 'soon'"),
        ("key put k --path none --binding KV", "Could not read file: none (No such file or directory)."),
        ("key put k v --ttl 59 --binding KV", "KV PUT failed: 400 Invalid expiration_ttl of 59."),
        ("key put k v --expiration 5 --binding KV", "KV PUT failed: 400 Invalid expiration of 5."),
        ("key put . v --binding KV", '"." is not allowed as a key name.'),
        ("key delete .. --binding KV", '".." is not allowed as a key name.'),
        ("key get k --binding KX", 'No KV namespace with binding "KX" was found in the "kv_namespaces" section'),
        ("key get k --binding KV --preview", 'No preview namespace ID is configured for binding "KV".'),
        ("key get k --binding KV --remote", "`pywrangler kv key get` works on local data only: --remote is not"),
        ("bulk put none.json --binding KV", "Could not read file: none.json (No such file or directory)."),
        ("bulk put entry.py --binding KV", 'The file "entry.py" is no valid JSON'),
    ],
)
def test_what_is_refused(kv, project, words, message):
    status, _, err = kv(words)
    assert status == 1
    assert message in err
    assert not (project / ".wrangler").exists()


def test_a_value_that_is_too_large_is_refused(kv, project):
    with (project / "large").open("wb") as file:
        file.truncate(25 * 1024 * 1024 + 1)
    err = kv("key put k --path large --binding KV")[2]
    assert "KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400." in err


# ---- many keys


def test_many_keys_at_once(kv, project):
    entries = [
        {"key": "b1", "value": "v1"},
        {"key": "b2", "value": "aMOp", "base64": True, "expiration_ttl": 100, "metadata": {"x": 1}},
        {"key": "b3", "value": "", "expiration": 2_000_000_000},
    ]
    (project / "entries.json").write_text(json.dumps(entries))
    assert kv("bulk put entries.json --binding KV") == (0, "Success!\n", "")
    assert stored(project, "kvid") == {"b1": (b"v1", None), "b2": ("hé".encode(), '{"x":1}'), "b3": (b"", None)}
    (project / "keys.json").write_text('["b2", {"name": "b1"}, "none"]')
    found = {"b2": {"value": "hé"}, "b1": {"value": "v1"}, "none": {"value": None}}
    assert json.loads(kv("bulk get keys.json --binding KV")[1]) == found
    status, out, _ = kv("bulk delete keys.json --binding KV")
    question = 'delete all the keys read from "keys.json" from kv-namespace binding: "KV" (id: "kvid")?'
    assert (status, out.splitlines()) == (
        0,
        [
            f"? Are you sure you want to {question}",
            "🤖 Using fallback value in non-interactive context: yes",
            "Success!",
        ],
    )
    assert list(stored(project, "kvid")) == ["b3"]
    assert kv("bulk delete keys.json --namespace-id kvid -f") == (0, "Success!\n", "")


def test_one_mistake_in_a_file_changes_nothing(kv, project):
    for entries, message in (
        ([{"key": "a", "value": "v"}, {"key": 5, "value": "v"}], "The item at index 1 is {"),
        ([{"key": "a", "value": "v"}, {"key": "", "value": "v"}], "Key name cannot be empty."),
        ([{"key": "a", "value": "v"}, {"key": "b", "value": "v", "expiration_ttl": 5}], "expiration_ttl of 5."),
        ({"a": 1}, "Expected an array of key-value objects but got an object."),
    ):
        (project / "entries.json").write_text(json.dumps(entries))
        status, out, err = kv("bulk put entries.json --binding KV")
        assert (status, out) == (1, "")
        assert message in err
    assert stored(project, "kvid") == {}


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ("text", "Each item is an object"),
        ({"key": "k"}, "Each item is an object"),
        ({"key": "k", "value": 5}, "value is a number"),
        ({"key": "k", "value": "v", "expiration": "soon"}, "expiration is text"),
        ({"key": "k", "value": "v", "expiration_ttl": True}, "expiration_ttl is true or false"),
        ({"key": "k", "value": "v", "base64": 1}, "base64 is a number"),
        ({"key": "k", "value": "?", "base64": True}, "its value is no base64"),
        ({"key": "k", "value": "\ud800"}, "its value is no text"),
        ({"key": "k", "value": "v" * 1000, "expiration": []}, "..."),
    ],
)
def test_items_that_are_refused(item, what):
    with pytest.raises(StartError) as caught:
        entries_in([item], "f.json")
    assert caught.value.problem.what == 'Unexpected JSON input from "f.json". Nothing was changed.'
    assert what in caught.value.problem.remedy


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ({"a": 1}, "Expected an array of strings but got an object."),
        (["a", None], "the item at index 1 is null."),
        ([{"key": "a"}], "the item at index 0 is null."),
    ],
)
def test_lists_of_keys_that_are_refused(found, what):
    with pytest.raises(StartError, match=what):
        names_in(found, "f.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["key", "value", "base64", "metadata", "expiration", "expiration_ttl", "name"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_understood_or_refused(found):
    for read in (entries_in, names_in):
        try:
            items = read(found, "f.json")
        except StartError:
            continue
        assert len(items) <= len(found)
