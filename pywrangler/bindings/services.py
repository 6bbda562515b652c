"""Service bindings: `env.SVC`, and the loopback bindings of `ctx.exports` (spec/workers-module.md, section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.stubs import ChannelStub
from pywrangler.runtime.channels.bindings import register_binding
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.js import convert
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.ports import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pywrangler.runtime.ports import Router


class Fetcher(ChannelStub, js_name="Fetcher"):
    """A binding to an entrypoint of a Worker: `Fetcher.new(router, worker, entrypoint, props=...)`."""

    __slots__ = ()

    def __init__(
        self, router: Router, worker: str, entrypoint: str = "default", *, props: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(router, Target(worker, "entrypoint", entrypoint, props=dict(props or {})))


class LoopbackFetcher(Fetcher, js_name="Fetcher"):
    """`ctx.exports.X`: a binding to an entrypoint of the own Worker; called with `{props}` it makes one with these."""

    __slots__ = ()

    @property
    def typeof(self) -> str:
        """It can be called."""
        return "function"

    def __call__(self, options: Any = None, /, **named: Any) -> Fetcher:
        props = convert.options(options, named).get("props")
        target = self._target
        given = {} if props is None or props is jsnull else deserialize(serialize(props))
        if not isinstance(given, dict):
            raise type_error("The props of a loopback binding have to be an object.")
        fetcher: Fetcher = Fetcher.new(self._router, target.worker, target.name, props=given)
        return fetcher


def _received(router: Router, target: Target) -> Fetcher:
    fetcher: Fetcher = Fetcher.new(router, target.worker, target.name, props=target.props)
    return fetcher


register_binding("entrypoint", _received)
