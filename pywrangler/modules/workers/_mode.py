"""Which SDK the Worker gets, and the `env` that exists before its first event.

The compatibility date decides between the vendored SDK and the older, built-in one (spec/workers-module.md, section
14). The host calls `configure` once, before it imports user code; a process runs one Worker only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.js import cloudflare, globals
from pywrangler.runtime.js.compat_flags import has_node

if TYPE_CHECKING:
    from pywrangler.config.model import Compat


class Mode:
    """What the host said about the Worker of this process."""

    __slots__ = ("env", "external_sdk", "implicit_dependencies", "jsnull")

    def __init__(self) -> None:
        self.external_sdk = True
        self.implicit_dependencies = True
        self.jsnull = True
        self.env: Any = None


MODE = Mode()


def configure(compat: Compat, env: Any = None) -> None:
    """Set the behaviour for the Worker of this process; `env` is its raw environment, for use at module level."""
    MODE.external_sdk = compat.external_sdk
    MODE.implicit_dependencies = compat.workflow_implicit_dependencies
    MODE.jsnull = compat.jsnull
    MODE.env = env
    globals.configure(node=has_node(compat.date, compat.flags))
    cloudflare.configure(compat.date, compat.flags, env)


def raw_env() -> Any:
    """Return the raw `env` of the running event, else that of the Worker; None in plain tests."""
    event = context.current()
    return MODE.env if event is None else event.env
