"""Stands between the session and a command, so that nothing of the command outlives either, whatever kills them.

    python -m pywrangler.session.guard FD GROUP COMMAND...

The guard starts the command in process group GROUP (0: one of its own), waits for its end, ends what it left running
and exits as it did. SIGTERM is passed on. SIGUSR1, or the session's death, ends everything at once. If the command
cannot be executed, the number of the error is written to FD.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from pywrangler.descendants import END_SECONDS, OWN, adopt_orphans, die_with_parent, end_children

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

END_NOW = signal.SIGUSR1
_HANDLED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, END_NOW}


class Guarded:
    """A command under guard."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        own_group: bool,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        stdin: int | None = None,
    ) -> None:
        """Start it; OSError if not even the guard can be started."""
        self._problem, told = os.pipe()
        group = 0 if own_group else os.getpgrp()
        try:
            self._guard = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(told), str(group), *command],
                env=environment,
                cwd=directory,
                stdin=stdin,
                process_group=0,
                pass_fds=(told,),
            )
        except BaseException:
            os.close(self._problem)
            raise
        finally:
            os.close(told)
        OWN.add(self._guard.pid)

    def wait(self) -> int:
        """Wait for the end of the command; its exit code, or minus the signal. OSError if it could not be executed."""
        status = self._guard.wait()
        OWN.discard(self._guard.pid)
        with open(self._problem, "rb") as problem:  # noqa: PTH123 - a descriptor
            number = problem.read()
        if number:
            raise OSError(int(number), os.strerror(int(number)))
        return status

    def end(self, grace_seconds: float) -> None:
        """Ask it to end, and end it when the time is over, with all that it has started."""
        if grace_seconds:
            self._send(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._guard.wait(grace_seconds)
        self._send(END_NOW)
        with suppress(subprocess.TimeoutExpired):
            self._guard.wait(END_SECONDS)

    def _send(self, number: int) -> None:
        if self._guard.poll() is None:
            self._guard.send_signal(number)


def main(descriptor: int, group: int, command: Sequence[str]) -> NoReturn:
    """Be the guard."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
    die_with_parent(END_NOW)
    adopt_orphans()
    os.set_inheritable(descriptor, False)
    pid = os.fork()
    if not pid:
        _execute(descriptor, group, mask, command)
    os.close(descriptor)
    while True:
        number = signal.sigwait(_HANDLED)
        if number == END_NOW:
            end_children()
            os._exit(128 + signal.SIGKILL)
        if number == signal.SIGTERM:
            with suppress(ProcessLookupError):
                (os.kill if group else os.killpg)(pid, number)
        elif number == signal.SIGCHLD:
            _reap(pid)


def _execute(descriptor: int, group: int, mask: Collection[Any], command: Sequence[str]) -> NoReturn:
    try:
        with suppress(OSError):  # the session has just died
            os.setpgid(0, group)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.execvp(command[0], [*command])  # noqa: S606 - the command of the user
    except OSError as problem:
        os.write(descriptor, str(problem.errno).encode())
    finally:
        os._exit(127)


def _reap(command: int) -> None:
    """Take note of children that have ended; with the command, this process ends as it did."""
    ended: Any = (1, 0)
    while ended[0]:
        try:
            ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if ended[0] == command:
            end_children()
            code = os.waitstatus_to_exitcode(ended[1])
            if code >= 0:
                os._exit(code)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # there is one already
            with suppress(OSError):  # KILL and STOP have no handlers
                signal.signal(-code, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.kill(os.getpid(), -code)
            os._exit(128 - code)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
