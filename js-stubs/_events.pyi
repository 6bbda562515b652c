"""Events, aborting, timers."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Self, TypeAlias

from pyodide.ffi import JsArray, JsProxy, _Typed

_Listener: TypeAlias = Callable[..., Any] | JsProxy | None

class Event(_Typed):
    """What listeners get."""

    NONE: ClassVar[int]
    CAPTURING_PHASE: ClassVar[int]
    AT_TARGET: ClassVar[int]
    BUBBLING_PHASE: ClassVar[int]
    @classmethod
    def new(cls, type: str, options: Any = None, /, **named: Any) -> Self: ...
    type: str
    target: Any
    currentTarget: Any
    srcElement: Any
    eventPhase: int
    bubbles: bool
    cancelable: bool
    composed: bool
    defaultPrevented: bool
    returnValue: bool
    timeStamp: float
    isTrusted: bool
    cancelBubble: bool
    def composedPath(self) -> JsArray[Any]: ...
    def preventDefault(self) -> None: ...
    def stopImmediatePropagation(self) -> None: ...
    def stopPropagation(self) -> None: ...

class CustomEvent(Event):
    """An event with `detail`."""

    detail: Any

class MessageEvent(Event):
    """A message of a WebSocket: str, or Blob or ArrayBuffer."""

    data: Any
    origin: Any
    lastEventId: str
    source: Any
    ports: JsArray[Any]

class CloseEvent(Event):
    """The end of a WebSocket."""

    code: int
    reason: str
    wasClean: bool

class ErrorEvent(Event):
    """A failure."""

    message: str
    filename: str
    lineno: int
    colno: int
    error: Any

class EventTarget(_Typed):
    """Something that has listeners. A plain function lives for the call only: use `create_proxy`."""

    @classmethod
    def new(cls, *args: Any, **named: Any) -> Self: ...
    def addEventListener(self, type: str, listener: _Listener, options: Any = None, **named: Any) -> None: ...
    def removeEventListener(self, type: str, listener: _Listener, *options: Any) -> None: ...
    def dispatchEvent(self, event: Event) -> bool: ...

class AbortSignal(EventTarget):
    """Tells that something is to stop."""

    @property
    def aborted(self) -> bool: ...
    @property
    def reason(self) -> Any: ...
    onabort: Any
    def throwIfAborted(self) -> None: ...
    @staticmethod
    def abort(reason: Any = None) -> AbortSignal:
        """Return one that is aborted already."""
    @staticmethod
    def any(signals: Any) -> AbortSignal:
        """Return one that follows the first of several."""
    @staticmethod
    def timeout(milliseconds: float) -> AbortSignal:
        """Return one that is aborted after a time."""

class AbortController(EventTarget):
    """Stops what has its signal."""

    @property
    def signal(self) -> AbortSignal: ...
    def abort(self, reason: Any = None) -> None: ...

def setTimeout(callback: Callable[..., Any] | JsProxy, milliseconds: float = 0, *arguments: Any) -> int:
    """Call back once; returns an id. A plain function may be gone by then: use `create_once_callable`."""

def setInterval(callback: Callable[..., Any] | JsProxy, milliseconds: float = 0, *arguments: Any) -> int:
    """Call back again and again; returns an id."""

def setImmediate(callback: Callable[..., Any] | JsProxy, *arguments: Any) -> int: ...
def clearTimeout(identifier: int | None = None) -> None: ...
def clearInterval(identifier: int | None = None) -> None: ...
def clearImmediate(identifier: int | None = None) -> None: ...
def queueMicrotask(callback: Callable[[], Any] | JsProxy) -> None: ...

class Scheduler(_Typed):
    """The type of `scheduler`."""

    def wait(self, milliseconds: float, options: Any = None, **named: Any) -> Awaitable[None]:
        """Wait."""

scheduler: Scheduler

class PromiseRejectionEvent(Event):
    """A promise was rejected and nobody listened."""

    @property
    def promise(self) -> Any: ...
    @property
    def reason(self) -> Any: ...

class MessagePort(EventTarget):
    """One end of a channel."""

    onmessage: Any
    def postMessage(self, message: Any = None, transfer: Any = None, **named: Any) -> None: ...
    def start(self) -> None: ...
    def close(self) -> None: ...

class MessageChannel(_Typed):
    """Two ports that are connected."""

    @classmethod
    def new(cls) -> Self: ...
    @property
    def port1(self) -> MessagePort: ...
    @property
    def port2(self) -> MessagePort: ...

class EventSource(EventTarget):
    """Receives events from a server: `EventSource.new(url, fetcher=binding)`."""

    CONNECTING: int
    OPEN: int
    CLOSED: int
    onopen: Any
    onmessage: Any
    onerror: Any
    @classmethod
    def new(cls, url: Any, options: Any = None, /, **named: Any) -> Self: ...
    @staticmethod
    def from_(stream: Any) -> EventSource:
        """Return a source that reads the events of a stream."""
    @property
    def url(self) -> str: ...
    @property
    def withCredentials(self) -> bool: ...
    @property
    def readyState(self) -> int: ...
    def close(self) -> None: ...
