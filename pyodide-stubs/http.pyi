"""`pyfetch`: `fetch` of JavaScript with a Python answer."""

from builtins import bytes as _bytes
from builtins import memoryview as _memoryview
from typing import Any

import js
from pyodide.ffi import JsProxy

class HttpStatusError(OSError):
    """What `raise_for_status` raises."""

    status: int
    status_text: str
    url: str
    def __init__(self, status: int, status_text: str, url: str) -> None: ...

class BodyUsedError(OSError):
    """The body was read before."""

class AbortError(OSError):
    """The request was aborted."""

    def __init__(self, reason: Any) -> None: ...

class FetchResponse:
    """A response with Python's names; each way to read the body works once."""

    js_response: js.Response
    """The JavaScript Response."""
    abort_controller: js.AbortController | None
    abort_signal: js.AbortSignal | None
    def __init__(
        self,
        url: str,
        js_response: js.Response,
        abort_controller: js.AbortController | None = None,
        abort_signal: js.AbortSignal | None = None,
    ) -> None: ...
    @property
    def status(self) -> int:
        """The status code."""
    @property
    def status_text(self) -> str:
        """The reason phrase."""
    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
    @property
    def url(self) -> str:
        """Where the response came from, after redirects."""
    @property
    def redirected(self) -> bool:
        """Whether redirects were followed."""
    @property
    def type(self) -> str:
        """The kind of response in the sense of fetch."""
    @property
    def headers(self) -> Any:
        """The headers, names in lower case."""
    @property
    def body_used(self) -> bool:
        """Whether the body was read."""
    def raise_for_status(self) -> None:
        """Raise HttpStatusError if the status is 400 or above."""
    def clone(self) -> FetchResponse:
        """Return a second response with the same content."""
    def abort(self, reason: Any = None) -> None:
        """Abort the request."""
    async def buffer(self) -> js.ArrayBuffer:
        """Return the body as ArrayBuffer."""
    async def text(self) -> str:
        """Return the body as text."""
    async def string(self) -> str:
        """Return the body as text."""
    async def json(self, **kwargs: Any) -> Any:
        """Return the body parsed by `json.loads`, which gets the keyword arguments."""
    async def memoryview(self) -> _memoryview:
        """Return the body as memoryview."""
    async def bytes(self) -> _bytes:
        """Return the body as bytes."""
    async def unpack_archive(self, *, extract_dir: str | None = None, format: str | None = None) -> None:
        """Unpack the body, an archive, into a directory (the current one by default)."""

async def pyfetch(
    request: str | JsProxy, /, *, signal: js.AbortSignal | None = None, fetcher: Any = None, **kwargs: Any
) -> FetchResponse:
    """Send a request; keyword arguments are the options of `fetch`, converted as by `to_js`.

    OSError where no response comes, AbortError after an abort.
    """
