"""HTMLRewriter (https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/), over lol-html.

lol-html is the very engine of Workers. It calls handlers while it parses; a handler that is a coroutine function is
awaited in the middle of that by way of a greenlet (`sync_bridge`).

What a handler is given lives on the engine's stack: touching it after the handler has ended, or while another
greenlet's stack is in place (a task that the handler started), would corrupt memory. Tokens know their greenlet and
refuse both with a TypeError, and a coroutine of user code is stepped inside the greenlet, not beside it.

The Python binding knows no end-tag handlers. `onEndTag` therefore has the engine put a mark before and behind the end
tag, and `EndTags` finds the marks in the output.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.html_end_tags import EndTags
from pywrangler.runtime.js.html_tokens import Comment, Doctype, DocumentEnd, Element, EndTag, Text, Token
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.readable import ReadableStream, chunks
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.webidl import absent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pywrangler.runtime.js.body import Content

ELEMENT_HANDLERS: dict[str, type[Token]] = {"element": Element, "comments": Comment, "text": Text}
DOCUMENT_HANDLERS: dict[str, type[Token]] = {"doctype": Doctype, "comments": Comment, "text": Text, "end": DocumentEnd}


def _engine() -> Any:
    try:
        import lolhtml
    except ImportError as problem:
        raise type_error(
            f"HTMLRewriter needs the package python-lolhtml, which {sys.prefix} lacks. It is installed with pywrangler "
            "where it has a wheel; elsewhere `pip install python-lolhtml` builds it with a Rust compiler."
        ) from problem
    return lolhtml


class HTMLRewriter(JsProxy):
    """Changes HTML on its way: `HTMLRewriter.new().on(selector, handlers).transform(response)`."""

    __slots__ = ("_document", "_selectors")

    def __init__(self, init: Any = None, **keywords: Any) -> None:
        options(init, keywords)
        self._selectors: list[tuple[str, Any]] = []
        self._document: list[Any] = []

    def on(self, selector: Any, handlers: Any) -> HTMLRewriter:
        """Call handlers (`element`, `comments`, `text`) for what a CSS selector matches; TypeError for a bad one."""
        text = to_string(selector)
        try:
            _engine().HTMLRewriter(_drop).on(text, object())
        except RuntimeError as problem:
            raise type_error(f"Parser error: {problem}") from None
        self._selectors.append((text, handlers))
        return self

    def onDocument(self, handlers: Any) -> HTMLRewriter:
        """Call handlers (`doctype`, `comments`, `text`, `end`) for the whole document."""
        self._document.append(handlers)
        return self

    def transform(self, response: Any) -> Response:
        """Return a response with the same head whose body is rewritten as it passes."""
        if not isinstance(response, Response):
            raise type_error("HTMLRewriter.transform() requires a Response.")
        content = response.claim()
        pairs = [pair for pair in response.pairs() if pair[0] != "content-length"]
        body = None if content is None else ReadableStream.from_source(_Rewriting(self, content))
        result = Response.from_wire(response.status, response.statusText, pairs, body, url=response.url)
        result._immutable = False
        return result


def _drive(awaitable: Any) -> None:
    """Run an awaitable to its end in this greenlet; only what it waits for is awaited outside."""
    from pywrangler.runtime.sync_bridge import run_sync

    steps = awaitable.__await__()
    problem: BaseException | None = None
    while True:
        try:
            waits_for = steps.send(None) if problem is None else steps.throw(problem)
        except StopIteration:
            return
        problem = None
        try:
            run_sync(_Handed(waits_for))
        except BaseException as raised:  # cancellation and failures go to the coroutine
            problem = raised


class _Handed:
    """Awaitable: hands what a coroutine waits for to the event loop."""

    def __init__(self, waits_for: Any) -> None:
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield self._waits_for)


def _drop(_data: bytes) -> None:
    """The output of a rewriter that only checks a selector."""


class _Handlers:
    """What the engine calls: user code's handlers, each token wrapped. `method` names exist as user code has them."""

    def __init__(self, rewriting: _Rewriting, given: Any, kinds: dict[str, type[Token]]) -> None:
        for name, kind in kinds.items():
            handler = getattr(given, name, None)
            if not absent(handler) and callable(handler):
                setattr(self, name, rewriting.handler(handler, kind))


class _Rewriting:
    """The source of a rewritten body: one pass of the engine."""

    def __init__(self, plan: HTMLRewriter, content: Content) -> None:
        stream = ReadableStream.of_bytes(content) if isinstance(content, bytes) else content
        assert stream is not None
        self._stream = stream
        self._input = chunks(stream)
        self._output = bytearray()
        self._failure: BaseException | None = None
        self._is_ended = False
        self._end_tags = EndTags(self._output, self._call)
        engine = _engine()
        self._rewriter = engine.HTMLRewriter(self._write)
        for selector, handlers in plan._selectors:
            self._rewriter.on(selector, _Handlers(self, handlers, ELEMENT_HANDLERS))
        for handlers in plan._document:
            self._rewriter.on_document(_Handlers(self, handlers, DOCUMENT_HANDLERS))

    def _write(self, data: bytes) -> None:
        """Take output; the engine swallows exceptions here, so they are kept."""
        if self._failure is not None:
            return
        try:
            self._end_tags.feed(bytes(data))
        except Exception as problem:
            self._failure = problem

    def handler(self, function: Callable[[Any], Any], kind: type[Token]) -> Callable[[Any], None]:
        """Return what the engine calls with its token."""

        def handle(token: Any) -> None:
            try:
                self._call(function, kind.of(token, self._end_tags))
            except BaseException as problem:
                self._failure = problem
                raise

        return handle

    def _call(self, function: Callable[[Any], Any], token: Token | EndTag) -> None:
        try:
            result = function(token)
            if hasattr(result, "__await__"):
                _drive(result)
        finally:
            token.expire()

    async def pull(self) -> bytes | None:
        """Rewrite until there is output; None at the end, or what a handler raised."""
        from pywrangler.runtime.sync_bridge import run_in_greenlet

        while not self._output and not self._is_ended:
            chunk = await anext(self._input, None)
            await run_in_greenlet(lambda data=chunk: self._advance(data))  # type: ignore[misc]
            if self._failure is not None:
                self._is_ended = True
                self._stream.stop(self._failure)
                raise self._failure
        output = bytes(self._output)
        self._output.clear()
        return output or None

    def _advance(self, chunk: bytes | None) -> None:
        try:
            if chunk is None:
                self._is_ended = True
                self._rewriter.end()
                self._end_tags.end()
            else:
                self._rewriter.write(chunk)
        except RuntimeError as problem:
            # The engine reports a handler's exception as text; the exception itself is kept already.
            if self._failure is None:
                self._failure = type_error(f"Parser error: {problem}")

    def cancel(self, reason: Any) -> Any:
        """Stop reading."""
        self._is_ended = True
        return self._stream.stop(reason)
