"""Where a result was returned that cannot be sent."""

from __future__ import annotations

import functools
import inspect
from pathlib import Path

import pytest

from pywrangler.runtime.js.errors import ConversionError, JsException
from pywrangler.runtime.refusals import (
    not_cloneable,
    not_sendable,
    place_of_return,
    refuse_items,
    returned_by,
    says_all,
)


def one():
    made = [1, 2]
    return tuple(made)


def several(flag):
    if flag:
        return 1
    return (1, 2)


def decorated(function):
    @functools.wraps(function)
    def call(*arguments):
        return function(*arguments)

    return call


@decorated
def wrapped():
    return (1,)


def nested():
    def inner():
        return 1

    inner()
    return (1,)


class Ledger:
    async def totals(self):
        return (1,)

    def bare(self):
        return


def line_of(function, text):
    lines, first = inspect.getsourcelines(inspect.unwrap(function))
    return first + next(number for number, line in enumerate(lines) if text in line)


@pytest.mark.parametrize(
    ("called", "text", "name"),
    [
        (one, "return tuple", "one"),
        (several, "def several", "several"),
        (wrapped, "return (1,)", "wrapped"),
        (nested, "return (1,)", "nested"),
        (Ledger().totals, "return (1,)", "Ledger.totals"),
        (Ledger().bare, "def bare", "Ledger.bare"),
    ],
)
def test_the_only_return_is_named_else_the_function(called, text, name):
    path = Path(__file__)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    assert place_of_return(called) == f"at {shown}:{line_of(getattr(called, '__func__', called), text)} in {name}"


@pytest.mark.parametrize("called", [None, len, object(), functools.partial(one)])
def test_what_has_no_source_has_no_place(called):
    assert place_of_return(called) == ""


def test_a_function_without_a_file_is_named_by_its_first_line():
    names: dict = {}
    exec("def made():\n    return (1,)", names)
    assert place_of_return(names["made"]) == "at <string>:1 in made"


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (not_sendable((1,)), "<class 'tuple'> cannot be sent over RPC."),
        (not_cloneable(1j), 'Could not serialize object of type "complex". This type does not support serialization.'),
        (ConversionError("Cannot use 1j as a key"), "Cannot use 1j as a key"),
    ],
)
def test_the_error_of_a_result_says_where_it_was_returned(problem, text):
    made = returned_by(problem, one)
    assert type(made) is type(problem)
    assert getattr(made, "message", str(made)) == f"{text} (returned {place_of_return(one)})"
    assert says_all(made)
    assert returned_by(problem, None).args == problem.args


def test_other_errors_stay_as_they_are():
    problem = JsException("RangeError", "Maximum call stack size exceeded")
    assert returned_by(problem, one) is problem
    assert not says_all(problem)


def test_an_iterator_without_end_is_not_read_to_its_end():
    def forever():
        while True:
            yield 1

    refuse_items(forever())
