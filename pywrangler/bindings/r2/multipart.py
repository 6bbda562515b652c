"""`R2MultipartUpload` as a Worker has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.r2 import arguments, uploads
from pywrangler.bindings.r2.arguments import NOT_GIVEN, VALUE_TYPES, Call
from pywrangler.bindings.r2.results import HeadResult
from pywrangler.bindings.r2.work import begin, written
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.bindings.r2.bodies import Writing
    from pywrangler.bindings.r2.storage import Bucket


class R2MultipartUpload(JsProxy):
    """An upload in parts."""

    __slots__ = ("_bucket", "_id", "_key")

    def __init__(self, bucket: Bucket, key: str, upload: str) -> None:
        self._bucket = bucket
        self._key = key
        self._id = upload

    @property
    def key(self) -> str:
        """The object that it is to become."""
        return self._key

    @property
    def uploadId(self) -> str:
        """The id, to go on with it elsewhere."""
        return self._id

    def uploadPart(
        self, number: Any = NOT_GIVEN, value: Any = NOT_GIVEN, given: Any = None, /, *_rest: Any, **named: Any
    ) -> JsPromise:
        """Upload a part, number 1 to 10000; promise of what `complete` wants to know of it."""

        def prepare() -> Callable[[], Any]:
            call = Call("uploadPart", "R2MultipartUpload")
            position = arguments.integer(call.given(number, 1, "integer"))
            content = call.body(call.given(value, 2, VALUE_TYPES), 2)
            call.options(given, named, 3, "UploadPartOptions")
            position = arguments.part_number(position)
            bucket = self._bucket

            def store(body: Writing) -> Any:
                etag = uploads.put_part(bucket, self._key, self._id, position, body)
                return plain({"partNumber": position, "etag": etag})

            return written(content, bucket.begin, store)

        return begin("uploadPart", prepare)

    def complete(self, parts: Any = NOT_GIVEN, /, *_rest: Any, **_named: Any) -> JsPromise:
        """Make the object of an array of parts, each with `partNumber` and `etag`; promise of it."""

        def prepare() -> Callable[[], Any]:
            wanted = arguments.uploaded_parts(parts, Call("complete", "R2MultipartUpload"))
            return lambda: HeadResult.new(uploads.complete(self._bucket, self._key, self._id, wanted))

        return begin("completeMultipartUpload", prepare)

    def abort(self, *_rest: Any, **_named: Any) -> JsPromise:
        """End the upload and forget its parts."""
        return begin("abortMultipartUpload", lambda: lambda: uploads.abort(self._bucket, self._key, self._id))

    def _own_properties(self) -> dict[str, Any]:
        return {"uploadId": self._id, "key": self._key}
