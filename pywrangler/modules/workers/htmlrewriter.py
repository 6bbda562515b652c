"""`HTMLRewriter` with Python's face: handlers are plain objects, responses those of the SDK."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.html_rewriter import HTMLRewriter as JsHTMLRewriter
from pywrangler.runtime.js.values import JsDoubleProxy
from workers.response import Response


class HTMLRewriter:
    """Rewrites HTML as it streams; see https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/."""

    def __init__(self) -> None:
        self._rewriter = JsHTMLRewriter.new()

    def on(self, selector: str, handlers: object) -> HTMLRewriter:
        """Call `element`, `comments` and `text` of `handlers` for what the selector matches."""
        self._rewriter.on(selector, JsDoubleProxy.new(handlers))
        return self

    def on_document(self, handlers: object) -> HTMLRewriter:
        """Call `doctype`, `comments`, `text` and `end` of `handlers` for the document."""
        self._rewriter.onDocument(JsDoubleProxy.new(handlers))
        return self

    def transform(self, response: Any) -> Response:
        """Return a response with the rewritten body."""
        return Response(self._rewriter.transform(response.js_object))
