"""Single keys from the terminal.

Ctrl+C arrives as a key, not as a signal, so that it can mean the same as `x`. Everything else stays as it is: echo is
off, Ctrl+Z suspends. In the background, and while a debugger in a host has the terminal, nothing is touched.
"""

from __future__ import annotations

import os
import termios
from typing import TYPE_CHECKING, Any

from pywrangler.session.reactor import READ

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.session.reactor import Reactor

_LOCAL_FLAGS, _CONTROL_CHARACTERS = 3, 6
_READ_BYTES = 64


class Keyboard:
    """Reads keys from a terminal until closed."""

    def __init__(self, reactor: Reactor, on_key: Callable[[str], None], descriptor: int = 0) -> None:
        self._reactor = reactor
        self._on_key = on_key
        self._descriptor = descriptor
        self._saved: list[Any] | None = None
        self._is_closed = False

    def take(self) -> None:
        """Begin, or begin again after the session was suspended; does nothing in the background."""
        if self._is_closed or not self._is_foreground():
            return
        modes = termios.tcgetattr(self._descriptor)
        if self._saved is None:
            self._saved = [*modes[:_CONTROL_CHARACTERS], list(modes[_CONTROL_CHARACTERS])]
        modes[_LOCAL_FLAGS] &= ~(termios.ICANON | termios.ECHO)
        modes[_CONTROL_CHARACTERS][termios.VINTR] = bytes([os.fpathconf(self._descriptor, "PC_VDISABLE")])
        modes[_CONTROL_CHARACTERS][termios.VMIN] = 1
        modes[_CONTROL_CHARACTERS][termios.VTIME] = 0
        termios.tcsetattr(self._descriptor, termios.TCSANOW, modes)
        self._reactor.watch(self._descriptor, READ, self._on_ready)

    def give(self) -> None:
        """Put the terminal back as it was and read nothing."""
        self._reactor.forget(self._descriptor)
        if self._saved is not None and self._is_foreground():
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._saved)
        self._saved = None

    def close(self) -> None:
        """Put the terminal back for good."""
        self.give()
        self._is_closed = True

    def _is_foreground(self) -> bool:
        try:
            return os.isatty(self._descriptor) and os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return False

    def _on_ready(self) -> None:
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except OSError:
            data = b""
        if not data:  # The terminal is gone; SIGHUP says what that means.
            self._reactor.forget(self._descriptor)
            return
        if data.startswith(b"\x1b"):
            return  # An arrow or function key.
        for character in data.decode(errors="ignore"):
            self._on_key(character)
