"""MessageChannel and MessagePort (https://html.spec.whatwg.org/#message-channels), as Workers have them.

- What is posted is copied at the call and arrives at the other port in a later turn; nothing can be transferred.
- A port delivers as soon as it has a listener, by `onmessage` or `addEventListener`; until then messages wait.
- When one port closes both hear `close`; what was posted before still arrives, what is posted after does not.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.builtins.cloning import structuredClone
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.events import Event, EventTarget, MessageEvent
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.timers import running_loop


class MessagePort(EventTarget):
    """One end of a channel."""

    _other: MessagePort | None
    _waiting: deque[Any]
    _closed: bool
    _started: bool
    _scheduled: bool
    _handler: Any

    def __init__(self) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def unconnected(cls) -> MessagePort:
        """Return a port whose other end is not known yet."""
        port = object.__new__(cls)
        port._other = None
        port._waiting = deque()
        port._closed = port._started = port._scheduled = False
        port._handler = jsnull
        return port

    @property
    def onmessage(self) -> Any:
        """The listener that was set; null if there is none."""
        return self._handler

    @onmessage.setter
    def onmessage(self, listener: Any) -> None:
        self._handler = listener if callable(listener) else jsnull
        if callable(listener):
            self.start()

    def addEventListener(self, type: Any, listener: Any = None, init: Any = None, **named: Any) -> None:
        """Call `listener` for events of a type; for messages, the port begins to deliver."""
        super().addEventListener(type, listener, init, **named)
        if type == "message":
            self.start()

    def postMessage(self, message: Any = None, transfer: Any = None, **named: Any) -> None:
        """Send a copy of a value; DataCloneError if it cannot be copied."""
        listed = transfer if isinstance(transfer, JsArray) else options(transfer, named).get("transfer")
        if listed is not None and len(listed):
            raise error("Transfer list is not supported")
        copy = structuredClone(message)
        other = self._other
        if self._closed or other is None or other._closed:
            return
        other._waiting.append(copy)
        other._deliver_soon()

    def start(self) -> None:
        """Begin to deliver."""
        self._started = True
        self._deliver_soon()

    def close(self) -> None:
        """End the channel."""
        for port in (self, self._other):
            if port is not None and not port._closed:
                port._closed = True
                port.dispatchEvent(Event.new("close"))

    def _deliver_soon(self) -> None:
        if self._started and self._waiting and not self._scheduled:
            self._scheduled = True
            running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        self._scheduled = False
        while self._waiting:
            self.dispatchEvent(
                MessageEvent.new("message", data=self._waiting.popleft(), source=self._other, ports=array())
            )


class MessageChannel(JsProxy):
    """Two ports that are connected: `MessageChannel.new()`."""

    def __init__(self) -> None:
        self.port1 = MessagePort.unconnected()
        self.port2 = MessagePort.unconnected()
        self.port1._other, self.port2._other = self.port2, self.port1


__all__ = ["MessageChannel", "MessagePort"]
