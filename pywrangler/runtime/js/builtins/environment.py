"""`navigator`, `scheduler`, and what Workers forbid: `eval` and `Function`."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.events import run_detached
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.timers import Scheduler


class Navigator(JsProxy):
    """The value of `js.navigator`."""

    userAgent: str
    language: str
    languages: JsArray
    platform: str
    hardwareConcurrency: int

    def __init__(self) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def of_worker(cls) -> Navigator:
        """Return the one navigator."""
        found = object.__new__(cls)
        found.userAgent = "Cloudflare-Workers"
        found.language = "en"
        found.languages = array(["en"])
        found.platform = ""
        found.hardwareConcurrency = 1
        return found

    def sendBeacon(self, url: Any, body: Any = None) -> bool:
        """Send a POST request in the background; nothing is told about how it goes."""
        from pywrangler.runtime.js.fetch import fetch
        from pywrangler.runtime.js.url import URL

        target = URL.new(url).href
        run_detached(_beacon(fetch(target, method="POST", body=body)))
        return True


async def _beacon(response: Any) -> None:
    try:
        await response
    except JsException as problem:
        context.log("debug", f"navigator.sendBeacon: {problem}")


def eval(*_arguments: Any) -> Any:
    """Workers run no code from strings."""
    raise JsException("EvalError", "Code generation from strings disallowed for this context")


class FunctionConstructor(JsProxy, js_name="Function"):
    """The value of `js.Function`: Workers run no code from strings."""

    name = "Function"

    @property
    def typeof(self) -> str:
        """Constructors are functions."""
        return "function"

    @property
    def prototype(self) -> Any:
        """What methods can be borrowed from."""
        from pywrangler.runtime.js.prototypes import prototype_of
        from pywrangler.runtime.js.values import JsFunction

        return prototype_of(JsFunction)

    def __instancecheck__(self, value: Any) -> bool:
        return getattr(value, "typeof", "") == "function"

    def __call__(self, *_arguments: Any) -> Any:
        return eval()

    new = __call__


navigator: Navigator = Navigator.of_worker()
scheduler: Scheduler = Scheduler.new()
Function: FunctionConstructor = object.__new__(FunctionConstructor)
