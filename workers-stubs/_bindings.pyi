"""Bindings. Their methods start at the call, awaited or not; keyword arguments are the trailing options object."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, Self, TypeAlias, TypedDict, overload

import js
from pyodide.ffi import JsProxy, _Typed
from typing_extensions import TypeVar
from workers.blob import Blob
from workers.request import Request
from workers.response import Response
from workers.types import Body, Headers, RequestInitCfProperties

_T = TypeVar("_T", default=Any)
_S = TypeVar("_S", default=Any)
_Payload = TypeVar("_Payload", default=Any)
_Data: TypeAlias = str | bytes | bytearray | memoryview | js.ReadableStream | js.ArrayBuffer | js.Uint8Array

class JsDict(dict[str, Any]):
    """A dict with attribute access; a key named like a method of dict is reached by subscription only."""

    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...
    def __delattr__(self, name: str) -> None: ...

class _Result(JsDict):
    __getattr__: None  # type: ignore[assignment, misc]  # pyright: ignore[reportIncompatibleMethodOverride]

class _Binding:
    @property
    def js_object(self) -> JsProxy:
        """The raw JavaScript object."""

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

# ---- KV

class KVListKey(_Result):
    """One key of a list."""

    name: str
    expiration: int
    metadata: Any

class KVListResult(_Result):
    """Keys; with `list_complete` False, `cursor` leads to the next ones."""

    list_complete: bool
    cursor: str
    cacheStatus: Any
    @overload
    def __getitem__(self, key: Literal["keys"], /) -> list[KVListKey]: ...
    @overload
    def __getitem__(self, key: str, /) -> Any:
        """`result["keys"]` is the list of keys (`result.keys` is dict's method)."""

class KVValueWithMetadata(_Result, Generic[_T]):
    """A value and what was stored with it."""

    value: _T
    metadata: Any
    cacheStatus: Any

class KVNamespace(_Binding):
    """Keys and values."""

    @overload
    def get(self, key: str, type: Literal["text"] = ..., *, cacheTtl: int = ...) -> Awaitable[str | None]: ...
    @overload
    def get(self, key: str, type: Literal["json"], *, cacheTtl: int = ...) -> Awaitable[Any]: ...
    @overload
    def get(self, key: str, type: Literal["arrayBuffer"], *, cacheTtl: int = ...) -> Awaitable[memoryview | None]: ...
    @overload
    def get(self, key: str, type: Literal["stream"], *, cacheTtl: int = ...) -> Awaitable[js.ReadableStream | None]: ...
    @overload
    def get(self, key: str, type: Mapping[str, Any] | JsProxy) -> Awaitable[Any]: ...
    @overload
    def get(
        self, key: list[str], type: Literal["text"] = ..., *, cacheTtl: int = ...
    ) -> Awaitable[dict[str, str | None]]: ...
    @overload
    def get(self, key: list[str], type: Literal["json"], *, cacheTtl: int = ...) -> Awaitable[dict[str, Any]]:
        """Return a value, None if there is none; `type` is "text", "json", "arrayBuffer" or "stream"."""
    @overload
    def getWithMetadata(
        self, key: str, type: Literal["text"] = ..., *, cacheTtl: int = ...
    ) -> Awaitable[KVValueWithMetadata[str | None]]: ...
    @overload
    def getWithMetadata(
        self, key: str, type: str | Mapping[str, Any] | JsProxy, *, cacheTtl: int = ...
    ) -> Awaitable[KVValueWithMetadata[Any]]: ...
    @overload
    def getWithMetadata(
        self, key: list[str], type: str | Mapping[str, Any] | JsProxy = ..., *, cacheTtl: int = ...
    ) -> Awaitable[dict[str, KVValueWithMetadata[Any] | None]]:
        """Return a value and its metadata."""
    def put(
        self,
        key: str,
        value: _Data | float | None,
        options: Mapping[str, Any] | JsProxy | None = None,
        /,
        *,
        expiration: int = ...,
        expirationTtl: int = ...,
        metadata: Any = ...,
    ) -> Awaitable[None]:
        """Store; `expirationTtl` is in seconds, at least 60."""
    def delete(self, key: str, /) -> Awaitable[None]:
        """Remove a key."""
    def list(
        self,
        options: Mapping[str, Any] | JsProxy | None = None,
        /,
        *,
        prefix: str = ...,
        limit: int = ...,
        cursor: str | None = ...,
    ) -> Awaitable[KVListResult]:
        """Return keys in order, at most 1000."""

# ---- R2

class R2Object(_Binding):
    """What is known about a stored object."""

    key: str
    version: str
    size: int
    etag: str
    httpEtag: str
    uploaded: datetime
    httpMetadata: Any
    customMetadata: JsDict
    checksums: Any
    range: Any
    storageClass: str
    def writeHttpMetadata(self, headers: js.Headers, /) -> None:
        """Put the content type and the like into JavaScript headers."""
    def __getitem__(self, name: str) -> Any: ...

class R2ObjectBody(R2Object):
    """A stored object with its content; each way to read it works once."""

    @property
    def body(self) -> js.ReadableStream: ...
    @property
    def bodyUsed(self) -> bool: ...
    def arrayBuffer(self) -> Awaitable[memoryview]: ...
    def bytes(self) -> Awaitable[memoryview]: ...
    def blob(self) -> Awaitable[Blob]: ...
    def json(self) -> Awaitable[Any]: ...
    def text(self) -> Awaitable[str]: ...

class R2Objects(_Result):
    """Stored objects; if `truncated`, `cursor` leads to the next ones."""

    objects: list[R2Object]
    truncated: bool
    cursor: str
    delimitedPrefixes: list[str]

class R2UploadedPart(_Result):
    """A part of a multipart upload."""

    partNumber: int
    etag: str

class R2MultipartUpload(_Binding):
    """An upload in parts."""

    key: str
    uploadId: str
    def uploadPart(self, number: int, data: _Data | Blob, /, **named: Any) -> Awaitable[R2UploadedPart]: ...
    def complete(self, parts: Sequence[R2UploadedPart | Mapping[str, Any]], /) -> Awaitable[R2Object]: ...
    def abort(self) -> Awaitable[None]: ...

class R2Bucket(_Binding):
    """Files."""

    def head(self, key: str, /) -> Awaitable[R2Object | None]:
        """Return what is known about an object, None if there is none."""
    @overload
    def get(self, key: str, /) -> Awaitable[R2ObjectBody | None]: ...
    @overload
    def get(
        self, key: str, options: Any = None, /, *, range: Any = ..., onlyIf: Any = ...
    ) -> Awaitable[R2ObjectBody | R2Object | None]:
        """Return an object, None if there is none; without a body if `onlyIf` does not hold."""
    def put(
        self,
        key: str,
        value: _Data | Blob | js.Blob | None,
        options: Any = None,
        /,
        *,
        httpMetadata: Any = ...,
        customMetadata: Mapping[str, str] = ...,
        onlyIf: Any = ...,
        md5: Any = ...,
        sha1: Any = ...,
        sha256: Any = ...,
        sha384: Any = ...,
        sha512: Any = ...,
        storageClass: str = ...,
    ) -> Awaitable[R2Object | None]:
        """Store; None if `onlyIf` does not hold."""
    def delete(self, key: str | list[str], /) -> Awaitable[None]:
        """Remove objects."""
    def list(
        self,
        options: Any = None,
        /,
        *,
        prefix: str = ...,
        delimiter: str = ...,
        limit: int = ...,
        cursor: str | None = ...,
        startAfter: str = ...,
        include: list[str] = ...,
    ) -> Awaitable[R2Objects]:
        """Return objects in the order of their keys, at most 1000."""
    def createMultipartUpload(self, key: str, options: Any = None, /, **named: Any) -> Awaitable[R2MultipartUpload]: ...
    def resumeMultipartUpload(self, key: str, upload_id: str, /) -> R2MultipartUpload: ...

# ---- D1

class D1Meta(_Result):
    """What a statement did."""

    changed_db: bool
    changes: int
    duration: float
    last_row_id: int
    rows_read: int
    rows_written: int
    served_by: str
    size_after: int

class D1Result(_Result):
    """Rows, each a dict with attribute access."""

    success: bool
    results: list[JsDict]
    meta: D1Meta

class D1ExecResult(_Result):
    """What `exec` did."""

    count: int
    duration: float

class D1PreparedStatement(_Binding):
    """A statement."""

    def bind(
        self, *values: str | float | bool | bytes | memoryview | list[int] | JsProxy | None
    ) -> D1PreparedStatement:
        """Return the statement with values for its parameters."""
    def all(self) -> Awaitable[D1Result]:
        """Run, and return all rows."""
    def run(self) -> Awaitable[D1Result]:
        """Run."""
    @overload
    def first(self) -> Awaitable[JsDict | None]: ...
    @overload
    def first(self, column: str, /) -> Awaitable[Any]:
        """Run, and return the first row, or one column of it; None without rows."""
    def raw(self, options: Any = None, /, *, columnNames: bool = ...) -> Awaitable[list[list[Any]]]:
        """Run, and return the rows as lists."""

class D1DatabaseSession(_Binding):
    """Queries in order, on whatever replica."""

    def prepare(self, query: str, /) -> D1PreparedStatement: ...
    def batch(self, statements: Sequence[D1PreparedStatement], /) -> Awaitable[list[D1Result]]: ...
    def getBookmark(self) -> str | None: ...

class D1Database(_Binding):
    """An SQL database."""

    def prepare(self, query: str, /) -> D1PreparedStatement:
        """Return a statement; `?` stands for a parameter."""
    def batch(self, statements: Sequence[D1PreparedStatement], /) -> Awaitable[list[D1Result]]:
        """Run statements as one transaction."""
    def exec(self, query: str, /) -> Awaitable[D1ExecResult]:
        """Run statements, one per line."""
    def withSession(self, constraint: str | None = None, /) -> D1DatabaseSession:
        """Return a session."""

# ---- queues

class QueueSendResult(_Result):
    """What the queue says."""

    metadata: Any

class QueueSendOptions(TypedDict, total=False):
    """A message of a batch."""

    body: Any
    contentType: str
    delaySeconds: float

class Queue(_Binding, Generic[_T]):
    """A queue to send to."""

    def send(
        self, body: _T, options: Any = None, /, *, contentType: str = ..., delaySeconds: float = ...
    ) -> Awaitable[QueueSendResult | None]:
        """Send a message."""
    def sendBatch(
        self, messages: Sequence[QueueSendOptions], options: Any = None, /, *, delaySeconds: float = ...
    ) -> Awaitable[QueueSendResult | None]:
        """Send several messages, each `{"body": ...}`."""

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
