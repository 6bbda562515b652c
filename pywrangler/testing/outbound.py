"""What the world answers to Workers: every `fetch` ends here, and is refused unless the test has said something else.

A route is a method and a URL: the URL as text, with `*` for any text, or a compiled regular expression. Text without
`?` matches whatever the query. Later routes go before earlier ones. Several responses to one route are given one after
the other; the last one stays.
"""

from __future__ import annotations

import json as _json
import re
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit

from pywrangler.protocol import testing as protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class OutboundRequest(NamedTuple):
    """A request that a Worker has sent."""

    worker: str
    method: str
    url: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Return what the body holds as JSON."""
        return _json.loads(self.body)


class Answer(NamedTuple):
    """A response for a Worker; `answer(...)` makes one."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(
    status: int = 200,
    *,
    json: Any = None,
    text: str | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return a response with one kind of body, and the content type that fits unless `headers` has one."""
    if sum(given is not None for given in (json, text, body)) > 1:
        raise TypeError("A response has one body: json, text or body.")
    fields = {name.lower(): value for name, value in (headers or {}).items()}
    content = body or b""
    if json is not None:
        content = _json.dumps(json).encode()
        fields.setdefault("content-type", "application/json")
    elif text is not None:
        content = text.encode()
        fields.setdefault("content-type", "text/plain;charset=UTF-8")
    return Answer(status, fields, content)


class Route:
    """What is answered to one method and URL; `requests` are those that came."""

    def __init__(self, method: str, url: str | re.Pattern[str]) -> None:
        self.method = method.upper()
        self.requests: list[OutboundRequest] = []
        self._pattern = url if isinstance(url, re.Pattern) else _pattern(url)
        self._answers: list[Answer | Callable[[OutboundRequest], Answer] | str] = []

    def respond(self, status: int | Callable[[OutboundRequest], Answer] = 200, **content: Any) -> Self:
        """Answer with a status and `json`, `text` or `body`, and `headers`; or with what a function makes of it.

        The function runs in a thread of its own while the test waits, and returns what `answer(...)` gives.
        """
        self._answers.append(status if callable(status) else answer(status, **content))
        return self

    def fail(self, message: str = "Network connection lost.") -> Self:
        """Fail the request, as a network does."""
        self._answers.append(message)
        return self

    def matches(self, request: OutboundRequest) -> bool:
        """Whether the request is meant."""
        if self.method not in ("*", request.method) or not self._answers:
            return False
        return self._pattern.fullmatch(request.url) is not None

    def take(self, request: OutboundRequest) -> Answer | Callable[[OutboundRequest], Answer] | str:
        """Return the answer to a request, the function that makes it, or the text of its failure."""
        self.requests.append(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def _pattern(url: str) -> re.Pattern[str]:
    text = ".*".join(map(re.escape, url.split("*")))
    return re.compile(text if "?" in url else rf"{text}(\?.*)?", re.DOTALL)


class Outbound:
    """The world as one test has it."""

    def __init__(self, own: Callable[[], Mapping[str, str]] = dict) -> None:
        """`own` gives the URLs of the Workers themselves, which may be reached."""
        self.requests: list[OutboundRequest] = []
        """All of them, in order, refused ones included."""
        self._routes: list[Route] = []
        self._allowed: list[str] = []
        self._own = own

    def route(self, method: str, url: str | re.Pattern[str]) -> Route:
        """Return a new route; `*` as method means any."""
        made = Route(method, url)
        self._routes.insert(0, made)
        return made

    def get(self, url: str | re.Pattern[str]) -> Route:
        """Return a new route for GET."""
        return self.route("GET", url)

    def post(self, url: str | re.Pattern[str]) -> Route:
        """Return a new route for POST."""
        return self.route("POST", url)

    def put(self, url: str | re.Pattern[str]) -> Route:
        """Return a new route for PUT."""
        return self.route("PUT", url)

    def patch(self, url: str | re.Pattern[str]) -> Route:
        """Return a new route for PATCH."""
        return self.route("PATCH", url)

    def delete(self, url: str | re.Pattern[str]) -> Route:
        """Return a new route for DELETE."""
        return self.route("DELETE", url)

    def any(self, url: str | re.Pattern[str]) -> Route:
        """Return a new route for all methods."""
        return self.route("*", url)

    def allow(self, origin: str) -> None:
        """Let requests out whose URL begins like this, to the real network."""
        self._allowed.append(origin)

    # ---- for the session

    def answer(self, worker: str, outgoing: protocol.Outgoing) -> protocol.Incoming | Callable[[], protocol.Incoming]:
        """Return what becomes of a request; or a function of the test that says so, to be called in another thread."""
        headers = {name.lower(): value for name, value in outgoing.headers}
        request = OutboundRequest(worker, outgoing.method, outgoing.url, headers, outgoing.body)
        self.requests.append(request)
        route = next((route for route in self._routes if route.matches(request)), None)
        if route is None:
            allowed = (*self._allowed, *self._own().values())
            return protocol.Incoming(refused="" if request.url.startswith(allowed) else _refusal(request))
        found = route.take(request)
        if isinstance(found, str):
            return protocol.Incoming(refused=found)
        return _incoming(found) if isinstance(found, Answer) else partial(_computed, found, request)


def _incoming(found: Answer) -> protocol.Incoming:
    reason = HTTPStatus(found.status).phrase if found.status in HTTPStatus._value2member_map_ else ""
    return protocol.Incoming(protocol.Reply(found.status, reason, tuple(found.headers.items()), found.body))


def _computed(function: Callable[[OutboundRequest], Answer], request: OutboundRequest) -> protocol.Incoming:
    try:
        return _incoming(function(request))
    except Exception as problem:
        return protocol.Incoming(refused=f"The answer to {request.method} {request.url} failed: {problem!r}")


def _refusal(request: OutboundRequest) -> str:
    place = urlsplit(request.url)
    return (
        f"{request.method} {request.url} was refused: tests do not reach the network. Say what comes back with "
        f'outbound.route("{request.method}", "{request.url}").respond(...), or let it out with '
        f'outbound.allow("{place.scheme}://{place.netloc}").'
    )
