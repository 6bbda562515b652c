"""`node:path`, for the paths of Workers: those of POSIX."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.node.arguments import need_string, wrong_type
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import JsObject, plain

ROOT = "/"
"""What relative paths are resolved against: the modules have no other working directory."""


def _inner(path: str, *, above: bool) -> str:
    """Return the path without empty, `.` and `..` segments; with `above`, leading `..` stay."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if kept and kept[-1] != "..":
                kept.pop()
            elif above:
                kept.append(part)
        elif part not in {"", "."}:
            kept.append(part)
    return "/".join(kept)


def normalize(path: Any = None) -> str:
    """Return the path without what changes nothing in it."""
    text = need_string("path", path)
    if not text:
        return "."
    absolute = text.startswith("/")
    inner = _inner(text, above=not absolute)
    if not inner:
        return "/" if absolute else "./" if text.endswith("/") else "."
    return f"{'/' if absolute else ''}{inner}{'/' if text.endswith('/') else ''}"


def join(*paths: Any) -> str:
    """Return the paths one below the other, normalized."""
    parts = [need_string("path", path) for path in paths]
    return normalize("/".join(part for part in parts if part))


def resolve(*paths: Any) -> str:
    """Return the absolute path that the last of the paths means, seen from those before it."""
    found = ""
    for number, path in reversed(list(enumerate(paths))):
        text = need_string(f"paths[{number}]", path)
        if text:
            found = f"{text}/{found}"
        if text.startswith("/"):
            break
    return "/" + _inner(f"{ROOT}/{found}" if not found.startswith("/") else found, above=False)


def isAbsolute(path: Any = None) -> bool:
    """Tell whether a path begins at the root."""
    return need_string("path", path).startswith("/")


def relative(start: Any = None, to: Any = None) -> str:
    """Return the way from one path to another."""
    need_string("from", start)
    need_string("to", to)
    here, there = (resolve(path)[1:].split("/") if resolve(path) != "/" else [] for path in (start, to))
    common = 0
    while common < min(len(here), len(there)) and here[common] == there[common]:
        common += 1
    return "/".join([".."] * (len(here) - common) + there[common:])


def toNamespacedPath(path: Any = None) -> Any:
    """Return the path: only Windows has namespaces."""
    return path


def dirname(path: Any = None) -> str:
    """Return the path of the folder."""
    text = need_string("path", path)
    stripped = text.rstrip("/")
    if not stripped:
        return "/" if text else "."
    folder, slash, _last = stripped.rpartition("/")
    if not slash:
        return "."
    # A second slash at the very beginning stays, as it may mean something.
    return "//" if folder == "/" else folder or "/"


def basename(path: Any = None, suffix: Any = None) -> str:
    """Return the last segment; without `suffix`, if it ends so and is longer."""
    if suffix is not None:
        need_string("ext", suffix)
    if need_string("path", path) == suffix:
        return ""
    last = str(path).rstrip("/").rpartition("/")[2]
    return last[: -len(suffix)] if suffix and last != suffix and last.endswith(suffix) else last


def extname(path: Any = None) -> str:
    """Return the last segment from its last dot on, unless that is its first character."""
    last = basename(path)
    stem, dot, rest = last.rpartition(".")
    return dot + rest if stem and last != ".." else ""


def parse(path: Any = None) -> JsObject:
    """Return `{root, dir, base, ext, name}`."""
    text = need_string("path", path)
    root = "/" if text.startswith("/") else ""
    base, ext = basename(text), extname(text)
    folder = dirname(text) if "/" in text.rstrip("/") or (root and not base) else ""
    return plain({"root": root, "dir": folder, "base": base, "ext": ext, "name": base[: len(base) - len(ext)]})


def format(path: Any = None) -> str:
    """Return the path of what `parse` gives."""
    if not isinstance(path, JsObject) or path is jsnull:
        raise wrong_type("pathObject", "of type object", path)
    given = path.__dict__
    folder = given.get("dir") or given.get("root") or ""
    ext = given.get("ext") or ""
    base = given.get("base") or f"{given.get('name') or ''}{'.' if ext and not ext.startswith('.') else ''}{ext}"
    if not folder:
        return str(base)
    return f"{folder}{base}" if folder == given.get("root") else f"{folder}/{base}"


EXPORTS: dict[str, Any] = {
    "basename": basename,
    "delimiter": ":",
    "dirname": dirname,
    "extname": extname,
    "format": format,
    "isAbsolute": isAbsolute,
    "join": join,
    "normalize": normalize,
    "parse": parse,
    "relative": relative,
    "resolve": resolve,
    "sep": "/",
    "toNamespacedPath": toNamespacedPath,
}
MISSING = {"matchesGlob": "use the module fnmatch of Python", "win32": "use the module ntpath of Python"}


def complete(exports: dict[str, Any]) -> None:
    """Add the module itself as `posix`."""
    exports["posix"] = exports["default"]
    exports["default"].posix = exports["default"]
