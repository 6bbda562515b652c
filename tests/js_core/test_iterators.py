"""Iterator helpers; expected values are those of workerd."""

from __future__ import annotations

import js
import pytest
from js import Iterator
from pyodide.ffi import JsException, to_js


def numbers(*items):
    return js.Array.of(*items).values()


def test_lazy_helpers_chain():
    found = numbers(1, 2, 3, 4).map(lambda x, _i: x * 2).filter(lambda x, _i: x > 2).drop(1).take(1)
    assert list(found) == [6]


def test_map_takes_only_what_is_asked_for():
    seen = []
    iterator = numbers(1, 2).map(lambda x, i: seen.append((x, i)))
    assert seen == []
    next(iterator)
    assert seen == [(1, 0)]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: numbers(1, 2, 3).reduce(lambda a, b, _i: a + b), 6),
        (lambda: numbers().reduce(lambda a, b, _i: a + b, 9), 9),
        (lambda: numbers(1, 2).some(lambda x, _i: x > 1), True),
        (lambda: numbers(1, 2).every(lambda x, _i: x > 1), False),
        (lambda: numbers(1, 2).find(lambda x, _i: x > 1), 2),
        (lambda: numbers(1, 2).find(lambda x, _i: x > 2), None),
        (lambda: numbers(1, 2).join("-"), "1-2"),
        (lambda: numbers(1, 2).includes(2), True),
        (lambda: list(numbers(1).flatMap(lambda x, _i: js.Array.of(x, x))), [1, 1]),
        (lambda: list(Iterator.from_("ab")), ["a", "b"]),
        (lambda: list(Iterator.concat(js.Array.of(1), js.Array.of(2))), [1, 2]),
        (lambda: [list(row) for row in Iterator.zip(to_js([[1, 2], [3, 4]]))], [[1, 3], [2, 4]]),
        (lambda: [list(row) for row in Iterator.zip(to_js([[1, 2], [3]]), mode="longest")], [[1, 3], [2, None]]),
        (lambda: [row.to_py() for row in Iterator.zipKeyed(js.Object.new(a=js.Array.of(1)))], [{"a": 1}]),
        (lambda: numbers(1).return_(5).value, 5),
    ],
)
def test_answers(call, expected):
    assert call() == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (Iterator.new, "TypeError: Abstract class Iterator not directly constructable"),
        (lambda: numbers(1).take(-1), "RangeError: -1 must be positive"),
        (lambda: numbers(1).drop(float("nan")), "RangeError: NaN must be positive"),
        (lambda: numbers().reduce(lambda a, _b, _i: a), "TypeError: Reduce of a done iterator with no initial value"),
        (lambda: list(numbers(1).flatMap(lambda _x, _i: "ab")), "flatMap called on non-object"),
        (lambda: numbers(1).map(5), "TypeError: 5 is not a function"),
        (lambda: list(Iterator.zip(to_js([[1], [2, 3]]), mode="strict")), "different lengths"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(JsException, match=message):
        call()


def test_next_tells_when_it_is_done():
    iterator = numbers(7)
    first, second = iterator.next(), iterator.next()
    assert (first.value, first.done, second.value, second.done) == (7, False, None, True)


def test_iterator_of_what_has_next():
    items = iter([1, 2])

    def step():
        value = next(items, None)
        return js.Object.new(done=value is None, value=value)

    assert list(Iterator.from_(js.Object.new(next=step))) == [1, 2]
