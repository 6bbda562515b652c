"""The decorator for module-level handlers of Workers with an older compatibility date."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

from pywrangler.runtime.js.request import Request as JsRequest
from workers.request import Request
from workers.rpc import _EnvWrapper

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def handler(func: Callable[..., T]) -> Callable[..., T]:
    """Give `on_fetch` and friends a `Request` and a wrapped `env` instead of raw JavaScript values.

    Source: spec/workers-module.md, section 6. Works on functions and coroutine functions alike.
    """

    @functools.wraps(func)
    def call(*arguments: Any, **keywords: Any) -> T:
        values = list(arguments)
        if values and isinstance(values[0], JsRequest):
            values[0] = Request(values[0])
        if len(values) > 1 and not isinstance(values[1], _EnvWrapper):
            values[1] = _EnvWrapper(values[1])
        return func(*values, **keywords)

    return call
