"""Running code; JavaScript as text is not available in Workers."""

import ast
from collections.abc import Callable
from types import CodeType
from typing import Any, Literal, Never, Self, TypeAlias, TypeVar

_T = TypeVar("_T")
_ReturnMode: TypeAlias = Literal["last_expr", "last_expr_or_assign", "none"]

class CodeRunner:
    """Python source that is parsed, then compiled, then run: each step may be changed."""

    ast: ast.Module
    code: CodeType | None
    def __init__(
        self,
        source: str,
        *,
        return_mode: _ReturnMode = "last_expr",
        mode: str = "exec",
        quiet_trailing_semicolon: bool = True,
        filename: str = "<exec>",
        flags: int = 0,
        dont_inherit: bool = False,
        optimize: int = -1,
    ) -> None: ...
    def compile(self) -> Self:
        """Compile `ast` into `code`, once."""
    def run(self, globals: dict[str, Any] | None = None, locals: dict[str, Any] | None = None) -> Any:
        """Run the code."""
    async def run_async(self, globals: dict[str, Any] | None = None, locals: dict[str, Any] | None = None) -> Any:
        """Run code that may await at its top level."""

def eval_code(
    source: str,
    globals: dict[str, Any] | None = None,
    locals: dict[str, Any] | None = None,
    *,
    return_mode: _ReturnMode = "last_expr",
    quiet_trailing_semicolon: bool = True,
    filename: str = "<exec>",
    flags: int = 0,
    dont_inherit: bool = False,
    optimize: int = -1,
) -> Any:
    """Run Python source and return the value of its last expression."""

async def eval_code_async(
    source: str,
    globals: dict[str, Any] | None = None,
    locals: dict[str, Any] | None = None,
    *,
    return_mode: _ReturnMode = "last_expr",
    quiet_trailing_semicolon: bool = True,
    filename: str = "<exec>",
    flags: int = 0,
    dont_inherit: bool = False,
    optimize: int = -1,
) -> Any:
    """Run Python source that may await at its top level."""

def find_imports(source: str) -> list[str]:
    """Return the names of the modules that the source imports."""

def relaxed_call(func: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
    """Call a function without the arguments that it does not take."""

def relaxed_wrap(func: Callable[..., _T]) -> Callable[..., _T]:
    """Return a function that ignores extra arguments."""

def run_js(code: str, /) -> Never:
    """Not available: the platform refuses to run JavaScript that was made from text."""

def should_quiet(source: str, /) -> bool:
    """Tell whether the source ends with a semicolon."""
