"""The limit on open files of a process: how far away it is, and what to say when it is reached.

Sessions and hosts raise the limit as far as they may; what is left is the hard limit. So that a host can always read a
file and answer, it leaves `RESERVE` descriptors free: it closes files of objects, and refuses connections, before.
"""

from __future__ import annotations

import errno
import os
import resource
from contextlib import suppress

RESERVE = 16
FEW = 256
MOST = 1_048_576
"""What counts as no limit."""
REMEDY = "Raise it where pywrangler is started: `ulimit -n 4096`, after `ulimit -Hn` has said how far that can be."


def raise_limit() -> None:
    """Raise the limit of this process as far as it may go; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def limit() -> int:
    """Return how many descriptors this process may have."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)


def in_use() -> int:
    """Return how many descriptors are open."""
    try:
        return len(os.listdir("/dev/fd")) - 1  # noqa: PTH208 - the cheapest way; one is that of the listing
    except OSError:
        return limit()


def are_few() -> bool:
    """Say whether this process may run out of descriptors before it has done much."""
    return limit() < FEW


def are_exhausted() -> bool:
    """Say whether too few are left for a database: three with its journal and index, and its directory for a moment."""
    return in_use() + 4 > limit()


def is_exhaustion(problem: BaseException) -> bool:
    """Say whether an error means that no descriptor was left."""
    return isinstance(problem, OSError) and problem.errno in {errno.EMFILE, errno.ENFILE}


def told() -> str:
    """Say what has run out."""
    return f"no more files and connections can be open: the limit of this process is {limit()} (ulimit -n)"
