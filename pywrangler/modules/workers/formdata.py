"""`FormData`: fields of a form, several values per name (contract: spec/workers-module.md, section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias, cast

from pywrangler.runtime.js.blob import Blob as JsBlob
from pywrangler.runtime.js.form_data import FormData as JsFormData
from pywrangler.runtime.js.proxy import jsnull
from workers.blob import Blob

FormDataValue: TypeAlias = "str | Blob"


class FormData(MutableMapping[str, Any]):
    """A JavaScript FormData as a mapping. Iteration repeats a name for each of its values, as `items` shows them."""

    __slots__ = ("__dict__", "__weakref__", "_js_object")

    def __init__(self, form_data: JsFormData | Mapping[str, Any] | None = None) -> None:
        """Wrap a JavaScript FormData, or make one from a dict; TypeError for anything else."""
        if isinstance(form_data, JsFormData):
            self._js_object = form_data
            return
        self._js_object = JsFormData.new()
        if isinstance(form_data, dict):
            for name, value in form_data.items():
                self.append(name, value)
        elif form_data is not None:
            raise TypeError(
                f"Expected form_data to be a dict or an instance of FormData, not {type(form_data).__name__}"
            )

    @property
    def js_object(self) -> Any:
        """The JavaScript FormData."""
        return self._js_object

    def __getitem__(self, key: str) -> Any:
        """Return the first value, None if there is none."""
        value = self._js_object.get(key)
        return None if value is jsnull else _python(value)

    def __setitem__(self, key: str, value: FormDataValue) -> None:
        """Replace all values of `key` by one."""
        if isinstance(value, list):
            raise TypeError("Expected a single value; use append() for several")
        self._js_object.set(key, _js(value))

    def __delitem__(self, key: str) -> None:
        self._js_object.delete(key)

    def __contains__(self, key: object) -> bool:
        return bool(self._js_object.has(key))

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs())

    def __len__(self) -> int:
        return sum(1 for _ in self._pairs())

    def append(self, key: str, value: FormDataValue, filename: str | None = None) -> None:
        """Add a value; `filename` only for Blob and File."""
        if filename is None:
            self._js_object.append(key, _js(value))
        else:
            self._js_object.append(key, _js(value), filename)

    def get_all(self, key: str) -> list[Any]:
        """Return every value of `key`."""
        return [_python(value) for value in self._js_object.getAll(key)]

    def delete(self, key: str) -> None:
        """Remove every value of `key`."""
        self._js_object.delete(key)

    def keys(self) -> Any:
        """Iterate over names, once per value."""
        return iter(self)

    def values(self) -> Any:
        """Iterate over all values."""
        return (_python(value) for _, value in self._pairs())

    def items(self) -> Any:
        """Iterate over all (name, value) pairs."""
        return ((name, _python(value)) for name, value in self._pairs())

    def _pairs(self) -> Iterator[tuple[str, Any]]:
        return (cast("tuple[str, Any]", tuple(pair)) for pair in self._js_object)

    def __repr__(self) -> str:
        return f"FormData({list(self.items())!r})"


def _js(value: Any) -> Any:
    return value.js_object if isinstance(value, Blob) else value


def _python(value: Any) -> Any:
    return Blob._of(value) if isinstance(value, JsBlob) else value
