"""What an object's storage asks of the object it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pywrangler.errors import Problem


class StorageOwner(Protocol):
    """The object: it ends turns by calling `commit()`, and resets itself when that fails."""

    def wrote(self) -> None:
        """Note the first uncommitted write of a turn; `commit()` is to follow."""

    def has_alarm_handler(self) -> bool:
        """Say whether the class has an `alarm` method."""

    def exclusive(self, function: Callable[[], Awaitable[Any]], /) -> Awaitable[Any]:
        """Run `function` while nothing else runs from now on, as in `blockConcurrencyWhile`; failures are rethrown."""

    def notice(self, problem: Problem) -> None:
        """Show a problem that stops nothing."""
