"""The base classes of a Worker's code.

Give the environment a type with `env: Env` in the class body, which runs everywhere; `Env` is what `pywrangler types`
writes. `WorkerEntrypoint[Env]` does the same, but needs a runtime whose base classes can be subscripted.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeAlias

import js
from typing_extensions import TypeVar
from workers._bindings import MessageBatch, ScheduledController
from workers._objects import DurableObjectContext as DurableObjectContext
from workers.request import Request
from workers.response import FetchResponse
from workers.types import Context
from workers.workflows import WorkflowEvent, WorkflowStep

_Env = TypeVar("_Env", default=Any)
_F = TypeVar("_F", bound=Callable[..., Any])
_Answer: TypeAlias = FetchResponse | js.Response

class WorkerEntrypoint(Generic[_Env]):
    """Receives the events of a Worker; a new instance for each. `Default` is the default export."""

    ctx: Context
    """The invocation: `waitUntil`, `passThroughOnException`, `props`, `exports`."""
    env: _Env
    """Variables, secrets and bindings; a missing name is an AttributeError."""
    def __init__(self, ctx: Any, env: Any) -> None: ...
    def fetch(self, request: Request, /) -> _Answer | Awaitable[_Answer]:
        """Answer a request."""
    def scheduled(self, controller: ScheduledController, env: None, ctx: None, /) -> Awaitable[None] | None:
        """Handle a cron trigger. The other arguments are None: use `self.env` and `self.ctx`."""
    def queue(self, batch: MessageBatch, env: None, ctx: None, /) -> Awaitable[None] | None:
        """Handle messages of a queue. The other arguments are None: use `self.env` and `self.ctx`."""

class DurableObject(Generic[_Env]):
    """A class of objects that each exist once and keep their data.

    Further events: `alarm(self, alarm_info)`, `webSocketClose(self, ws, code, reason, was_clean)`,
    `webSocketError(self, ws, error)`. Other public methods can be called through stubs, with positional arguments.
    """

    ctx: DurableObjectContext
    """The object itself: `storage`, `id`, WebSockets."""
    env: _Env
    """Variables, secrets and bindings; a missing name is an AttributeError."""
    def __init__(self, ctx: Any, env: Any) -> None: ...
    def fetch(self, request: Request, /) -> _Answer | Awaitable[_Answer]:
        """Answer a request."""
    def webSocketMessage(self, ws: js.WebSocket, message: str | js.ArrayBuffer, /) -> Awaitable[None] | None:
        """Handle a message of a socket that was accepted with hibernation."""

class WorkflowEntrypoint(Generic[_Env]):
    """A workflow: `run(self, event, step)` is executed step by step."""

    ctx: Context
    env: _Env
    def __init__(self, ctx: Any, env: Any) -> None: ...
    def run(self, event: WorkflowEvent[Any], step: WorkflowStep, /) -> Any:
        """Do the work; returns the output."""

class DurableObjectAbort(BaseException):
    """Ends the code that called `ctx.abort()`; no `except Exception` stops it."""

def handler(func: _F) -> _F:
    """Give `on_fetch` and friends, of older compatibility dates, a `Request` and a wrapped `env`."""
