"""WebSockets."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

from js._events import EventTarget
from pyodide.ffi import JsArray, JsNull, _Typed

class WebSocket(EventTarget):
    """One end of a connection."""

    CONNECTING: ClassVar[int]
    OPEN: ClassVar[int]
    CLOSING: ClassVar[int]
    CLOSED: ClassVar[int]
    READY_STATE_CONNECTING: ClassVar[int]
    READY_STATE_OPEN: ClassVar[int]
    READY_STATE_CLOSING: ClassVar[int]
    READY_STATE_CLOSED: ClassVar[int]
    @classmethod
    def new(cls, url: str, protocols: Any = None) -> Self:
        """Connect to a `ws:` or `wss:` URL."""
    @property
    def readyState(self) -> int: ...
    @property
    def url(self) -> str | JsNull: ...
    @property
    def protocol(self) -> str: ...
    @property
    def extensions(self) -> str: ...
    binaryType: str
    """How binary messages arrive: "blob" or "arraybuffer"."""
    onopen: Any
    onmessage: Any
    onclose: Any
    onerror: Any
    def accept(self, options: Any = None, **named: Any) -> None:
        """Begin to receive: messages go to listeners."""
    def send(self, data: Any) -> None:
        """Send text, or bytes as a JavaScript buffer (`to_js(b"...")`)."""
    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close; valid codes are 1000 and 3000 to 4999, and most in between, but never 1005 and 1006."""
    def serializeAttachment(self, value: Any) -> None:
        """Keep a small value with the connection; it survives hibernation."""
    def deserializeAttachment(self) -> Any:
        """Return a copy of the value kept with the connection, or null."""

class WebSocketPair(_Typed):
    """Two ends that are connected: `client, server = WebSocketPair.new().object_values()`."""

    @classmethod
    def new(cls) -> Self: ...
    def object_values(self) -> JsArray[WebSocket]:
        """Return both ends."""
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[WebSocket]: ...
    def __getitem__(self, index: str | int) -> WebSocket: ...

class WebSocketRequestResponsePair(_Typed):
    """A message and its answer, for `ctx.setWebSocketAutoResponse`."""

    @classmethod
    def new(cls, request: str, response: str) -> Self: ...
    @property
    def request(self) -> str: ...
    @property
    def response(self) -> str: ...
