"""Where mail ends locally: files below `<persist-to>/v3/email`, in the folders that wrangler uses for a session's."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.runtime.worker import WorkerRuntime

Folder = Literal["email", "reply", "email-text", "email-html", "email-attachment"]


class MailFiles:
    """The files of one Worker's mail."""

    __slots__ = ("_root",)

    def __init__(self, state_root: Path) -> None:
        self._root = state_root / "email"

    @classmethod
    def of(cls, worker: WorkerRuntime, state_root: Path) -> MailFiles:
        """Return the files of a Worker, the same ones for all of its bindings and events."""
        found = next((item for item in worker.companions if isinstance(item, cls)), None)
        if found is None:
            worker.companions.append(found := cls(state_root))
        return found

    def write(self, folder: Folder, message_id: str, content: bytes, ending: str) -> Path:
        """Write a file named after a message and return its path; `ending` begins behind the id."""
        directory = self._root / folder
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{message_id.strip('<>')}{ending}"
        path.write_bytes(content)
        return path

    # ---- Companion: files need no care but between two tests

    def begin(self) -> None:
        """Nothing waits."""

    def retire(self) -> None:
        """Nothing is to be handed over."""

    def reset(self) -> None:
        """Delete everything."""
        shutil.rmtree(self._root, ignore_errors=True)

    def close(self) -> None:
        """Nothing is open."""
