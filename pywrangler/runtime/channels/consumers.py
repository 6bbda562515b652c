"""Which Worker consumes a queue, as the entries of the registry tell (spec/registry.md, section 7).

The files are read again when the directory has changed, and whenever nobody is found: a message that came a moment
after its consumer is not to be lost. Of several Workers that consume a queue the first by name gets the messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.files import read_regular
from pywrangler.protocol import registry

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.protocol.registry import Entry


class Consumers:
    """The consumers of other hosts."""

    def __init__(self, directory: Path, own_worker: str) -> None:
        self._directory = directory
        self._own_worker = own_worker
        self._version: tuple[int, int] | None = None
        self._entries: list[Entry] = []

    def find(self, queue: str) -> str | None:
        """Return a Worker that consumes the queue and whose session exists."""
        is_fresh = False
        if self._version is None or self._version != self._current_version():
            self._read()
            is_fresh = True
        found = self._known(queue)
        if found is None and not is_fresh:
            self._read()
            found = self._known(queue)
        return found

    def _known(self, queue: str) -> str | None:
        for entry in self._entries:
            if queue in entry.queue_consumers and registry.process_exists(entry.pid):
                return entry.name
        return None

    def _current_version(self) -> tuple[int, int] | None:
        try:
            status = self._directory.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _read(self) -> None:
        self._version = self._current_version()
        self._entries = []
        try:
            names = sorted(path.name for path in self._directory.iterdir() if registry.NAME.fullmatch(path.name))
        except OSError:
            return
        for name in names:
            if name == self._own_worker:
                continue  # what this host knows of its own Worker is newer
            try:
                entry = registry.decode(read_regular(self._directory / name))
            except OSError:
                continue
            if entry is not None and entry.name == name and entry.queue_consumers:
                self._entries.append(entry)
