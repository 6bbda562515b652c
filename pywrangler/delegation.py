"""Which pywrangler runs: the one in the project's `.venv`, if there is one, as npx takes what is in node_modules.

    pywrangler dev ── looks for .venv/bin/pywrangler ── exec ──> .venv's Python, take_over.py ── import ──> that one
                        └─ none: goes on itself   <── exec ──────── if it cannot be imported

Rules
- The environment is the nearest at or above the directory of the first `-c`, of `--cwd`, or the current one, below the
  home directory: the one whose packages Workers get (`session.venv`).
- `init` and `sync` stay: they make the project and its environment.
- A program of the name that is not ours (Cloudflare's workers-py has one) is left alone.
- An environment of a stranger, such as one in /tmp above the project, is not run: it has to belong to this user, to
  root, or to whom the project belongs.
- An environment that does not work is left aside, with a warning: it must not keep `pywrangler` from starting.

Everybody pays for this at each start, so nothing is imported, and little but stat() called. A variable says to the next
program that it has been decided, and an empty one that this program is meant; children of that one do not see it.
"""

# pathlib takes 4 ms to import.
# ruff: noqa: PTH100, PTH109, PTH116, PTH111, PTH113, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import sys

ENVIRONMENT = ".venv"
STAMP = ".pywrangler-sync.json"
VARIABLE = "PYWRANGLER_HANDED_OVER"
_STAY = ("init", "sync")
_WITH_VALUE = ("-c", "--config", "--cwd", "-e", "--env", "--env-file")
_READ_BYTES = 65536
FAILED = "failed "

called_by = ""
"""The program that handed over to this one."""
failed = ""
"""The environment that could not take over."""


def delegate(arguments: list[str]) -> None:
    """Run the pywrangler of the project instead of this one, or return if this is the right one."""
    global called_by, failed
    decided = os.environ.pop(VARIABLE, None)
    if decided is not None:
        if decided.startswith(FAILED):
            failed = decided.removeprefix(FAILED)
            _warn(failed, "its pywrangler cannot be imported")
        else:
            called_by = decided
        return
    if os.name != "posix":
        return
    try:
        start = _start(arguments)
    except OSError:
        return  # The working directory is gone, which the command will say.
    if start is None:
        return
    environment = find_environment(start)
    if environment is None or os.path.realpath(environment) == os.path.realpath(sys.prefix):
        return
    if not _has_pywrangler(environment):
        return
    if not _is_trusted(environment, start):
        _warn(environment, "it belongs to another user")
        return
    interpreter = os.path.join(environment, "bin", "python")
    # -P: the directory of the file must not come before the packages of the environment.
    take_over = os.path.join(os.path.dirname(os.path.abspath(__file__)), "take_over.py")
    words = [interpreter, "-P", take_over, environment, sys.executable, sys.argv[0], *arguments]
    try:
        os.execv(interpreter, words)  # noqa: S606 - no shell is wanted
    except OSError as error:
        failed = environment
        _warn(environment, f"{interpreter}: {error.strerror}")


def _start(arguments: list[str]) -> str | None:
    """Return the directory to look from, None if the command does not hand over."""
    cwd, config, command = "", "", ""
    rest = list(reversed(arguments))
    while rest:
        word = rest.pop()
        if word == "--":
            break
        flag, equals, value = word.partition("=")
        if flag in _WITH_VALUE:
            if not equals:
                value = rest.pop() if rest else ""
            if flag == "--cwd":
                cwd = value
            elif flag in ("-c", "--config"):
                config = config or value
        elif not command and not word.startswith("-"):
            command = word
    if command in _STAY:
        return None
    directory = os.path.join(os.getcwd(), cwd)
    return os.path.dirname(os.path.join(directory, config)) if config else directory


def find_environment(start: str) -> str | None:
    """Return the nearest virtual environment of a project at or above a directory, None if there is none."""
    home = os.path.expanduser("~")
    directory = start = os.path.normpath(start)
    while True:
        if directory == home and directory != start:
            return None
        environment = os.path.join(directory, ENVIRONMENT)
        if os.path.isfile(os.path.join(environment, "pyvenv.cfg")):
            return environment
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent


def _has_pywrangler(environment: str) -> bool:
    """Whether the environment has a pywrangler of ours: by its command, or because `sync` installed it.

    Cloudflare's workers-py replaces the command when it is installed later.
    """
    return _holds(os.path.join(environment, "bin", "pywrangler"), b"pywrangler.__main__") or _holds(
        os.path.join(environment, STAMP), b'"pywrangler"'
    )


def _is_trusted(environment: str, start: str) -> bool:
    try:
        return os.stat(environment).st_uid in (os.geteuid(), 0, os.stat(start or ".").st_uid)
    except OSError:
        return False  # such as a directory of -c that is not there


def _holds(path: str, part: bytes) -> bool:
    if not os.path.isfile(path):
        return False  # Opening a pipe would block.
    try:
        with open(path, "rb") as file:
            return part in file.read(_READ_BYTES)
    except OSError:
        return False


def _warn(environment: str, why: str) -> None:
    what = f"{os.path.relpath(environment)} cannot be used ({why})."
    sys.stderr.write(f"▲ [WARNING] {what} This is the pywrangler of {sys.prefix}; `pywrangler sync` makes it again.\n")
