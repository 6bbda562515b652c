"""Which file answers a path, and which spelling of the path is the right one (`html_handling`).

`/about` may be `about`, `about.html` or `about/index.html`; each mode has one canonical URL for each page and redirects
the other spellings to it. A redirect is given only where the target serves the very file that was meant, so no two
redirects can chase each other. Source: https://developers.cloudflare.com/workers/static-assets/routing/advanced/html-handling/.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.bindings.static_files.files import File

    Exists = Callable[[str], File | None]
    """Finds the file at a decoded path."""

_CANONICAL = re.compile(r"(?:/[A-Za-z0-9_.!~*'()-]+)*/?")
_SLASHES = re.compile(r"/{2,}")
_INDEX = "/index.html"


class Serve(NamedTuple):
    """Answer with this file."""

    file: File


class Move(NamedTuple):
    """Redirect to this (decoded) path."""

    path: str


def decode(path: str) -> str:
    """Return the path that a request means: escapes undone per segment, no empty segments in between.

    A segment that is not UTF-8 when its escapes are undone stays as it is.
    """
    if _CANONICAL.fullmatch(path):
        return path
    return _SLASHES.sub("/", "/".join(map(_decode_segment, path.split("/"))))


def _decode_segment(segment: str) -> str:
    if "%" not in segment:
        return segment
    if re.search(r"%(?![0-9A-Fa-f]{2})", segment):
        return segment
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return segment


def encode(path: str) -> str:
    """Return the canonical URL path for a decoded path."""
    if _CANONICAL.fullmatch(path):
        return path
    return "/".join(quote(segment, safe="!~*'()", errors="replace") for segment in path.split("/"))


def route(mode: str, path: str, exists: Exists) -> Serve | Move | None:
    """Return what a decoded path leads to under `html_handling` `mode`; None if nothing matches."""
    return _MODES[mode](path, exists, True)


def _move(mode: str, file: str, destination: str, exists: Exists) -> Move | None:
    """Redirect to `destination` if that serves `file`."""
    if exists(destination) is not None:
        return None
    found = _MODES[mode](destination, exists, False)
    return Move(destination) if isinstance(found, Serve) and found.file == exists(file) else None


def _auto(path: str, exists: Exists, may_move: bool) -> Serve | Move | None:
    exact = exists(path) if not path.endswith("/") else None
    moves: list[tuple[str, str]] = []
    if path.endswith("/index"):
        if exact is not None:
            return Serve(exact)
        folder = path.removesuffix("/index")
        moves = [(f"{path}.html", f"{folder}/"), (f"{folder}.html", folder)]
    elif path.endswith(_INDEX):
        folder = path.removesuffix(_INDEX)
        moves = [(path, f"{folder}/"), (f"{folder}.html", folder)]
    elif path.endswith("/"):
        page = exists(f"{path}index.html")
        if page is not None:
            return Serve(page)
        moves = [(f"{path[:-1]}.html", path[:-1])]
    elif path.endswith(".html"):
        stem = path.removesuffix(".html")
        moves = [(path, stem), (f"{stem}/index.html", f"{stem}/")]
    for file, destination in moves if may_move else ():
        if destination and (move := _move("auto-trailing-slash", file, destination, exists)):
            return move
    if exact is not None:
        return Serve(exact)
    page = exists(f"{path}.html")
    if page is not None:
        return Serve(page)
    return _move("auto-trailing-slash", f"{path}/index.html", f"{path}/", exists) if may_move else None


def _force(path: str, exists: Exists, may_move: bool) -> Serve | Move | None:
    exact = exists(path) if not path.endswith("/") else None
    moves: list[tuple[str, str]] = []
    if path.endswith("/index"):
        if exact is not None:
            return Serve(exact)
        folder = path.removesuffix("/index")
        moves = [(f"{path}.html", f"{folder}/"), (f"{folder}.html", f"{folder}/")]
    elif path.endswith(_INDEX):
        folder = path.removesuffix(_INDEX)
        moves = [(path, f"{folder}/"), (f"{folder}.html", f"{folder}/")]
    elif path.endswith("/"):
        page = exists(f"{path}index.html") or exists(f"{path[:-1]}.html")
        return Serve(page) if page is not None else None
    elif path.endswith(".html"):
        stem = path.removesuffix(".html")
        moves = [(path, f"{stem}/")]
        if exact is None:
            moves.append((f"{stem}/index.html", f"{stem}/"))
    if exact is None:
        moves += [(f"{path}.html", f"{path}/"), (f"{path}/index.html", f"{path}/")]
    for file, destination in moves if may_move else ():
        if move := _move("force-trailing-slash", file, destination, exists):
            return move
    return Serve(exact) if exact is not None else None


def _drop(path: str, exists: Exists, may_move: bool) -> Serve | Move | None:
    exact = exists(path) if not path.endswith("/") else None
    moves: list[tuple[str, str]] = []
    if path == "/":
        page = exists(_INDEX)
        return Serve(page) if page is not None else None
    if path in ("/index", _INDEX):
        moves = [(_INDEX, "/")] if exact is None or path == _INDEX else []
    elif path.endswith("/index"):
        folder = path.removesuffix("/index")
        moves = [(f"{folder}.html", folder), (f"{path}.html", folder)] if exact is None else []
    elif path.endswith(_INDEX):
        folder = path.removesuffix(_INDEX)
        moves = [(path, folder)]
        if exact is None:
            moves.append((f"{folder}.html", folder))
    elif path.endswith("/"):
        moves = [(f"{path[:-1]}.html", path[:-1]), (f"{path}index.html", path[:-1])]
    elif path.endswith(".html"):
        stem = path.removesuffix(".html")
        moves = [(path, stem), (f"{stem}/index.html", stem)]
    for file, destination in moves if may_move else ():
        if move := _move("drop-trailing-slash", file, destination, exists):
            return move
    page = exact if exact is not None else exists(f"{path}.html") or exists(f"{path}/index.html")
    return Serve(page) if page is not None else None


def _none(path: str, exists: Exists, _may_move: bool) -> Serve | None:
    exact = exists(path)
    return Serve(exact) if exact is not None else None


_MODES: dict[str, Callable[[str, Exists, bool], Serve | Move | None]] = {
    "auto-trailing-slash": _auto,
    "force-trailing-slash": _force,
    "drop-trailing-slash": _drop,
    "none": _none,
}
