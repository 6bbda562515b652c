"""Public ports: which one is taken, and what is said when it cannot be."""

from __future__ import annotations

import os
import socket
from contextlib import closing

import pytest

from pywrangler.config.model import Dev
from pywrangler.errors import StartError
from pywrangler.session import ports
from pywrangler.session.ports import bind_public, port_owner
from pywrangler.session.start import bind_ports

from .sample import worker


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def default_port(monkeypatch):
    """Move the default to a free port, so that tests do not depend on what runs on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number = probe.getsockname()[1]
    monkeypatch.setattr(ports, "DEFAULT_PORT", number)
    return number


def test_localhost_is_both_addresses_on_one_port():
    with closing(bind_public("localhost", 0)) as bound:
        assert bound.urls == (f"http://localhost:{bound.port}",)
        assert bound.public_url == bound.urls[0]
        names = {listener.getsockname()[:2] for listener in bound.sockets}
        assert ("127.0.0.1", bound.port) in names
        assert names <= {("127.0.0.1", bound.port), ("::1", bound.port)}
        assert all(not os.get_inheritable(listener.fileno()) for listener in bound.sockets)


def test_the_default_port_is_used_when_free(default_port):
    with closing(bind_public("localhost", None)) as bound:
        assert bound.port == default_port


def test_a_busy_default_port_gives_way_to_the_next(default_port):
    with closing(bind_public("localhost", None)), closing(bind_public("localhost", None)) as second:
        assert default_port < second.port <= default_port + 10


def test_in_ci_a_busy_default_port_gives_way_to_any(default_port, monkeypatch):
    monkeypatch.setattr(ports, "PROBED_PORTS", 0)
    with (
        closing(bind_public("localhost", None, in_ci=True)),
        closing(bind_public("localhost", None, in_ci=True)) as second,
    ):
        assert second.port != default_port


def test_a_busy_explicit_port_is_an_error_that_names_the_owner(taken):
    with pytest.raises(StartError) as caught:
        bind_public("localhost", taken)
    text = str(caught.value)
    assert f"Address already in use (localhost:{taken})" in text
    assert f"pid {os.getpid()}" in text
    assert "--port" in text


def test_an_address_of_another_machine_is_an_error():
    with pytest.raises(StartError, match=r"Failed to bind to 192\.0\.2\.1:0"):
        bind_public("192.0.2.1", 0)


def test_all_addresses_are_reached_at_localhost():
    with closing(bind_public("0.0.0.0", 0)) as bound:
        assert bound.urls[0] == f"http://0.0.0.0:{bound.port}"
        assert bound.public_url == f"http://localhost:{bound.port}"


def test_ipv6_addresses_are_bracketed():
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        bound = bind_public("::1", 0)
    except StartError:
        pytest.skip("no IPv6 here")
    with closing(bound):
        assert bound.public_url == f"http://[::1]:{bound.port}"


def test_a_closed_port_can_be_bound_again_at_once():
    bound = bind_public("localhost", 0)
    with socket.create_connection(("127.0.0.1", bound.port)):
        accepted, _ = bound.sockets[0].accept()
        accepted.close()
    bound.close()
    bind_public("localhost", bound.port).close()


def test_nobody_owns_a_free_port(default_port):
    assert port_owner(default_port) == ""


def test_defaults_do_not_take_what_another_worker_asks_for(default_port):
    workers = [worker("a"), worker("b", dev=Dev(port=default_port))]
    bound = bind_ports(workers)
    try:
        assert bound[1].port == default_port
        assert bound[0].port != default_port
    finally:
        for port in bound:
            port.close()


def test_nothing_stays_bound_when_one_port_is_busy(taken, default_port):
    with pytest.raises(StartError):
        bind_ports([worker("a", dev=Dev(port=default_port)), worker("b", dev=Dev(port=taken))])
    bind_public("localhost", default_port).close()
