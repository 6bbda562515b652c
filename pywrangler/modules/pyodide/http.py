"""`pyodide.http`: `pyfetch` and its response, over the runtime's `fetch` (https://pyodide.org)."""

from __future__ import annotations

import asyncio
import json
from typing import IO, Any

from pyodide import _http_errors
from pyodide._http_errors import AbortError, BodyUsedError, HttpStatusError
from pywrangler.runtime.js.convert import from_entries, to_js
from pywrangler.runtime.js.errors import JsException

__all__ = ["AbortError", "BodyUsedError", "FetchResponse", "HttpStatusError", "pyfetch"]

_builtin_memoryview = memoryview
_builtin_bytes = bytes


class FetchResponse:
    """A JavaScript Response with Python's names; the body can be read once."""

    def __init__(self, url: str, js_response: Any, abort_controller: Any = None, abort_signal: Any = None) -> None:
        self._url = url
        self.js_response = js_response
        self.abort_controller = abort_controller
        self.abort_signal = abort_signal

    @property
    def status(self) -> int:
        """The status code."""
        return self.js_response.status  # type: ignore[no-any-return]

    @property
    def status_text(self) -> str:
        """The reason phrase."""
        return self.js_response.statusText  # type: ignore[no-any-return]

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return self.js_response.ok  # type: ignore[no-any-return]

    @property
    def url(self) -> str:
        """Where the response came from, after redirects."""
        return self.js_response.url  # type: ignore[no-any-return]

    @property
    def redirected(self) -> bool:
        """Whether redirects were followed."""
        return self.js_response.redirected  # type: ignore[no-any-return]

    @property
    def type(self) -> str:
        """The kind of response in the sense of fetch."""
        return self.js_response.type  # type: ignore[no-any-return]

    @property
    def headers(self) -> Any:
        """A dict of the headers, names in lower case."""
        return dict(iter(self.js_response.headers))

    @property
    def body_used(self) -> bool:
        """Whether the body was read."""
        return self.js_response.bodyUsed  # type: ignore[no-any-return]

    def _raise_if_failed(self) -> None:
        if self.abort_signal is not None and self.abort_signal.aborted:
            raise _http_errors.AbortError(self.abort_signal.reason)
        if self.js_response.bodyUsed:
            raise _http_errors.BodyUsedError

    def raise_for_status(self) -> None:
        """Raise HttpStatusError if the status is 400 or above."""
        if self.status >= 400:
            raise _http_errors.HttpStatusError(self.status, self.status_text, self.url)

    def clone(self) -> FetchResponse:
        """Return a second response with the same content."""
        self._raise_if_failed()
        return FetchResponse(self._url, self.js_response.clone(), self.abort_controller, self.abort_signal)

    def abort(self, reason: Any = None) -> None:
        """Abort the request; ValueError for a response that is not from `pyfetch`."""
        if self.abort_controller is None:
            raise ValueError("abort_controller is not set")
        self.abort_controller.abort(reason)

    async def buffer(self) -> Any:
        """Return the body as ArrayBuffer."""
        self._raise_if_failed()
        return await self.js_response.arrayBuffer()

    async def text(self) -> str:
        """Return the body as text."""
        self._raise_if_failed()
        return await self.js_response.text()  # type: ignore[no-any-return]

    async def string(self) -> str:
        """Return the body as text."""
        return await self.text()

    async def json(self, **kwargs: Any) -> Any:
        """Return the body parsed by `json.loads`, which gets the keyword arguments."""
        return json.loads(await self.text(), **kwargs)

    async def memoryview(self) -> _builtin_memoryview:
        """Return the body as memoryview."""
        view: _builtin_memoryview = (await self.buffer()).to_memoryview()
        return view

    async def bytes(self) -> _builtin_bytes:
        """Return the body as bytes."""
        data: _builtin_bytes = (await self.buffer()).to_bytes()
        return data

    async def _into_file(self, file: IO[_builtin_bytes]) -> None:
        """Write the body to a file."""
        file.write(await FetchResponse.bytes(self))

    async def unpack_archive(self, *, extract_dir: str | None = None, format: str | None = None) -> None:
        """Unpack the body, an archive, into a directory (the current one by default)."""
        import shutil
        import tempfile
        from pathlib import Path, PurePosixPath

        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / (PurePosixPath(self._url).name or "archive")
            archive.write_bytes(await FetchResponse.bytes(self))
            shutil.unpack_archive(archive, extract_dir or ".", format)


async def pyfetch(request: Any, /, *, signal: Any = None, fetcher: Any = None, **kwargs: Any) -> FetchResponse:
    """Send a request; keyword arguments are the options of `fetch`, converted as by `to_js`.

    OSError where no response comes, AbortError after an abort.
    """
    from pywrangler.runtime.js.abort import AbortController, AbortSignal
    from pywrangler.runtime.js.fetch import fetch

    controller = AbortController.new()
    combined = controller.signal if signal is None else AbortSignal.any([controller.signal, signal])
    given = {name: to_js(value, dict_converter=from_entries) for name, value in kwargs.items()}
    send = fetch if fetcher is None else fetcher
    try:
        response = await send(request, **given, signal=combined)
    except asyncio.CancelledError:
        controller.abort()
        raise
    except JsException as error:
        if error.name == "AbortError":
            raise _http_errors.AbortError(error) from None
        raise OSError(error.message) from None
    return FetchResponse(request if isinstance(request, str) else request.url, response, controller, combined)
