"""Bindings. Their methods start at the call, awaited or not; keyword arguments are the trailing options object."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Self, TypedDict

import js
from pyodide.ffi import JsProxy, _Typed
from typing_extensions import TypeVar
from workers._results import _Binding, _Result
from workers.request import Request
from workers.response import Response
from workers.types import Body, Headers, RequestInitCfProperties

_T = TypeVar("_T", default=Any)
_S = TypeVar("_S", default=Any)
_Payload = TypeVar("_Payload", default=Any)

# ---- Durable Objects and services

class Fetcher:
    """Something that answers requests: a service, the static files, a Durable Object."""

    @property
    def js_object(self) -> JsProxy:
        """The raw JavaScript object."""
    async def fetch(
        self,
        resource: str | Request | JsProxy,
        /,
        *,
        method: str = ...,
        headers: Headers | None = ...,
        body: Body | None = ...,
        redirect: str | None = ...,
        cf: RequestInitCfProperties | None = ...,
        signal: js.AbortSignal | None = ...,
    ) -> Response:
        """Send a request there; the URL has to be absolute, its host is free."""

class Service(Fetcher):
    """A service whose methods are not known."""

    def __getattr__(self, name: str) -> Any: ...

class DurableObjectId(_Typed):
    """Identifies an object; `str(id)` is 64 hex digits."""

    @property
    def name(self) -> str | None: ...
    @property
    def jurisdiction(self) -> str | None: ...
    def equals(self, other: DurableObjectId, /) -> bool:
        """Say whether `other` is the same id."""

class DurableObjectStub(Fetcher):
    """Reaches one object; `pywrangler types` writes a subclass with the methods of its class."""

    @property
    def id(self) -> DurableObjectId: ...
    @property
    def name(self) -> str | None: ...

class AnyDurableObjectStub(DurableObjectStub):
    """Reaches an object whose methods are not known."""

    def __getattr__(self, name: str) -> Any: ...

class DurableObjectNamespace(Generic[_S]):
    """Finds the objects of a class."""

    def get(self, id: DurableObjectId, options: Mapping[str, Any] | JsProxy | None = None, /, **named: Any) -> _S:
        """Return a stub; nothing happens before it is used."""
    def getByName(self, name: str, options: Mapping[str, Any] | JsProxy | None = None, /, **named: Any) -> _S:
        """Return a stub of the object called `name`."""
    def idFromName(self, name: str, /) -> DurableObjectId:
        """Return the id that belongs to a name."""
    def idFromString(self, id: str, /) -> DurableObjectId:
        """Return the id of 64 hex digits."""
    def newUniqueId(self, options: Any = None, /, **named: Any) -> DurableObjectId:
        """Return a new random id."""
    def jurisdiction(self, jurisdiction: str | None, /) -> Self:
        """Return the namespace restricted to a jurisdiction."""

# ---- queues

class QueueSendResult(_Result):
    """What the queue says."""

    metadata: Any
    """`metrics` of the queue, as `Queue.metrics()` gives them."""

class QueueMetrics(_Result):
    """What waits in a queue."""

    backlogCount: int
    backlogBytes: int
    oldestMessageTimestamp: datetime
    """Missing when nothing waits."""

class QueueSendOptions(TypedDict, total=False):
    """A message of a batch."""

    body: Any
    contentType: str
    delaySeconds: float

class Queue(_Binding, Generic[_T]):
    """A queue to send to."""

    def send(
        self, body: _T, options: Any = None, /, *, contentType: str = ..., delaySeconds: float = ...
    ) -> Awaitable[QueueSendResult]:
        """Send a message."""
    def sendBatch(
        self, messages: Sequence[QueueSendOptions], options: Any = None, /, *, delaySeconds: float = ...
    ) -> Awaitable[QueueSendResult]:
        """Send several messages, each `{"body": ...}`."""
    def metrics(self) -> Awaitable[QueueMetrics]:
        """Return what waits."""

class Message(_Binding, Generic[_T]):
    """A message of a queue."""

    @property
    def id(self) -> str: ...
    @property
    def timestamp(self) -> datetime: ...
    @property
    def body(self) -> _T: ...
    @property
    def attempts(self) -> int: ...
    def ack(self) -> None:
        """It is done, whatever becomes of the others."""
    def retry(self, options: Any = None, /, *, delaySeconds: float = ...) -> None:
        """Deliver it again."""

class MessageBatch(_Binding, Generic[_T]):
    """What a `queue` handler gets."""

    @property
    def queue(self) -> str: ...
    @property
    def messages(self) -> list[Message[_T]]: ...
    @property
    def metadata(self) -> Any: ...
    def ackAll(self) -> None: ...
    def retryAll(self, options: Any = None, /, *, delaySeconds: float = ...) -> None: ...

class ScheduledController(_Typed):
    """What a `scheduled` handler gets."""

    @property
    def cron(self) -> str: ...
    @property
    def scheduledTime(self) -> int:
        """Milliseconds since the epoch."""
    @property
    def type(self) -> str: ...
    def noRetry(self) -> None: ...

# ---- workflows

class InstanceStatus(_Result):
    """How an instance does."""

    status: str
    output: Any
    error: Any

class WorkflowInstance(_Binding):
    """A run of a workflow."""

    @property
    def id(self) -> str: ...
    def status(self) -> Awaitable[InstanceStatus]: ...
    def pause(self) -> Awaitable[None]: ...
    def resume(self) -> Awaitable[None]: ...
    def restart(self) -> Awaitable[None]: ...
    def terminate(self) -> Awaitable[None]: ...
    def send_event(self, options: Any = None, /, *, type: str = ..., payload: Any = ...) -> Awaitable[None]:
        """Send an event that the run waits for."""
    def sendEvent(self, options: Any = None, /, *, type: str = ..., payload: Any = ...) -> Awaitable[None]:
        """Send an event that the run waits for."""

class Workflow(_Binding, Generic[_Payload]):
    """A workflow to start."""

    def create(
        self, options: Any = None, /, *, id: str = ..., params: _Payload = ..., retention: Any = ...
    ) -> Awaitable[WorkflowInstance]:
        """Start an instance; `params` become `event.payload`."""
    def create_batch(self, batch: Sequence[Mapping[str, Any]], /) -> Awaitable[list[WorkflowInstance]]:
        """Start several, each `{"id": ..., "params": ...}`."""
    def createBatch(self, batch: Sequence[Mapping[str, Any]], /) -> Awaitable[list[WorkflowInstance]]:
        """Start several."""
    def get(self, id: str, /) -> Awaitable[WorkflowInstance]:
        """Return an instance; an error for an unknown id."""

# ---- others

class RateLimitOutcome(_Result):
    """Whether the call may go on."""

    success: bool

class RateLimit(_Binding):
    """Counts calls."""

    def limit(self, options: Any = None, /, *, key: str = ...) -> Awaitable[RateLimitOutcome]: ...

class AnalyticsEngineDataset(_Binding):
    """Data points."""

    def writeDataPoint(
        self,
        point: Any = None,
        /,
        *,
        blobs: Sequence[Any] = ...,
        doubles: Sequence[float] = ...,
        indexes: Sequence[str] = ...,
    ) -> None: ...

class SecretsStoreSecret(_Typed):
    """A secret of the account."""

    def get(self) -> Awaitable[str]: ...

class Hyperdrive(_Typed):
    """A database elsewhere."""

    @property
    def connectionString(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def database(self) -> str: ...
    def connect(self) -> Any: ...

class WorkerVersionMetadata(_Typed):
    """Which version runs."""

    @property
    def id(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def timestamp(self) -> str: ...

class SendEmail(_Typed):
    """Sends mail."""

    def send(self, message: Any, /, **named: Any) -> Awaitable[Any]: ...

class Ai(_Binding):
    """Models."""

    def run(self, model: str, inputs: Any = None, options: Any = None, /, **named: Any) -> Awaitable[Any]:
        """Run a model."""
    def __getattr__(self, name: str) -> Any: ...

class VectorizeIndex(_Binding):
    """Vectors."""

    def describe(self) -> Awaitable[Any]: ...
    def query(self, vector: Sequence[float], options: Any = None, /, **named: Any) -> Awaitable[Any]: ...
    def queryById(self, id: str, options: Any = None, /, **named: Any) -> Awaitable[Any]: ...
    def insert(self, vectors: Sequence[Mapping[str, Any]], /) -> Awaitable[Any]: ...
    def upsert(self, vectors: Sequence[Mapping[str, Any]], /) -> Awaitable[Any]: ...
    def deleteByIds(self, ids: Sequence[str], /) -> Awaitable[Any]: ...
    def getByIds(self, ids: Sequence[str], /) -> Awaitable[Any]: ...

class ImagesBinding(_Binding):
    """Image transformations."""

    def info(self, stream: Any, /) -> Awaitable[Any]: ...
    def input(self, stream: Any, /) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...

class DispatchNamespace(JsProxy):
    """Workers for Platforms."""

    def get(self, name: str, arguments: Any = None, options: Any = None, /) -> Any: ...

class Pipeline(JsProxy):
    """A stream of records."""

    def send(self, records: Any, /) -> Awaitable[None]: ...

class WorkerLoader(JsProxy):
    """Starts Workers from code."""

    def get(self, name: str | None, load: Any, /) -> Any: ...
