"""Fields of a form, several values per name."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias

import js
from workers.blob import Blob, File

FormDataValue: TypeAlias = str | Blob

class FormData(MutableMapping[str, Any]):
    """A JavaScript FormData as a mapping. Iteration repeats a name for each of its values.

    Values are str, Blob or File.
    """

    def __init__(self, form_data: js.FormData | Mapping[str, FormDataValue] | None = None) -> None: ...
    @property
    def js_object(self) -> js.FormData:
        """The JavaScript FormData."""
    def __getitem__(self, key: str) -> Any:
        """Return the first value, None if there is none."""
    def __setitem__(self, key: str, value: FormDataValue) -> None:
        """Replace all values of `name` by one."""
    def __delitem__(self, key: str) -> None: ...
    def __contains__(self, key: object) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def append(self, key: str, value: FormDataValue, filename: str | None = None) -> None:
        """Add a value; `filename` only for Blob and File."""
    def get_all(self, key: str) -> list[str | Blob | File]:
        """Return every value of `name`."""
    def delete(self, key: str) -> None:
        """Remove every value of `name`."""
