"""Starting a nursery process. Imports next to nothing: `pywrangler dev` calls this before it imports anything else.

The nursery gets one end of a stream socket pair by number, the session's terminal, and of the shell's environment what
`protocol.process_environment` says. It has a process group of its own: what is sent to the session's group (Ctrl+C, a
closed terminal, `kill -- -PGID`) is for the session to answer.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

from pywrangler.protocol import process_environment

MODULE = "pywrangler.host.nursery"
_POLL_SECONDS = 0.005


class NurseryProcess:
    """A started nursery: its pid, and the session's end of the control connection."""

    __slots__ = ("connection", "pid")

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.connection = connection

    def reap(self, timeout: float) -> int | None:
        """Wait for the end, kill when the timeout passes; return the exit code or minus the signal, None if killed."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            status = self._status(os.WNOHANG)
            if status is not None:
                return status
            time.sleep(_POLL_SECONDS)
        self.kill()
        self._status(0)
        return None

    def kill(self) -> None:
        """Send SIGKILL; only valid before `reap` returned."""
        os.kill(self.pid, signal.SIGKILL)

    def _status(self, options: int) -> int | None:
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:
            return 0
        return os.waitstatus_to_exitcode(status) if pid else None


def spawn_nursery(command: tuple[str, ...] = ()) -> NurseryProcess:
    """Start a nursery and return at once; it reads its first message when it is ready.

    `command` replaces `python -P -m pywrangler.host.nursery`; the number of the descriptor is appended. OSError if
    the machine cannot start a process.
    """
    # -P: the working directory must not shadow the standard library.
    words = [*(command or (sys.executable, "-P", "-m", MODULE))]
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.set_inheritable(True)
        words.append(str(theirs.fileno()))
        try:
            environment = process_environment.of_nursery(os.environ)
            pid = os.posix_spawn(words[0], words, environment, setpgroup=0, setsigmask=())
        except BaseException:
            ours.close()
            raise
    return NurseryProcess(pid, ours)
