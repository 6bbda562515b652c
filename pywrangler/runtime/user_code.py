"""The mark of our coroutines that call back into user code; `runtime.tasks` treats them as the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

Function = TypeVar("Function", bound="Callable[..., object]")

OF_USER_CODE: dict[int, CodeType] = {}
"""By identity, because code objects are slow to compare; the value keeps the identity taken."""


def runs_user_code(function: Function) -> Function:
    """Mark a coroutine function of ours whose tasks run user code."""
    code: CodeType = function.__code__
    OF_USER_CODE[id(code)] = code
    return function
