"""Workflows as their `run` method sees them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypedDict, TypeVar, overload

from workers._results import JsDict

_T = TypeVar("_T")
_Params = TypeVar("_Params")

class NonRetryableError(Exception):
    """Raised in a step, ends it without another attempt."""

class WorkflowRetries(TypedDict, total=False):
    """When a step is tried again."""

    limit: int
    delay: float | str
    backoff: str

class WorkflowStepConfig(TypedDict, total=False):
    """Retries and timeout of a step."""

    retries: WorkflowRetries
    timeout: float | str

class WorkflowEvent(JsDict, Generic[_Params]):
    """What a run is given."""

    __getattr__: None  # type: ignore[assignment, misc]  # pyright: ignore[reportIncompatibleMethodOverride]
    payload: _Params
    timestamp: datetime
    instanceId: str
    workflowName: str

class _StepDecorator(Protocol):
    @overload
    def __call__(self, function: Callable[..., Awaitable[_T]], /) -> Callable[[], Awaitable[_T]]: ...
    @overload
    def __call__(self, function: Callable[..., _T], /) -> Callable[[], Awaitable[_T]]: ...

class WorkflowStep:
    """What a run may ask of the platform."""

    def do(
        self,
        name: str | None = None,
        *,
        depends: Sequence[Callable[..., Any]] | None = None,
        concurrent: bool = False,
        config: WorkflowStepConfig | None = None,
    ) -> _StepDecorator:
        """Decorate a function into a step that is awaited without arguments.

        Its parameters name the steps whose results it needs. `depends` belongs to older compatibility dates.
        """
    async def sleep(self, name: str, duration: float | str) -> None:
        """Pause for milliseconds or a text such as "1 second"."""
    async def sleep_until(self, name: str, timestamp: datetime | str) -> None:
        """Pause until a time."""
    async def wait_for_event(self, name: str, event_type: str, /, timeout: float | str = "24 hours") -> JsDict:
        """Wait for an event; returns its `payload`, `type` and `timestamp`."""
