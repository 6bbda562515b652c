"""Types of options, under the names that code imports them by. Types of bindings exist in the stubs only."""

from __future__ import annotations

from workers.entrypoints import Context
from workers.fetch import FetchKwargs
from workers.request import RequestInitCfProperties
from workers.response import Body, Headers, JSBody

__all__ = ["Body", "Context", "FetchKwargs", "Headers", "JSBody", "RequestInitCfProperties"]
