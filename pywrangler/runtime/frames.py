"""The lines of code on the way to an error: whose they are, and which of them are worth showing.

- The frames of the project's own files are shown; those of libraries and of pywrangler are counted. Only where no frame
  of the project exists in the whole chain of errors, those of libraries are shown; where all are ours, nothing if we
  raised on purpose, else everything. A bug of ours shows everything, too. Of very many frames, as in a recursion
  without end, the outermost and the innermost are shown.
- A bug of ours is an error whose innermost frame is ours and whose line neither raises nor awaits: what we raise on
  purpose tells users about their own mistake, and what we await fails for reasons of its own.
- A handler that cannot be called with what the platform passes is shown by the line that defines it.
"""

from __future__ import annotations

import linecache
import os
import re
import sysconfig
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Owner = Literal["project", "pywrangler", "library"]

OUR_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep
STANDARD_LIBRARY = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})
INSTALLED = frozenset({"site-packages", "dist-packages", "python_modules", "node_modules"})
_ON_PURPOSE = re.compile(r"^\s*raise\b|\bawait\b|\byield\b")
CALLER = str(Path(OUR_PACKAGE) / "modules" / "workers" / "_face.py")
OUTERMOST, INNERMOST = 5, 20
"""Frames that are shown of very many."""
DECORATOR_LINES = 20
"""How far below its first decorator a `def` is looked for."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of code on the way to an error; columns count characters from 0, both -1 where unknown."""

    path: str
    line: int
    function: str
    source: str
    owner: Owner
    column: int = -1
    end_column: int = -1

    @property
    def where(self) -> str:
        """`file:line` as terminals make it clickable: relative to the working directory where it lies below it."""
        return f"{shown_path(self.path)}:{self.line}"


def shown_path(path: str) -> str:
    """Return `path` relative to the working directory if it lies below it, else unchanged."""
    try:
        here = str(Path.cwd()) + os.sep
    except FileNotFoundError:  # the working directory was deleted
        return path
    return path.removeprefix(here)


def owner_of(path: str, root: Path | None) -> Owner:
    """Tell whose code a file is. Files outside of `root` that nobody installed belong to the project too."""
    if not path or path.startswith("<"):
        return "library"
    if path.startswith(OUR_PACKAGE):
        return "pywrangler"
    inside = path.removeprefix(str(root) + os.sep) if root is not None else path
    parts = Path(inside).parts
    if not INSTALLED.isdisjoint(parts) or (inside == path and path.startswith(STANDARD_LIBRARY)):
        return "library"
    return "project"


def frames_of(error: BaseException, root: Path | None) -> tuple[Frame, ...]:
    """Return the frames of an error, the innermost last; where a call failed for its arguments, what was called."""
    frames = tuple(_frames(error, root))
    definition = _definition(error, root)
    return frames if definition is None else (*frames, definition)


def _frames(error: BaseException, root: Path | None) -> Iterator[Frame]:
    for summary in traceback.extract_tb(error.__traceback__):
        source = linecache.getline(summary.filename, summary.lineno or 0).rstrip("\r\n") or (summary.line or "")
        column = end_column = -1
        if summary.colno is not None and summary.end_colno is not None:
            column = _characters(source, summary.colno)
            same_line = summary.end_lineno == summary.lineno
            end_column = _characters(source, summary.end_colno) if same_line else len(source)
        # Frames of `eval` and of frozen modules have no path.
        path = summary.filename if summary.filename.startswith("<") else str(Path(summary.filename).absolute())
        owner = owner_of(path, root)
        yield Frame(path, summary.lineno or 0, summary.name, source, owner, column, end_column)


def listed(frames: Sequence[Frame], *, shown_elsewhere: bool = False) -> tuple[Frame, ...]:
    """Return the frames that are shown; of an error without frames of the project none if others have some."""
    chosen = tuple(frame for frame in frames if frame.owner == "project")
    if frames and _is_our_bug(frames[-1]):
        chosen = tuple(frames)
    elif not chosen and not shown_elsewhere and frames and not _is_our_message(frames):
        chosen = tuple(frame for frame in frames if frame.owner == "library") or tuple(frames)
    return chosen if len(chosen) <= OUTERMOST + INNERMOST else chosen[:OUTERMOST] + chosen[-INNERMOST:]


def _is_our_bug(innermost: Frame) -> bool:
    return innermost.owner == "pywrangler" and _ON_PURPOSE.search(innermost.source) is None


def _is_our_message(frames: Sequence[Frame]) -> bool:
    is_raised = frames[-1].source.lstrip().startswith("raise ")
    return is_raised and all(frame.owner == "pywrangler" for frame in frames)


def _definition(error: BaseException, root: Path | None) -> Frame | None:
    """Return where the function is defined that the SDK could not call, for its signature is wrong."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not isinstance(error, TypeError) or trace.tb_frame.f_code.co_filename != CALLER:
        return None
    called = trace.tb_frame.f_locals.get("method")
    code = getattr(getattr(called, "__func__", called), "__code__", None)
    if code is None:
        return None
    lines = range(code.co_firstlineno, code.co_firstlineno + DECORATOR_LINES)
    # The first line of a decorated function is that of its decorator.
    line = next((n for n in lines if "def " in linecache.getline(code.co_filename, n)), code.co_firstlineno)
    source = linecache.getline(code.co_filename, line).rstrip()
    return Frame(code.co_filename, line, code.co_qualname, source, owner_of(code.co_filename, root))


def _characters(source: str, byte_offset: int) -> int:
    return len(source.encode()[:byte_offset].decode(errors="replace"))


def package(frame: Frame) -> str:
    """Return what a frame belongs to, in a word."""
    if frame.owner == "pywrangler":
        return "pywrangler"
    parts = Path(frame.path).parts
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in INSTALLED:
            return parts[index + 1].removesuffix(".py")
    return "Python's library" if frame.owner == "library" else "the project"
