"""`node:util`: texts from values, and what makes older functions newer."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from typing import Any

from pywrangler.runtime.js.builtins.symbols import Symbol
from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.encoding import TextDecoder, TextEncoder
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.events import report
from pywrangler.runtime.js.inspect import inspect as show
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.node.arguments import is_number, kind_of, need_function, need_string
from pywrangler.runtime.js.node.buffer import Buffer
from pywrangler.runtime.js.node.deep_equal import deep_equal
from pywrangler.runtime.js.node.util_types import EXPORTS as TYPES
from pywrangler.runtime.js.primitives import JsBigInt, is_primitive, to_number, to_string
from pywrangler.runtime.js.promise import as_exception
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, JsValue, jsnull
from pywrangler.runtime.js.values import JsFunction, plain
from pywrangler.runtime.js.webidl import usv_string
from pywrangler.runtime.user_code import runs_user_code

_CONTROLS = re.compile(
    "\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[\x1b\x9b][\\[\\]()#;?]*(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PR-TZcf-nq-uy=><~]"
)
_FORMAT = re.compile("%([sdifjoOc%])")
_NOT_HERE = ("colors", "showHidden", "showProxy", "sorted", "getters", "maxArrayLength", "maxStringLength", "compact")


def inspect(value: Any = None, options: Any = None, **named: Any) -> str:
    """Return how a value looks in the log. Option: depth (2; null or Infinity for all of it)."""
    given = given_options(options if not isinstance(options, bool) else None, named)
    for name in _NOT_HERE:
        if name in given and given[name] is not False and given[name] is not None:
            raise type_error(f"util.inspect: the option {name!r} is not available here")
    depth = given.get("depth", 2)
    return show(value, 1000 if depth is jsnull or depth is None or depth == math.inf else int(to_number(depth)))


def format(template: Any = None, *values: Any) -> str:
    """Return a text with `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O` and `%c` replaced, and the other values after it."""
    rest = list(values)
    if not isinstance(template, str):
        return " ".join(_plain(value) for value in ([] if template is None and not rest else [template, *rest]))

    def put(found: re.Match[str]) -> str:
        kind = found[1]
        if kind == "%":
            return "%"
        if not rest:
            return found[0]
        return _formatted(kind, rest.pop(0))

    text = _FORMAT.sub(put, template) if values else template
    return " ".join([text, *(_plain(value) for value in rest)])


def formatWithOptions(options: Any = None, *arguments: Any) -> str:
    """The same as `format`; the options are those of `inspect`."""
    inspect(None, options)
    return format(*arguments)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else inspect(value)


def _formatted(kind: str, value: Any) -> str:
    if kind == "c":
        return ""
    if kind == "j":
        text = stringify(value)
        return "undefined" if text is None else text
    if kind in "oO":
        return inspect(value, depth=4)
    if kind == "s":
        if is_number(value) and value == 0 and math.copysign(1, value) < 0:
            return "-0"
        if is_primitive(value):
            return f"{to_string(value)}n" if isinstance(value, JsBigInt) else to_string(value)
        return inspect(value, depth=0)
    return _number(kind, value)


def _number(kind: str, value: Any) -> str:
    if isinstance(value, JsBigInt):
        return f"{int(value)}n" if kind != "f" else to_string(float(value))
    if not is_primitive(value) and kind_of(value) in {"object", "function"}:
        return "NaN"
    if kind == "d":
        found: float = value if is_number(value) else to_number(value)
    else:
        match = re.match(r"\s*([+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|Infinity))", to_string(value))
        found = to_number(match[1]) if match else math.nan
        if kind == "i" and math.isfinite(found):
            found = math.trunc(found)
    return "-0" if found == 0 and math.copysign(1, found) < 0 else to_string(found)


def isDeepStrictEqual(left: Any = None, right: Any = None) -> bool:
    """Tell whether two values hold the same."""
    return deep_equal(left, right)


_CUSTOM = Symbol.for_("nodejs.util.promisify.custom")


def promisify(original: Any = None) -> JsFunction:
    """Return a function that returns a promise, for one that calls back with an error or a value at the end."""
    need_function("original", original)

    def promised(*arguments: Any) -> JsPromise:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def settle(problem: Any = None, value: Any = None, *_rest: Any) -> None:
            if done.done():
                return
            if problem is None or problem is jsnull:
                done.set_result(value)
            else:
                done.set_exception(as_exception(problem))

        original(*arguments, settle)
        return JsPromise.new(done)  # type: ignore[no-any-return]

    promised.__name__ = getattr(original, "__name__", "promised")
    return JsFunction.new(promised)  # type: ignore[no-any-return]


def callbackify(original: Any = None) -> JsFunction:
    """Return a function that calls back with an error or a value, for one that returns a promise."""
    need_function("original", original)

    def called(*arguments: Any) -> None:
        callback = need_function("last argument", arguments[-1] if arguments else None)
        promise = original(*arguments[:-1])

        @runs_user_code
        async def follow() -> None:
            try:
                value = await promise
            except Exception as problem:
                callback(problem)
            else:
                callback(jsnull, value)

        JsPromise.start(follow()).catch(lambda problem: report(as_exception(problem)))

    return JsFunction.new(called)  # type: ignore[no-any-return]


def deprecate(function: Any = None, message: Any = None, *_code: Any) -> JsFunction:
    """Return a function that warns at its first call."""
    need_function("fn", function)
    said: list[bool] = []

    def wrapped(*arguments: Any) -> Any:
        if not said:
            from pywrangler.runtime.js.console import console

            said.append(True)
            console.warn(f"DeprecationWarning: {to_string(message)}")
        return function(*arguments)

    return JsFunction.new(wrapped)  # type: ignore[no-any-return]


def debuglog(section: Any = None, *_callback: Any) -> JsFunction:
    """Return a function that writes to the debug log."""
    name = to_string(section).upper()

    def log(*arguments: Any) -> None:
        from pywrangler.runtime.js.console import console

        console.debug(f"{name}: {format(*arguments)}")

    found: Any = JsFunction.new(log)
    found.enabled = True
    return found  # type: ignore[no-any-return]


def inherits(constructor: Any = None, parent: Any = None) -> None:
    """Python's classes inherit by their own syntax: TypeError."""
    raise type_error(f"util.inherits: write class {getattr(constructor, '__name__', 'X')}({show(parent)}) in Python")


def stripVTControlCharacters(text: Any = None) -> str:
    """Return a text without the codes that colour a terminal."""
    return _CONTROLS.sub("", need_string("str", text))


def toUSVString(text: Any = None) -> str:
    """Return a text with replacement characters for lone surrogates."""
    return usv_string(to_string(text))


def aborted(signal: Any = None, _resource: Any = None) -> JsPromise:
    """Return a promise that is fulfilled when the signal is aborted."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(_event: Any = None) -> None:
        if not done.done():
            done.set_result(None)

    if signal.aborted:
        settle()
    else:
        signal.addEventListener("abort", settle)
    return JsPromise.new(done)  # type: ignore[no-any-return]


def getSystemErrorName(number: Any = None) -> str:
    """Return the name of an error of the operating system, by its negative number."""
    import errno

    found = errno.errorcode.get(-int(number)) if is_number(number) and number < 0 else None
    if found is None:
        raise error(f"Unknown system error {to_string(number)}")
    return found


def _is(name: str, test: Callable[[Any], bool]) -> Any:
    def function(value: Any = None) -> bool:
        return bool(test(value))

    function.__name__ = name
    return function


def _is_object(value: Any) -> bool:
    return value is not None and value is not jsnull and kind_of(value) == "object"


_OLDER: dict[str, Callable[[Any], bool]] = {
    "isArray": lambda value: isinstance(value, (JsProxy, list)) and (isinstance(value, list) or _is_array(value)),
    "isBoolean": lambda value: isinstance(value, bool),
    "isBuffer": lambda value: isinstance(value, Buffer),
    "isDate": TYPES["isDate"],
    "isError": lambda value: isinstance(value, JsException),
    "isFunction": lambda value: kind_of(value) == "function",
    "isNull": lambda value: value is jsnull,
    "isNullOrUndefined": lambda value: value is None or value is jsnull,
    "isNumber": is_number,
    "isObject": _is_object,
    "isPrimitive": is_primitive,
    "isRegExp": TYPES["isRegExp"],
    "isString": lambda value: isinstance(value, str),
    "isSymbol": lambda value: isinstance(value, JsValue) and value.typeof == "symbol",
    "isUndefined": lambda value: value is None,
}


def _is_array(value: Any) -> bool:
    from pywrangler.runtime.js.arrays import JsArray

    return isinstance(value, JsArray)


_inspect: Any = JsFunction.new(inspect)
_inspect.custom = Symbol.for_("nodejs.util.inspect.custom")
_promisify: Any = JsFunction.new(promisify)
_promisify.custom = _CUSTOM

EXPORTS: dict[str, Any] = {
    **{name: _is(name, test) for name, test in _OLDER.items()},
    "TextDecoder": TextDecoder,
    "TextEncoder": TextEncoder,
    "aborted": aborted,
    "callbackify": callbackify,
    "debug": debuglog,
    "debuglog": debuglog,
    "deprecate": deprecate,
    "format": format,
    "formatWithOptions": formatWithOptions,
    "getSystemErrorName": getSystemErrorName,
    "inherits": inherits,
    "inspect": _inspect,
    "isDeepStrictEqual": isDeepStrictEqual,
    "promisify": _promisify,
    "stripVTControlCharacters": stripVTControlCharacters,
    "toUSVString": toUSVString,
    "types": plain({name: JsFunction.new(function) for name, function in TYPES.items()}),
}
MISSING = {
    **dict.fromkeys(("MIMEParams", "MIMEType"), "use email.message.Message in Python"),
    "diff": "use difflib in Python",
    "parseArgs": "use argparse in Python",
    "parseEnv": "read the lines in Python",
    "styleText": "write the escape codes of the terminal",
    **dict.fromkeys(
        (
            *("_errnoException", "_exceptionWithHostPort", "_extend", "convertProcessSignalToExitCode"),
            *("getCallSite", "getCallSites", "getSystemErrorMap", "getSystemErrorMessage", "log", "setTraceSigInt"),
            *("transferableAbortController", "transferableAbortSignal"),
        ),
        "",
    ),
}
