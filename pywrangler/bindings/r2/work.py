"""How an operation of a bucket begins and fails, and how a body gets to the disk.

Arguments are read at the call, for they may change afterwards; what is wrong with them rejects the promise. Errors name
the operation and R2's code.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.bindings.operations import operation
from pywrangler.bindings.r2.bodies import PIECE_BYTES
from pywrangler.bindings.r2.refusals import Refused, check_size
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.readable import ReadableStream, chunks
from pywrangler.runtime.storage.database import error_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from pywrangler.bindings.r2.bodies import Writing
    from pywrangler.runtime.js.proxy import JsPromise


def begin(name: str, prepare: Callable[[], Callable[[], Any]]) -> JsPromise:
    """Read the arguments now, as they may change after the call, and begin what they ask for."""
    try:
        work = prepare()
    except (JsException, Refused) as problem:
        failure = _failure(name, problem)
        return operation(lambda: _refuse(failure))

    def guarded() -> Any:
        try:
            result = work()
        except _FAILURES as problem:
            raise _failure(name, problem) from problem
        return _guarded(name, result) if hasattr(result, "__await__") else result

    return operation(guarded)


_FAILURES = (Refused, apsw.Error, OSError)


async def _guarded(name: str, awaitable: Awaitable[Any]) -> Any:
    try:
        return await awaitable
    except _FAILURES as problem:
        raise _failure(name, problem) from problem


def _failure(name: str, problem: Exception) -> JsException:
    """Return an error as user code gets it, with R2's code; what the machine refuses is an internal error."""
    if isinstance(problem, JsException):
        return problem
    if isinstance(problem, Refused):
        return error(f"{name}: {problem} ({problem.code})")
    reason = error_text(problem) if isinstance(problem, apsw.Error) else str(problem)
    return error(f"{name}: The local data of the bucket cannot be used: {reason} (10001)").with_cause(problem)


def _refuse(problem: JsException) -> None:
    raise problem


def written(
    content: bytes | ReadableStream, open_body: Callable[[], Writing], store: Callable[[Writing], Any]
) -> Callable[[], Any]:
    """Return what writes a body and has it stored; a short one at once, a long one a piece at a time."""
    if isinstance(content, ReadableStream):
        check_size(content.known_length or 0)
        content = content.take_bytes() or content
    if isinstance(content, bytes):
        check_size(len(content))
        if len(content) <= PIECE_BYTES:
            return lambda: _write_short(content, open_body(), store)
    else:
        content.acquire("put")  # from now on, though it is read when the operation begins
    return lambda: _write_long(content, open_body(), store)


def _write_short(content: bytes, body: Writing, store: Callable[[Writing], Any]) -> Any:
    try:
        body.write(content)
        return store(body)
    finally:
        body.discard()


async def _write_long(content: bytes | ReadableStream, body: Writing, store: Callable[[Writing], Any]) -> Any:
    if isinstance(content, bytes):
        pieces = _single(content)
    else:
        content.release()
        pieces = chunks(content)
    try:
        async with aclosing(pieces) as arriving:  # type: ignore[type-var]
            await body.write_all(arriving)
        return store(body)
    finally:
        body.discard()


async def _single(content: bytes) -> AsyncIterator[bytes]:
    yield content
