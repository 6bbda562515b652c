"""What happens to a session: the input of `machine`. Workers and hosts are known by number; Worker 0 is the primary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pywrangler.protocol import control

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pywrangler.config.model import Resolved
    from pywrangler.errors import Problem
    from pywrangler.protocol.registry import Entry
    from pywrangler.session.registry import Rival


class Started(msgspec.Struct, frozen=True):
    """The session is set up: ports are bound, nothing runs yet."""

    peers: Mapping[str, Entry]


class SettingsRead(msgspec.Struct, frozen=True):
    """The settings of a Worker were read again."""

    worker: int
    resolved: Resolved
    because: tuple[str, ...]
    packages: control.Packages = control.NO_PACKAGES
    source_changed: bool = False
    """A source file changed with the settings, so the code is loaded again even if the settings are the same."""


class SettingsBroken(msgspec.Struct, frozen=True):
    """The settings of a Worker cannot be used as they are now."""

    worker: int
    problems: tuple[Problem, ...]


class EnvironmentChanged(msgspec.Struct, frozen=True):
    """The project's environment changed, or only what is asked to be in it."""

    worker: int
    because: tuple[str, ...]
    is_demand_only: bool = False


class PackagesFound(msgspec.Struct, frozen=True):
    """The packages of a Worker have changed and are here now; `reload` is that of FindPackages."""

    worker: int
    packages: control.Packages
    because: tuple[str, ...]
    reload: bool = True


class PackagesBroken(msgspec.Struct, frozen=True):
    """The packages of a Worker cannot be used as they are now."""

    worker: int
    problem: Problem


class Built(msgspec.Struct, frozen=True):
    """The build command of a Worker ended; `problem` None means that it succeeded."""

    worker: int
    because: tuple[str, ...]
    problem: Problem | None = None


class Forked(msgspec.Struct, frozen=True):
    """A host process exists."""

    host: int
    pid: int


class Loaded(msgspec.Struct, frozen=True):
    """A host has imported the user's code."""

    host: int
    report: control.Loaded


class Failed(msgspec.Struct, frozen=True):
    """A host could not load the user's code and is about to exit."""

    host: int
    problem: Problem
    files: tuple[Path, ...] = ()
    """The user's own that were imported until then, and those that would help."""


class Serving(msgspec.Struct, frozen=True):
    """A host accepts requests."""

    host: int


class Imported(msgspec.Struct, frozen=True):
    """A host has these third-party modules, and files of the user's own, after it was in use."""

    host: int
    modules: tuple[str, ...]
    files: tuple[Path, ...] = ()


class Exited(msgspec.Struct, frozen=True):
    """A host process ended: `status` is the exit code or minus the signal, None if unknown."""

    host: int
    status: int | None


class HostLost(msgspec.Struct, frozen=True):
    """The control connection of a host ended; its `Exited` usually follows."""

    host: int


class NurseryLost(msgspec.Struct, frozen=True):
    """A nursery process ended, and its hosts with it."""

    nursery: int
    status: int | None


class NurseryUnsafe(msgspec.Struct, frozen=True):
    """A nursery must not fork any more because these preloaded modules started threads."""

    nursery: int
    modules: tuple[str, ...]


class FilesChanged(msgspec.Struct, frozen=True):
    """Files have a new content, appeared, or went."""

    paths: frozenset[Path]


class EntryWritten(msgspec.Struct, frozen=True):
    """A claim was decided: `rival` is the live owner that keeps the name, None if the name is ours."""

    worker: int
    rival: Rival | None


class RegistryChanged(msgspec.Struct, frozen=True):
    """These Workers run now, ours included."""

    peers: Mapping[str, Entry]


class TimerFired(msgspec.Struct, frozen=True):
    """A timer that the machine had asked for; `timer` is its name."""

    timer: tuple[str, int]


class SignalReceived(msgspec.Struct, frozen=True):
    """SIGINT, SIGTERM or SIGHUP."""

    number: int


class Ended(msgspec.Struct, frozen=True):
    """The guest of the session is done: the session ends with this code."""

    code: int


class KeyPressed(msgspec.Struct, frozen=True):
    """A key in the terminal; Ctrl+C is the character 3."""

    key: str


Event = (
    Started | SettingsRead | SettingsBroken | EnvironmentChanged | PackagesFound | PackagesBroken | Built | Forked
    | Loaded | Failed | Serving | Imported | Exited | HostLost | NurseryLost | NurseryUnsafe | FilesChanged
    | EntryWritten | RegistryChanged | TimerFired | SignalReceived | KeyPressed | Ended
)  # fmt: skip
