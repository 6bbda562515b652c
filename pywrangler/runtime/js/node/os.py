"""`node:os`: what the platform tells of the machine, which is little and the same everywhere."""

from __future__ import annotations

import errno
import signal
from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.node.arguments import not_implemented
from pywrangler.runtime.js.values import plain

_FOLDER = "/tmp/"  # noqa: S108 - what the platform says
_PRIORITY = {
    "PRIORITY_LOW": 19,
    "PRIORITY_BELOW_NORMAL": 10,
    "PRIORITY_NORMAL": 0,
    "PRIORITY_ABOVE_NORMAL": -7,
    "PRIORITY_HIGH": -14,
    "PRIORITY_HIGHEST": -20,
}


def _returns(name: str, value: Any) -> Any:
    def function(*_arguments: Any) -> Any:
        return value() if callable(value) else value

    function.__name__ = name
    return function


def setPriority(*_arguments: Any) -> None:
    """The platform has it by name only."""
    raise not_implemented("os.setPriority")


_ANSWERS: dict[str, Any] = {
    "arch": "x64",
    "availableParallelism": 1,
    "cpus": lambda: array([]),
    "endianness": "LE",
    "freemem": 0,
    "getPriority": 0,
    "homedir": _FOLDER,
    "hostname": "localhost",
    "loadavg": lambda: array([0, 0, 0]),
    "machine": "x86_64",
    "networkInterfaces": lambda: plain({}),
    "platform": "linux",
    "release": "",
    "tmpdir": _FOLDER,
    "totalmem": 0,
    "type": "Linux",
    "uptime": 0,
    "userInfo": lambda: plain({}),
    "version": "",
}

EXPORTS: dict[str, Any] = {
    **{name: _returns(name, value) for name, value in _ANSWERS.items()},
    "EOL": "\n",
    "constants": plain(
        {
            "signals": plain({member.name: int(member) for member in signal.Signals}),
            "errno": plain({name: code for code, name in sorted(errno.errorcode.items())}),
            "priority": plain(_PRIORITY),
        }
    ),
    "devNull": "/dev/null",
    "setPriority": setPriority,
}
