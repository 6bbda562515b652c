"""Service bindings: `env.SVC`, and the loopback bindings of `ctx.exports` (spec/workers-module.md, section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.stubs import ChannelStub
from pywrangler.runtime.channels.bindings import register_binding
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


def _received(router: Router, target: Target) -> Fetcher:
    fetcher: Fetcher = Fetcher.new(router, target.worker, target.name, props=target.props)
    return fetcher


register_binding("entrypoint", _received)
