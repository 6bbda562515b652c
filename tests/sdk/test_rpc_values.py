"""Values that Workers send: what converts, what is refused, and how. The table was recorded by `rpc_values.mjs`."""

from __future__ import annotations

import inspect
from contextlib import contextmanager

import pytest
from pyodide.ffi import ConversionError
from workers import python_to_rpc

from pywrangler.runtime.clone import deserialize, freeze, serialize
from pywrangler.runtime.js.errors import JsException
from tests.sdk.rpc_values import EXPECTED, described, namespace

NAMES = namespace()
REFUSED = {"TypeError", "ConversionError", "DataCloneError"}


@contextmanager
def evaluated(expression):
    value = eval(expression, NAMES)
    yield value
    for item in (value, *(value if isinstance(value, list) else ())):
        if inspect.iscoroutine(item):
            item.close()


def outcome(expression, send):
    with evaluated(expression) as value:
        try:
            result = described(send(value))
        except (TypeError, ConversionError) as problem:
            result = [type(problem).__name__, str(problem)]
        except JsException as problem:
            result = [problem.name]
    return ["DataCloneError"] if "DataCloneError" in str(result) else result


@pytest.mark.parametrize("expression", EXPECTED)
def test_python_to_rpc_does_what_the_released_one_does(expression):
    assert outcome(expression, python_to_rpc) == EXPECTED[expression]


@pytest.mark.parametrize(
    "expression", [expression for expression, expected in EXPECTED.items() if expected != ["function"]]
)
def test_what_is_copied_between_workers_follows_the_same_rules(expression):
    assert outcome(expression, lambda value: deserialize(serialize(value), "js")) == EXPECTED[expression]


@pytest.mark.parametrize(
    "expression",
    [name for name, expected in EXPECTED.items() if isinstance(expected, list) and expected[0] in REFUSED],
)
def test_a_refusal_shows_nothing_of_how_it_came_about(expression):
    with evaluated(expression) as value, pytest.raises((TypeError, ConversionError, JsException)) as caught:
        freeze([value])
    assert caught.value.__suppress_context__
    assert caught.value.__context__ is None
    assert len(caught.traceback) == 2


def test_a_refused_argument_of_a_binding_shows_nothing_of_how_it_came_about():
    with pytest.raises(TypeError) as caught:
        python_to_rpc([[[{"a": [(1, 2)]}]]])
    assert len(caught.traceback) == 2
