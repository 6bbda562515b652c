"""`HTMLRewriter` with Python's face."""

from typing import Self

from workers.response import Response

class HTMLRewriter:
    """Rewrites HTML as it streams."""

    def on(self, selector: str, handlers: object) -> Self:
        """Call `element`, `comments` and `text` of `handlers` for what the selector matches."""

    def on_document(self, handlers: object) -> Self:
        """Call `doctype`, `comments`, `text` and `end` of `handlers` for the document."""

    def transform(self, response: Response) -> Response:
        """Return a response with the rewritten body."""
