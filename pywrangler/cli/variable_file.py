"""Reading and replacing a variable file: whole or not at all, and readable for nobody else.

The new content goes to a temporary file in the same directory and is renamed over the old one, so neither a crash nor
a running session ever sees half of it. Permissions of an existing file stay, a new one has 0600; a symbolic link stays
a link. Two commands at once wait for each other.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.config import dotenv
from pywrangler.config.dotenv_edit import edit
from pywrangler.errors import ConfigError, Place, Problem, StartError
from pywrangler.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PRIVATE = 0o600


def change(path: Path, changes: Mapping[str, str | None]) -> bool:
    """Set (or with None remove) variables in the file at `path`; return whether it was created.

    ConfigError or StartError if that is not possible; then the file is as it was.
    """
    real = Path(os.path.realpath(path))
    try:
        with _locked(real.parent):
            before = read(path)
            try:
                after = edit(before or "", changes)
            except ConfigError as error:
                raise ConfigError([_placed(problem, path) for problem in error.problems]) from None
            if len(after.encode()) > dotenv.FILE_LIMIT_BYTES:
                what = f"The file would become larger than {dotenv.FILE_LIMIT_BYTES // 1024**2} MiB."
                raise ConfigError([Problem("variables-size", what, place=Place(path))])
            if after != before:
                _replace(real, after)
    except OSError as error:
        what = f'The file "{path.name}" cannot be changed: {error.strerror or error}.'
        raise StartError(Problem("variables-unwritable", what, "Nothing was changed.", Place(path))) from error
    return before is None


def read(path: Path) -> str | None:
    """Return the text of a variable file, None if there is none; ConfigError if it is no text, OSError from reading."""
    try:
        dotenv.read(path)  # its errors tell the place
        return read_regular(path).decode()
    except FileNotFoundError:
        return None


def _placed(problem: Problem, path: Path) -> Problem:
    return Problem(problem.code, problem.what, problem.remedy, Place(path), problem.severity)


def _replace(path: Path, text: str) -> None:
    try:
        existing = path.stat()
    except FileNotFoundError:
        existing = None
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.new-", dir=path.parent)  # made with mode 0600
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            if existing is not None and os.geteuid() == 0:
                os.fchown(descriptor, existing.st_uid, existing.st_gid)
            os.fchmod(descriptor, PRIVATE if existing is None else stat.S_IMODE(existing.st_mode))
            file.write(text.encode())
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
