"""Exceptions of Workers as tests see them."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from pywrangler.errors import PywranglerError

if TYPE_CHECKING:
    from pywrangler.protocol.testing import Failure

_BUILTINS = frozenset(
    (
        "ArithmeticError", "AssertionError", "AttributeError", "EOFError", "IndexError", "KeyError", "LookupError",
        "NameError", "NotImplementedError", "OSError", "OverflowError", "PermissionError", "RecursionError",
        "RuntimeError", "StopIteration", "TimeoutError", "TypeError", "ValueError", "ZeroDivisionError",
    )
)  # fmt: skip
_classes: dict[str, type[RemoteError]] = {}


class RemoteError(PywranglerError):
    """A Worker raised an exception.

    It is also an instance of the built-in class that was raised, so `pytest.raises(ValueError)` works. `kind` is the
    name of the class, `message` the text, `remote_traceback` where it happened.
    """

    def __init__(self, kind: str, message: str, remote_traceback: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.remote_traceback = remote_traceback
        if remote_traceback:
            self.add_note(f"in the Worker:\n{remote_traceback}")

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


class WorkerLostError(PywranglerError):
    """The process of a Worker ended, or does not answer."""


def remote_error(failure: Failure) -> RemoteError:
    """Return the exception to raise."""
    known = _classes.get(failure.kind)
    if known is None:
        known = RemoteError
        if failure.kind in _BUILTINS:
            known = type("RemoteError", (RemoteError, getattr(builtins, failure.kind)), {})
        _classes[failure.kind] = known
    return known(failure.kind, failure.message, failure.traceback)
