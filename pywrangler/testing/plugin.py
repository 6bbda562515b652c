"""The pytest plugin: fixtures `workers`, `async_workers`, `clock` and `outbound`, marks `workers` and `storage`.

Every pytest run in an environment with pywrangler imports this module, so it imports nothing of ours before a test asks
for a fixture.

- Sessions of Workers live as long as the test run, one per choice of configs; of more than `SESSIONS_LIMIT` the one
  that was not used for longest goes.
- A test that used them is followed by a reset, unless `@pytest.mark.storage("module")` says that its module shares
  data.
- A coroutine test that uses one of the fixtures is run here, unless a mark says that another plugin does it.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pywrangler.testing.asynchronous import AsyncWorkers
    from pywrangler.testing.clock import Clock
    from pywrangler.testing.outbound import Outbound
    from pywrangler.testing.session import Choice, TestSession
    from pywrangler.testing.workers import Workers

SESSIONS_LIMIT = 4
OTHER_PLUGINS = ("asyncio", "anyio", "trio", "tornado", "twisted")
LOG_LINES = 200

_SESSIONS = pytest.StashKey["Sessions"]()
_USED = pytest.StashKey["TestSession"]()


class Sessions:
    """The sessions of a test run."""

    def __init__(self) -> None:
        self._running: dict[Choice, TestSession] = {}

    def get(self, choice: Choice) -> TestSession:
        """Return the session for a choice, started now if need be."""
        from pywrangler.testing.session import TestSession

        session = self._running.pop(choice, None)
        if session is None or not session.is_alive:
            while len(self._running) >= SESSIONS_LIMIT:
                self._running.pop(next(iter(self._running))).close()
            session = TestSession(choice).start()
        self._running[choice] = session
        return session

    def close(self) -> None:
        """End all of them."""
        while self._running:
            self._running.popitem()[1].close()


# ---- hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings."""
    what = "configurations of the Workers that tests get, the primary first (default: what lies around the test's file)"
    parser.addini("pywrangler_configs", what, type="paths", default=[])
    parser.addini("pywrangler_environment", "environment of these Workers", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks."""
    config.addinivalue_line(
        "markers",
        "workers(*configs, environment=None, vars=None, mocks=None): the Workers that the test gets (pywrangler)",
    )
    config.addinivalue_line(
        "markers", 'storage(scope): "test" (default) or "module": who shares stored data (pywrangler)'
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the sessions."""
    sessions = config.stash.get(_SESSIONS, None)
    if sessions is not None:
        sessions.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test of ours."""
    is_ours = "_pywrangler_session" in pyfuncitem.fixturenames
    if not is_ours or not inspect.iscoroutinefunction(inspect.unwrap(pyfuncitem.obj)):
        return None
    if any(pyfuncitem.get_closest_marker(name) for name in OTHER_PLUGINS):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a mistake without our frames, and below a failure what the Workers said."""
    message = None
    if call.excinfo is not None and "pywrangler.errors" in sys.modules and not item.config.getoption("fulltrace"):
        from pywrangler.testing.mistakes import shorten

        message = shorten(call.excinfo)
    report = yield
    if message is not None and report.failed:
        report.longrepr = message
    session = item.stash.get(_USED, None)
    if session is not None and report.failed and report.when in ("setup", "call"):
        session.flush()
        for name in session.urls:
            lines = session.told(name).splitlines()
            if lines:
                dropped = [f"({len(lines) - LOG_LINES} earlier lines)"] if len(lines) > LOG_LINES else []
                report.sections.append((f"Worker {name}", "\n".join([*dropped, *lines[-LOG_LINES:]])))
    return report


# ---- fixtures


@pytest.fixture
def _pywrangler_session(request: pytest.FixtureRequest) -> Iterator[TestSession]:
    from pywrangler.testing.choice import choose
    from pywrangler.testing.outbound import Outbound

    item: pytest.Item = request.node
    sessions = item.config.stash.setdefault(_SESSIONS, Sessions())
    session = sessions.get(choose(item))
    item.stash[_USED] = session
    mark = item.get_closest_marker("storage")
    is_shared = mark is not None and _scope(mark) == "module"
    key = item.path if is_shared else item.nodeid
    if session.key not in (None, key):
        session.reset()
    elif session.key is None:
        session.logs.clear()  # what the start said belongs to no test, or the first one would differ from others
    session.key = key
    session.outbound = Outbound(lambda: session.urls)
    yield session
    session.outbound = None
    if is_shared:
        session.flush()  # what is late belongs to this test, too
        session.logs.clear()
    elif session.is_alive:
        try:
            session.reset()
            session.key = None
        except Exception:
            session.close()  # the next test gets a new one
            raise


def _scope(mark: pytest.Mark) -> Any:
    scope = mark.args[0] if mark.args else mark.kwargs.get("scope", "test")
    if scope not in ("test", "module"):
        raise pytest.UsageError(f'The mark `storage` knows "test" and "module", not {scope!r}.')
    return scope


@pytest.fixture
def workers(_pywrangler_session: TestSession) -> Workers:
    """The Workers of the project, by name, running for real; data is gone after the test."""
    from pywrangler.testing.workers import Workers

    return Workers(_pywrangler_session)


@pytest.fixture
def async_workers(workers: Workers) -> AsyncWorkers:
    """The same, to be awaited: for coroutine tests that do several things at once."""
    from pywrangler.testing.asynchronous import AsyncWorkers

    return AsyncWorkers(workers)


@pytest.fixture
def clock(_pywrangler_session: TestSession) -> Clock:
    """The clock of all Workers: it stands still, and the test moves it."""
    from pywrangler.testing.clock import Clock

    return Clock(_pywrangler_session)


@pytest.fixture
def outbound(_pywrangler_session: TestSession) -> Outbound:
    """What the world answers to the Workers."""
    assert _pywrangler_session.outbound is not None
    return _pywrangler_session.outbound
