"""Workers as tests use them: requests, sockets, events, objects. Everything here waits for its result."""

from __future__ import annotations

import http.client
import json as _json
import uuid
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from pywrangler.protocol import testing as protocol
from pywrangler.testing import values
from pywrangler.testing.databases import Database
from pywrangler.testing.failures import WorkerLostError
from pywrangler.testing.websocket import WebSocket
from pywrangler.testing.workflows import Workflow

if TYPE_CHECKING:
    from email.message import Message as EmailMessage

    from pywrangler.testing.session import LogLine, TestSession

REQUEST_SECONDS = 30.0
_URL_CHARACTERS = "%/:=&?~#+!$,;'@()*[]-._"


class Response(NamedTuple):
    """What a Worker answered."""

    status: int
    reason: str
    pairs: tuple[tuple[str, str], ...]
    """The headers as they came, names in lower case."""
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The headers by name in lower case; repeated ones are joined by a comma."""
        joined: dict[str, str] = {}
        for name, value in self.pairs:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Return what the body holds as JSON."""
        return _json.loads(self.body)

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.reason} {self.text[:200]!r}>"


def _is_absolute(url: str) -> bool:
    return url.startswith(("http://", "https://", "ws://", "wss://"))


def _content(
    body: bytes | str | None, json: Any, headers: Mapping[str, str] | None
) -> tuple[bytes | None, dict[str, str]]:
    fields = dict(headers or {})
    if json is not None:
        if body is not None:
            raise TypeError("A request has one body: body or json.")
        if "content-type" not in map(str.lower, fields):
            fields["Content-Type"] = "application/json"
        return _json.dumps(json).encode(), fields
    return body.encode() if isinstance(body, str) else body, fields


class QueueResult(NamedTuple):
    """What a queue handler decided, by the ids of messages."""

    acked: tuple[str, ...]
    retried: dict[str, float]
    """Delays in seconds."""


class EmailResult(NamedTuple):
    """What an email handler did."""

    rejection: str | None
    """The reason that it gave last."""
    forwards: tuple[protocol.Forward, ...]
    """Each with `recipient`, `headers` (pairs) and `message_id`."""
    replies: tuple[protocol.MailReply, ...]
    """Each with `sender`, `raw` (the whole mail as bytes) and `message_id`."""


def _address(content: bytes, name: str) -> str:
    from email import message_from_bytes
    from email.utils import getaddresses

    values = message_from_bytes(content).get_all(name, [])
    found = next((address for _, address in getaddresses(list(map(str, values))) if address), "")
    if not found:
        raise ValueError(f"The mail has no address in {name}: give it as sender= or recipient=.")
    return found


class Worker:
    """One Worker of the session."""

    def __init__(self, session: TestSession, name: str) -> None:
        self._session = session
        self.name = name
        self.url = session.urls[name]
        """Where it answers, as http://localhost:<port>."""

    def __repr__(self) -> str:
        return f"<Worker {self.name} at {self.url}>"

    # ---- requests

    def fetch(
        self,
        url: str = "/",
        method: str = "GET",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        json: Any = None,
    ) -> Response:
        """Send a request over HTTP and return the response; redirects are not followed.

        `url` is a path, or a whole URL that the Worker sees with its host name.
        """
        host, path = self._place(url)
        content, fields = _content(body, json, headers)
        if "host" not in map(str.lower, fields):
            fields["Host"] = host
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=REQUEST_SECONDS)
        try:
            connection.request(method.upper(), path, content, fields)
            answer = connection.getresponse()
            pairs = tuple((name.lower(), value) for name, value in answer.getheaders())
            return Response(answer.status, answer.reason, pairs, answer.read())
        except (http.client.HTTPException, OSError) as problem:
            raise WorkerLostError(f'Worker "{self.name}" did not answer {method} {path}: {problem!r}') from problem
        finally:
            connection.close()

    def get(self, url: str = "/", **options: Any) -> Response:
        """Send a GET request."""
        return self.fetch(url, "GET", **options)

    def post(self, url: str = "/", **options: Any) -> Response:
        """Send a POST request."""
        return self.fetch(url, "POST", **options)

    def put(self, url: str = "/", **options: Any) -> Response:
        """Send a PUT request."""
        return self.fetch(url, "PUT", **options)

    def patch(self, url: str = "/", **options: Any) -> Response:
        """Send a PATCH request."""
        return self.fetch(url, "PATCH", **options)

    def delete(self, url: str = "/", **options: Any) -> Response:
        """Send a DELETE request."""
        return self.fetch(url, "DELETE", **options)

    def ws(
        self, url: str = "/", *, headers: Mapping[str, str] | None = None, timeout: float = REQUEST_SECONDS
    ) -> WebSocket:
        """Open a WebSocket; NotUpgradedError if the Worker answers something else than 101."""
        host, path = self._place(url)
        return WebSocket(self._port, host, path, headers or {}, timeout)

    @property
    def _port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def _place(self, url: str) -> tuple[str, str]:
        url = quote(url, safe=_URL_CHARACTERS)
        if not _is_absolute(url):
            return f"localhost:{self._port}", url if url.startswith("/") else f"/{url}"
        parts = urlsplit(url)
        return parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    # ---- events

    def scheduled(self, cron: str = "", time: float | datetime | None = None) -> dict[str, Any]:
        """Run the scheduled handler, as at a time (seconds since the epoch) or now; RemoteError if it fails."""
        moment = time.timestamp() if isinstance(time, datetime) else time
        task = protocol.Scheduled(cron, None if moment is None else moment * 1000)
        data = self._session.ask(self.name, task)
        result: dict[str, Any] = protocol.unpack(data, dict[str, Any])
        return result

    def queue(self, name: str, messages: Sequence[Any]) -> QueueResult:
        """Run the queue handler on a batch; RemoteError if it fails.

        A message is a body, or `QueueMessage(body, id=..., attempts=..., time=...)`; ids are "0", "1", ... by default.
        """
        batch = tuple(
            (item if isinstance(item, QueueMessage) else QueueMessage(item)).packed(number)
            for number, item in enumerate(messages)
        )
        outcome = protocol.unpack(self._session.ask(self.name, protocol.Queue(name, batch)), protocol.BatchOutcome)
        return QueueResult(outcome.acked, outcome.retried)

    def email(
        self, raw: str | bytes | EmailMessage, *, sender: str | None = None, recipient: str | None = None
    ) -> EmailResult:
        """Run the email handler on a whole mail and return what it did; RemoteError if it fails.

        The envelope is from the mail's own From to its own To, unless `sender` and `recipient` say otherwise.
        """
        content = raw.encode() if isinstance(raw, str) else raw if isinstance(raw, bytes) else raw.as_bytes()
        envelope = (sender or _address(content, "From"), recipient or _address(content, "To"))
        data = self._session.ask(self.name, protocol.Email(*envelope, content))
        outcome = protocol.unpack(data, protocol.EmailOutcome)
        return EmailResult(outcome.rejection, outcome.forwards, outcome.replies)

    def tail(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Run the tail handler on traces of invocations; RemoteError if it fails.

        A trace is a dict as docs/tail.md shows it; what it leaves out has a default.
        """
        self._session.ask(self.name, protocol.Tail(values.encode([dict(event) for event in events])))

    # ---- objects and entrypoints

    def object(self, binding: str, name: str | None = None, *, id: str | None = None) -> ObjectStub:
        """Return a stub for an object behind a binding of this Worker: by name, by id, or a new one."""
        return self.namespace(binding).get(name, id=id)

    def namespace(self, binding: str) -> Namespace:
        """Return the objects behind a Durable Object binding of this Worker, or of a class of it."""
        config = self._session.configs[self.name]
        for item in config.durable_objects:
            if item.name == binding:
                owner = item.script_name or self.name
                if owner not in self._session.urls:
                    raise LookupError(f'The binding {binding} needs the Worker "{owner}", which the tests do not run.')
                return Namespace(self._session, owner, item.class_name)
        if any(item.class_name == binding for item in config.durable_object_classes):
            return Namespace(self._session, self.name, binding)
        known = ", ".join(item.name for item in config.durable_objects) or "none"
        raise LookupError(f'Worker "{self.name}" has no Durable Object binding {binding} (it has: {known}).')

    def workflow(self, binding: str) -> Workflow:
        """Return the workflow behind a binding of this Worker."""
        config = self._session.configs[self.name]
        others = [item for item in config.others if item.kind == "workflows"]
        for item in others:
            if item.name == binding:
                owner = item.data.get("script_name") or self.name
                if owner not in self._session.urls:
                    raise LookupError(f'The binding {binding} needs the Worker "{owner}", which the tests do not run.')
                return Workflow(self._session, owner, item.data["name"])
        known = ", ".join(item.name for item in others) or "none"
        raise LookupError(f'Worker "{self.name}" has no workflow binding {binding} (it has: {known}).')

    def d1(self, binding: str) -> Database:
        """Return the database behind a D1 binding of this Worker."""
        known = [item.name for item in self._session.configs[self.name].others if item.kind == "d1_databases"]
        if binding not in known:
            shown = ", ".join(known) or "none"
            raise LookupError(f'Worker "{self.name}" has no D1 binding {binding} (it has: {shown}).')
        return Database(self._session, self.name, binding)

    def entrypoint(self, name: str = "default") -> Stub:
        """Return a stub for an entrypoint, as a service binding to it would be."""
        return Stub(self._session, self.name, protocol.Address("entrypoint", name))

    # ---- what it has and says

    @property
    def env(self) -> Variables:
        """The plain values of `env`; those that are set here hold until the end of the test."""
        return Variables(self._session, self.name)

    @property
    def logs(self) -> list[LogLine]:
        """What the Worker has said since the test began."""
        self._session.flush()
        return [line for line in self._session.logs if line.worker == self.name and line.level != "request"]


class QueueMessage(NamedTuple):
    """A message for `Worker.queue`; time in seconds since the epoch."""

    body: Any
    id: str | None = None
    attempts: int = 1
    time: float | None = None

    def packed(self, number: int) -> protocol.Message:
        """Return it as it travels."""
        moment = None if self.time is None else self.time * 1000
        return protocol.Message(self.id or str(number), values.encode(self.body), self.attempts, moment)


class Stub:
    """Calls methods of an entrypoint or object, and sends it requests: any name that is not here is a method of it."""

    def __init__(self, session: TestSession, worker: str, address: protocol.Address) -> None:
        self._session = session
        self._worker = worker
        self._address = address

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def method(*arguments: Any, **options: Any) -> Any:
            # As in user code: keywords become one trailing object.
            given = values.encode([*arguments, *([options] if options else [])])
            task = protocol.Call(self._address, (name,), given)
            return values.decode(self._session.ask(self._worker, task))

        method.__name__ = name
        return method

    def fetch(
        self,
        url: str = "/",
        method: str = "GET",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        json: Any = None,
    ) -> Response:
        """Send a request through the stub; a path means http://localhost/path."""
        content, fields = _content(body, json, headers)
        whole = url if _is_absolute(url) else f"http://localhost/{url.removeprefix('/')}"
        task = protocol.Fetch(self._address, method.upper(), whole, tuple(fields.items()), content)
        reply = protocol.unpack(self._session.ask(self._worker, task), protocol.Reply)
        return Response(reply.status, reply.reason, reply.headers, reply.body)


class ObjectStub(Stub):
    """A stub of a Durable Object."""

    def __repr__(self) -> str:
        known = self._address.object_name or self._address.object_id
        return f"<{self._address.name} {known!r} of {self._worker}>"


class Namespace:
    """All objects of a class."""

    def __init__(self, session: TestSession, worker: str, class_name: str) -> None:
        self._session = session
        self._worker = worker
        self._class_name = class_name

    def get(self, name: str | None = None, *, id: str | None = None) -> ObjectStub:
        """Return a stub by name, by id, or for an object that nobody else has."""
        if name is not None and id is not None:
            raise TypeError("An object has a name or an id.")
        if name is None and id is None:
            name = uuid.uuid4().hex
        return ObjectStub(self._session, self._worker, protocol.Address("object", self._class_name, id, name))

    def ids(self) -> list[str]:
        """Return the ids of the objects that live or have stored something."""
        found: list[str] = protocol.unpack(
            self._session.ask(self._worker, protocol.ListObjects(self._class_name)), list[str]
        )
        return found


class Variables(MutableMapping[str, Any]):
    """The plain values of `env` of one Worker; objects that are busy keep what they have read."""

    def __init__(self, session: TestSession, worker: str) -> None:
        self._session = session
        self._worker = worker

    def _all(self) -> dict[str, Any]:
        found: dict[str, Any] = values.decode(self._session.ask(self._worker, protocol.Variables()))
        return found

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def update(self, *given: Any, **named: Any) -> None:
        """Set several values at once."""
        self._session.ask(self._worker, protocol.SetVariables(values.encode(dict(*given, **named))))

    def __delitem__(self, name: str) -> None:
        raise TypeError("A variable cannot be removed from env; set it to something else.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return f"<env of {self._worker}: {', '.join(self)}>"  # never values: some are secrets


class Workers(Mapping[str, Worker]):
    """The Workers of the session by name, the first one first."""

    def __init__(self, session: TestSession) -> None:
        self._session = session
        self._workers = {name: Worker(session, name) for name in session.urls}

    def __getitem__(self, name: str) -> Worker:
        if name not in self._workers:
            raise KeyError(f"no Worker {name!r}; these run: {', '.join(self._workers)}")
        return self._workers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._workers)

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def first(self) -> Worker:
        """The first one: the only one, in many projects."""
        return next(iter(self._workers.values()))
