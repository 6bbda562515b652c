"""Questions in the terminal. Ctrl+C at one ends the command with 1 and leaves the terminal as it was.

Without a terminal (a script, a pipe, CI) nothing is asked: a question with a default is shown with the answer that was
taken for it, as upstream does it (spec/cli.md, section 1).
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PASTE_SECONDS = 0.05
_BACKSPACE = (b"\x7f", b"\b")
_CLEAR_LINE, _END_OF_INPUT = b"\x15", b"\x04"


def is_interactive() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")


def confirm(question: str, *, fallback: bool = True) -> bool:
    """Ask yes or no; `fallback` is the answer where nobody can be asked."""
    if not is_interactive():
        answer = "yes" if fallback else "no"
        print(f"? {question}\n🤖 Using fallback value in non-interactive context: {answer}")
        return fallback
    with _interruptible():
        while True:
            words = _line(f"? {question} (Y/n) " if fallback else f"? {question} (y/N) ").strip().lower()
            if not words:
                return fallback
            if words in {"y", "yes", "n", "no"}:
                return words[0] == "y"


def ask(question: str, default: str) -> str:
    """Ask for a line of text; an empty answer means `default`. Only for an interactive terminal."""
    with _interruptible():
        return _line(f"? {question} ({default}) ").strip() or default


def choose(question: str, options: Sequence[str], default: int = 0) -> int:
    """Ask for one of several; return its index. Only for an interactive terminal."""
    with _interruptible():
        print(f"? {question}")
        for number, option in enumerate(options, 1):
            print(f"  {number}) {option}")
        while True:
            words = _line(f"  Number or name ({default + 1}): ").strip()
            if not words:
                return default
            if words.isdecimal() and 1 <= int(words) <= len(options):
                return int(words) - 1
            named = [index for index, option in enumerate(options) if option.split(" ")[0] == words]
            if named:
                return named[0]


def ask_hidden(question: str) -> str:
    """Ask for a secret on the terminal of stdin; shows a star for each character.

    StartError if several lines arrive at once: of a pasted text only the first would be taken.
    """
    with _interruptible(), _raw(sys.stdin.fileno()) as terminal:
        _show(f"{question} ")
        try:
            value = _hidden_line(terminal)
            if select.select([terminal], [], [], PASTE_SECONDS)[0]:
                what = "The value has several lines, and a prompt takes one. Nothing was changed."
                raise StartError(Problem("usage", what, "Send it through a pipe: pywrangler secret put NAME < FILE"))
        finally:
            # What is left of a paste must not reach the shell, where it would be run and remembered.
            termios.tcflush(terminal, termios.TCIFLUSH)
            _show("\n")
    return value


def _hidden_line(terminal: int) -> str:
    """Read to the end of the line, undoing what backspace takes back; invalid UTF-8 is an error."""
    content = b""
    while True:
        key = os.read(terminal, 1)
        if key in {b"\r", b"\n"}:
            break
        if key in {b"", _END_OF_INPUT}:
            if content:
                break
            raise _Interrupted
        if key in _BACKSPACE:
            if content:
                content = content.decode(errors="ignore")[:-1].encode()
                _show("\b \b")
        elif key == _CLEAR_LINE:
            _show("\b \b" * len(content.decode(errors="replace")))
            content = b""
        else:
            content += key
            if key[0] & 0xC0 != 0x80:  # the first byte of a character
                _show("*")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise StartError(Problem("usage", "The value is not valid UTF-8. Nothing was changed.")) from None


def _show(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _line(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        raise _Interrupted from None


class _Interrupted(BaseException):
    """Ctrl+C, the end of input, or a signal to stop."""


@contextmanager
def _interruptible() -> Iterator[None]:
    """Turn the signals to stop into an error, so that the terminal is restored on the way out."""

    def stop(_number: int, _frame: object) -> None:
        raise _Interrupted

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except _Interrupted:
        raise StartError(Problem("interrupted", "Stopped at a question. Nothing was changed.")) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _raw(terminal: int) -> Iterator[int]:
    """Keys as they are typed, without echo; Ctrl+C stays a signal."""
    before = termios.tcgetattr(terminal)
    changed = termios.tcgetattr(terminal)
    changed[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSADRAIN, changed)
    try:
        yield terminal
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
