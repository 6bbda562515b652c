"""`breakpoint()` in user code: Python's own debugger, on the terminal of the session.

The session reads keys from that terminal, so it is told when the debugger wants them and when it is done. While the
debugger waits, the whole Worker waits: its clients are served when it goes on.
"""

from __future__ import annotations

import os
import pdb  # noqa: T100 - this is the debugger
from typing import TYPE_CHECKING, Any

from pywrangler.protocol import control

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Tell = Callable[[control.Message], None]


class TerminalDebugger(pdb.Pdb):
    """pdb on the descriptors that the host has inherited, which user code's `print` does not use."""

    def __init__(self, tell: Tell) -> None:
        terminal = os.fdopen(os.dup(1), "w", buffering=1)
        super().__init__(stdin=os.fdopen(os.dup(0)), stdout=terminal, nosigint=True)
        self.prompt = "(Pdb) "
        self._tell = tell

    def interaction(self, frame: FrameType | None, *arguments: Any, **options: Any) -> None:
        """Ask for commands; the terminal is ours meanwhile."""
        self._tell(control.Debugger(active=True))
        try:
            super().interaction(frame, *arguments, **options)
        finally:
            self._tell(control.Debugger(active=False))
