"""Bindings that keep data: KV, R2, D1."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, TypeAlias, overload

import js
from pyodide.ffi import JsProxy
from typing_extensions import TypeVar
from workers._results import JsDict, _Binding, _Result
from workers.blob import Blob

_T = TypeVar("_T", default=Any)
_Data: TypeAlias = str | bytes | bytearray | memoryview | js.ReadableStream | js.ArrayBuffer | js.Uint8Array

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
