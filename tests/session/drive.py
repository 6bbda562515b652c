"""Runs a session with the fake nursery: `python drive.py [flags of dev]`, for tests that need a real process."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

FAKE = Path(__file__).with_name("fake_nursery.py")


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: os._exit(128 + received))
    from pywrangler.cli.app import run
    from pywrangler.session import spawn, start

    original = spawn.spawn_nursery
    fake = lambda: original((sys.executable, "-P", str(FAKE)))  # noqa: E731
    start.run_session.__defaults__ = (None, fake, None)
    os._exit(run(["dev", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
