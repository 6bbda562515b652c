"""`ctx.storage.kv`: keys and values without promises, for classes with SQL (spec/durable-objects.md, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.storage.keyvalue import KeyValue, make_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.runtime.ports import FaceName
    from pywrangler.runtime.storage.object import ObjectStorage


Pair = list[Any]


class SyncKv:
    """The synchronous API with Python's face."""

    __slots__ = ("_kv", "_storage")

    def __init__(self, storage: ObjectStorage, kv: KeyValue) -> None:
        self._storage = storage
        self._kv = kv

    def get(self, key: str) -> Any:
        """Return the value, None if there is none."""
        return self._storage.get(key)

    def put(self, key: str, value: Any) -> None:
        """Store a copy of the value."""
        self._storage.put(key, value)

    def delete(self, key: str) -> bool:
        """Remove an entry; says whether it existed."""
        return self._storage.delete(key)

    def list(self, **options: Any) -> Iterator[Pair]:
        """Iterate over `[key, value]`; starting another iteration invalidates this one."""
        return self.entries(options, "python")

    def entries(self, options: dict[str, Any], face: FaceName) -> Iterator[Pair]:
        """Iterate over `[key, value]` with values that wear `face`."""
        found = self._kv.iterate(make_range(options))
        return ([key, self._storage.load(data, face)] for key, data in found)
