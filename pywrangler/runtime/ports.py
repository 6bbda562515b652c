"""The seams inside a host: what one part of the runtime asks of another, so that each can be built and tested alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from pywrangler.runtime.js.proxy import JsProxy
    from pywrangler.runtime.state_lock import StateLock

FaceName = Literal["python", "js"]
"""How decoded values look: as the SDK gives them to Python code, or as raw JavaScript values."""


# ---- where an event goes --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """The receiver of an event: an entrypoint of a Worker, or one Durable Object of it."""

    worker: str
    kind: Literal["entrypoint", "object"]
    name: str = "default"
    """Name of the entrypoint (`default` for the default export) or of the Durable Object class."""
    object_id: str = ""
    """64 hex digits, for objects."""
    object_name: str | None = None
    """The name the id was derived from, where known."""
    props: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """An event other than fetch and RPC: `kind` is the handler's name (`scheduled`, `queue`, `tail`, `alarm`, ...)."""

    kind: str
    payload: Mapping[str, Any]


class Receiver(Protocol):
    """The receiving side of channels: the Worker that runs in this host.

    Each method starts the event before it returns (not when its result is awaited), so the order of calls is the
    order of delivery. Exceptions are those of user code, unchanged; the channel maps them.
    """

    def fetch(self, target: Target, request: JsProxy) -> Awaitable[JsProxy]:
        """Deliver a fetch event; takes and gives the JavaScript Request and Response."""

    def call(self, target: Target, path: Sequence[str], arguments: Sequence[Any]) -> Awaitable[Any]:
        """Deliver an RPC call; arguments wear the Python face, the result is whatever user code returned."""

    def deliver(self, target: Target, event: Event) -> Awaitable[Any]:
        """Deliver any other event; the result is plain data."""

    def holds(self, target: Target) -> bool:
        """Say whether the target is an object that lives here now."""


class Channel(Protocol):
    """The way to one Worker; the same contract for same host, other host and foreign runtime (tests/contract).

    Every method starts its work at the call. Values are copied (structured clone) also where caller and receiver
    share a process; functions, RpcTargets, streams and sockets go by reference.
    """

    def fetch(self, target: Target, request: JsProxy) -> Awaitable[JsProxy]:
        """Send a request; user code's exception is raised here with `remote` set."""

    def call(self, target: Target, path: Sequence[str], arguments: Sequence[Any], face: FaceName) -> Awaitable[Any]:
        """Call a method; the result wears `face`."""

    def deliver(self, target: Target, event: Event) -> Awaitable[Any]:
        """Deliver another event."""


class Router(Protocol):
    """Finds the channel to a Worker at each call; never remembers where a target lives."""

    def channel(self, worker: str) -> Channel:
        """Return the channel; a Worker that does not run gives one whose calls fail as spec/registry.md says."""

    @property
    def runs_handlers(self) -> bool:
        """Whether service bindings have `scheduled()` and `queue()` (flag `service_binding_extra_handlers`)."""

    def consumer(self, queue: str) -> str | None:
        """Return the Worker that consumes a queue: this one, else one of the registry; None if nobody does."""

    def owner(self, lock: StateLock) -> Channel:
        """Return the channel to the session that keeps this Worker's state; JavaScript Error if it cannot be told."""


class Companion(Protocol):
    """What works beside the Worker in its host and on its behalf: the broker of a queue, the engine of workflows.

    Made while the host is built; `begin` comes when the Worker serves, once.
    """

    def begin(self) -> None:
        """Go on with what is waiting."""

    def retire(self) -> None:
        """A successor runs: begin nothing more, let it have what waits. What runs may finish."""

    def reset(self) -> None:
        """Forget everything, stored data too (between two tests); goes on afterwards."""

    def close(self) -> None:
        """End at once."""


# ---- what user code looks like --------------------------------------------------------------------------


class Face(Protocol):
    """What the `workers` module does for the runtime at the border to user code (`workers._face.FACE`)."""

    def request(self, request: JsProxy) -> Any:
        """Wrap an incoming JavaScript Request as user code expects it."""

    def response(self, result: Any) -> JsProxy:
        """Unwrap what a fetch handler returned; the platform's TypeError for anything that is not a response."""

    def call(self, method: Callable[..., Any], arguments: Sequence[Any], *, relaxed: bool) -> Any:
        """Call a handler or method; `relaxed` drops surplus positional arguments. May return an awaitable."""

    def error_text(self, error: BaseException) -> str:
        """The traceback as Pyodide's PythonError carries it in its message."""


# ---- sockets --------------------------------------------------------------------------------------------


class Link(Protocol):
    """The far side of a WebSocket, as the runtime's WebSocket object uses it.

    Implementations: a TCP connection (`host.wires`), the other end of a pair, a stream of a channel.
    """

    def send(self, data: str | bytes) -> None:
        """Send one message; data is immutable. Never blocks; silently ignored after the peer vanished."""

    def close(self, code: int | None, reason: str) -> None:
        """Send a Close frame (without a body if code is None)."""

    def abort(self) -> None:
        """Drop the connection without a Close frame; the peer sees 1006."""

    def attach(self, events: LinkEvents) -> None:
        """Begin to deliver what arrives; everything received before is delivered first, in order."""


class LinkEvents(Protocol):
    """What a Link reports."""

    def on_message(self, data: str | bytes) -> None:
        """A whole message arrived."""

    def on_close(self, code: int, reason: str, was_clean: bool) -> None:
        """The peer closed (1005 without a code) or vanished (1006, not clean). At most once."""
