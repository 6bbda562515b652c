"""Synchronous HTTP clients and other blocking calls in handlers of real hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.published.asking import WORKERS
from tests.published.asking import ask as ask_port
from tests.published.origin import LARGE, Origin, make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes

SOURCE = (WORKERS / "blocking.py").read_text()

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
