"""The SDK as the release that the Worker runs with, where it differs by what it has (`pywrangler.config.sdk`).

Modules and names of other releases are gone, so that code which needs them fails here as it fails there. The other
differences are decided where they matter, by `MODE.sdk`. The modules that this implementation is made of itself
(`workers.rpc`, `workers.request` and the like) stay importable under the built-in SDK, which has everything in one:
`pywrangler check` finds such imports.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any, NoReturn

from pywrangler.config.sdk import BUILT_IN, explain, has
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.missing_names import missing_name
from workers._mode import MODE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from pywrangler.config.sdk import Version

REMOVABLE = ("workers._workers", "workers.asgi", "workers.gateway", "workers.gateway.options", "workers.wsgi")
"""Modules that nothing else in this package needs."""


class _Withheld(MetaPathFinder):
    """Refuses the modules that the release lacks."""

    def __init__(self, names: frozenset[str], version: Version, date: str) -> None:
        self.names = names
        self.version = version
        self.date = date

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> None:
        if name in self.names:
            # Without its `name`, because `from workers import wsgi` swallows the error of a module that says its own.
            reason = explain(name, self.version, self.date)
            raise ModuleNotFoundError(f"No module named {name!r}: {reason}")


_withheld: list[_Withheld] = []


def install(version: Version, date: str) -> None:
    """Make the `workers` package of this process that of a release; `date` is named in messages."""
    # A host inherits what Workers imported before, whatever release those ran with.
    for name in ("asgi", *REMOVABLE):
        above, _, last = name.rpartition(".")
        parent = sys.modules.get(above)
        if sys.modules.pop(name, None) is not None and parent is not None:
            vars(parent).pop(last, None)
    names = frozenset(name for name in REMOVABLE if not has(name, version))
    if names:
        _withheld.append(_Withheld(names, version, date))
        sys.meta_path.insert(0, _withheld[0])
    if version == BUILT_IN:
        import workers

        withhold(workers, ("wait_until",))
        # Its results are plain; code of that time converts them whenever it can.
        JsDict.to_py = _to_py  # type: ignore[attr-defined]


def withhold(module: ModuleType, names: Sequence[str]) -> None:
    """Take the names out of a module that the release lacks; the module itself must not use them."""
    gone = [name for name in names if not has(f"{module.__name__}.{name}", MODE.sdk)]
    if not gone:
        return
    values = vars(module)
    for name in gone:
        values.pop(name, None)
    if "__all__" in values:
        values["__all__"] = [name for name in module.__all__ if name not in gone]
    others = values.get("__getattr__")

    def find(name: str) -> Any:
        if name in gone:
            raise missing_name(module.__name__, name, explain(f"{module.__name__}.{name}", MODE.sdk, MODE.date))
        if others is None:
            _no_such_name(module, name)
        return others(name)

    values["__getattr__"] = find


def import_asgi() -> ModuleType:
    """Return `workers.asgi`, which releases before 1.6.14 have as the module `asgi` only."""
    for finder in _withheld:
        if "workers.asgi" in finder.names:
            finder.names -= {"workers.asgi"}
            try:
                module = importlib.import_module("workers.asgi")
            finally:
                finder.names |= {"workers.asgi"}
            del sys.modules["workers.asgi"]
            del sys.modules["workers"].asgi
            return module
    return importlib.import_module("workers.asgi")


def _no_such_name(module: ModuleType, name: str) -> NoReturn:
    raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")


def _to_py(value: Any, **_options: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_py(item) for key, item in value.items()}
    return [_to_py(item) for item in value] if isinstance(value, list) else value
