"""EventSource (https://html.spec.whatwg.org/#server-sent-events), as Workers have it.

- `EventSource.new(url, fetcher=binding)` connects at once; `EventSource.from_(stream)` reads a stream that is there.
- When the server ends the stream, `error` fires with readyState CONNECTING and the source connects again after the
  reconnection time (2 s; `retry:` sets it between 1 and 10 s), with `Last-Event-ID`. Anything else that goes wrong
  (no connection, a status other than 200, another content type) closes it for good.
"""

from __future__ import annotations

import asyncio
import codecs
from dataclasses import dataclass
from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import dom_exception, error, type_error
from pywrangler.runtime.js.events import ErrorEvent, Event, EventTarget, MessageEvent
from pywrangler.runtime.js.primitives import to_string, truthy
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.user_code import runs_user_code

RECONNECTION_SECONDS = 2.0
_SHORTEST_SECONDS, _LONGEST_SECONDS = 1.0, 10.0


class OpenEvent(Event):
    """The connection stands."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of a stream."""

    type: str
    data: str
    last_id: str


class EventStream:
    """Bytes in, events out; pure."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.retry_ms: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._first = True
        self._data: list[str] = []
        self._type = ""
        self._id = last_id

    def feed(self, data: bytes) -> list[ServerEvent]:
        """Return the events that are complete with these bytes."""
        text = self._rest + self._decoder.decode(data)
        if self._first and text:
            text, self._first = text.removeprefix("\ufeff"), False
        # A carriage return at the end may be half of a line end.
        held = "\r" if text.endswith("\r") else ""
        lines = text[: len(text) - len(held)].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop() + held
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdecimal():
            self.retry_ms = int(value)
        return None

    def _dispatch(self) -> ServerEvent | None:
        self.last_id = self._id
        data, self._data = self._data, []
        kind, self._type = self._type, ""
        return ServerEvent(kind or "message", "\n".join(data), self.last_id) if data else None


class EventSource(EventTarget):
    """Receives events from a server."""

    CONNECTING, OPEN, CLOSED = 0, 1, 2
    onopen: Any = jsnull
    onmessage: Any = jsnull
    onerror: Any = jsnull

    def __init__(self, url: Any, init: Any = None, **named: Any) -> None:
        from pywrangler.runtime.js.url import URL

        given = options(init, named)
        if not URL.canParse(url):
            raise dom_exception("SyntaxError", f"Cannot open an EventSource to '{to_string(url)}'. The URL is invalid.")
        if truthy(given.get("withCredentials")):
            raise dom_exception(
                "NotSupportedError",
                "The init.withCredentials option is not supported. It must be false or undefined.",
            )
        fetcher = given.get("fetcher")
        if fetcher is not None and not callable(getattr(fetcher, "fetch", None)):
            raise type_error(
                "Incorrect type for the 'fetcher' field on 'EventSourceInit': the provided value is not of type "
                "'Fetcher'."
            )
        self._setup(URL.new(url).href, fetcher)
        self._begin(self._connect())

    @classmethod
    def from_(cls, stream: Any) -> EventSource:
        """Return a source that reads the events of a stream."""
        from pywrangler.runtime.js.readable import ReadableStream

        if not isinstance(stream, ReadableStream):
            raise type_error(
                "Failed to execute 'from' on 'EventSource': parameter 1 is not of type 'JsReadableStream'."
            )
        source = object.__new__(cls)
        source._setup("")
        source._state = cls.OPEN
        source._begin(source._read_only(stream))
        return source

    def _setup(self, url: str, fetcher: Any = None) -> None:
        self._url = url
        self._state = self.CONNECTING
        self._fetcher = fetcher
        self._wait_seconds = RECONNECTION_SECONDS
        self._last_id = ""
        self._origin: Any = jsnull
        self._task: asyncio.Task[None] | None = None

    def _begin(self, work: Any) -> None:
        self._task = asyncio.get_running_loop().create_task(work)
        if (event := context.current()) is not None:
            event.pending.add(self._task)
            self._task.add_done_callback(event.pending.discard)

    @property
    def url(self) -> str:
        """Where the events come from; empty for a stream."""
        return self._url

    @property
    def withCredentials(self) -> bool:
        """Never."""
        return False

    @property
    def readyState(self) -> int:
        """0 connecting, 1 open, 2 closed."""
        return self._state

    def close(self) -> None:
        """End the connection."""
        self._state = self.CLOSED
        if self._task is not None:
            interrupt(self._task)

    @runs_user_code
    async def _connect(self) -> None:
        while self._state != self.CLOSED:
            try:
                stream = await self._open()
            except Exception as problem:
                self._fail(problem)
                return
            self._state = self.OPEN
            self.dispatchEvent(OpenEvent.new("open"))
            await self._read(stream)
            if self._state == self.CLOSED:
                return
            self._state = self.CONNECTING
            self._tell_error(error("The server disconnected."))
            await asyncio.sleep(self._wait_seconds)

    async def _open(self) -> Any:
        from pywrangler.runtime.js.fetch import fetch
        from pywrangler.runtime.js.headers import Headers
        from pywrangler.runtime.js.url import URL

        headers = [("Accept", "text/event-stream"), ("Cache-Control", "no-cache")]
        if self._last_id:
            headers.append(("Last-Event-ID", self._last_id))
        send = fetch if self._fetcher is None else self._fetcher.fetch
        response = await send(self._url, headers=Headers.new(headers))
        if response.status not in {200, 204}:
            raise dom_exception("AbortError", f"The response status code was {response.status}.")
        kind = response.headers.get("content-type")
        if kind is jsnull or kind is None:
            raise dom_exception("AbortError", "No content type header was present in the response.")
        if to_string(kind).split(";")[0].strip().lower() != "text/event-stream":
            raise dom_exception("AbortError", f"The content type '{kind}' is invalid.")
        self._origin = URL.new(response.url or self._url).origin
        return response.body

    @runs_user_code
    async def _read_only(self, stream: Any) -> None:
        await self._read(stream)
        if self._state != self.CLOSED:
            self._fail(error("The server disconnected."))

    async def _read(self, stream: Any) -> None:
        """Dispatch the events of a stream until it ends, for whatever reason."""
        from pywrangler.runtime.js.readable import chunks

        parser = EventStream(self._last_id)
        if stream is None or stream is jsnull:
            return
        try:
            async for data in chunks(stream):
                for event in parser.feed(data):
                    self._last_id = event.last_id
                    self.dispatchEvent(
                        MessageEvent.new(event.type, data=event.data, lastEventId=event.last_id, origin=self._origin)
                    )
                if parser.retry_ms is not None:
                    self._wait_seconds = max(_SHORTEST_SECONDS, min(parser.retry_ms / 1000, _LONGEST_SECONDS))
                if self._state == self.CLOSED:
                    return
        except Exception as problem:
            context.log("debug", f"EventSource {self._url}: {problem}")

    def _fail(self, problem: BaseException) -> None:
        self._state = self.CLOSED
        self._tell_error(problem)

    def _tell_error(self, problem: BaseException) -> None:
        self.dispatchEvent(ErrorEvent.new("error", error=problem))
