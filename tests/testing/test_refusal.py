"""Only hosts that tests have started take orders of tests."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from pywrangler.protocol import control
from pywrangler.protocol import testing as protocol
from pywrangler.testing import session as sessions
from pywrangler.testing.session import Choice, TestSession


def test_a_host_of_dev_ignores_tasks(monkeypatch):
    wishes = sessions.Wishes
    monkeypatch.setattr(sessions, "Wishes", lambda **given: wishes(**{**given, "testing": False}))
    config = Path(__file__).parent / "project/backend/wrangler.jsonc"
    session = TestSession(Choice(config.parent, (config,))).start()
    try:
        asked = session.submit("backend", protocol.Variables())
        with urllib.request.urlopen(session.urls["backend"]) as response:
            assert response.read() == b"one"
        with pytest.raises(TimeoutError):
            asked.result(0.2)
    finally:
        session.close()


def test_nobody_asks_for_it_by_default():
    assert sessions.Wishes(Path()).testing is False
    assert control.HostSettings.__struct_defaults__[-1] is False
