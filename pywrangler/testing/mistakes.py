"""What a failure shows if it is the user's: the message, and the user's own frames.

An error that is raised on purpose says where the mistake is and what to do. Our source below it would only hide that.
Anything else that is raised in our code is a bug of ours and keeps its whole traceback.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from types import TracebackType

import pytest
from _pytest._code import Traceback

from pywrangler.errors import ConfigError, LoadError, PywranglerError, StartError

_PACKAGE = Path(__file__).parents[1]
_OTHERS = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))


def shorten(excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    """Take our frames, and those between them and the user's, from a traceback; the message alone if none is left."""
    error = excinfo.value
    ours = isinstance(error, PywranglerError)
    if not ours and not (isinstance(error, pytest.UsageError) and _is_ours(Path(excinfo.traceback[-1].path))):
        return None
    error.__cause__, error.__suppress_context__ = None, True  # the message has it
    kept = None
    for entry in reversed([entry for entry in excinfo.traceback if _is_users(Path(entry.path))]):
        frame = entry._rawentry
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    if kept is None:
        return message(error)
    excinfo.traceback = Traceback(kept)
    return None


def message(error: BaseException) -> str:
    """Return what is wrong, one problem in each paragraph, with the lines of the file it stands in."""
    problems = error.problems if isinstance(error, ConfigError) else ()
    if isinstance(error, (StartError, LoadError)):
        problems = (error.problem,)
    if not problems:
        return str(error)
    return "\n".join(f"{problem}\n{problem.excerpt}".rstrip() for problem in problems)


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(_PACKAGE)


def _is_users(path: Path) -> bool:
    return path.is_file() and not _is_ours(path) and not any(path.is_relative_to(place) for place in _OTHERS)
