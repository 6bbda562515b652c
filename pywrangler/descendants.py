"""Processes that outlive their parents: who gets them, and how they are ended (Linux; elsewhere nothing is promised).

A process that a Worker starts may start others, leave its group and its session, and exit: a daemon belongs to nobody
any more, and by default to process 1. The kernel can give such orphans to the nearest living ancestor that asked for
them (`adopt_orphans`, prctl(2): PR_SET_CHILD_SUBREAPER). So whatever was started below a process that asked is found
among its children, sooner or later:

    session ── nursery ── host ── what the Worker started, and its orphans
       └────── guard ──── a command (`run`, a build), and what that started

- A host asks, so that its orphans stay apart from those of other hosts. When it ends, all become the nursery's.
- The nursery asks and ends what is not a host, whenever a host has ended (`end_children`); at its own end, everything.
- The session asks and ends what a killed nursery leaves. A killed session is noticed by the nursery and the guards,
  which are in process groups of their own, so that a signal for the session's group misses them.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
END_SECONDS = 0.7
"""So long the end of children is waited for: one that hangs in the kernel shall not keep others."""
OWN: set[int] = set()
"""Children that this process has started itself and waits for elsewhere, such as guards."""
_POLL_SECONDS = 0.002
_START = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def adopt_orphans(*, wanted: bool = True) -> None:
    """Become the parent of every process below this one whose parent ends."""
    _prctl(PR_SET_CHILD_SUBREAPER, wanted)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent dies; exits if that has happened already."""
    parent = os.getppid()
    _prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent or parent == 1:
        os._exit(1)


def children() -> set[int]:
    """Return the pids of this process' children, ended ones included that nobody has waited for."""
    found: set[int] = set()
    with suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            with suppress(OSError):  # a thread that has just ended
                found.update(map(int, (task / "children").read_bytes().split()))
    return found


def end_children(keep: Collection[int] = ()) -> None:
    """Kill all children but some, and what is below them, and wait until they are gone."""
    deadline = time.monotonic() + END_SECONDS
    while left := children().difference(keep):
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in left:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > deadline:
            return
        time.sleep(_POLL_SECONDS)  # what was below them comes to this process now


def start_apart(command: Sequence[str]) -> None:
    """Start a program that is none of ours, and outlives us: a browser."""
    import subprocess

    adopt_orphans(wanted=False)
    try:
        subprocess.run([sys.executable, "-c", _START, *command], check=False)
    finally:
        adopt_orphans()
