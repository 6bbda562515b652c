"""`node:diagnostics_channel`: messages by name between parts of one Worker."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.events import report
from pywrangler.runtime.js.node.arguments import need_function
from pywrangler.runtime.js.primitives import property_key
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.user_code import runs_user_code

_channels: dict[Any, Channel] = {}
_STEPS = ("start", "end", "asyncStart", "asyncEnd", "error")


class Channel(JsProxy):
    """Gives messages to functions, now and in order."""

    def __init__(self, name: Any = None) -> None:
        self.name = name
        self._subscribers: list[Any] = []

    @property
    def hasSubscribers(self) -> bool:
        """Whether anybody would get a message."""
        return bool(self._subscribers)

    def subscribe(self, function: Any = None) -> None:
        """Give every message to a function, with the name of the channel."""
        self._subscribers.append(need_function("subscription", function))

    def unsubscribe(self, function: Any = None) -> bool:
        """Undo `subscribe`; whether there was anything to undo."""
        if function not in self._subscribers:
            return False
        self._subscribers.remove(function)
        return True

    def publish(self, message: Any = None) -> None:
        """Give out a message; failures of the functions are logged."""
        for function in tuple(self._subscribers):
            try:
                function(message, self.name)
            except Exception as problem:
                report(problem)


class TracingChannel(JsProxy):
    """Five channels for what happens to one kind of call."""

    def __init__(self, name: Any = None) -> None:
        for step in _STEPS:
            setattr(self, step, channel(f"tracing:{name}:{step}"))

    @property
    def hasSubscribers(self) -> bool:
        """Whether anybody would get a message."""
        return any(getattr(self, step).hasSubscribers for step in _STEPS)

    def subscribe(self, handlers: Any = None) -> None:
        """Subscribe functions, by the names of the steps."""
        for step, function in _handlers(handlers):
            getattr(self, step).subscribe(function)

    def unsubscribe(self, handlers: Any = None) -> bool:
        """Undo `subscribe`."""
        undone = [getattr(self, step).unsubscribe(function) for step, function in _handlers(handlers)]
        return all(undone)

    def traceSync(self, function: Any = None, context: Any = None, _this: Any = None, *arguments: Any) -> Any:
        """Call a function between `start` and `end`."""
        message = plain({}) if context is None else context
        self._publish("start", message)
        try:
            result = function(*arguments)
        except BaseException as problem:
            _set(message, "error", problem)
            self._publish("error", message)
            raise
        else:
            _set(message, "result", result)
            return result
        finally:
            self._publish("end", message)

    def tracePromise(self, function: Any = None, context: Any = None, _this: Any = None, *arguments: Any) -> Any:
        """Call a function that returns a promise; `asyncStart` and `asyncEnd` come when that is settled."""
        from pywrangler.runtime.js.proxy import JsPromise

        message = plain({}) if context is None else context
        self._publish("start", message)
        try:
            promise = function(*arguments)
        finally:
            self._publish("end", message)

        @runs_user_code
        async def follow() -> Any:
            try:
                result = await promise
            except BaseException as problem:
                _set(message, "error", problem)
                self._publish("error", message)
                raise
            else:
                _set(message, "result", result)
                return result
            finally:
                self._publish("asyncStart", message)
                self._publish("asyncEnd", message)

        return JsPromise.start(follow())

    def _publish(self, step: str, message: Any) -> None:
        getattr(self, step).publish(message)


def _handlers(handlers: Any) -> list[tuple[str, Any]]:
    given = handlers if isinstance(handlers, dict) else handlers._own_properties()
    return [(step, given[step]) for step in _STEPS if given.get(step) is not None]


def _set(message: Any, name: str, value: Any) -> None:
    if isinstance(message, dict):
        message[name] = value
    else:
        setattr(message, name, value)


def channel(name: Any = None) -> Channel:
    """Return the channel of a name, which is one for all."""
    key = property_key(name)
    if key not in _channels:
        _channels[key] = Channel.new(name)
    return _channels[key]


def tracingChannel(name: Any = None) -> TracingChannel:
    """Return the five channels of a name."""
    return TracingChannel.new(name)  # type: ignore[no-any-return]


def hasSubscribers(name: Any = None) -> bool:
    """Tell whether anybody listens to a channel."""
    return channel(name).hasSubscribers


def subscribe(name: Any = None, function: Any = None) -> None:
    """Subscribe to a channel by its name."""
    channel(name).subscribe(function)


def unsubscribe(name: Any = None, function: Any = None) -> bool:
    """Undo `subscribe`."""
    return channel(name).unsubscribe(function)


EXPORTS: dict[str, Any] = {
    "Channel": Channel,
    "TracingChannel": TracingChannel,
    "channel": channel,
    "hasSubscribers": hasSubscribers,
    "subscribe": subscribe,
    "tracingChannel": tracingChannel,
    "unsubscribe": unsubscribe,
}
