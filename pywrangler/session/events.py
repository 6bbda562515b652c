"""What happens to a session: the input of `machine`. Workers and hosts are known by number; Worker 0 is the primary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pywrangler.config.model import Resolved
    from pywrangler.errors import Problem
    from pywrangler.protocol import control
    from pywrangler.protocol.registry import Entry
    from pywrangler.session.registry import Rival


@dataclass(frozen=True, slots=True)
class Started:
    """The session is set up: ports are bound, nothing runs yet."""

    peers: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class SettingsRead:
    """The settings of a Worker were read again."""

    worker: int
    resolved: Resolved
    because: tuple[str, ...]
    source_changed: bool = False
    """A source file changed with the settings, so the code is loaded again even if the settings are the same."""


@dataclass(frozen=True, slots=True)
class SettingsBroken:
    """The settings of a Worker cannot be used as they are now."""

    worker: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """The build command of a Worker ended; `problem` None means that it succeeded."""

    worker: int
    because: tuple[str, ...]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Forked:
    """A host process exists."""

    host: int
    pid: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A host has imported the user's code."""

    host: int
    report: control.Loaded


@dataclass(frozen=True, slots=True)
class Failed:
    """A host could not load the user's code and is about to exit."""

    host: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class Serving:
    """A host accepts requests."""

    host: int


@dataclass(frozen=True, slots=True)
class Exited:
    """A host process ended: `status` is the exit code or minus the signal, None if unknown."""

    host: int
    status: int | None


@dataclass(frozen=True, slots=True)
class HostLost:
    """The control connection of a host ended; its `Exited` usually follows."""

    host: int


@dataclass(frozen=True, slots=True)
class NurseryLost:
    """A nursery process ended, and its hosts with it."""

    nursery: int
    status: int | None


@dataclass(frozen=True, slots=True)
class NurseryUnsafe:
    """A nursery must not fork any more because these preloaded modules started threads."""

    nursery: int
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """Files have a new content, appeared, or went."""

    paths: frozenset[Path]


@dataclass(frozen=True, slots=True)
class EntryWritten:
    """A claim was decided: `rival` is the live owner that keeps the name, None if the name is ours."""

    worker: int
    rival: Rival | None


@dataclass(frozen=True, slots=True)
class RegistryChanged:
    """These Workers run now, ours included."""

    peers: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that the machine had asked for; `timer` is its name."""

    timer: tuple[str, int]


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """SIGINT, SIGTERM or SIGHUP."""

    number: int


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key in the terminal; Ctrl+C is the character 3."""

    key: str


Event = (
    Started | SettingsRead | SettingsBroken | Built | Forked | Loaded | Failed | Serving | Exited | HostLost
    | NurseryLost | NurseryUnsafe | FilesChanged | EntryWritten | RegistryChanged | TimerFired | SignalReceived
    | KeyPressed
)  # fmt: skip
