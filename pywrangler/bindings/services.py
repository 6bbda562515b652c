"""Service bindings: `env.SVC`, and the loopback bindings of `ctx.exports` (spec/workers-module.md, section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.handlers import HANDLERS, event_of
from pywrangler.bindings.stubs import ChannelStub
from pywrangler.runtime.channels.bindings import register_binding
from pywrangler.runtime.clone import deserialize, serialize, to_script
from pywrangler.runtime.js import convert
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.proxy import JsPromise, jsnull
from pywrangler.runtime.ports import Target
from pywrangler.runtime.references import start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from pywrangler.runtime.ports import FaceName, Router


class Fetcher(ChannelStub, js_name="Fetcher"):
    """A binding to an entrypoint of a Worker: `Fetcher.new(router, worker, entrypoint, props=...)`."""

    __slots__ = ()

    def __init__(
        self, router: Router, worker: str, entrypoint: str = "default", *, props: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(router, Target(worker, "entrypoint", entrypoint, props=dict(props or {})))

    def _invoke(self, path: Sequence[str], arguments: Sequence[Any], face: FaceName) -> JsPromise:
        if len(path) > 1 or path[0] not in HANDLERS or not self._router.runs_handlers:
            return super()._invoke(path, arguments, face)
        try:
            event = event_of(path[0], list(deserialize(serialize(list(arguments)), "js")))
        except JsException as problem:
            return JsPromise.rejected(problem)
        router, target = self._router, self._target
        outcome = start(lambda: router.channel(target.worker).deliver(target, event))
        return self._promise(_script(outcome) if face == "js" else outcome)


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


async def _script(outcome: Awaitable[Any]) -> Any:
    return to_script(await outcome)


def _received(router: Router, target: Target) -> Fetcher:
    fetcher: Fetcher = Fetcher.new(router, target.worker, target.name, props=target.props)
    return fetcher


register_binding("entrypoint", _received)
