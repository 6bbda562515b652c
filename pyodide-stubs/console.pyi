"""A Python console whose lines may await."""

from asyncio import Future
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal

from pyodide.code import CodeRunner

BANNER: str

class ConsoleFuture(Future[Any]):
    """The result of a line."""

    syntax_check: Literal["incomplete", "syntax-error", "complete"]
    formatted_error: str | None

class Console:
    """A console with its own namespace and streams."""

    globals: dict[str, Any]
    stdin_callback: Callable[[int], str] | None
    stdout_callback: Callable[[str], None] | None
    stderr_callback: Callable[[str], None] | None
    filename: str
    buffer: list[str]
    completer_word_break_characters: str
    def __init__(
        self,
        globals: dict[str, Any] | None = None,
        *,
        stdin_callback: Callable[[int], str] | None = None,
        stdout_callback: Callable[[str], None] | None = None,
        stderr_callback: Callable[[str], None] | None = None,
        persistent_stream_redirection: bool = False,
        filename: str = "<console>",
        dont_inherit: bool = False,
        optimize: int = -1,
    ) -> None: ...
    def persistent_redirect_streams(self) -> None:
        """Redirect the standard streams."""
    def persistent_restore_streams(self) -> None:
        """Undo that."""
    def redirect_streams(self) -> AbstractContextManager[None]:
        """Redirect the standard streams during a `with` block."""
    def push(self, line: str) -> ConsoleFuture:
        """Add a line; what is complete begins to run."""
    def runsource(self, source: str, filename: str = "<console>") -> ConsoleFuture:
        """Run one statement, if it is complete."""
    async def runcode(self, source: str, code: CodeRunner) -> Any:
        """Run a compiled line."""
    def formatsyntaxerror(self, e: BaseException) -> str:
        """Return what a terminal shows of a syntax error."""
    def formattraceback(self, e: BaseException) -> str:
        """Return what a terminal shows of an exception."""
    def num_frames_to_keep(self, tb: TracebackType | None) -> int:
        """Return how many frames belong to the console's code."""
    def complete(self, source: str) -> tuple[list[str], int]:
        """Return the completions of the last word, and where that begins."""

class PyodideConsole(Console):
    """The same."""

def repr_shorten(value: Any, limit: int = 1000, split: int | None = None, separator: str = "...") -> str:
    """Return `repr(value)`, shortened in its middle."""
