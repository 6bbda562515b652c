"""What the standard library lacks on Cloudflare.

Sources: https://developers.cloudflare.com/workers/languages/python/stdlib/ (read in the state of mid-2026), the
removals of https://peps.python.org/pep-0594/ and https://peps.python.org/pep-0632/, spec/workers-module.md section 15.

Nothing here asks the Python that runs `check`: it may be older or newer than the one that will run the Worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pywrangler.config.model import Compat


class Version(NamedTuple):
    """A version of Python: the date from which it runs Workers, the flags that choose it before, the one against it."""

    version: tuple[int, int]
    since: str
    enable: frozenset[str]
    disable: str


VERSIONS = (
    Version(
        (3, 14),
        "2026-09-08",
        frozenset(("python_workers_314", "python_workers_20260610")),
        "no_python_workers_314",
    ),
    Version((3, 13), "2025-09-29", frozenset(("python_workers_20250116",)), "no_python_workers_20250116"),
)
"""Newest first. Source: what workers-py makes of dates and flags."""
OLDEST = (3, 12)
SOCKETS_SINCE = (3, 14)
"""Outbound TCP from `socket`, asyncio streams and drivers; source: the page on Hyperdrive from Python Workers."""

MISSING = frozenset(
    (
        *("curses", "_curses", "dbm", "ensurepip", "fcntl", "grp", "idlelib", "msvcrt", "pwd", "resource", "syslog"),
        *("termios", "tkinter", "_tkinter", "turtle", "turtledemo", "venv", "winreg", "winsound", "pty", "tty"),
        *("readline", "webbrowser"),
    )
)
"""Modules that cannot be imported."""

REMOVED: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("distutils", "imp", "asyncore", "asynchat", "smtpd"), (3, 12)),
    **dict.fromkeys(
        (
            *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis"),
            *("nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
        ),
        (3, 13),
    ),
}
"""Modules that Python has given up, and the version without them."""

ADDED: dict[str, tuple[int, int]] = dict.fromkeys(
    ("annotationlib", "compression", "concurrent.interpreters", "pathlib.types", "string.templatelib"), (3, 14)
)
"""Modules that Python has only since a version (https://docs.python.org/3/whatsnew/3.14.html#new-modules)."""

INSTEAD = {
    "distutils": "Use setuptools, shutil or packaging.",
    "imp": "Use importlib.",
    "asyncore": "Use asyncio.",
    "asynchat": "Use asyncio.",
    "cgi": "Read forms with `await request.form_data()`; the package legacy-cgi has the old module.",
    "crypt": "Use hashlib.scrypt or hashlib.pbkdf2_hmac.",
    "imghdr": "Look at the first bytes of the image, or use Pillow.",
    "pipes": "Use shlex.quote.",
    "audioop": "The package audioop-lts has the old module.",
    "dbm": "Keep data in KV, D1 or the storage of a Durable Object.",
    "resource": "Limits are set in the configuration, under limits.",
    "webbrowser": "Answer with Response.redirect().",
    "fcntl": "Nothing else runs beside the Worker; a Durable Object serialises access to data.",
}


def python_version(compat: Compat) -> tuple[int, int]:
    """Return the version of Python that runs the Worker on Cloudflare."""
    for version, since, enable, disable in VERSIONS:
        if enable.intersection(compat.flags) or (compat.date >= since and disable not in compat.flags):
            return version
    return OLDEST


def has_sockets(compat: Compat) -> bool:
    """Whether Workers of this date can open TCP connections with Python's own sockets."""
    return python_version(compat) >= SOCKETS_SINCE
