"""The border between the runtime and user code, as the runtime sees it (`pywrangler.runtime.ports.Face`)."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pywrangler
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.response import Response as JsResponse
from workers._mode import configure
from workers.request import Request
from workers.response import Response
from workers.wrappers import wrap_argument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pywrangler.runtime.js.proxy import JsProxy
    from pywrangler.runtime.ports import Face

__all__ = ["FACE", "configure"]

NOT_A_RESPONSE = "Incorrect type for Promise: the Promise did not resolve to 'Response'."
_OURS = str(Path(pywrangler.__file__).parent)
_SIMPLE = frozenset({str, bool, int, float, type(None)})
_VARIADIC = inspect.CO_VARARGS

_limits: WeakKeyDictionary[Any, int | None] = WeakKeyDictionary()


class WorkersFace:
    """The face of the `workers` module."""

    __slots__ = ()

    def request(self, request: JsProxy) -> Request:
        """Return the request as class handlers receive it."""
        return Request.of(request)

    def response(self, result: Any) -> JsResponse:
        """Return the JavaScript Response in what a fetch handler returned; JS TypeError if there is none."""
        if type(result) is Response:
            response: JsResponse = result.js_response
            return response
        if isinstance(result, JsResponse):
            return result
        inner = getattr(result, "js_response", None)
        if isinstance(inner, JsResponse):
            return inner
        raise type_error(NOT_A_RESPONSE)

    def call(self, method: Callable[..., Any], arguments: Sequence[Any], *, relaxed: bool) -> Any:
        """Call user code; `relaxed` drops positional arguments that it has no parameters for."""
        if relaxed and (limit := positional_limit(method)) is not None:
            return method(*arguments[:limit])
        if not relaxed:
            arguments = [argument if type(argument) in _SIMPLE else wrap_argument(argument) for argument in arguments]
        return method(*arguments)

    def error_text(self, error: BaseException) -> str:
        """Return the traceback as Pyodide puts it into a PythonError's message: without the host's own frames."""
        if isinstance(error, JsException):
            return str(error)
        summary = traceback.TracebackException(type(error), error, error.__traceback__)
        related: traceback.TracebackException | None = summary
        while related is not None:
            theirs = [frame for frame in related.stack if not frame.filename.startswith(_OURS)]
            if theirs:
                related.stack[:] = theirs
            related = related.__cause__ or related.__context__
        return "".join(summary.format())


def positional_limit(method: Callable[..., Any]) -> int | None:
    """Return how many positional arguments `method` takes at most, None for any number; bound ones not counted."""
    function = getattr(method, "__func__", method)
    code = getattr(function, "__code__", None)
    if code is not None and not code.co_flags & _VARIADIC and not hasattr(function, "__wrapped__"):
        return int(code.co_argcount) - (function is not method)
    try:
        return _limits[method]
    except (KeyError, TypeError):
        pass
    limit = _inspected_limit(method)
    try:
        if function is method:  # a bound method is a new object at each access: nothing to remember it by
            _limits[method] = limit
    except TypeError:
        return limit
    return limit


def _inspected_limit(method: Callable[..., Any]) -> int | None:
    try:
        parameters = inspect.signature(method).parameters.values()
    except ValueError:  # a builtin without a signature
        return None
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in positional for parameter in parameters)


FACE: Face = WorkersFace()
