"""A binding whose methods are the functions of a Python file of the user: for products that exist in an account only.

`env.AI.run(model, inputs)` calls `run(model, inputs)` of the file, with plain Python values (dict, list, str, bytes as
memoryview, ...); options given by name arrive as one last dict, as they would in JavaScript. A function may be a
coroutine function. What it returns reaches the Worker as the result of the product would: a copy of plain data, or a
stream or Response as it is. Exceptions reach the Worker as they are.

The file is imported after the Worker's own modules, with the same `sys.path`; a change of it reloads the Worker.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import types
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.operations import operation
from pywrangler.bindings.unsupported import CLASSES
from pywrangler.runtime import source_files
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsFunction

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.config.model import OtherBinding
    from pywrangler.runtime.js.proxy import JsPromise


class Mock(JsProxy):
    """The binding: `Mock.new(name, path)`; the file is imported by `load`."""

    __slots__ = ("_module", "_name", "_path")

    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._path = path
        self._module: types.ModuleType | None = None

    def load(self) -> None:
        """Import the file; raises what it raises."""
        name = f"pywrangler_mock_{self._name}"
        spec = source_files.spec_of(name, self._path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{self._path} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        self._module = module

    def __getattr__(self, member: str) -> Any:
        if member.startswith("_"):
            raise AttributeError(member)
        if self._module is None:
            self.load()
        found = getattr(self._module, member, None)
        if found is None:
            raise AttributeError(f"{self._path.name}, the mock of {self._name}, defines no function `{member}`")

        def call(*arguments: Any, **options: Any) -> JsPromise:
            given = [*map(_to_python, arguments), *([_to_python_each(options)] if options else [])]
            return operation(lambda: _answered(found, given))

        call.__name__ = member
        return JsFunction.new(call)

    def fetch(self, *arguments: Any, **options: Any) -> Any:
        """Call the file's `fetch`; defined here because every object of the platform answers to this name."""
        return self.__getattr__("fetch")(*arguments, **options)


async def _answered(function: Any, arguments: list[Any]) -> Any:
    result = function(*arguments)
    if inspect.isawaitable(result):
        result = await result
    raw = getattr(result, "js_object", result)
    if isinstance(raw, JsProxy):
        return raw
    return deserialize(serialize(result), "js")


def _to_python(value: Any) -> Any:
    try:
        return deserialize(serialize(value))
    except JsException:
        return value  # a stream, a Response: what cannot be copied goes as it is


def _to_python_each(options: dict[str, Any]) -> dict[str, Any]:
    return {name: _to_python(value) for name, value in options.items()}


def make(binding: OtherBinding) -> Mock:
    """Return the mock that the command line or a test asked for."""
    assert binding.mock is not None
    # A product that the SDK leaves raw is wrapped all the same: a mock speaks plain Python.
    kind = types.new_class("Mock", (Mock,), {"js_name": CLASSES.get(binding.kind, "Ai")})
    mock: Mock = kind.new(binding.name, binding.mock)  # type: ignore[attr-defined]
    return mock
