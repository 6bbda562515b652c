"""What a Worker could not import: told to the session, which knows what the project asks for and has."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.host import search_path
from pywrangler.protocol.control import Missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pywrangler.packages.vendored import Skipped, Vendored

_PLATFORM = frozenset(("workers", "js", "pyodide", "asgi", "pyodide_js", "pywrangler"))


def missing_in(error: BaseException, vendored: Iterable[Vendored]) -> Missing | None:
    """Return the module that an error, or what led to it, was raised for the lack of."""
    found = list(vendored)
    for one in _related(error):
        if not isinstance(one, ImportError):
            continue
        name = one.name or ""
        # What is built for WebAssembly may be there in part: stubs and data make a package without a loader.
        item = search_path.foreign(name, found) or _owner_of(one.path, found)
        if item is not None:
            return Missing(name or item.name, item.name)
        if isinstance(one, ModuleNotFoundError) and name and name.partition(".")[0] not in _PLATFORM:
            return Missing(name)
    return None


def _owner_of(path: str | None, found: Iterable[Vendored]) -> Skipped | None:
    for one in found:
        if path is not None and Path(path).is_relative_to(one.directory):
            return one.foreign(".".join(Path(path).relative_to(one.directory).parent.parts))
    return None


def awaited(missing: Missing | None) -> tuple[Path, ...]:
    """Return the files whose appearance in a package that exists would help."""
    if missing is None:
        return ()
    parent, _, name = missing.module.rpartition(".")
    places = list(getattr(sys.modules.get(parent), "__path__", ()))
    return tuple(path for place in places for path in (Path(place, f"{name}.py"), Path(place, name, "__init__.py")))


def _related(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and everything that led to it, the nearest first."""
    waiting = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        before = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if before is not None:
            waiting.append(before)
