"""`ctx` of a Durable Object as raw JavaScript sees it (spec/durable-objects.md, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.ids import DurableObjectId
from pywrangler.runtime.js import convert
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull

if TYPE_CHECKING:
    from pywrangler.runtime.actor import Actor

ABORTED = "Application called abort() to reset Durable Object."


class DurableObjectAbort(BaseException):
    """Ends the code that called `ctx.abort()`; no `except Exception` stops it."""


class DurableObjectState(JsProxy):
    """The state handed to the constructor as `ctx`."""

    __slots__ = ("_actor",)

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    @property
    def id(self) -> DurableObjectId:
        """The object's id; `.name` is set where the name is known."""
        actor = self._actor
        identity = self.__dict__.get("_id")
        if identity is None:
            identity = self.__dict__["_id"] = DurableObjectId.new(actor.object_id, actor.name)
        result: DurableObjectId = identity
        return result

    @property
    def storage(self) -> Any:
        """The raw storage API."""
        return self._actor.storage.js

    @property
    def props(self) -> Any:
        """Properties of the class binding: an empty object locally."""
        return self._actor.host.worker.to_js({})

    @property
    def exports(self) -> Any:
        """Loopback bindings for everything this Worker exports."""
        return self._actor.host.worker.loopbacks()

    def waitUntil(self, awaitable: Any) -> None:
        """Keep the object alive while `awaitable` is pending."""
        self._actor.wait_until(awaitable)

    def blockConcurrencyWhile(self, function: Any) -> JsPromise:
        """Run `function` while no other event is delivered; returns the promise of its value."""
        promise: JsPromise = JsPromise.new(self._actor.block(function))
        return promise

    def abort(self, reason: Any = None, options: Any = None, /, **named: Any) -> NoReturn:
        """Kill the instance at once; with `retryAlarm: false` the alarm that runs is not delivered again."""
        retries = convert.options(options, named).get("retryAlarm")
        text = ABORTED if reason is None or reason is jsnull else to_string(reason)
        self._actor.reset(error(text), retries_alarm=retries is None or bool(retries))
        raise DurableObjectAbort(text)

    # ---- sockets ------------------------------------------------------------------------------------------

    def acceptWebSocket(self, socket: Any, tags: Any = None) -> None:
        """Accept `socket` with hibernation; `tags` is a list of at most 10 strings."""
        self._actor.sockets.accept(socket, tags)

    def getWebSockets(self, tag: Any = None) -> Any:
        """Return the accepted sockets, or those with `tag`."""
        return to_js_value(self._actor.sockets.sockets(tag))

    def getTags(self, socket: Any) -> Any:
        """Return the tags of a hibernatable socket."""
        return to_js_value(self._actor.sockets.tags(socket))

    def setWebSocketAutoResponse(self, pair: Any = None) -> None:
        """Answer `pair.request` with `pair.response` without waking the object; None unsets."""
        self._actor.sockets.set_auto_response(pair)

    def getWebSocketAutoResponse(self) -> Any:
        """Return the pair, or null."""
        return self._actor.sockets.auto_response()

    def getWebSocketAutoResponseTimestamp(self, socket: Any) -> Any:
        """Return when `socket` was last answered automatically, or null."""
        return self._actor.sockets.auto_response_timestamp(socket)

    def setHibernatableWebSocketEventTimeout(self, milliseconds: Any = None) -> None:
        """Limit the run time of socket handlers; None unsets."""
        self._actor.sockets.set_event_timeout(milliseconds)

    def getHibernatableWebSocketEventTimeout(self) -> Any:
        """Return the limit in milliseconds, or null."""
        return self._actor.sockets.event_timeout()
