"""How an exception of user code is shown: in the terminal, to curl, to a browser, and as the reason a load failed.

Rules
- Frames are chosen and shown as `frames` says: the project's own first.
- An error that came from another Worker carries that Worker's stack as text; it is shown below the local frames.
- The cause of an error is shown below it.
"""

from __future__ import annotations

import linecache
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Place, Problem
from pywrangler.runtime.frames import Frame, frames_of, listed, package
from pywrangler.runtime.js.errors import JsException

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON_TRACEBACK = "Traceback (most recent call last):"
EXCERPT_LINES = 2
"""Lines shown above the line of a problem."""


@dataclass(frozen=True, slots=True)
class Link:
    """One exception of a chain: its headline, its frames from the outermost to the innermost, what came before."""

    headline: str
    frames: tuple[Frame, ...]
    listed: tuple[Frame, ...]
    """The frames that are shown."""
    remote: str
    """The stack of the Worker that the error came from; empty for local errors."""
    relation: str
    """How it led to the link before it; empty for the first."""

    @property
    def folded(self) -> str:
        """What the frames that are not listed belong to, in words; empty if all are listed."""
        counts = Counter(map(package, self.frames)) - Counter(map(package, self.listed))
        if not counts:
            return ""
        total = counts.total()
        return f"{total} more {'frame' if total == 1 else 'frames'} in {', '.join(counts)}"


def format_for_terminal(exc: BaseException, root: Path, prefix: str = "") -> str:
    """Return the error for the terminal: headline, frames with their source lines, what led to it."""
    lines: list[str] = []
    for link in chain(exc, root, prefix):
        lines.append(f"{link.relation}{link.headline}")
        for frame in reversed(link.listed):
            lines.append(f"    at {frame.where} in {frame.function}")
            if frame.source:
                lines.append(f"        {frame.source.strip()}")
                if marks := _carets(frame):
                    lines.append(f"        {marks}")
        if link.folded:
            lines.append(f"    ({link.folded})")
        if link.remote:
            lines.append("  on the other side of the call:")
            lines.extend(f"    {line}" for line in link.remote.splitlines())
    return "\n".join(lines)


def format_plain(exc: BaseException, root: Path | None = None) -> str:
    """Return the error as the `text/plain` body of a 500 (spec/cli.md, section 2)."""
    lines: list[str] = []
    for link in chain(exc, root):
        lines.append(f"{link.relation}{link.headline}")
        lines.extend(f"    at {frame.function} ({frame.where})" for frame in reversed(link.listed))
        lines.extend(f"    {line}" for line in link.remote.splitlines())
    return "\n".join(lines) + "\n"


def format_page(exc: BaseException, root: Path) -> str:
    """Return the error as an HTML page of its own for a browser."""
    from pywrangler.runtime.error_page import render

    return render(exc, root)


def syntax_problem(exc: BaseException, root: Path) -> Problem:
    """Return why a module cannot be loaded: place, text and an excerpt with a caret.

    `exc` is what importing raised. The place is the line of a syntax error, else the innermost line of the project.
    """
    if isinstance(exc, SyntaxError) and exc.filename and exc.lineno:
        place = Place(Path(exc.filename), exc.lineno, exc.offset or 0)
        width = (exc.end_offset or 0) - (exc.offset or 0) if exc.end_lineno == exc.lineno else 1
        return Problem(
            code="syntax-error",
            what=f"{type(exc).__name__}: {exc.msg}",
            place=place,
            excerpt=excerpt(exc.filename, exc.lineno, exc.offset or 0, width, exc.text or ""),
        )
    link = next(chain(exc, root))
    own = [frame for frame in link.frames if frame.owner == "project"]
    code = "import-error" if isinstance(exc, ImportError) else "load-error"
    if not own:
        return Problem(code=code, what=link.headline)
    frame = own[-1]
    place = Place(Path(frame.path), frame.line, frame.column + 1)
    shown = excerpt(frame.path, frame.line, frame.column + 1, frame.end_column - frame.column, frame.source)
    return Problem(code=code, what=link.headline, place=place, excerpt=shown)


def excerpt(path: str, line: int, column: int, width: int = 1, fallback: str = "") -> str:
    """Return the lines up to `line` with numbers and carets below `column` (counted from 1; 0 draws none)."""
    numbers = range(max(1, line - EXCERPT_LINES), line + 1)
    sources = {number: linecache.getline(path, number).rstrip() for number in numbers}
    if not sources[line]:
        sources = {line: fallback.rstrip()}
    if not sources[line]:
        return ""
    gutter = len(str(line))
    shown = [f"{number:>{gutter}} | {source}" for number, source in sources.items()]
    if column > 0:
        # Tabs are kept, so that the caret stands below its column at any width of a tab.
        indent = "".join("\t" if character == "\t" else " " for character in sources[line][: column - 1])
        width = max(1, min(width, len(sources[line]) - column + 1))
        shown.append(f"{' ' * gutter} | {indent.ljust(column - 1)}{'^' * width}")
    return "\n".join(shown)


def chain(exc: BaseException, root: Path | None, relation: str = "") -> Iterator[Link]:
    """Yield the error, then its causes and, for groups, its members."""
    found = [(error, how, frames_of(error, root)) for error, how in _related(exc, relation)]
    has_own = any(frame.owner == "project" for _, _, frames in found for frame in frames)
    for error, how, frames in found:
        yield Link(headline(error), frames, listed(frames, shown_elsewhere=has_own), remote_stack(error), how)


def _related(exc: BaseException, relation: str) -> Iterator[tuple[BaseException, str]]:
    waiting: list[tuple[BaseException, str]] = [(exc, relation)]
    seen: set[int] = set()
    while waiting:
        error, relation = waiting.pop(0)
        if id(error) in seen:
            continue
        seen.add(id(error))
        yield error, relation
        if isinstance(error, BaseExceptionGroup):
            waiting.extend((member, "one of the group: ") for member in error.exceptions)
        if error.__cause__ is not None:
            waiting.append((error.__cause__, "caused by: "))
        elif error.__context__ is not None and not error.__suppress_context__:
            waiting.append((error.__context__, "while handling: "))


def headline(error: BaseException) -> str:
    """Return type and message, of a Python error from another Worker only the last line of its traceback."""
    text = _text(error)
    if PYTHON_TRACEBACK in text:
        return text.rstrip().rpartition("\n")[2]
    if isinstance(error, JsException):
        return text
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {text}"
    return "".join(traceback.format_exception_only(error)).rstrip()


def remote_stack(error: BaseException) -> str:
    """Return the stack text that an error brought from another Worker, or nothing."""
    text = _text(error)
    if PYTHON_TRACEBACK in text:
        # Where the same error is the cause of this one, it is shown there.
        is_below = error.__cause__ is not None and PYTHON_TRACEBACK in _text(error.__cause__)
        return "" if is_below else str(getattr(error, "message", text)).rstrip()
    stack = error.stack.rstrip() if isinstance(error, JsException) else ""
    return stack if stack != text else ""


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # user code's own `__str__`; the error is to be shown all the same
        return ""


def _carets(frame: Frame) -> str:
    """Mark the part of the line that failed, unless it is all of it."""
    text = frame.source.strip()
    start = frame.column - (len(frame.source) - len(frame.source.lstrip()))
    width = min(frame.end_column - frame.column, len(text) - start)
    if frame.column < 0 or start < 0 or width <= 0 or width >= len(text):
        return ""
    return " " * start + "^" * width
