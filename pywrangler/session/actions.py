"""What a session does about an event: the output of `machine`, performed in order by `runner`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pywrangler.config.model import Resolved
    from pywrangler.errors import Problem
    from pywrangler.protocol import control
    from pywrangler.session.reports import Report
    from pywrangler.session.sources import Sources


class StartNursery(msgspec.Struct, frozen=True):
    """Start the process that hosts are forked from; the descriptors of its first Forks wait in the connection."""

    nursery: int


class Preload(msgspec.Struct, frozen=True):
    """Have a nursery import third-party modules."""

    nursery: int
    modules: tuple[str, ...]
    packages: control.Packages


class CloseNursery(msgspec.Struct, frozen=True):
    """End a nursery that has no hosts any more."""

    nursery: int


class Fork(msgspec.Struct, frozen=True):
    """Start a host."""

    host: int
    nursery: int
    worker: int
    resolved: Resolved
    packages: control.Packages
    generation: int


class Serve(msgspec.Struct, frozen=True):
    """Let a host accept; `predecessor` retires at the same moment and hands over to it."""

    host: int
    predecessor: int | None = None
    keeps_state: str = ""
    """Name of the Worker if it has state that only one session may have: objects, workflows, queues."""


class Stop(msgspec.Struct, frozen=True):
    """Ask a host to end."""

    host: int
    grace_seconds: float


class Kill(msgspec.Struct, frozen=True):
    """End a host at once."""

    host: int


class Forget(msgspec.Struct, frozen=True):
    """A host is gone: close its connection."""

    host: int


class StandIn(msgspec.Struct, frozen=True):
    """Answer the requests to a Worker that has no host: 500 and the problem, until `StandDown`."""

    worker: int
    problem: Problem


class StandDown(msgspec.Struct, frozen=True):
    """Leave the requests to the host that is about to serve."""

    worker: int


class WriteEntry(msgspec.Struct, frozen=True):
    """Make the Worker known to other sessions; answered by EntryWritten."""

    worker: int
    resolved: Resolved
    loaded: control.Loaded


class RemoveEntry(msgspec.Struct, frozen=True):
    """Withdraw the Worker under this name."""

    name: str


class ReadSettings(msgspec.Struct, frozen=True):
    """Read config and variable files again; answered by SettingsRead or SettingsBroken."""

    worker: int
    because: tuple[str, ...]
    source_changed: bool


class FindPackages(msgspec.Struct, frozen=True):
    """Look again where the packages of a Worker are; answered by PackagesFound or PackagesBroken."""

    worker: int
    because: tuple[str, ...]
    reload: bool = True


class Build(msgspec.Struct, frozen=True):
    """Run the build command; answered by Built."""

    worker: int
    resolved: Resolved
    because: tuple[str, ...]


class Follow(msgspec.Struct, frozen=True):
    """Watch the sources of all Workers, in their order."""

    sources: tuple[Sources, ...]


class Schedule(msgspec.Struct, frozen=True):
    """Send TimerFired after `seconds`; replaces a timer of the same name."""

    timer: tuple[str, int]
    seconds: float


class Cancel(msgspec.Struct, frozen=True):
    """Forget a timer."""

    timer: tuple[str, int]


class Say(msgspec.Struct, frozen=True):
    """Show something to the user."""

    report: Report


class Begin(msgspec.Struct, frozen=True):
    """Every Worker answers and can be found by the others: whoever waited for that may begin."""


class OpenBrowser(msgspec.Struct, frozen=True):
    """Open the primary Worker in the browser."""


class Finish(msgspec.Struct, frozen=True):
    """End the session; whatever still runs is killed."""

    code: int


Action = (
    StartNursery | Preload | CloseNursery | Fork | Serve | Stop | Kill | Forget | StandIn | StandDown | WriteEntry
    | RemoveEntry | ReadSettings | FindPackages | Build | Follow | Schedule | Cancel | Say | Begin | OpenBrowser
    | Finish
)  # fmt: skip
