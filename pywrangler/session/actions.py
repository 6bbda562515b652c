"""What a session does about an event: the output of `machine`, performed in order by `runner`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.config.model import Resolved
    from pywrangler.errors import Problem
    from pywrangler.protocol import control
    from pywrangler.session.reports import Report
    from pywrangler.session.sources import Sources


@dataclass(frozen=True, slots=True)
class StartNursery:
    """Start the process that hosts are forked from; the descriptors of its first Forks wait in the connection."""

    nursery: int


@dataclass(frozen=True, slots=True)
class Preload:
    """Have a nursery import third-party modules."""

    nursery: int
    modules: tuple[str, ...]
    search: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class CloseNursery:
    """End a nursery that has no hosts any more."""

    nursery: int


@dataclass(frozen=True, slots=True)
class Fork:
    """Start a host."""

    host: int
    nursery: int
    worker: int
    resolved: Resolved
    site_packages: tuple[Path, ...]
    generation: int


@dataclass(frozen=True, slots=True)
class Serve:
    """Let a host accept; `predecessor` retires at the same moment and hands over to it."""

    host: int
    predecessor: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask a host to end."""

    host: int
    grace_seconds: float


@dataclass(frozen=True, slots=True)
class Kill:
    """End a host at once."""

    host: int


@dataclass(frozen=True, slots=True)
class Forget:
    """A host is gone: close its connection."""

    host: int


@dataclass(frozen=True, slots=True)
class StandIn:
    """Answer the requests to a Worker that has no host: 500 and the problem, until `StandDown`."""

    worker: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class StandDown:
    """Leave the requests to the host that is about to serve."""

    worker: int


@dataclass(frozen=True, slots=True)
class WriteEntry:
    """Make the Worker known to other sessions; answered by EntryWritten."""

    worker: int
    resolved: Resolved
    loaded: control.Loaded


@dataclass(frozen=True, slots=True)
class RemoveEntry:
    """Withdraw the Worker under this name."""

    name: str


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Read config and variable files again; answered by SettingsRead or SettingsBroken."""

    worker: int
    because: tuple[str, ...]
    source_changed: bool


@dataclass(frozen=True, slots=True)
class Build:
    """Run the build command; answered by Built."""

    worker: int
    resolved: Resolved
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Follow:
    """Watch the sources of all Workers, in their order."""

    sources: tuple[Sources, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Send TimerFired after `seconds`; replaces a timer of the same name."""

    timer: tuple[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Cancel:
    """Forget a timer."""

    timer: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Say:
    """Show something to the user."""

    report: Report


@dataclass(frozen=True, slots=True)
class OpenBrowser:
    """Open the primary Worker in the browser."""


@dataclass(frozen=True, slots=True)
class Finish:
    """End the session; whatever still runs is killed."""

    code: int


Action = (
    StartNursery | Preload | CloseNursery | Fork | Serve | Stop | Kill | Forget | StandIn | StandDown | WriteEntry
    | RemoveEntry | ReadSettings | Build | Follow | Schedule | Cancel | Say | OpenBrowser | Finish
)  # fmt: skip
