"""What `pyodide.http` raises."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.errors import JsException


class HttpStatusError(OSError):
    """A response says that the request failed; raised by `raise_for_status`."""

    def __init__(self, status: int, status_text: str, url: str) -> None:
        self.status = status
        self.status_text = status_text
        self.url = url
        side = "Client" if status < 500 else "Server"
        super().__init__(f"{status} {side} Error: {status_text} for url: {url}")


class BodyUsedError(OSError):
    """The body of a response was read before."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*(arguments or ("Response body is already used",)))


class AbortError(OSError):
    """A request was aborted; the argument is the reason."""

    def __init__(self, reason: Any = None) -> None:
        self.reason = reason
        super().__init__(reason.message if isinstance(reason, JsException) else str(reason))
