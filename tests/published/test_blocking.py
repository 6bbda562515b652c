"""Synchronous HTTP clients and other blocking calls in handlers of real hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.published.asking import ask as ask_port
from tests.published.origin import LARGE, Origin, make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes

SOURCE = """
import asyncio
import hashlib
import socket
import ssl
import threading
import urllib.request
from urllib.parse import parse_qs, urlsplit

import httpx
import requests
import urllib3
from workers import DurableObject, Response, WorkerEntrypoint, env

AUTHORITY = env.AUTHORITY
AT_IMPORT = requests.get(env.PLAIN + "/hello", timeout=5).text
session = requests.Session()
pool = urllib3.PoolManager(ca_certs=AUTHORITY)
client = httpx.Client(verify=ssl.create_default_context(cafile=AUTHORITY))


def with_requests(url, timeout, data):
    answer = session.request("POST" if data else "GET", url, timeout=timeout, data=data, verify=AUTHORITY)
    return answer.content

def with_urllib3(url, timeout, data):
    retries = urllib3.Retry(3, read=0)
    return pool.request("POST" if data else "GET", url, timeout=timeout, body=data, retries=retries).data

def with_httpx(url, timeout, data):
    return client.request("POST" if data else "GET", url, timeout=timeout, content=data, follow_redirects=True).content

def with_urllib(url, timeout, data):
    context = ssl.create_default_context(cafile=AUTHORITY) if url.startswith("https") else None
    with urllib.request.urlopen(url, data, timeout=timeout, context=context) as answer:
        return answer.read()

CLIENTS = {"requests": with_requests, "urllib3": with_urllib3, "httpx": with_httpx, "urllib": with_urllib}


class Thing(DurableObject):
    def call(self, client, url):
        self.ctx.storage.kv.put("called", url)
        return len(CLIENTS[client](url, 5, None))

    def called(self):
        return self.ctx.storage.kv.get("called")


class Default(WorkerEntrypoint):
    def fetch(self, request):
        parts = urlsplit(request.url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return getattr(self, "do_" + parts.path[1:])(**query)

    def do_call(self, client, url, timeout="5", size="0"):
        try:
            content = CLIENTS[client](url, float(timeout), b"x" * int(size) or None)
        except Exception as error:
            return Response.json({"error": type(error).__name__})
        return Response.json({"size": len(content), "digest": hashlib.sha256(content).hexdigest()})

    def do_plain(self):
        return Response("answered")

    def do_import(self):
        return Response(AT_IMPORT)

    async def do_object(self, client, url):
        stub = self.env.THING.getByName("main")
        return Response.json([await stub.call(client, url), await stub.called()])

    async def do_thread(self, url):
        return Response.json(len((await asyncio.to_thread(requests.get, url)).text))

    async def do_sockets(self):
        left, right = socket.socketpair()
        left.settimeout(5)
        seen = []
        async def reads():
            with left.makefile("rb") as file:
                for line in file:
                    seen.append(line.decode())
        async def writes():
            for n in range(3):
                right.sendall(b"line %d\\n" % n)
                await asyncio.sleep(0)
            right.close()
        await asyncio.gather(reads(), writes())
        left.close()
        return Response.json(seen)

    async def do_flood(self):
        left, right = socket.socketpair()
        data = bytes(range(256)) * 20000
        async def writes():
            right.sendall(data)
            right.shutdown(socket.SHUT_WR)
        async def reads():
            parts = []
            while part := left.recv(65536):
                parts.append(part)
            return b"".join(parts)
        _, received = await asyncio.gather(writes(), reads())
        left.close()
        right.close()
        return Response.json(received == data)

    async def do_listen(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            async def serves():
                connection, _ = server.accept()
                with connection:
                    connection.sendall(connection.recv(100).upper())
            async def connects():
                with socket.create_connection(server.getsockname(), timeout=5) as connection:
                    connection.sendall(b"hello")
                    return connection.recv(100).decode()
            _, answer = await asyncio.gather(serves(), connects())
        with socket.socket() as refused:
            refused.bind(("127.0.0.1", 0))
            try:
                socket.create_connection(refused.getsockname(), timeout=5)
            except ConnectionRefusedError:
                return Response.json([answer, "refused"])

    async def do_closed(self):
        left, right = socket.socketpair()
        async def waits():
            try:
                left.recv(1)
            except OSError as error:
                return type(error).__name__, error.errno
        task = asyncio.create_task(waits())
        await asyncio.sleep(0.01)
        left.close()
        result = await task
        right.close()
        return Response.json(result)

    async def do_cancelled(self):
        left, right = socket.socketpair()
        async def waits():
            return left.recv(5)
        task = asyncio.create_task(waits())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        right.sendall(b"later")
        answer = left.recv(5).decode()
        left.close()
        right.close()
        return Response.json([task.cancelled(), answer])

    def do_timeout(self):
        left, right = socket.socketpair()
        left.settimeout(0.05)
        try:
            left.recv(1)
        except TimeoutError as error:
            return Response.json([str(error), left.gettimeout()])
        finally:
            left.close()
            right.close()

    def do_nonblocking(self):
        left, right = socket.socketpair()
        left.setblocking(False)
        try:
            left.recv(1)
        except BlockingIOError:
            return Response("would block")
        finally:
            left.close()
            right.close()
"""

CLIENTS = ("requests", "urllib3", "httpx", "urllib")


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Origin]]:
    certificate = make_certificate(tmp_path_factory.mktemp("tls") / "localhost.pem")
    found = {"http": Origin(), "https": Origin(certificate)}
    yield found
    for origin in found.values():
        origin.close()


@pytest.fixture(scope="module")
def session(area: Project, origins: dict[str, Origin], tmp_path_factory: pytest.TempPathFactory) -> Dev:
    authority = next(tmp_path_factory.getbasetemp().glob("tls*/localhost.pem"))
    directory = area.worker(
        "calls",
        SOURCE,
        vars={"PLAIN": origins["http"].url, "AUTHORITY": str(authority)},
        durable_objects={"bindings": [{"name": "THING", "class_name": "Thing"}]},
        migrations=[{"tag": "v1", "new_sqlite_classes": ["Thing"]}],
    )
    return area.dev(cwd=directory).ready()


@pytest.fixture
def ask(area: Project, session: Dev) -> Callable[..., Any]:
    return lambda *paths, **options: ask_port(area.port("calls"), *paths, **options)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_clients_read_large_answers_and_follow_redirects(
    ask: Callable[..., Any], origins: dict[str, Origin], client: str, scheme: str
) -> None:
    url = origins[scheme].url
    large, redirected = ask(f"/call?client={client}&url={url}/large", f"/call?client={client}&url={url}/redirect")
    assert large == redirected
    assert large["size"] == len(LARGE)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_clients_send_large_bodies(
    ask: Callable[..., Any], origins: dict[str, Origin], client: str, scheme: str
) -> None:
    answer = ask(f"/call?client={client}&url={origins[scheme].url}/take&size=3000000")
    assert answer["size"] == len("3000000")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_other_requests_are_served_while_a_client_waits(
    ask: Callable[..., Any], origins: dict[str, Origin], client: str, scheme: str
) -> None:
    # The first answer comes after the last request only: a host that blocks would never get that far.
    url = f"/call?client={client}&url={origins[scheme].url}"
    ask(f"{url}/reset")
    held, plain, released = ask(f"{url}/held", "/plain", f"{url}/release")
    assert plain == "answered"
    assert held["size"] == released["size"] == 21


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_may_call_its_own_worker(ask: Callable[..., Any], area: Project, client: str) -> None:
    answer = ask(f"/call?client={client}&url=http://localhost:{area.port('calls')}/plain")
    assert answer["size"] == len("answered")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("client", "error"),
    [
        ("requests", "ReadTimeout"),
        ("urllib3", "MaxRetryError"),
        ("httpx", "ReadTimeout"),
        ("urllib", "TimeoutError"),
    ],
)
def test_timeouts_are_kept(
    ask: Callable[..., Any], origins: dict[str, Origin], client: str, error: str, scheme: str
) -> None:
    url = f"{origins[scheme].url}"
    ask(f"/call?client={client}&url={url}/reset")
    assert ask(f"/call?client={client}&url={url}/held&timeout=0.2") == {"error": error}


@pytest.mark.parametrize("client", CLIENTS)
def test_objects_call_after_what_they_wrote_is_durable(
    ask: Callable[..., Any], origins: dict[str, Origin], client: str
) -> None:
    url = origins["http"].url + "/hello"
    assert ask(f"/object?client={client}&url={url}") == [21, url]


def test_outside_of_handlers_calls_block_as_ever(ask: Callable[..., Any], origins: dict[str, Origin]) -> None:
    assert ask("/import") == "hello from the origin"
    assert ask(f"/thread?url={origins['http'].url}/hello") == 21


def test_plain_sockets_suspend_the_handler(ask: Callable[..., Any]) -> None:
    assert ask("/sockets") == ["line 0\n", "line 1\n", "line 2\n"]
    assert ask("/flood") is True
    assert ask("/listen") == ["HELLO", "refused"]


def test_timeouts_and_modes_of_sockets_are_kept(ask: Callable[..., Any]) -> None:
    assert ask("/timeout") == ["timed out", 0.05]
    assert ask("/nonblocking") == "would block"


def test_closing_and_cancelling_end_a_wait(ask: Callable[..., Any]) -> None:
    assert ask("/closed") == ["OSError", 9]
    assert ask("/cancelled") == [True, "later"]
    assert ask("/plain") == "answered"
