"""Values in a form that JavaScript and the SDK do not take."""

from __future__ import annotations

import pytest

JS = """\
from js import Response as R, fetch, Headers, JSON, Object, console, Map
from pyodide.ffi import to_js
import js
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('R.new("x", {"status": 404})', ["raw-dict"]),
        ('js.Response.new("x", dict(status=404))', ["raw-dict"]),
        ('options = {"status": 404}\nR.new("x", options)', ["raw-dict"]),
        ('R.new("x", status=404)', []),
        ('R.new("x", headers={"a": "b"})', ["raw-dict"]),
        ('await fetch("http://x", {"method": "POST"})', ["raw-dict"]),
        ('await fetch("http://x", method="POST")', []),
        ('await fetch("http://x", to_js({"method": "POST"}))', ["raw-dict"]),
        ('await fetch("http://x", to_js({"method": "POST"}, dict_converter=Object.fromEntries))', []),
        ('converted = to_js({"a": 1})\nawait fetch("http://x", converted)', ["raw-dict"]),
        ('Headers.new({"a": "b"})', ["raw-dict"]),
        ('Headers.new({"a": "b"}.items())', []),
        ('Headers.new([("a", "b")])', []),
        ('JSON.stringify({"a": 1})', ["raw-dict"]),
        ('console.log({"a": 1})', []),
        ('Object.fromEntries({"a": 1}.items())', []),
        ('def f(options):\n    R.new("x", options)', []),
    ],
)
def test_dicts_handed_to_javascript(workshop, code, expected):
    assert workshop.handler(code, JS) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('await fetch("http://x", {"method": "POST"})', ["raw-dict"]),
        ('await fetch("http://x", method="POST", headers={"a": "b"})', []),
        ("Response({'a': 1})", ["response-body"]),
        ("Response([1])", ["response-body"]),
        ("Response(body={'a': 1}, status=200)", ["response-body"]),
        ("data = {'a': 1}\nResponse(data)", ["response-body"]),
        ("Response.json({'a': 1})", []),
        ("Response.from_json({'a': 1})", []),
        ('Response("x", {"status": 404})', ["raw-dict"]),
        ('Response("x", 404, headers={"a": "b"})', []),
        ("Headers({'a': 'b'})", ["not-callable"]),
        ("self.env['KV']", ["env-subscript"]),
        ("self.env.KV['x']", []),
        ("request.env['KV']", []),
        ("env['KV']", ["env-subscript"]),
    ],
)
def test_the_sdk(workshop, code, expected):
    assert workshop.handler(code, "from workers import Response, fetch, Headers, env") == expected
