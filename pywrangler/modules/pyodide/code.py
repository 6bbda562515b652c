"""`pyodide.code`: running Python source. JavaScript source cannot be run in Workers."""

from __future__ import annotations

import ast
import functools
import inspect
import io
import linecache
import textwrap
import tokenize
from collections.abc import Callable
from types import CodeType
from typing import Any, ParamSpec, TypeVar

from pywrangler.runtime.js.builtins.environment import eval as _refuse
from pywrangler.runtime.user_code import runs_user_code

__all__ = [
    "CodeRunner",
    "eval_code",
    "eval_code_async",
    "find_imports",
    "relaxed_call",
    "relaxed_wrap",
    "run_js",
    "should_quiet",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_RESULT = "_value_of_last_expression"
_SPACE = frozenset(
    (tokenize.ENDMARKER, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.DEDENT, tokenize.INDENT)
)


def run_js(code: str, /) -> Any:
    """Workers run no code from strings: EvalError."""
    if not isinstance(code, str):
        raise TypeError(f"argument should have type 'string' not type '{type(code).__name__}'")
    return _refuse()


def should_quiet(source: str, /) -> bool:
    """Tell whether the source ends with a semicolon (before comments), which suppresses its value."""
    last = None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _SPACE:
            last = token
    return last is not None and last.type == tokenize.OP and last.string == ";"


class CodeRunner:
    """Python source that is parsed at once, compiled by `compile` and run by `run` or `run_async`.

    `return_mode`: "last_expr" (the value of the last statement, if it is an expression), "last_expr_or_assign" (also
    what the last assignment assigned), "none". `ast` may be changed before `compile`, `code` before `run`.
    """

    def __init__(
        self,
        source: str,
        *,
        return_mode: str = "last_expr",
        mode: str = "exec",
        quiet_trailing_semicolon: bool = True,
        filename: str = "<exec>",
        flags: int = 0,
        dont_inherit: bool = False,
        optimize: int = -1,
    ) -> None:
        self._source = textwrap.dedent(source)
        self._options = (filename, mode, flags, dont_inherit, optimize)
        self._return_mode = return_mode
        self._quiet = quiet_trailing_semicolon
        self.ast: Any = compile(self._source, filename, mode, flags | ast.PyCF_ONLY_AST)
        self.code: CodeType | None = None
        self._is_compiled = False

    def compile(self) -> CodeRunner:
        """Compile `ast` into `code`, once; returns self."""
        if self._is_compiled:
            raise RuntimeError("Already compiled")
        self._is_compiled = True
        if self._quiet and should_quiet(self._source):
            self._return_mode = "none"
        if self._return_mode == "last_expr_or_assign":
            _show_assigned(self.ast)
        if self._return_mode.startswith("last_expr"):
            _keep_last(self.ast)
        filename, mode, flags, dont_inherit, optimize = self._options
        self.code = compile(self.ast, filename, mode, flags, dont_inherit, optimize)
        if not (filename.startswith("<") and filename.endswith(">")):
            linecache.cache[filename] = (len(self._source), None, self._source.splitlines(keepends=True), filename)
        return self

    def run(self, globals: dict[str, Any] | None = None, locals: dict[str, Any] | None = None) -> Any:
        """Run the code in these namespaces (default: a new one); RuntimeError if it awaits at top level."""
        running, inner = self._begin(globals, locals)
        if inspect.iscoroutine(running):
            running.close()
            raise RuntimeError("Used eval_code with TOP_LEVEL_AWAIT. Use run_async for this instead.")
        return inner.pop(_RESULT, None)

    @runs_user_code
    async def run_async(self, globals: dict[str, Any] | None = None, locals: dict[str, Any] | None = None) -> Any:
        """Run the code, which may await at top level if it was compiled so."""
        running, inner = self._begin(globals, locals)
        if inspect.iscoroutine(running):
            await running
        return inner.pop(_RESULT, None)

    def _begin(self, globals: dict[str, Any] | None, locals: dict[str, Any] | None) -> tuple[Any, Any]:
        if not self._is_compiled:
            raise RuntimeError("Not yet compiled")
        scope: dict[str, Any] = {} if globals is None else globals
        inner = scope if locals is None else locals
        if self.code is None:
            return None, {}
        return eval(self.code, scope, inner), inner  # noqa: S307 - that is what the class is for


def _show_assigned(tree: ast.Module) -> None:
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Assign):
        target = last.targets[0]
    elif isinstance(last, (ast.AugAssign, ast.AnnAssign)):
        target = last.target
    else:
        return
    if isinstance(target, ast.Name):
        tree.body.append(ast.copy_location(ast.Expr(ast.Name(target.id, ast.Load())), target))
        ast.fix_missing_locations(tree)


def _keep_last(tree: Any) -> None:
    """Assign the value of the last expression to a name, from where it is taken."""
    if not isinstance(tree, (ast.Module, ast.Interactive)) or not tree.body:
        return
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        tree.body[-1] = ast.copy_location(ast.Assign([ast.Name(_RESULT, ast.Store())], last.value), last)
        ast.fix_missing_locations(tree)


def eval_code(
    source: str, globals: dict[str, Any] | None = None, locals: dict[str, Any] | None = None, **options: Any
) -> Any:
    """Run Python source; returns the value of its last expression. The options are those of `CodeRunner`."""
    return CodeRunner(source, **options).compile().run(globals, locals)


@runs_user_code
async def eval_code_async(
    source: str,
    globals: dict[str, Any] | None = None,
    locals: dict[str, Any] | None = None,
    *,
    flags: int = 0,
    **options: Any,
) -> Any:
    """Run Python source with top-level await; returns the value of its last expression."""
    runner = CodeRunner(source, flags=flags or ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, **options)
    return await runner.compile().run_async(globals, locals)


def find_imports(source: str) -> list[str]:
    """Return the top-level names of the modules that a source imports, sorted; empty if it has a syntax error."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except SyntaxError:
        return []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return sorted(found)


def relaxed_call(func: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
    """Call a function with those of the arguments that it takes; the others are dropped."""
    try:
        parameters = inspect.signature(func).parameters.values()
    except (TypeError, ValueError):  # a function without a signature gets everything
        return func(*args, **kwargs)
    kinds = {parameter.kind for parameter in parameters}
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        places = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
        args = args[: len(places)]
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        names = {p.name for p in parameters if p.kind in {p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD}}
        kwargs = {name: value for name, value in kwargs.items() if name in names}
    return func(*args, **kwargs)


def relaxed_wrap(func: Callable[_P, _T]) -> Callable[..., _T]:
    """Return the function with extra arguments ignored; TypeError if its signature is not known."""
    try:
        inspect.signature(func)
    except (TypeError, ValueError):
        raise TypeError("Cannot wrap function") from None

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> _T:
        return relaxed_call(func, *args, **kwargs)

    return wrapper
