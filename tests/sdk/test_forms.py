"""Blob, File and FormData: spec/workers-module.md, section 5."""

from __future__ import annotations

import array

import pytest
from workers import Blob, BlobEnding, File, FormData

from pywrangler.runtime.js.blob import Blob as JsBlob
from pywrangler.runtime.js.form_data import FormData as JsFormData


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ("é", "é".encode()),
        (b"x", b"x"),
        (bytearray(b"x"), b"x"),
        (memoryview(b"x"), b"x"),
        (["a", b"b", Blob("c"), JsBlob.new(["d"]), array.array("B", [101])], b"abcde"),
        ((part for part in "ab"), b"ab"),
        ([], b""),
    ],
    ids=["str", "bytes", "bytearray", "memoryview", "mixed", "generator", "none"],
)
def test_blob_joins_its_parts(parts, content, run_async):
    blob = Blob(parts)
    assert blob.size == len(content)
    assert run_async(blob.bytes()) == content


def test_lone_blob_passes_on_its_type():
    blob = Blob("x", content_type="text/x")
    assert Blob(blob).content_type == "text/x"
    assert Blob(blob.js_object).content_type == "text/x"
    assert Blob(blob, "text/y").content_type == "text/y"
    assert Blob([blob]).content_type == ""


def test_slice_is_a_blob(run_async):
    part = Blob("hello").slice(1, -1, "text/x")
    assert (part.content_type, run_async(part.text())) == ("text/x", "ell")


def test_endings_are_strings():
    assert BlobEnding.NATIVE == "native"
    assert BlobEnding("transparent") is BlobEnding.TRANSPARENT


def test_file_has_name_and_time(run_async):
    file = File("x", "a.txt", content_type="text/plain", last_modified=5)
    assert (file.name, file.last_modified, file.content_type) == ("a.txt", 5, "text/plain")
    assert isinstance(file, Blob)
    assert run_async(file.text()) == "x"


def test_form_data_from_dict():
    form = FormData({"a": "1", "b": Blob("x")})
    assert form["a"] == "1"
    assert isinstance(form["b"], File)
    assert "a" in form
    assert "z" not in form


def test_form_data_wraps_javascript_form():
    raw = JsFormData.new()
    raw.append("a", "1")
    form = FormData(raw)
    form.append("a", "2")
    assert form.js_object is raw
    assert form.get_all("a") == ["1", "2"]


@pytest.mark.parametrize("source", [[], "a=1", 5])
def test_form_data_from_anything_else_is_a_type_error(source):
    with pytest.raises(TypeError):
        FormData(source)


def test_missing_key_is_none():
    assert FormData()["a"] is None


def test_assignment_replaces_and_refuses_lists():
    form = FormData({"a": "1"})
    form.append("a", "2")
    form["a"] = "3"
    assert form.get_all("a") == ["3"]
    with pytest.raises(TypeError):
        form["a"] = ["1"]


def test_iteration_repeats_names():
    form = FormData({"a": "1", "b": "2"})
    form.append("a", "3")
    assert list(form) == list(form.keys()) == ["a", "b", "a"]
    assert list(form.items()) == [("a", "1"), ("b", "2"), ("a", "3")]
    assert list(form.values()) == ["1", "2", "3"]
    assert len(form) == 3


def test_delete_removes_every_value():
    form = FormData({"a": "1"})
    form.append("a", "2")
    form.delete("a")
    assert list(form) == []


def test_appended_blob_comes_back_as_file_with_name(run_async):
    form = FormData()
    form.append("f", Blob("x", content_type="text/x"), "name.txt")
    file = form["f"]
    assert (file.name, file.content_type, run_async(file.text())) == ("name.txt", "text/x", "x")
