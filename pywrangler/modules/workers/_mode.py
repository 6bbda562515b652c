"""Which SDK the Worker gets, and the `env` that exists before its first event.

What the project has of the SDK decides, else the compatibility date (`pywrangler.config.sdk`). The host calls
`configure` once, before it imports user code; a process runs one Worker only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.config.sdk import BUILT_IN, NEWEST
from pywrangler.runtime import context
from pywrangler.runtime.js import cloudflare, globals
from pywrangler.runtime.js.compat_flags import has_node

if TYPE_CHECKING:
    from pywrangler.config.model import Compat
    from pywrangler.config.sdk import Version


class Mode:
    """What the host said about the Worker of this process."""

    __slots__ = ("date", "env", "implicit_dependencies", "jsnull", "sdk")

    def __init__(self) -> None:
        self.date = ""
        self.sdk: Version = NEWEST
        self.implicit_dependencies = True
        self.jsnull = True
        self.env: Any = None

    @property
    def external_sdk(self) -> bool:
        """Whether it is a released SDK, which wraps bindings, and not the built-in one."""
        return self.sdk > BUILT_IN


MODE = Mode()


def configure(compat: Compat, env: Any = None, sdk: Version = NEWEST) -> None:
    """Set the behaviour for the Worker of this process; `env` is its raw environment, for use at module level."""
    MODE.date = compat.date
    MODE.sdk = sdk
    MODE.implicit_dependencies = compat.workflow_implicit_dependencies
    MODE.jsnull = compat.jsnull
    MODE.env = env
    globals.configure(node=has_node(compat.date, compat.flags))
    cloudflare.configure(compat.date, compat.flags, env)


def raw_env() -> Any:
    """Return the raw `env` of the running event, else that of the Worker; None in plain tests."""
    event = context.current()
    return MODE.env if event is None else event.env
