"""What `kv` does to a namespace, by the rules that Workers meet; `dev` may run meanwhile."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pywrangler.bindings.kv import rules
from pywrangler.bindings.kv.entries import open_entries
from pywrangler.errors import Problem, StartError
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.json import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pywrangler.bindings.kv.entries import Entries
    from pywrangler.bindings.stores import Stores


class Write(NamedTuple):
    """A key with what it is to hold; passed all checks."""

    key: str
    content: bytes
    options: rules.Put


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a namespace. Every method raises StartError with the platform's words for what it refuses."""

    entries: Entries

    @classmethod
    def of(cls, stores: Stores, namespace: str) -> Keys:
        """Return those of a namespace."""
        return cls(open_entries(stores, namespace, time.time))

    def checked(
        self, key: str, content: bytes, ttl: float | None, expiration: float | None, metadata: str | None
    ) -> Write:
        """Return what is to be written, if it may be; `metadata` is JSON text."""
        with _platform_words():
            options = {
                "expirationTtl": ttl,
                "expiration": expiration,
                "metadata": None if metadata is None else parse_json(metadata),
            }
            name = rules.key_of(key, "PUT")
            wanted = rules.put_options(options, self.entries.now())
            rules.check_value(len(content))
            return Write(name, content, wanted)

    def named(self, key: str, verb: str) -> str:
        """Return a key, if it is one."""
        with _platform_words():
            return rules.key_of(key, verb)

    def put(self, writes: Sequence[Write]) -> None:
        """Write all of them."""
        with _platform_words():
            for key, content, options in writes:
                self.entries.put(key, content, *options)

    def get(self, key: str) -> bytes | None:
        """Return a value, None without one."""
        with _platform_words():
            found = self.entries.get(rules.key_of(key, "GET"))
        return None if found is None else found.content

    def delete(self, names: Sequence[str]) -> None:
        """Remove all of them."""
        with _platform_words():
            for name in names:
                self.entries.delete(name)

    def list(self, prefix: str) -> Sequence[dict[str, Any]]:
        """Return all keys with a prefix, as JSON shows them."""
        import json

        with _platform_words():
            found, _ = self.entries.page(prefix)
        shown = []
        for name, expiration, metadata in found:
            entry: dict[str, Any] = {"name": name}
            if expiration is not None:
                entry["expiration"] = expiration
            if metadata is not None:
                entry["metadata"] = json.loads(metadata)
            shown.append(entry)
        return shown


@contextmanager
def _platform_words() -> Iterator[None]:
    try:
        yield
    except JsException as problem:
        raise StartError(Problem("kv", problem.message)) from problem
