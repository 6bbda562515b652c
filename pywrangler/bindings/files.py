"""Files as bindings: `text_blobs` (a string), `data_blobs` (an ArrayBuffer) and `wasm_modules` of the config.

A file is read when the Worker loads; its path starts at the config. There is no WebAssembly here: a module exists, and
says so when it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pywrangler.errors import LoadError, Problem
from pywrangler.files import read_regular
from pywrangler.runtime.js.body import decode
from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.proxy import JsProxy

if TYPE_CHECKING:
    from pywrangler.bindings.catalogue import Parts
    from pywrangler.config.model import OtherBinding


class WasmModule(JsProxy, js_name="WebAssembly.Module"):
    """Stands for a compiled module; every member raises."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, member: str) -> NoReturn:
        if member.startswith("_"):
            raise AttributeError(member)
        raise error(
            f"Binding {self._name} (WebAssembly module) is not supported locally: "
            f"there is no WebAssembly under `pywrangler dev`, so `{member}` does not work."
        )


def make(binding: OtherBinding, parts: Parts) -> Any:
    """Return the binding of an entry of the config; LoadError if the file cannot be read."""
    if binding.kind == "wasm_modules":
        module: WasmModule = WasmModule.new(binding.name)
        return module
    written = str(binding.data["path"])
    root = binding.place.path.parent if binding.place is not None else parts.config.root
    try:
        content = read_regular(root / written)
    except OSError as problem:
        what = f'The file "{written}" of the binding {binding.name} cannot be read: {problem.strerror}.'
        raise LoadError(
            Problem("binding-file", what, "The path starts at the configuration file.", binding.place)
        ) from problem
    return decode(content) if binding.kind == "text_blobs" else ArrayBuffer.from_bytes(content)
