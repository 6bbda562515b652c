"""What user code prints: `sys.stdout` and `sys.stderr` of a host, line by line, become log messages."""

from __future__ import annotations

import io

from pywrangler.runtime import context


class LogWriter(io.TextIOBase):
    """A text stream whose complete lines go to the log at one level."""

    def __init__(self, level: str, descriptor: int) -> None:
        super().__init__()
        self._level = level
        self._descriptor = descriptor
        self._line = ""

    encoding = "utf-8"

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """The descriptor behind it, which faulthandler and subprocesses ask for."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Log every line that is complete; keep the rest."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._line += text
        if "\n" in text:
            complete, _, self._line = self._line.rpartition("\n")
            self._log(complete)
        return len(text)

    def flush(self) -> None:
        """Log an unfinished line: who flushes wants it seen."""
        if self._line:
            line, self._line = self._line, ""
            self._log(line)

    def _log(self, lines: str) -> None:
        context.record_lines(self._level, lines)
        context.log(self._level, lines)
