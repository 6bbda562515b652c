"""`node:assert`: checks that raise an AssertionError. As on the platform all of them are strict."""

from __future__ import annotations

import difflib
import inspect as python_inspect
from typing import Any

from pywrangler.runtime.js.builtins.faults import ErrorConstructor
from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.inspect import inspect
from pywrangler.runtime.js.node.arguments import kind_of, need_function, wrong_type
from pywrangler.runtime.js.node.deep_equal import deep_equal, same
from pywrangler.runtime.js.primitives import is_primitive, to_string, truthy
from pywrangler.runtime.js.proxy import JsClass, JsPromise, jsnull
from pywrangler.runtime.js.regexp import JsRegExp
from pywrangler.runtime.js.values import JsFunction, JsObject
from pywrangler.runtime.user_code import runs_user_code

_DEEP = "Expected values to be strictly deep-equal:"


class AssertionErrorConstructor(ErrorConstructor):
    """`AssertionError.new(message=, actual=, expected=, operator=)`."""

    def new(self, message: Any = None, init: Any = None, /, **named: Any) -> JsException:
        """Return an error, ready to raise."""
        given = given_options(message if init is None else init, named)
        text = given.get("message")
        if text is None:
            text = f"{inspect(given.get('actual'))} {given.get('operator')} {inspect(given.get('expected'))}"
        return _failure(text, given.get("actual"), given.get("expected"), given.get("operator"), message=None)

    __call__ = new


AssertionError: Any = object.__new__(AssertionErrorConstructor)
AssertionError._name = "AssertionError"


def _failure(text: str, actual: Any, expected: Any, operator: Any, *, message: Any) -> JsException:
    """Return the error; a message of the caller's takes the place of the text."""
    shown = text if message is None else to_string(message)
    return JsException(
        "AssertionError",
        shown,
        properties={
            "code": "ERR_ASSERTION",
            "actual": actual,
            "expected": expected,
            "operator": operator,
            "generatedMessage": message is None,
        },
    )


def ok(*arguments: Any) -> None:
    """Check that a value is true as JavaScript means it."""
    if not arguments:
        raise _failure("No value argument passed to `assert.ok()`", None, True, "==", message=None)
    value, message = arguments[0], arguments[1] if len(arguments) > 1 else None
    if not truthy(value):
        raise _failure(f"{inspect(value)} == true", value, True, "==", message=message)


def strictEqual(actual: Any = None, expected: Any = None, message: Any = None) -> None:
    """Check that two values are the same."""
    if not same(actual, expected):
        raise _failure(_unequal(actual, expected), actual, expected, "strictEqual", message=message)


def _unequal(actual: Any, expected: Any) -> str:
    if not is_primitive(actual) and deep_equal(actual, expected):
        shown = "\n".join(f"    {line}" for line in _lines(actual))
        return f"Values have the same structure but are not reference-equal:\n\n{shown}\n"
    if isinstance(actual, str) and isinstance(expected, str):
        changes = (
            [f"-   {line}" for line in actual.split("\n")] + [f"+   {line}" for line in expected.split("\n")] + [""]
        )
    else:
        changes = [f"-   {line}" for line in _lines(actual)] + [f"+   {line}" for line in _lines(expected)]
    return "\n".join(["Values are not strictly equal:", "", "", "[Diff] Actual / Expected", "", "", *changes, ""])


def notStrictEqual(actual: Any = None, expected: Any = None, message: Any = None) -> None:
    """Check that two values are not the same."""
    if same(actual, expected):
        text = "Expected actual to be strictly unequal to expected"
        raise _failure(text, actual, expected, "notStrictEqual", message=message)


def deepStrictEqual(actual: Any = None, expected: Any = None, message: Any = None) -> None:
    """Check that two values hold the same."""
    if not deep_equal(actual, expected):
        raise _failure(_difference(actual, expected), actual, expected, "deepStrictEqual", message=message)


def notDeepStrictEqual(actual: Any = None, expected: Any = None, message: Any = None) -> None:
    """Check that two values do not hold the same."""
    if deep_equal(actual, expected):
        text = "Expected actual to not be deeply strictly equal to expected"
        raise _failure(text, actual, expected, "notDeepStrictEqual", message=message)


def partialDeepStrictEqual(actual: Any = None, expected: Any = None, message: Any = None) -> None:
    """Check that a value holds all that another holds."""
    if not deep_equal(actual, expected, partial=True):
        text = "Expected actual to be partially deeply strictly equal to expected"
        raise _failure(text, actual, expected, "partialDeepStrictEqual", message=message)


def _lines(value: Any) -> list[str]:
    return inspect(value, 1000).split("\n")


def _difference(actual: Any, expected: Any) -> str:
    left, right = _lines(actual), _lines(expected)
    if len(left) == len(right) == 1:
        shorts = is_primitive(actual) and is_primitive(expected) and len(left[0]) + len(right[0]) <= 12
        if shorts and not (actual == 0 and expected == 0):
            return f"{_DEEP}\n\n{left[0]} !== {right[0]}\n"
        caret = ""
        place = next((n for n, (a, b) in enumerate(zip(left[0], right[0], strict=False)) if a != b), 0)
        if place > 2 and kind_of(actual) == kind_of(expected):
            caret = f"\n{' ' * (place + 2)}^"
        return f"{_DEEP}\n+ actual - expected\n\n+ {left[0]}\n- {right[0]}{caret}"
    changes = [line for line in difflib.ndiff(right, left) if line[0] != "?"]
    return "\n".join([_DEEP, "+ actual - expected", "", *changes])


def fail(message: Any = "Failed") -> None:
    """Raise."""
    if isinstance(message, BaseException):
        raise message
    raise _failure("Failed", None, None, "fail", message=message)


def ifError(value: Any = None) -> None:
    """Check that there is no error."""
    if value is not None and value is not jsnull:
        shown = value.message if isinstance(value, JsException) else inspect(value)
        raise _failure(f"ifError got unwanted exception: {shown}", value, jsnull, "ifError", message=None)


def match(text: Any = None, pattern: Any = None, message: Any = None) -> None:
    """Check that a text matches a regular expression."""
    _need_pattern(pattern)
    if not pattern.test(text):
        said = f'actual: "{to_string(text)}" expected to match: "{pattern.toString()}"'
        raise _failure(said, text, pattern, "match", message=message)


def doesNotMatch(text: Any = None, pattern: Any = None, message: Any = None) -> None:
    """Check that a text does not match a regular expression."""
    _need_pattern(pattern)
    if pattern.test(text):
        said = f'actual: "{to_string(text)}" expected to not match: "{pattern.toString()}"'
        raise _failure(said, text, pattern, "doesNotMatch", message=message)


def _need_pattern(pattern: Any) -> None:
    if not isinstance(pattern, JsRegExp):
        raise wrong_type("regexp", "an instance of RegExp", pattern)


# ---- functions that raise -----------------------------------------------------------------------------------


def throws(function: Any = None, expected: Any = None, message: Any = None) -> None:
    """Check that a function raises, and what: a class, a RegExp for the text, an object of properties, a function."""
    need_function("fn", function)
    try:
        function()
    except Exception as problem:
        _check(problem, expected, message)
    else:
        raise _missing("exception", expected, message, "throws")


def doesNotThrow(function: Any = None, expected: Any = None, message: Any = None) -> None:
    """Check that a function does not raise."""
    need_function("fn", function)
    try:
        function()
    except Exception as problem:
        raise _unwanted("exception", problem, expected, message, "doesNotThrow") from problem


def rejects(promise: Any = None, expected: Any = None, message: Any = None) -> JsPromise:
    """Return a promise that checks that another, or the one that a function returns, is rejected."""

    @runs_user_code
    async def check() -> None:
        try:
            await _promised(promise)
        except Exception as problem:
            _check(problem, expected, message)
        else:
            raise _missing("rejection", expected, message, "rejects")

    return JsPromise.start(check())


def doesNotReject(promise: Any = None, expected: Any = None, message: Any = None) -> JsPromise:
    """Return a promise that checks that another is fulfilled."""

    @runs_user_code
    async def check() -> None:
        try:
            await _promised(promise)
        except Exception as problem:
            raise _unwanted("rejection", problem, expected, message, "doesNotReject") from problem

    return JsPromise.start(check())


def _promised(promise: Any) -> Any:
    found = promise() if callable(promise) and not python_inspect.isawaitable(promise) else promise
    if not python_inspect.isawaitable(found):
        raise wrong_type("promiseFn", "of type function or an instance of Promise", promise)
    return found


def _missing(what: str, expected: Any, message: Any, operator: str) -> JsException:
    if isinstance(expected, str):
        expected, message = None, expected
    return _failure(f"Missing expected {what}.", None, expected, operator, message=message)


def _unwanted(what: str, problem: Exception, expected: Any, message: Any, operator: str) -> JsException:
    if isinstance(expected, str):
        expected, message = None, expected
    said = f"Got unwanted {what}{'.' if message is None else f': {to_string(message)}'}"
    return _failure(f'{said}\nActual message: "{_message(problem)}"', problem, expected, operator, message=None)


def _message(problem: BaseException) -> str:
    return problem.message if isinstance(problem, JsException) else str(problem)


def _check(problem: Exception, expected: Any, message: Any) -> None:
    """Raise if an exception is not what was expected: itself if it is of another class."""
    if expected is None or isinstance(expected, str):
        return
    if isinstance(expected, JsRegExp):
        if not expected.test(str(problem)):
            wanted = f"The input did not match the regular expression {expected.toString()}"
            said = f"{wanted}. Input:\n\n{inspect(problem)}\n"
            raise _failure(said, problem, expected, "throws", message=message)
    elif isinstance(expected, (type, JsClass, ErrorConstructor)):
        if not isinstance(problem, expected):  # type: ignore[arg-type]
            raise problem
    elif isinstance(expected, (dict, JsObject)):
        for name, value in (expected if isinstance(expected, dict) else expected._own_properties()).items():
            actual = _message(problem) if name == "message" else getattr(problem, name, None)
            if isinstance(value, JsRegExp) and isinstance(actual, str):
                match(actual, value, message)
            else:
                deepStrictEqual(actual, value, message)
    elif isinstance(expected, JsException):
        deepStrictEqual(problem, expected, message)
    elif expected(problem) is not True:
        said = "The validation function is expected to return true."
        raise _failure(said, problem, expected, "throws", message=message)


class Assert(JsFunction, js_name="Function"):
    """The module: a function that is `ok`, with the others as its properties."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"node:assert has no {name!r}")


_CHECKS: dict[str, Any] = {
    "deepEqual": deepStrictEqual,
    "deepStrictEqual": deepStrictEqual,
    "doesNotMatch": doesNotMatch,
    "doesNotReject": doesNotReject,
    "doesNotThrow": doesNotThrow,
    "equal": strictEqual,
    "fail": fail,
    "ifError": ifError,
    "match": match,
    "notDeepEqual": notDeepStrictEqual,
    "notDeepStrictEqual": notDeepStrictEqual,
    "notEqual": notStrictEqual,
    "notStrictEqual": notStrictEqual,
    "ok": ok,
    "partialDeepStrictEqual": partialDeepStrictEqual,
    "rejects": rejects,
    "strictEqual": strictEqual,
    "throws": throws,
}
DEFAULT: Any = Assert.new(ok)
DEFAULT.__dict__.update({name: JsFunction.new(check) for name, check in _CHECKS.items()})
DEFAULT.__dict__.update(AssertionError=AssertionError, strict=DEFAULT)
EXPORTS: dict[str, Any] = {**_CHECKS, "AssertionError": AssertionError, "strict": DEFAULT}
MISSING = {"Assert": "use the functions of the module"}
