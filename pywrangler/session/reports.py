"""What a session has to say: data, so that tests can compare it and `cli.render` alone decides how it looks.

`worker` is the name of the Worker a report is about, for the prefix of sessions with several; "" means the session.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pywrangler.config.model import Resolved
    from pywrangler.errors import Problem

Link = Literal["connected", "not connected", "no such class"]


@dataclass(frozen=True, slots=True)
class Bindings:
    """The table of a Worker's bindings; `links` has the state of each binding that leads to another Worker, by name."""

    worker: str
    resolved: Resolved
    links: Mapping[str, Link] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirected:
    """A generated config is used instead of the user's."""

    used: Path
    original: Path
    redirect: Path | None


@dataclass(frozen=True, slots=True)
class Hotkeys:
    """The keys that can be pressed."""


@dataclass(frozen=True, slots=True)
class Starting:
    """Hosts are being started."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A Worker answers for the first time, at these URLs, best first."""

    worker: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reloading:
    """New code or settings are being loaded, because of these files (relative to the working directory)."""

    worker: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """New code answers."""

    worker: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is wrong; `note` says what the session does about it."""

    worker: str
    problem: Problem
    note: str = ""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """Another Worker came or went: the bindings that lead to it."""

    worker: str
    target: str
    state: Link
    bindings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """One line of text."""

    worker: str
    text: str
    level: Literal["debug", "info", "log"] = "log"


@dataclass(frozen=True, slots=True)
class Output:
    """What user code printed or logged."""

    worker: str
    level: Literal["debug", "log", "info", "warn", "error", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One answered request."""

    worker: str
    method: str
    path: str
    status: int
    reason: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class ShuttingDown:
    """The user asked for the end with a key."""


@dataclass(frozen=True, slots=True)
class ClearScreen:
    """The user asked for an empty screen."""


Report = (
    Bindings | Redirected | Hotkeys | Starting | Ready | Reloading | Updated | Trouble | LinkChanged | Note | Output
    | RequestLine | ShuttingDown | ClearScreen
)  # fmt: skip
