"""Functions of tests, found again in the process of a Worker.

What arrives is a file, a line and a name, never code: the file is read here. A function that uses names of its module
gets them from the module, which is imported here once, as a module of its own kind of process; what it captured from
around it arrives as copies.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywrangler.protocol import testing as protocol
from pywrangler.runtime import source_files
from pywrangler.runtime.clone import deserialize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PREFIX = "_pywrangler_test_"


class Functions:
    """Finds functions; remembers the files it has read."""

    def __init__(self) -> None:
        self._codes: dict[str, types.CodeType] = {}
        self._modules: dict[str, dict[str, Any]] = {}

    def find(self, wanted: protocol.Function, search: tuple[str, ...] = ()) -> Callable[..., Any]:
        """Return the function; LookupError if the file has none like it."""
        sys.path += [entry for entry in search if entry not in sys.path]
        code = self._code(wanted)
        namespace = self._namespace(wanted) if wanted.needs_module else {"__builtins__": __builtins__}
        missing = [name for name in code.co_freevars if name not in wanted.captured]
        if missing:
            raise LookupError(f"{wanted.name} uses {', '.join(missing)}, of which the test sent nothing")
        cells = tuple(types.CellType(self._value(wanted.captured[name])) for name in code.co_freevars)
        defaults = tuple(map(self._value, wanted.defaults))
        function = types.FunctionType(code, namespace, code.co_name, defaults or None, cells)
        function.__kwdefaults__ = {name: self._value(item) for name, item in wanted.keyword_defaults.items()} or None
        return function

    def _value(self, captured: protocol.Captured) -> Any:
        if isinstance(captured, protocol.Value):
            return deserialize(captured.data)
        if isinstance(captured, protocol.Function):
            return self.find(captured)
        found: Any = importlib.import_module(captured.module)
        for part in filter(None, captured.name.split(".")):
            found = getattr(found, part)
        return found

    # ---- code

    def _code(self, wanted: protocol.Function) -> types.CodeType:
        whole = self._codes.get(wanted.file)
        if whole is None:
            try:
                source = Path(wanted.file).read_bytes()
            except OSError as problem:
                raise LookupError(f"the file of {wanted.name} cannot be read: {problem}") from problem
            whole = self._codes[wanted.file] = compile(source, wanted.file, "exec", dont_inherit=True)
        found = [
            code for code in _nested(whole) if code.co_qualname == wanted.name and code.co_firstlineno == wanted.line
        ]
        if len(found) != 1:
            why = "there are several" if found else "it has changed since, or was made by something else"
            raise LookupError(
                f"{wanted.name} was not found in line {wanted.line} of {wanted.file}: {why}. Use a function that is "
                "defined with def, in a line of its own."
            )
        return found[0]

    # ---- modules

    def _namespace(self, wanted: protocol.Function) -> dict[str, Any]:
        known = self._modules.get(wanted.file)
        if known is None:
            known = self._modules[wanted.file] = vars(_import(wanted))
        return known


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _nested(constant)


def _import(wanted: protocol.Function) -> types.ModuleType:
    """Import the module of a test, by its name if that leads to the same file, else as a file."""
    try:
        spec = importlib.util.find_spec(wanted.module)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.origin is not None and Path(spec.origin) == Path(wanted.file):
        return importlib.import_module(wanted.module)
    name = _PREFIX + Path(wanted.file).stem
    spec = source_files.spec_of(name, Path(wanted.file))
    if spec is None or spec.loader is None:
        raise LookupError(f"{wanted.file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
