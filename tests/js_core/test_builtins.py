"""Namespaces, constructors and functions of the global scope."""

from __future__ import annotations

import math

import js
import pytest
from js import BigInt, Math, Number, Object, Reflect, String, Symbol
from pyodide.ffi import JsException, create_proxy, to_js


def test_from_entries_of_pairs_and_maps():
    assert Object.fromEntries([["a", 1]]).a == Object.fromEntries(js.Map.new([["a", 1]])).a == 1


def test_from_entries_of_dict_items():
    assert Object.fromEntries({"a": 1}.items()).a == 1


def test_from_entries_refuses_what_is_no_iterable():
    with pytest.raises(JsException, match="is not iterable"):
        Object.fromEntries(5)


def test_assign_copies_to_the_target():
    target = Object.new(a=1)
    assert Object.assign(target, Object.new(b=2), None) is target
    assert list(Object.keys(target)) == ["a", "b"]


def test_keys_of_null_is_a_type_error():
    with pytest.raises(JsException, match="Cannot convert undefined or null to object"):
        Object.keys(None)


def test_keys_of_a_python_dict_are_none_with_a_warning(logged):
    assert len(Object.keys({"a": 1})) == 0
    assert "to_js" in logged[0][1]


def test_object_is():
    assert Object.is_(js.NaN, js.NaN)
    assert not Object.is_(1, True)


def test_has_own_and_group_by():
    assert Object.hasOwn(Object.new(a=1), "a")
    assert list(Object.groupBy([1, 2, 3], lambda x, _i: "odd" if x % 2 else "even").odd) == [1, 3]


def test_objects_are_instances_of_object():
    assert isinstance(Object.new(), Object)


def test_reflect():
    target = Object.new(a=1)
    assert (Reflect.get(target, "a"), Reflect.get(target, "zz"), Reflect.has(target, "a")) == (1, None, True)
    assert Reflect.deleteProperty(target, "a")
    assert list(Reflect.ownKeys(target)) == []


def test_proxy_traps():
    proxy = js.Proxy.new(Object.new(a=1), Object.new(get=lambda target, name, _receiver: f"{name}!{target.a}"))
    assert proxy.b == "b!1"


def test_proxy_without_trap_passes_through():
    target = Object.new(a=1)
    proxy = js.Proxy.new(target, Object.new())
    proxy.b = 2
    assert (proxy.a, target.b) == (1, 2)


def test_symbols():
    assert Symbol("a") != Symbol("a")
    assert Symbol.for_("a") is getattr(Symbol, "for")("a")
    assert str(Symbol.iterator) == "Symbol(Symbol.iterator)"


def test_weak_ref_lets_go():
    target = Object.new()
    reference = js.WeakRef.new(target)
    assert reference.deref() is target
    del target
    assert reference.deref() is None


@pytest.mark.parametrize(
    ("text", "radix", "value"),
    [("12px", None, 12), ("0x1f", None, 31), ("101", 2, 5), ("-7.9", None, -7), ("z", 36, 35)],
)
def test_parse_int(text, radix, value):
    assert js.parseInt(text, radix) == value


@pytest.mark.parametrize("text", ["", "px", None, "-"])
def test_parse_int_of_nonsense(text):
    assert math.isnan(js.parseInt(text))


def test_parse_float():
    assert [js.parseFloat("3.5kg"), js.parseFloat(" .5"), js.parseFloat("-Infinityx")] == [3.5, 0.5, -math.inf]


def test_number():
    assert (Number("12"), Number.isInteger(5), Number.isInteger(True), Number.MAX_SAFE_INTEGER) == (
        12,
        True,
        False,
        2**53 - 1,
    )


def test_is_nan_converts_and_number_is_nan_does_not():
    assert (js.isNaN("x"), Number.isNaN("x")) == (True, False)


def test_big_int():
    assert (BigInt("0x10"), BigInt(5) + 1, BigInt.asUintN(8, 257), BigInt.asIntN(8, 255)) == (16, 6, 1, -1)
    with pytest.raises(JsException, match=r"RangeError: The number 1\.5"):
        BigInt(1.5)
    with pytest.raises(JsException, match="SyntaxError: Cannot convert x to a BigInt"):
        BigInt("x")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Math.max(), -math.inf),
        (Math.max(1, "3"), 3),
        (Math.round(2.5), 3),
        (Math.round(-2.5), -2),
        (Math.trunc(-1.9), -1),
        (Math.sign(-3), -1),
        (Math.sqrt(9), 3),
        (Math.log(0), -math.inf),
        (Math.pow(2, 1024), math.inf),
        (Math.hypot(3, 4), 5),
        (Math.imul(0xFFFFFFFF, 5), -5),
        (Math.clz32(1), 31),
        (Math.floor(math.inf), math.inf),
    ],
)
def test_math(found, expected):
    assert found == expected


@pytest.mark.parametrize("value", [Math.sqrt(-1), Math.log(-1), Math.acos(2), Math.max(1, js.NaN), Math.pow(-8, 1 / 3)])
def test_math_outside_the_domain_is_nan(value):
    assert math.isnan(value)


def test_math_gives_int_for_integral_results():
    assert type(Math.sqrt(9)) is int


def test_string():
    assert (
        String(None),
        String(js.Array.of(1, 2)),
        String.fromCharCode(0xD83D, 0xDE00),
        String.fromCodePoint(0x1F600),
    ) == (
        "undefined",
        "1,2",
        "😀",
        "😀",
    )


def test_code_point_outside_unicode():
    with pytest.raises(JsException, match="RangeError: Invalid code point -1"):
        String.fromCodePoint(-1)


@pytest.mark.parametrize(
    "name", ["Error", "TypeError", "RangeError", "SyntaxError", "EvalError", "URIError", "ReferenceError"]
)
def test_errors_are_made_with_and_without_new(name):
    kind = getattr(js, name)
    for error in (kind.new("m"), kind("m")):
        assert (error.name, error.message, str(error)) == (name, "m", f"{name}: m")
        assert isinstance(error, JsException)


def test_error_can_be_raised_and_caught():
    with pytest.raises(JsException) as raised:
        raise js.TypeError.new("bad")
    assert raised.value.js_error is raised.value


def test_error_cause():
    cause = js.Error.new("inner")
    assert js.Error.new("outer", cause=cause).cause is cause


def test_errors_are_instances_of_their_kind():
    assert isinstance(js.TypeError.new("x"), js.TypeError)
    assert isinstance(js.TypeError.new("x"), js.Error)
    assert not isinstance(js.Error.new("x"), js.TypeError)


def test_dom_exception_and_aggregate_error():
    assert str(js.DOMException.new("m", "AbortError")) == "AbortError: m"
    assert len(js.AggregateError.new([js.Error.new("a")], "m").errors) == 1


def test_eval_and_function_are_disabled():
    for attempt in (lambda: js.eval("1"), lambda: js.Function.new("return 1"), lambda: js.Function("return 1")):
        with pytest.raises(JsException, match="EvalError: Code generation from strings disallowed for this context"):
            attempt()


def test_navigator_and_performance():
    assert js.navigator.userAgent == "Cloudflare-Workers"
    assert js.performance.now() <= js.performance.now()


# ---- structuredClone ------------------------------------------------------------------------------------


def test_structured_clone_copies_deeply():
    source = js.JSON.parse('{"a": [1, {"b": null}]}')
    copy = js.structuredClone(source)
    copy.a[1].b = 5
    assert js.JSON.stringify(source) == '{"a":[1,{"b":null}]}'


def test_structured_clone_keeps_cycles_and_kinds():
    source = Object.new(
        d=js.Date.new(5),
        m=js.Map.new([["a", js.Set.new([1])]]),
        b=js.Uint8Array.new([1, 2]).subarray(1),
        r=js.RegExp.new("a", "g"),
    )
    source.me = source
    copy = js.structuredClone(source)
    assert copy.me is copy
    assert (copy.d.getTime(), list(copy.m.get("a")), list(copy.b), str(copy.r)) == (5, [1], [2], "/a/g")


@pytest.mark.parametrize("value", [js.fetch, lambda: None, Symbol("x"), js.Promise.resolve(1), {"py": 1}])
def test_structured_clone_refuses(value):
    with pytest.raises(JsException) as raised:
        js.structuredClone(js.Array.of(value))
    assert raised.value.name == "DataCloneError"


# ---- proxies of Python objects --------------------------------------------------------------------------


def test_proxy_of_a_function_can_be_called_until_destroyed():
    proxy = create_proxy(lambda x: x + 1)
    assert proxy(1) == 2
    proxy.destroy()
    with pytest.raises(JsException, match="Object has already been destroyed"):
        proxy(1)


def test_copy_of_a_proxy_outlives_it():
    proxy = create_proxy([1])
    copy = proxy.copy()
    proxy.destroy()
    assert copy.unwrap() == [1]


def test_proxy_shows_the_attributes_of_its_object():
    class Thing:
        colour = "red"

    assert create_proxy(Thing()).colour == "red"


def test_function_values_have_call_apply_and_bind():
    assert js.parseInt.call(None, "7") == js.parseInt.apply(None, to_js(["7"])) == js.parseInt.bind(None, "7")() == 7
