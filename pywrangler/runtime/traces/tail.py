"""The tail event: traces of other Workers' invocations, as a `tail` handler gets them.

Items are JavaScript objects, as on the platform: `item.event.request.url`, `item.logs`, `item.exceptions`. Requests are
shown redacted, `getUnredacted()` shows them as they were.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pywrangler.runtime.ports import Target
    from pywrangler.runtime.worker import WorkerRuntime

REDACTED = "REDACTED"
SECRET_WORDS = ("auth", "jwt", "key", "secret", "token")
SECRET_NAMES = frozenset(("cookie", "set-cookie"))
_IDENTIFIER = re.compile(r"[A-Za-z0-9+_-]{21,}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f+_-]+")
_SEPARATORS = re.compile(r"[+_-]")
HEX_DIGITS = 32
TWO = 2

UNDEFINED = (
    "durableObjectId", "preview", "tailAttributes", "scriptTags", "dispatchNamespace", "scriptVersion", "entrypoint",
)  # fmt: skip
"""Properties of an item that are undefined unless there is something to say."""


def redacted_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with the values hidden whose names sound like a secret."""
    return {name: REDACTED if _is_secret(name.lower()) else value for name, value in headers.items()}


def _is_secret(name: str) -> bool:
    return name in SECRET_NAMES or any(word in name for word in SECRET_WORDS)


def redacted_url(url: str) -> str:
    """Return a URL with everything hidden that looks like an identifier: 32 hexadecimal digits, or base64."""
    return _IDENTIFIER.sub(lambda match: REDACTED if _is_identifier(match[0]) else match[0], url)


def _is_identifier(text: str) -> bool:
    if _HEXADECIMAL.fullmatch(text) is not None and len(_SEPARATORS.sub("", text)) >= HEX_DIGITS:
        return True
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(sum(map(is_kind, text)) >= TWO for is_kind in kinds)


class TracedRequest(JsProxy, js_name="Request"):
    """The request of a trace."""

    __slots__ = ("_shown",)

    def __init__(self, shown: Mapping[str, Any], *, is_redacted: bool = True) -> None:
        self._shown = shown
        url, headers = str(shown.get("url", "")), dict(shown.get("headers") or {})
        self.url = redacted_url(url) if is_redacted else url
        self.method = shown.get("method", "GET")
        self.headers = plain(redacted_headers(headers) if is_redacted else headers)
        self.cf = to_js_value(shown["cf"]) if "cf" in shown else None

    def getUnredacted(self) -> TracedRequest:
        """Return the request as it was."""
        whole: TracedRequest = TracedRequest.new(self._shown, is_redacted=False)
        return whole


class _Info(JsProxy):
    """What an item says of its event, a log or an exception: properties only."""

    def __init__(self, **properties: Any) -> None:
        vars(self).update(properties)


class FetchEventInfo(_Info):
    """Of a request."""


class TracedResponse(_Info, js_name="Response"):
    """Of the answer to it."""


class JsRpcEventInfo(_Info):
    """Of a call."""


class ScheduledEventInfo(_Info):
    """Of a cron trigger."""


class AlarmEventInfo(_Info):
    """Of an alarm; `scheduledTime` is a Date."""


class QueueEventInfo(_Info):
    """Of a batch."""


class EmailEventInfo(_Info):
    """Of a mail."""


class TailEventInfo(_Info):
    """Of a tail event."""


class HibernatableWebSocketEventInfo(_Info):
    """Of an event of a hibernatable WebSocket."""


class CustomEventInfo(_Info):
    """Of anything else."""


class TraceLog(_Info):
    """A line of output."""


class TraceException(_Info):
    """An exception that nobody caught."""


def event_info(event: Mapping[str, Any] | None) -> Any:
    """Return the `event` of an item; which kind it is, its properties tell."""
    if event is None:
        return jsnull
    if "request" in event:
        response = event.get("response")
        answer = None if response is None else TracedResponse.new(status=response["status"])
        return FetchEventInfo.new(request=TracedRequest.new(event["request"]), response=answer)
    if "cron" in event:
        return ScheduledEventInfo.new(cron=event["cron"], scheduledTime=event.get("scheduledTime"))
    if "scheduledTime" in event:
        return AlarmEventInfo.new(scheduledTime=JsDate.new(event["scheduledTime"]))
    kinds = (
        ("rpcMethod", JsRpcEventInfo),
        ("queue", QueueEventInfo),
        ("mailFrom", EmailEventInfo),
        ("consumedEvents", TailEventInfo),
        ("getWebSocketEvent", HibernatableWebSocketEventInfo),
    )
    kind = next((found for key, found in kinds if key in event), CustomEventInfo)
    return kind.new(**{name: to_js_value(value) for name, value in event.items()})


class TraceItem(JsProxy):
    """One invocation of another Worker."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        shown = vars(self)
        shown["wallTime"] = item.get("wallTime", 0)
        shown["cpuTime"] = item.get("cpuTime", 0)
        shown["truncated"] = item.get("truncated", False)
        shown["executionModel"] = item.get("executionModel", "stateless")
        shown["outcome"] = item.get("outcome", "ok")
        shown.update({name: to_js_value(item[name]) if name in item else None for name in UNDEFINED})
        shown["scriptName"] = item.get("scriptName") or jsnull
        shown["diagnosticsChannelEvents"] = array(())
        shown["exceptions"] = array(_info(TraceException, ("stack",), entry) for entry in item.get("exceptions", ()))
        shown["logs"] = array(_info(TraceLog, ("errorInfo",), entry) for entry in item.get("logs", ()))
        shown["eventTimestamp"] = item.get("eventTimestamp", jsnull)
        shown["event"] = event_info(item.get("event"))


def _info(kind: type[_Info], undefined: Sequence[str], entry: Mapping[str, Any]) -> Any:
    known = {name: to_js_value(value) for name, value in entry.items()}
    return kind.new(**dict.fromkeys(undefined) | known)


async def deliver(worker: WorkerRuntime, target: Target, items: Sequence[Mapping[str, Any]]) -> None:
    """Run the `tail` handler (or the older `trace`) on items; raises what it raises."""
    traces = array(TraceItem.new(item) for item in items)
    await worker.handle(target, _handler(worker), (traces,))


def _handler(worker: WorkerRuntime) -> str:
    known = worker.exports.default_handlers
    return "trace" if "trace" in known and "tail" not in known else "tail"


class TailReceiver:
    """Takes tail events of other Workers; failures of the handler are reported here, where they happen."""

    __slots__ = ("_has_complained", "_report", "_worker")

    def __init__(self, worker: WorkerRuntime, report: Callable[[BaseException], None]) -> None:
        self._worker = worker
        self._report = report
        self._has_complained = False

    async def take(self, target: Target, payload: Mapping[str, Any]) -> None:
        """Take one event."""
        if not {"tail", "trace"} & set(self._worker.exports.default_handlers):
            self._complain()
            return
        try:
            await deliver(self._worker, target, payload["events"])
        except Exception as problem:
            self._report(problem)

    def _complain(self) -> None:
        if not self._has_complained:
            self._has_complained = True
            context.log(
                "warn",
                "Another Worker sends tail events to this one, which exports no tail() handler: they are dropped. "
                "Add one, or remove this Worker from `tail_consumers` of the other.",
            )
