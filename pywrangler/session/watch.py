"""The watcher of a session: keeps the right directories watched and reports changes that are real and settled."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.session.notify import open_source
from pywrangler.session.settle import Settler
from pywrangler.session.sources import files_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pywrangler.session.notify import Source
    from pywrangler.session.reactor import Reactor, TimerHandle
    from pywrangler.session.sources import Sources

LEARN_FILES_PER_TURN = 50
LEARN_FILES_LIMIT = 5000


class Watcher:
    """Watches the sources of all Workers and the registry directory.

    `on_files` gets files that really changed, `on_registry` is called when anything in the registry did. A settings
    file that was written after the settings were read and before the watch began is reported too.
    """

    def __init__(
        self,
        reactor: Reactor,
        on_files: Callable[[frozenset[Path]], None],
        on_registry: Callable[[], None],
        registry_directory: Path,
        open_source: Callable[[Reactor, Callable[[frozenset[Path]], None]], Source] = open_source,
    ) -> None:
        self._reactor = reactor
        self._on_files = on_files
        self._on_registry = on_registry
        self._registry_directory = registry_directory
        self._settler = Settler()
        self._held = 0
        self._sources: tuple[Sources, ...] = ()
        self._directories: set[Path] = set()
        self._learning: Iterator[Path] = iter(())
        self._poll: TimerHandle | None = None
        self._source = open_source(reactor, self._on_report)

    def follow(self, sources: Sequence[Sources], since: float | None = None) -> None:
        """Watch for these Workers from now on; the first call says when their settings were read."""
        self._sources = tuple(sources)
        self._rewatch()
        settings = frozenset().union(*(item.settings for item in sources))
        late = {path for path in settings if since is not None and _modified(path) > since}
        self._news(late)
        self._settler.learn(settings)
        if since is not None:
            # Once, before any code is loaded. Later on, a file that is being made could be learned before its news
            # arrive, and would then seem unchanged; a file that nobody has learned counts as changed, which is safe.
            self._learning = islice(files_in(sorted(self._directories)), LEARN_FILES_LIMIT)
            self._reactor.call_later(0, self._learn)

    def hold(self) -> None:
        """Report nothing while a build command runs: what it writes is no news."""
        self._held += 1

    def release(self) -> None:
        """Undo one `hold`. Sources are known as they are now, for the code is loaded next; the rest is news as ever."""
        self._held -= 1
        files = files_in(self._directories)
        self._settler.accept(path for path in files if any(item.kind(path) == "source" for item in self._sources))
        self._settle()

    def close(self) -> None:
        """Stop."""
        if self._poll is not None:
            self._poll.cancel()
        self._learning = iter(())
        self._source.close()

    def rewatch_registry(self) -> None:
        """Watch the registry directory again after it was made anew."""
        self._source.watch({*self._directories, self._registry_directory})

    def _rewatch(self) -> None:
        self._directories = set().union(*(item.directories() for item in self._sources))
        self._source.watch({*self._directories, self._registry_directory})

    def _learn(self) -> None:
        batch = list(islice(self._learning, LEARN_FILES_PER_TURN))
        self._settler.learn(path for path in batch if any(item.kind(path) for item in self._sources))
        if batch:
            self._reactor.call_later(0, self._learn)

    def _on_report(self, paths: frozenset[Path]) -> None:
        if not paths:  # Events were lost: everything may have changed.
            self._rewatch()
            self._on_registry()
            self._news(set(files_in(self._directories)))
            return
        registry = {path for path in paths if self._registry_directory in (path, path.parent)}
        if registry:
            self._on_registry()
        files = set(paths - registry)
        directories = {path for path in files if self._is_directory_news(path)}
        if directories:
            files -= directories
            before = self._directories
            self._rewatch()
            files |= set(files_in(self._directories - before))
            files |= {path for path in self._settler.known() if not directories.isdisjoint(path.parents)}
        self._news(files)

    def _is_directory_news(self, path: Path) -> bool:
        return path in self._directories or (path.is_dir() and any(item.covers(path) for item in self._sources))

    def _news(self, paths: set[Path]) -> None:
        relevant = [path for path in paths if any(item.kind(path) for item in self._sources)]
        if relevant:
            self._settler.add(relevant, time.monotonic())
            self._settle()

    def _settle(self) -> None:
        if self._poll is not None:
            self._poll.cancel()
            self._poll = None
        if self._held:
            return
        now = time.monotonic()
        changed, again = self._settler.poll(now)
        if again is not None:
            self._poll = self._reactor.call_later(max(0.0, again - now), self._settle)
        if changed:
            self._on_files(changed)


def _modified(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0
