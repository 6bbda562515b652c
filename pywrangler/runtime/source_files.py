"""Source files of the user, imported as they are now.

Python takes compiled code for that of a source file if both agree on size and time of change, the latter in whole
seconds. An editor, or a person who tries one digit after another, saves twice in a second, and the first version would
go on running. So compiled code is written for files that have been at rest only, and what others have written is used
only if it is clearly younger than the source. Everything else is compiled anew, which costs a millisecond or so a file.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import TYPE_CHECKING, Any

from pywrangler.files import require_regular

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.machinery import ModuleSpec
    from pathlib import Path

REST_SECONDS = 2.0
"""Longer than the second in which a change may go unnoticed."""
_COMPILED = tuple(BYTECODE_SUFFIXES)


class SourceFile(SourceFileLoader):
    """Loads one module."""

    _changed = 0.0
    _at_rest = False

    def path_stats(self, path: Any) -> Any:
        """Return time of change and size, and remember whether the file has been at rest."""
        stats = super().path_stats(path)
        self._changed = float(stats["mtime"])
        self._at_rest = time.time() - self._changed >= REST_SECONDS
        return stats

    def get_data(self, path: Any) -> bytes:
        """Return the content of a file; OSError for compiled code that may be older than its source."""
        if str(path).endswith(_COMPILED) and os.stat(path).st_mtime - self._changed < REST_SECONDS:  # noqa: PTH116
            raise OSError("compiled too soon after a change")
        require_regular(path)
        return super().get_data(path)

    def set_data(self, path: Any, data: Any, *, _mode: int = 0o666) -> None:
        """Keep compiled code, if its source has been at rest."""
        if self._at_rest:
            super().set_data(path, data, _mode=_mode)


def spec_of(name: str, path: Path) -> ModuleSpec | None:
    """Return how a file is imported as the module `name`; None if it is no Python."""
    loader = SourceFile(name, str(path)) if path.suffix in SOURCE_SUFFIXES else None
    return importlib.util.spec_from_file_location(name, path, loader=loader)


LOADERS = (
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (SourceFile, SOURCE_SUFFIXES),
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)
"""What loads which files, in the order in which they are looked for."""


def install(directories: Iterable[str]) -> None:
    """Import from `directories`, and from those that nothing was imported from yet, by `SourceFile`."""
    sys.path_hooks.insert(0, FileFinder.path_hook(*LOADERS))
    for directory in directories:
        sys.path_importer_cache.pop(directory, None)
