"""`pyodide.console`: a Python console whose lines may await, with streams that can be redirected (https://pyodide.org).

Lines run one after the other, each in a task of its own. Standard streams are those of the whole process while a line
runs: with several requests at once, print to the callbacks of your own console only.
"""

from __future__ import annotations
import __future__

import ast
import asyncio
import codeop
import functools
import operator
import platform
import rlcompleter
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal

from pyodide.code import CodeRunner
from pywrangler.runtime.user_code import runs_user_code

__all__ = ["BANNER", "Console", "ConsoleFuture", "PyodideConsole", "repr_shorten"]

BANNER = (
    f"Python {platform.python_version()} ({', '.join(platform.python_build())}) on WebAssembly/Emscripten\n"
    'Type "help", "copyright", "credits" or "license" for more information.'
)

_FUTURE = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]
_FLAGS = functools.reduce(operator.or_, _FUTURE, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
"""What lines compile with: `from __future__ import` in one line holds for those that follow."""


class _Stream:
    """A text stream of which each read or write is a call."""

    encoding = "utf-8"

    def __init__(self, name: str, callback: Callable[[Any], Any]) -> None:
        self.name = f"<{name}>"
        self._callback = callback

    def write(self, text: str) -> int:
        self._callback(text)
        return len(text)

    def readline(self, size: int = -1) -> str:
        return self._callback(size)  # type: ignore[no-any-return]

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return True


class ConsoleFuture(asyncio.Future[Any]):
    """The result of a line; `formatted_error` is what a terminal would show if it failed."""

    def __init__(self, syntax_check: Literal["incomplete", "syntax-error", "complete"]) -> None:
        super().__init__()
        self.syntax_check = syntax_check
        self.formatted_error: str | None = None


class Console:
    """A console with its own namespace; `push` takes a line."""

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
    ) -> None:
        self.globals = {"__name__": "__console__", "__doc__": None} if globals is None else globals
        self.stdin_callback = stdin_callback
        self.stdout_callback = stdout_callback
        self.stderr_callback = stderr_callback
        self.filename = filename
        self.buffer: list[str] = []
        self.completer_word_break_characters = " \t\n`~!@#$%^&*()-=+[{]}\\|;:'\",<>/?"
        self._options: dict[str, Any] = {"dont_inherit": dont_inherit, "optimize": optimize}
        self._completer = rlcompleter.Completer(self.globals)
        self._is_complete = codeop.CommandCompiler()
        self._is_complete.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._lock = asyncio.Lock()
        self._saved: dict[str, Any] | None = None
        if persistent_stream_redirection:
            self.persistent_redirect_streams()

    def persistent_redirect_streams(self) -> None:
        """Redirect the standard streams until `persistent_restore_streams`."""
        if self._saved is not None:
            return
        callbacks = {"stdin": self.stdin_callback, "stdout": self.stdout_callback, "stderr": self.stderr_callback}
        self._saved = {name: getattr(sys, name) for name, callback in callbacks.items() if callback is not None}
        for name in self._saved:
            setattr(sys, name, _Stream(name, callbacks[name]))  # type: ignore[arg-type]

    def persistent_restore_streams(self) -> None:
        """Undo `persistent_redirect_streams`."""
        saved, self._saved = self._saved, None
        for name, stream in (saved or {}).items():
            setattr(sys, name, stream)

    @contextmanager
    def redirect_streams(self) -> Generator[None, None, None]:
        """Redirect the standard streams during a `with` block; may be nested."""
        if self._saved is not None:
            yield
            return
        self.persistent_redirect_streams()
        try:
            yield
        finally:
            self.persistent_restore_streams()

    def push(self, line: str) -> ConsoleFuture:
        """Add a line; what is complete begins to run, in the order of the calls."""
        self.buffer.append(line)
        result = self.runsource("\n".join(self.buffer), self.filename)
        if result.syntax_check != "incomplete":
            self.buffer = []
        return result

    def runsource(self, source: str, filename: str = "<console>") -> ConsoleFuture:
        """Run one statement, if it is complete."""
        try:
            code = self._parse(source, filename)
        except (SyntaxError, ValueError, OverflowError) as problem:
            failed = ConsoleFuture("syntax-error")
            failed.set_exception(problem)
            failed.formatted_error = self.formatsyntaxerror(problem)
            return failed
        if code is None:
            unfinished = ConsoleFuture("incomplete")
            unfinished.set_result(None)
            return unfinished
        result = ConsoleFuture("complete")
        task = asyncio.ensure_future(self.runcode(source, code.compile()))
        task.add_done_callback(lambda done: self._settle(result, done))
        return result

    def _parse(self, source: str, filename: str) -> CodeRunner | None:
        """Return the code; None for what is incomplete."""
        if self._is_complete(source, filename, "single") is None:
            return None
        if all(not line.strip() or line.lstrip().startswith("#") for line in source.split("\n")):
            source = "pass"
        flags = self._is_complete.compiler.flags & _FLAGS
        return CodeRunner(source, mode="single", filename=filename, flags=flags, **self._options)

    def _settle(self, result: ConsoleFuture, done: asyncio.Future[Any]) -> None:
        if result.done():
            return
        problem = asyncio.CancelledError() if done.cancelled() else done.exception()
        if problem is None:
            result.set_result(done.result())
        else:
            result.formatted_error = self.formattraceback(problem)
            result.set_exception(problem)

    @runs_user_code
    async def runcode(self, source: str, code: CodeRunner) -> Any:  # noqa: ARG002 - for classes that override it
        """Run a compiled line after those before it, with redirected streams."""
        async with self._lock:
            with self.redirect_streams():
                try:
                    return await code.run_async(self.globals)
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()

    def formatsyntaxerror(self, e: BaseException) -> str:
        """Return what a terminal shows of a syntax error."""
        return "".join(traceback.format_exception_only(type(e), e))

    def num_frames_to_keep(self, tb: TracebackType | None) -> int:
        """Return the number of frames from the console's own code on."""
        names = [frame.f_code.co_filename for frame, _line in traceback.walk_tb(tb)]
        own = {self.filename, "<exec>"}
        first = next((number for number, name in enumerate(names) if name in own), len(names))
        return len(names) - first

    def formattraceback(self, e: BaseException) -> str:
        """Return what a terminal shows of an exception, without the frames below the console."""
        kept = self.num_frames_to_keep(e.__traceback__)
        return "".join(traceback.format_exception(type(e), e, e.__traceback__, -kept))

    def complete(self, source: str) -> tuple[list[str], int]:
        """Return the completions of the last word and where that begins."""
        start = 1 + max(source.rfind(character) for character in self.completer_word_break_characters)
        word = source[start:]
        find = self._completer.attr_matches if "." in word else self._completer.global_matches
        return list(find(word)), start


class PyodideConsole(Console):
    """The same: in Workers there is nothing to load before a line runs."""


def shorten(text: str, limit: int = 1000, split: int | None = None, separator: str = "...") -> str:
    """Return the text, or its first and last `split` characters (default: half of `limit`) if it is longer."""
    if limit < 2:
        raise ValueError("limit must be greater than or equal to 2.")
    if len(text) <= limit:
        return text
    kept = min(limit // 2 if split is None else split, len(text) // 2)
    return text[:kept] + separator + text[-kept:]


def repr_shorten(value: Any, limit: int = 1000, split: int | None = None, separator: str = "...") -> str:
    """Return `repr(value)`, shortened in its middle if it is longer than `limit`."""
    if limit < 4:
        raise ValueError("limit must be greater than or equal to 4.")
    return shorten(repr(value), limit, split, separator)
