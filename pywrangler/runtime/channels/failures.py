"""Errors on their way back to the caller (spec/durable-objects.md, section 8).

A JavaScript error keeps name, message and own properties, and gets `remote: true` unless a reset of the object caused
it. A Python exception becomes an Error whose message is its traceback, never its own class again. The stack always
tells where it happened over there, for the terminal of the caller.
"""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pywrangler
from pywrangler.errors import CloneError
from pywrangler.protocol.channel import Failure
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.refusals import says_all

if TYPE_CHECKING:
    from collections.abc import Callable

    ErrorText = Callable[[BaseException], str]

LOST = "Network connection lost."
NATIVE = frozenset(
    ("Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError", "EvalError", "URIError", "AggregateError")
)
DOM = frozenset(
    (
        "AbortError", "DataCloneError", "DataError", "EncodingError", "InvalidAccessError", "InvalidCharacterError",
        "InvalidStateError", "NetworkError", "NotFoundError", "NotSupportedError", "OperationError",
        "QuotaExceededError", "TimeoutError", "TypeMismatchError",
    )
)  # fmt: skip
"""Names of DOMException that pass between Workers; a name unknown on both lists becomes Error."""
_OURS = str(Path(pywrangler.__file__).parent)


def lost() -> JsException:
    """Return the error for a connection that went away under a call."""
    return error(LOST, retryable=True)


def unreadable(problem: CloneError) -> JsException:
    """Return the error for arguments or a result that the receiving side cannot hold."""
    return JsException("DataCloneError", f"The value cannot be received: {problem}")


def python_traceback(problem: BaseException) -> str:
    """Return the traceback of an exception without the frames of the runtime, if there are others."""
    summary = traceback.TracebackException(type(problem), problem, problem.__traceback__)
    theirs = [frame for frame in summary.stack if not _is_ours(frame.filename)]
    if theirs:
        summary.stack[:] = theirs
    return "".join(summary.format())


def _is_ours(filename: str) -> bool:
    return filename.startswith(_OURS)


def _passed_user_code(problem: BaseException) -> bool:
    """Say whether a frame of the traceback is none of the runtime: what the runtime itself refuses has none."""
    return any(not _is_ours(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(problem.__traceback__))


def as_remote(problem: BaseException, error_text: ErrorText = python_traceback) -> JsException:
    """Return what the caller gets for an exception of the callee: always a new error."""
    if isinstance(problem, asyncio.CancelledError):
        return lost()
    if isinstance(problem, CloneError):
        return unreadable(problem)
    if says_all(problem):
        if isinstance(problem, JsException):
            return JsException(problem.name, problem.message, "", {"remote": True})
        return JsException("Error", f"{type(problem).__name__}: {problem}", "", {"remote": True})
    if not isinstance(problem, JsException):
        text = error_text(problem)
        return JsException("Error", text, text, {"remote": True})
    name = problem.name if problem.name in NATIVE or problem.name in DOM else "Error"
    stack = problem.stack
    if stack == str(problem) and _passed_user_code(problem):
        stack = python_traceback(problem)
    result = JsException(name, problem.message, stack, dict(problem.properties))
    if not problem.properties.get("durableObjectReset"):
        result.properties["remote"] = True
    return result


def to_failure(problem: BaseException, error_text: ErrorText = python_traceback) -> Failure:
    """Return the message for another host; properties that cannot be copied are dropped."""
    remote = as_remote(problem, error_text)
    return Failure(remote.name, remote.message, remote.stack, _properties(remote.properties))


def _properties(properties: dict[str, Any]) -> bytes:
    kept: dict[str, Any] = {}
    for name, value in properties.items():
        try:
            serialize(value)
        except (JsException, TypeError):
            continue
        kept[name] = value
    return serialize(kept) if kept else b""


def from_failure(failure: Failure) -> JsException:
    """Return the error that a message tells of."""
    properties: dict[str, Any] = {}
    if failure.properties:
        try:
            found = deserialize(failure.properties)
        except CloneError:
            found = None
        if isinstance(found, dict):
            properties = dict(found)
    return JsException(failure.name, failure.message, failure.stack, properties)
