"""What a session has to say: data, so that tests can compare it and `cli.render` alone decides how it looks.

`worker` is the name of the Worker a report is about, for the prefix of sessions with several; "" means the session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pywrangler.config.model import Resolved
    from pywrangler.errors import Problem

Link = Literal["connected", "not connected", "no such class"]


class Bindings(msgspec.Struct, frozen=True):
    """The table of a Worker's bindings; `links` has the state of each binding that leads to another Worker, by name."""

    worker: str
    resolved: Resolved
    links: Mapping[str, Link] = msgspec.field(default_factory=dict)


class Redirected(msgspec.Struct, frozen=True):
    """A generated config is used instead of the user's."""

    used: Path
    original: Path
    redirect: Path | None


class Hotkeys(msgspec.Struct, frozen=True):
    """The keys that can be pressed."""


class Starting(msgspec.Struct, frozen=True):
    """Hosts are being started."""


class Ready(msgspec.Struct, frozen=True):
    """A Worker answers for the first time, at these URLs, best first."""

    worker: str
    urls: tuple[str, ...]


class Reloading(msgspec.Struct, frozen=True):
    """New code or settings are being loaded, because of these files (relative to the working directory)."""

    worker: str
    because: tuple[str, ...]


class Updated(msgspec.Struct, frozen=True):
    """New code answers."""

    worker: str
    milliseconds: float


class Trouble(msgspec.Struct, frozen=True):
    """Something is wrong; `note` says what the session does about it."""

    worker: str
    problem: Problem
    note: str = ""


class LinkChanged(msgspec.Struct, frozen=True):
    """Another Worker came or went: the bindings that lead to it."""

    worker: str
    target: str
    state: Link
    bindings: tuple[str, ...]


class Note(msgspec.Struct, frozen=True):
    """One line of text."""

    worker: str
    text: str
    level: Literal["debug", "info", "log"] = "log"


class Output(msgspec.Struct, frozen=True):
    """What user code printed or logged."""

    worker: str
    level: Literal["debug", "log", "info", "warn", "error", "stderr"]
    text: str


class RequestLine(msgspec.Struct, frozen=True):
    """One answered request."""

    worker: str
    method: str
    path: str
    status: int
    reason: str
    milliseconds: float


class QueueLine(msgspec.Struct, frozen=True):
    """One batch of messages that was delivered."""

    worker: str
    queue: str
    acknowledged: int
    total: int
    milliseconds: float


class ShuttingDown(msgspec.Struct, frozen=True):
    """The user asked for the end with a key."""


class ClearScreen(msgspec.Struct, frozen=True):
    """The user asked for an empty screen."""


Report = (
    Bindings | Redirected | Hotkeys | Starting | Ready | Reloading | Updated | Trouble | LinkChanged | Note | Output
    | RequestLine | QueueLine | ShuttingDown | ClearScreen
)  # fmt: skip
