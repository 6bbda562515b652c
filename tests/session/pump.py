"""Running a reactor in tests until something holds, under a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.session.reactor import Reactor


def pump(reactor: Reactor, condition: Callable[[], object], timeout: float = 5.0) -> None:
    """Run until the condition holds; fail when the timeout passes."""
    deadline = time.monotonic() + timeout

    def look() -> None:
        if condition() or time.monotonic() > deadline:
            reactor.stop()
        else:
            reactor.call_later(0.002, look)

    reactor.call_later(0, look)
    reactor.run()
    assert condition(), "the deadline has passed"
