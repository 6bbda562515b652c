"""Files: on Cloudflare there are those of the bundle, only to be read, and /tmp, which lasts as long as the isolate.

A path is followed through `__file__`, pathlib, os.path and names that are assigned once; what cannot be told is left
alone, except for writing.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, NamedTuple

from pywrangler.fidelity.bundle import DEFAULT_RULES
from pywrangler.fidelity.names import PATH, assigned, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pywrangler.errors import Problem
    from pywrangler.fidelity.bundle import Bundle
    from pywrangler.fidelity.names import Scope
    from pywrangler.fidelity.walk import Visit

Use = Literal["read", "write", "list"]

_STORAGE = (
    "Keep data in KV, R2, D1 or the storage of a Durable Object; /tmp lasts only as long as the Worker's isolate."
)
_BESIDE = "Name it beside the module: `Path(__file__).parent / ...`."
_OPENERS = frozenset(
    ("builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "zipfile.ZipFile")
)
_PATH_METHODS: Mapping[str, Use] = {
    **dict.fromkeys(("read_text", "read_bytes"), "read"),
    **dict.fromkeys(("write_text", "write_bytes", "touch", "mkdir", "unlink", "rmdir", "rename", "replace"), "write"),
    **dict.fromkeys(("symlink_to", "hardlink_to", "chmod"), "write"),
    **dict.fromkeys(("iterdir", "glob", "rglob"), "list"),
}
_FUNCTIONS: Mapping[str, Use] = {
    **dict.fromkeys(("os.remove", "os.unlink", "os.mkdir", "os.makedirs", "os.rmdir", "os.removedirs"), "write"),
    **dict.fromkeys(("os.rename", "os.replace", "os.truncate", "os.chmod", "os.symlink", "os.link"), "write"),
    **dict.fromkeys(("shutil.rmtree", "shutil.move", "logging.FileHandler", "sqlite3.connect", "shelve.open"), "write"),
    **dict.fromkeys(
        ("logging.handlers.RotatingFileHandler", "logging.handlers.TimedRotatingFileHandler", "dbm.open"), "write"
    ),
    **dict.fromkeys(("os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"), "list"),
    **dict.fromkeys(("jinja2.FileSystemLoader", "starlette.staticfiles.StaticFiles"), "list"),
    **dict.fromkeys(("fastapi.staticfiles.StaticFiles", "fastapi.templating.Jinja2Templates"), "list"),
    "starlette.templating.Jinja2Templates": "list",
}
_JOINING = frozenset(
    (
        *("pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "os.fspath", "builtins.str", "os.path.join"),
        *("os.path.abspath", "os.path.realpath", "os.path.normpath"),
    )
)
_SAME_PATH = frozenset(("resolve", "absolute", "as_posix", "expanduser", "__fspath__"))
_DEPTH_LIMIT = 20
_DIRECTORY_LIMIT = 500
_IN_MEMORY = ":memory:"


class Located(NamedTuple):
    """A path as far as it is known: below a module of the project, absolute, or relative to the working directory."""

    kind: Literal["own", "absolute", "relative"]
    path: Path


def check(visit: Visit, bundle: Bundle) -> Iterator[Problem]:
    """Yield a finding if the node uses a file that Cloudflare will not have, or writes one."""
    if not isinstance(visit.node, ast.Call):
        return
    found = _use(visit, visit.node)
    if found is None:
        return
    name, use, argument = found
    if argument is None:
        return
    if isinstance(argument, ast.Constant) and argument.value == _IN_MEMORY:
        return
    located = locate(argument, visit.scope, visit.source.path)
    if use == "write":
        yield from _writing(visit, name, located)
    elif located is not None:
        yield from _reading(visit, name, located, bundle, is_directory=use == "list")


def locate(expression: ast.expr, scope: Scope, module: Path, depth: int = 0) -> Located | None:
    """Return what an expression says about a path, None if nothing can be told. `module` is the file it stands in."""
    if depth > _DEPTH_LIMIT:
        return None
    expression, scope = assigned(expression, scope)

    def inner(value: ast.expr) -> Located | None:
        return locate(value, scope, module, depth + 1)

    match expression:
        case ast.Constant(value=str() as text) if text:
            return Located("absolute" if PurePosixPath(text).is_absolute() else "relative", Path(text))
        case ast.Name(id="__file__"):
            return Located("own", module)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _joined([inner(left), inner(right)])
        case ast.Attribute(value=value, attr="parent"):
            return _above(inner(value))
        case ast.Subscript(value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int() as count)):
            located = inner(value)
            for _ in range(min(abs(count), _DEPTH_LIMIT) + 1):
                located = _above(located)
            return located
        case ast.Call(func=function, args=arguments):
            return _called(function, [inner(item) for item in arguments], resolve(function, scope), inner)
    return None


def _called(
    function: ast.expr,
    arguments: list[Located | None],
    name: str | None,
    inner: Callable[[ast.expr], Located | None],
) -> Located | None:
    """Return the path that a call makes."""
    if name in _JOINING:
        return _joined(arguments) if arguments else Located("relative", Path())
    if name == "os.path.dirname" and arguments:
        return _above(arguments[0])
    if name in {"os.getcwd", "pathlib.Path.cwd"}:
        return Located("relative", Path())
    if name in {"pathlib.Path.home", "os.path.expanduser"}:
        return Located("absolute", Path("/home"))
    if not isinstance(function, ast.Attribute):
        return None
    if function.attr in _SAME_PATH:
        return inner(function.value)
    if function.attr == "joinpath":
        return _joined([inner(function.value), *arguments])
    if function.attr == "with_name" and len(arguments) == 1:
        return _joined([_above(inner(function.value)), arguments[0]])
    return None


def _above(located: Located | None) -> Located | None:
    return located and Located(located.kind, located.path.parent)


def _joined(parts: list[Located | None]) -> Located | None:
    """Return the path of several put together; an absolute one starts anew."""
    whole = parts[0]
    for item in parts[1:]:
        if whole is None or item is None:
            return None
        whole = item if item.kind != "relative" else Located(whole.kind, whole.path / item.path)
    return whole


# ---- what a call does


def _use(visit: Visit, call: ast.Call) -> tuple[str, Use, ast.expr | None] | None:
    """Return the name of the call, how it uses a file, and the path."""
    name = visit.name(call.func)
    first = call.args[0] if call.args else _keyword(call, "file", "path", "directory", "searchpath", "filename")
    if name in _OPENERS:
        return f"{name.removeprefix('builtins.')}()", _mode(call, 1), first
    if name is not None and name in _FUNCTIONS:
        return f"{name}()", _FUNCTIONS[name], first
    if isinstance(call.func, ast.Attribute) and visit.name(call.func.value) == PATH:
        method = call.func.attr
        if method == "open":
            return "Path.open()", _mode(call, 0), call.func.value
        if method in _PATH_METHODS:
            return f"Path.{method}()", _PATH_METHODS[method], call.func.value
    return None


def _mode(call: ast.Call, position: int) -> Use:
    mode = call.args[position] if len(call.args) > position else _keyword(call, "mode")
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set("wax+") & set(mode.value):
        return "write"
    return "read"


def _keyword(call: ast.Call, *names: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg in names), None)


# ---- findings


def _writing(visit: Visit, name: str, located: Located | None) -> Iterator[Problem]:
    if located is None:
        what = f"{name} writes a file; on Cloudflare only /tmp can be written, and it does not last."
        yield visit.source.problem("files", visit.node, what, _STORAGE, "warning")
    elif not _is_temporary(located):
        where = "beside your code" if located.kind == "own" else f'at "{located.path}"'
        what = f"{name} writes {where}; on Cloudflare only /tmp can be written."
        yield visit.source.problem("files", visit.node, what, _STORAGE)


def _reading(visit: Visit, name: str, located: Located, bundle: Bundle, *, is_directory: bool) -> Iterator[Problem]:
    if located.kind == "absolute":
        if not _is_temporary(located):
            what = f'{name} reads "{located.path}", which does not exist on Cloudflare.'
            yield visit.source.problem("files", visit.node, what, "Bundle the file: put it beside your module.")
        return
    if located.kind == "relative":
        what = f'{name} reads "{located.path}" from the working directory, where Cloudflare has no files.'
        yield visit.source.problem("files", visit.node, what, _BESIDE, "warning")
        return
    path = Path(os.path.normpath(located.path))
    if not bundle.covers(path):
        shown = os.path.relpath(path, bundle.root)
        what = f'"{shown}" lies outside of the directory of the main module, so it is not part of the bundle.'
        yield visit.source.problem("unbundled-file", visit.node, what, f'Move it below "{bundle.root.name}".')
    elif is_directory:
        missing = next((item for item in _files_below(path) if not bundle.holds(item)), None)
        if missing is not None:
            yield _unbundled(visit, missing, bundle, "warning")
    elif path.is_file() and not bundle.holds(path):
        yield _unbundled(visit, path, bundle, "error")


def _unbundled(visit: Visit, path: Path, bundle: Bundle, severity: Literal["error", "warning"]) -> Problem:
    suffix = path.suffix or path.name
    what = f'No rule bundles "{path.relative_to(bundle.root).as_posix()}", so it does not exist on Cloudflare.'
    kind, globs = next(
        ((kind, globs) for kind, globs in DEFAULT_RULES if any(glob.endswith(f"*{suffix}") for glob in globs)),
        ("Text", ()),
    )
    if kind in bundle.hidden and globs:
        remedy = f'The rule of type "{kind}" in the config replaces the defaults: set "fallthrough": true on it.'
    else:
        glob = f"**/*{suffix}" if path.suffix else f"**/{path.name}"
        remedy = f'Add to the config: "rules": [{{ "type": "Data", "globs": ["{glob}"], "fallthrough": true }}].'
    return visit.source.problem("unbundled-file", visit.node, what, remedy, severity)


def _files_below(directory: Path) -> Iterator[Path]:
    count = 0
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(names):
            count += 1
            if count > _DIRECTORY_LIMIT:
                return
            if not name.startswith("."):
                yield Path(folder, name)


def _is_temporary(located: Located) -> bool:
    return located.kind == "absolute" and PurePosixPath(os.path.normpath(located.path)).is_relative_to("/tmp")  # noqa: S108
