"""The whole error tree.

    PywranglerError
    ├── ConfigError             configs or variable files cannot be used; carries every Problem
    ├── StartError              a session cannot start (port, state directory, virtual environment)
    ├── LoadError               a Worker's code cannot be loaded; carries a Problem
    ├── ProtocolError           bytes from another process or a client break the rules
    │   ├── FrameError          a WebSocket or channel frame is malformed; carries a close code
    │   ├── RequestError        an HTTP request is malformed; carries the status to answer with
    │   └── CloneError          a serialised value is malformed
    ├── RegistryError           the registry directory cannot be used
    └── CloudError              Cloudflare's API refused a request or could not be reached

Errors that user code sees (`JsException`, `TypeError`, ...) follow the platform and live in `runtime/js/errors.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file; `line` and `column` count from 1, 0 means the whole file."""

    path: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return str(self.path)
        return f"{self.path}:{self.line}:{self.column}" if self.column else f"{self.path}:{self.line}"


_ENDS = (".", "!", "?", ":", ";", ",")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a stable code, where, what, and what to do."""

    code: str
    what: str
    remedy: str = ""
    place: Place | None = None
    severity: Literal["error", "warning"] = "error"
    excerpt: str = ""
    """Source lines with a caret below the place, ready to print; may be empty."""

    def __str__(self) -> str:
        where = f"{self.place}  " if self.place else ""
        if not self.remedy:
            return f"{where}{self.what}"
        # The words of an exception are seldom a sentence.
        return f"{where}{self.what}{' ' if self.what.endswith(_ENDS) else '. '}{self.remedy}"


class PywranglerError(Exception):
    """Root of everything raised on purpose."""


class ConfigError(PywranglerError):
    """The configs cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class StartError(PywranglerError):
    """A session cannot start; the message says what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class LoadError(PywranglerError):
    """The code of a Worker cannot be loaded; the problem says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class ProtocolError(PywranglerError):
    """Bytes from another process or a client break the rules."""


class FrameError(ProtocolError):
    """A frame is malformed; `close_code` is what a WebSocket peer is told (RFC 6455, section 7.4.1)."""

    def __init__(self, message: str, close_code: int = 1002) -> None:
        super().__init__(message)
        self.close_code = close_code


class RequestError(ProtocolError):
    """An HTTP request is malformed or too large; `status` is what the client is told."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class CloneError(ProtocolError):
    """A serialised value is malformed."""


class RegistryError(PywranglerError):
    """The registry directory cannot be used; the message names it and the way out."""


class CloudError(PywranglerError):
    """Cloudflare's API refused a request or could not be reached; `codes` are the numbers it gave as reasons."""

    def __init__(self, message: str, codes: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.codes = tuple(codes)
