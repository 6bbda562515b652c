"""Protected, hidden and computed properties, prototypes; messages are those of workerd."""

from __future__ import annotations

import js
import pytest
from js import Array, Object, Reflect
from pyodide.ffi import JsException


def hidden(**descriptor):
    return Object.defineProperty(Object.new(), "x", **descriptor)


def test_defined_property_is_hidden_and_fixed():
    found = hidden(value=1)
    assert (found.x, list(Object.keys(found)), js.JSON.stringify(found)) == (1, [], "{}")
    assert list(Object.getOwnPropertyNames(found)) == ["x"]


def test_computed_property():
    found = hidden(get=lambda: 5, enumerable=True)
    assert (found.x, js.JSON.stringify(found)) == (5, '{"x":5}')


def test_setter():
    seen = []
    found = hidden(set=seen.append)
    found.x = 3
    assert seen == [3]
    assert found.x is None


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            lambda: Array.prototype.push.call(Object.freeze(Array.of(1, 2)), 3),
            "Cannot add property 2, object is not ext",
        ),
        (
            lambda: setattr(Object.freeze(Object.new(a=1)), "a", 2),
            "Cannot assign to read only property 'a' of object '#<Ob",
        ),
        (lambda: setattr(Object.freeze(Object.new(a=1)), "b", 2), "Cannot add property b, object is not extensible"),
        (lambda: delattr(Object.seal(Object.new(a=1)), "a"), "Cannot delete property 'a' of #<Object>"),
        (lambda: Object.freeze(Array.of(1)).__setitem__(0, 2), "Cannot assign to read only property '0' of object '"),
        (lambda: Object.freeze(Array.of(1)).pop(), r"Cannot delete property '0' of \[object Array\]"),
        (lambda: Object.freeze(Array.of(2, 1)).sort(), "Cannot assign to read only property '0' of object"),
        (lambda: setattr(hidden(value=1), "x", 2), "Cannot assign to read only property 'x'"),
        (lambda: Object.defineProperty(hidden(value=1), "x", value=2), "Cannot redefine property: x"),
        (lambda: setattr(hidden(get=lambda: 5), "x", 1), "Cannot set property x of #<Object> which has only a getter"),
        (lambda: hidden(get=lambda: 5, value=1), "Invalid property descriptor"),
        (lambda: setattr(Object.preventExtensions(Object.new()), "a", 1), "Cannot add property a, object is not ext"),
    ],
)
def test_breaking_a_rule_is_a_type_error(action, message):
    with pytest.raises(JsException, match=f"TypeError: {message}"):
        action()


def test_sealed_values_can_change():
    found, items = Object.seal(Object.new(a=1)), Object.seal(Array.of(1))
    found.a = 2
    items[0] = 5
    assert (found.a, items[0]) == (2, 5)


def test_what_objects_say_of_their_protection():
    frozen, sealed, plain = Object.freeze(Object.new(a=1)), Object.seal(Object.new(a=1)), Object.new(a=1)
    assert [Object.isFrozen(x) for x in (frozen, sealed, plain, 5)] == [True, False, False, True]
    assert [Object.isSealed(x) for x in (frozen, sealed, plain)] == [True, True, False]
    assert [Object.isExtensible(x) for x in (frozen, plain, 5)] == [False, True, False]
    assert (Object.isFrozen(Object.freeze(Array.of(1))), Object.isFrozen(Object.seal(Array.of(1)))) == (True, False)


def test_descriptors():
    found = Object.getOwnPropertyDescriptors(Object.new(a=1)).a
    assert found.to_py() == {"value": 1, "writable": True, "enumerable": True, "configurable": True}
    assert Object.getOwnPropertyDescriptor(hidden(value=1), "x").to_py() == {
        "value": 1, "writable": False, "enumerable": False, "configurable": False,
    }  # fmt: skip
    assert Object.getOwnPropertyDescriptor(Object.new(), "a") is None


def test_prototype_lends_properties():
    base = Object.new(hi=1)
    found = Object.create(base)
    assert (found.hi, list(Object.keys(found)), Object.getPrototypeOf(found) is base) == (1, [], True)
    assert base.isPrototypeOf(found)
    assert not hasattr(Object.new(), "hi")
    with pytest.raises(JsException, match="Cyclic __proto__ value"):
        Object.setPrototypeOf(base, found)


def test_prototypes_of_the_platform():
    assert Object.getPrototypeOf(Array.new()) is Array.prototype
    assert Object.getPrototypeOf(Array.prototype) is Object.prototype
    assert Object.prototype.isPrototypeOf(Array.new())
    assert not Array.prototype.isPrototypeOf(Object.new())


def test_symbols_as_names():
    symbol, found = js.Symbol("s"), Object.new(a=1)
    assert Reflect.set(found, symbol, 5)
    assert (Reflect.get(found, symbol), Reflect.has(found, symbol), symbol.description) == (5, True, "s")
    assert list(Object.getOwnPropertySymbols(found)) == [symbol]
    assert list(Object.keys(found)) == ["a"]


def test_reflect_says_what_was_not_permitted():
    frozen = Object.freeze(Object.new(a=1))
    assert (Reflect.set(frozen, "a", 2), Reflect.deleteProperty(frozen, "a"), Reflect.isExtensible(frozen)) == (
        False, False, False,
    )  # fmt: skip
    assert Reflect.defineProperty(frozen, "b", value=1) is False


def test_revoked_proxy():
    made = js.Proxy.revocable(Object.new(a=1), Object.new())
    assert made.proxy.a == 1
    made.revoke()
    with pytest.raises(JsException, match="Cannot perform 'get' on a proxy that has been revoked"):
        _ = made.proxy.a


def test_negative_zero_is_another_value():
    assert (Object.is_(0.0, -0.0), Object.is_(float("nan"), float("nan"))) == (False, True)


def test_objects_without_rules_pay_nothing():
    from pywrangler.runtime.js.object_rules import RULES

    found = Object.new(a=1)
    found.b = 2
    assert found not in RULES
