from __future__ import annotations

import js
import pytest
from js import console
from pyodide.ffi import jsnull, to_js


@pytest.mark.parametrize("level", ["log", "info", "warn", "error", "debug"])
def test_levels(logged, level):
    getattr(console, level)("a", 1)
    assert logged == [(level, "a 1")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (None, "undefined"),
        (jsnull, "null"),
        (1.5, "1.5"),
        (js.BigInt(5), "5n"),
        (js.Object.new(a=1, b="x"), "{ a: 1, b: 'x' }"),
        (js.JSON.parse('[1,{"a":[]}]'), "[ 1, { a: [] } ]"),
        (js.Map.new([["a", 1]]), "Map(1) { 'a' => 1 }"),
        (js.Set.new([1]), "Set(1) { 1 }"),
        (js.Uint8Array.new([1, 2]), "Uint8Array(2) [ 1, 2 ]"),
        (js.Error.new("bad"), "Error: bad"),
        (js.Headers, "[class Headers]"),
        (js.fetch, "[Function: fetch]"),
        (js.Symbol("s"), "Symbol(s)"),
        (js.Date.new(0), "1970-01-01T00:00:00.000Z"),
        (js.RegExp.new("a", "g"), "/a/g"),
        (js.Object.new(**{"a b": 1}), "{ 'a b': 1 }"),
        ({"py": 1}, "{'py': 1}"),
    ],
)
def test_values_look_like_in_a_debugger(logged, value, text):
    console.log(value)
    assert logged[0][1] == text


def test_cycles_are_marked(logged):
    value = js.Object.new()
    value.me = value
    console.log(value)
    assert logged[0][1] == "<ref *1> { me: [Circular *1] }"


def test_long_objects_take_several_lines(logged):
    console.log(js.Object.new(a="x" * 50, b="y" * 50))
    assert logged[0][1].splitlines()[0] == "{"


def test_long_arrays_are_cut(logged):
    console.log(to_js(list(range(150))))
    assert "... 50 more items" in logged[0][1]


def test_placeholders(logged):
    console.log("%s is %d%% of %o", "a", "5", js.Object.new(x=1), "rest")
    assert logged[0][1] == "a is 5% of { x: 1 } rest"


def test_assert_prints_only_failures(logged):
    check = getattr(console, "assert")
    check(True, "no")
    check(False, "yes")
    assert logged == [("error", "Assertion failed: yes")]


def test_count(logged):
    console.count("c1")
    console.count("c1")
    console.countReset("c1")
    assert [text for _, text in logged] == ["c1: 1", "c1: 2"]


def test_groups_indent(logged):
    console.group("g")
    console.log("in\nside")
    console.groupEnd()
    console.log("out")
    assert [text for _, text in logged] == ["g", "  in\n  side", "out"]


def test_timers(logged):
    console.time("t")
    console.timeEnd("t")
    console.timeEnd("t")
    assert logged[0][1].startswith("t: ")
    assert logged[1] == ("warn", "Timer 't' does not exist")


def test_table(logged):
    console.table(js.JSON.parse('[{"a":1},{"b":2}]'))
    assert [line.split() for line in logged[0][1].splitlines()[1:2]] == [["│", "(index)", "│", "a", "│", "b", "│"]]


def test_trace_shows_the_caller(logged):
    console.trace("here")
    assert "Trace: here" in logged[0][1]
    assert "test_trace_shows_the_caller" in logged[0][1]
