"""Types of bindings and options, for annotations.

Most names exist for type checkers only: import them under `if TYPE_CHECKING:`.
"""

from collections.abc import Awaitable
from http import HTTPMethod
from typing import Any, Generic, TypeAlias, TypedDict, TypeVar

import js
from pyodide.ffi import JsArray, JsBuffer, _Typed
from workers._bindings import Ai as Ai
from workers._bindings import AnalyticsEngineDataset as AnalyticsEngineDataset
from workers._bindings import AnyDurableObjectStub as AnyDurableObjectStub
from workers._bindings import DispatchNamespace as DispatchNamespace
from workers._bindings import DurableObjectId as DurableObjectId
from workers._bindings import DurableObjectNamespace as DurableObjectNamespace
from workers._bindings import DurableObjectStub as DurableObjectStub
from workers._bindings import Fetcher as Fetcher
from workers._bindings import Hyperdrive as Hyperdrive
from workers._bindings import ImagesBinding as ImagesBinding
from workers._bindings import InstanceStatus as InstanceStatus
from workers._bindings import Message as Message
from workers._bindings import MessageBatch as MessageBatch
from workers._bindings import Pipeline as Pipeline
from workers._bindings import Queue as Queue
from workers._bindings import RateLimit as RateLimit
from workers._bindings import RateLimitOutcome as RateLimitOutcome
from workers._bindings import ScheduledController as ScheduledController
from workers._bindings import SecretsStoreSecret as SecretsStoreSecret
from workers._bindings import SendEmail as SendEmail
from workers._bindings import Service as Service
from workers._bindings import VectorizeIndex as VectorizeIndex
from workers._bindings import WorkerLoader as WorkerLoader
from workers._bindings import WorkerVersionMetadata as WorkerVersionMetadata
from workers._bindings import Workflow as Workflow
from workers._bindings import WorkflowInstance as WorkflowInstance
from workers._data import D1Database as D1Database
from workers._data import D1DatabaseSession as D1DatabaseSession
from workers._data import D1ExecResult as D1ExecResult
from workers._data import D1Meta as D1Meta
from workers._data import D1PreparedStatement as D1PreparedStatement
from workers._data import D1Result as D1Result
from workers._data import KVListKey as KVListKey
from workers._data import KVListResult as KVListResult
from workers._data import KVNamespace as KVNamespace
from workers._data import KVValueWithMetadata as KVValueWithMetadata
from workers._data import R2Bucket as R2Bucket
from workers._data import R2MultipartUpload as R2MultipartUpload
from workers._data import R2Object as R2Object
from workers._data import R2ObjectBody as R2ObjectBody
from workers._data import R2Objects as R2Objects
from workers._data import R2UploadedPart as R2UploadedPart
from workers._objects import DurableObjectContext as DurableObjectContext
from workers._objects import DurableObjectStorage as DurableObjectStorage
from workers._objects import DurableObjectTransaction as DurableObjectTransaction
from workers._objects import SqlRawRows as SqlRawRows
from workers._objects import SqlStorage as SqlStorage
from workers._objects import SqlStorageCursor as SqlStorageCursor
from workers._objects import SyncKvStorage as SyncKvStorage
from workers._results import JsDict as JsDict
from workers.formdata import FormData
from workers.workflows import WorkflowEvent as WorkflowEvent
from workers.workflows import WorkflowStep as WorkflowStep
from workers.workflows import WorkflowStepConfig as WorkflowStepConfig

_T = TypeVar("_T")
_U = TypeVar("_U")

class Env:
    """The base class of environments that earlier versions of `pywrangler types` wrote."""

class JsObject(_Typed, Generic[_T]):
    """A variable that is a JSON object: properties are attributes, `to_py()` gives a dict."""

    def to_py(self, *, depth: int = -1, default_converter: Any = None) -> _T:
        """Return a dict."""

class JsonArray(JsArray[_T], Generic[_T, _U]):
    """A JSON array in a variable whose elements are objects: `to_py()` gives a list of dicts."""

    def to_py(self, *, depth: int = -1, default_converter: Any = None) -> list[_U]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return a list."""

class Context(_Typed):
    """One invocation of a WorkerEntrypoint."""

    @property
    def props(self) -> Any:
        """The properties that the service binding of the caller carries."""
    @property
    def exports(self) -> Any:
        """Bindings for everything that this Worker exports."""
    def waitUntil(self, awaitable: Awaitable[Any], /) -> None:
        """Let `awaitable` go on after the response."""
    def passThroughOnException(self) -> None:
        """Let the origin answer if this Worker fails."""
    def abort(self, reason: Any = None, /) -> None:
        """Fail the invocation."""

JSBody: TypeAlias = js.Blob | JsBuffer | js.FormData | js.ReadableStream | js.URLSearchParams
Body: TypeAlias = str | bytes | FormData | JSBody
Headers: TypeAlias = dict[str, str] | dict[str, int] | dict[str, str | int] | list[tuple[str, str]] | js.Headers

class RequestInitCfProperties(TypedDict, total=False):
    """Cloudflare's own options of a request (`cf`); without effect locally."""

    apps: bool | None
    cacheEverything: bool | None
    cacheKey: str | None
    cacheTags: list[str] | None
    cacheTtl: int
    cacheTtlByStatus: dict[str, int]
    image: Any
    mirage: bool | None
    polish: str | None
    resolveOverride: str | None
    scrapeShield: bool | None
    webp: bool | None

class FetchKwargs(TypedDict, total=False):
    """Options of `fetch`."""

    headers: Headers | None
    body: Body | None
    method: HTTPMethod | str | None
    redirect: str | None
    cf: RequestInitCfProperties | None
    fetcher: Any
    signal: js.AbortSignal | None
