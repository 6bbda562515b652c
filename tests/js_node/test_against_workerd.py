"""What workerd answers to the same calls, of wrangler 4.164 with `nodejs_compat` at 2026-06-10.

`workerd.json` has a call in each line: module, steps and answer. A step is the name of an attribute or the list of the
arguments of a call. Values that JSON lacks are objects with one key: `{"$buf": hex}` is a Buffer, `{"$throws": [name,
message, code]}` an error.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import js
import pytest
from pyodide.ffi import JsException

from pywrangler.runtime.js.node import load_module
from pywrangler.runtime.js.node.buffer import Buffer
from pywrangler.runtime.js.primitives import JsBigInt
from pywrangler.runtime.js.proxy import JsValue, jsnull


def integer(text):
    """Return a number as JavaScript has it: a float beyond 2**53."""
    return int(text) if abs(int(text)) < 2**53 else float(text)


CASES = json.loads((Path(__file__).parent / "workerd.json").read_text(encoding="utf-8"), parse_int=integer)

MAKE = {
    "$undef": lambda _: None,
    "$buf": lambda data: Buffer.from_(data, "hex"),
    "$u8": js.Uint8Array.fromHex,
    "$date": js.Date.new,
    "$re": lambda parts: js.RegExp.new(*parts),
    "$map": lambda pairs: js.Map.new([[value(key), value(item)] for key, item in pairs]),
    "$set": lambda items: js.Set.new([value(item) for item in items]),
    "$err": lambda parts: getattr(js, parts[0]).new(parts[1]),
    "$nan": lambda _: math.nan,
    "$inf": lambda _: math.inf,
    "$ab": js.ArrayBuffer.new,
}


def value(given):
    """Return the JavaScript value that a value of the file stands for."""
    if given is None:
        return jsnull
    if isinstance(given, list):
        return js.Array.from_([value(item) for item in given])
    if isinstance(given, dict):
        (first, *rest) = [*given, None]
        if rest == [None] and str(first).startswith("$"):
            return MAKE[first](given[first])
        made = js.Object.new()
        for name, item in given.items():
            js.Reflect.set(made, name, value(item))
        return made
    return given


def shown(found, level=0):
    """Return how the file writes a value."""
    if found is None:
        return {"$undef": 1}
    if found is jsnull:
        return None
    if isinstance(found, (str, bool)):
        return found
    if isinstance(found, JsBigInt):
        return {"$big": str(int(found))}
    if isinstance(found, (int, float)):
        return number(found)
    if isinstance(found, JsException):
        return {"$err": [found.name, found.message]}
    for kind, mark in ((Buffer, "$buf"), (js.Uint8Array, "$u8"), (js.ArrayBuffer, "$ab")):
        if isinstance(found, kind):
            return {mark: found.to_bytes().hex()}
    if not isinstance(found, JsValue) or found.typeof == "function":
        return {"$fn": getattr(found, "name", "")}
    if isinstance(found, js.Array):
        return [shown(item, level + 1) for item in found]
    if hasattr(found, "next"):
        return {"$iter": [shown(item, level + 1) for item in found]}
    return {name: shown(item, level + 1) for name, item in found._own_properties().items()}


def number(found):
    if not math.isfinite(found) or (found == 0 and math.copysign(1, found) < 0):
        return {"$num": js.String(found) if found else "-0"}
    return int(found) if found == int(found) and abs(found) < 2**53 else float(found)


def answer(module, steps):
    try:
        found = load_module(module)
        for step in steps:
            found = getattr(found, step) if isinstance(step, str) else found(*map(value, step))
        return shown(found)
    except JsException as problem:
        return {"$throws": [problem.name, problem.message, problem.properties.get("code")]}


@pytest.mark.parametrize("module", sorted({case[0] for case in CASES}))
def test_the_answers_are_those_of_workerd(module):
    different = []
    for name, *steps, expected in CASES:
        if name != module:
            continue
        found = json.loads(json.dumps(answer(name, steps)))
        # The order of properties counts as well.
        if json.dumps(found) != json.dumps(expected):
            different.append((steps, found, expected))
    assert different == []
