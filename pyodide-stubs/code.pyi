"""Running code; JavaScript as text is not available in Workers."""

from typing import Any, Never

def eval_code(
    source: str,
    globals: dict[str, Any] | None = None,
    locals: dict[str, Any] | None = None,
    *,
    return_mode: str = "last_expr",
    quiet_trailing_semicolon: bool = True,
    filename: str = "<exec>",
    flags: int = 0,
) -> Any:
    """Run Python source and return the value of its last expression."""

async def eval_code_async(
    source: str,
    globals: dict[str, Any] | None = None,
    locals: dict[str, Any] | None = None,
    *,
    return_mode: str = "last_expr",
    quiet_trailing_semicolon: bool = True,
    filename: str = "<exec>",
    flags: int = 0,
) -> Any:
    """Run Python source that may await at its top level."""

def find_imports(source: str) -> list[str]:
    """Return the names of the modules that the source imports."""

def run_js(code: str, /) -> Never:
    """Not available: the platform refuses to run JavaScript that was made from text."""
