"""The binding: `R2Bucket` as a Worker has it.

In `dev` a bucket is known by its `preview_bucket_name`, else its `bucket_name`, else the name of the binding, as with
wrangler.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.r2 import arguments, refusals, uploads
from pywrangler.bindings.r2.arguments import NOT_GIVEN, VALUE_TYPES, Call
from pywrangler.bindings.r2.listing import list_page
from pywrangler.bindings.r2.multipart import R2MultipartUpload
from pywrangler.bindings.r2.results import GetResult, HeadResult
from pywrangler.bindings.r2.storage import Bucket
from pywrangler.bindings.r2.tables import Metadata
from pywrangler.bindings.r2.work import begin, written
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.values import array, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.bindings.r2.bodies import Writing
    from pywrangler.bindings.r2.tables import Stored
    from pywrangler.config.model import OtherBinding


class R2Bucket(JsProxy):
    """A bucket. Methods with options take them as keyword arguments, too."""

    __slots__ = ("_bucket",)

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def head(self, key: Any = NOT_GIVEN, /, *_rest: Any, **_named: Any) -> JsPromise:
        """Promise of an object without its body, null if there is none."""

        def prepare() -> Callable[[], Any]:
            name = Call("head").text(key)
            return lambda: _headed(self._bucket.head(name))

        return begin("head", prepare)

    def get(self, key: Any = NOT_GIVEN, given: Any = None, /, *_rest: Any, **named: Any) -> JsPromise:
        """Promise of an object with its body, or a part of it; without body if `onlyIf` does not hold."""

        def prepare() -> Callable[[], Any]:
            call = Call("get")
            name = call.text(key)
            condition, wanted = arguments.get_options(call.options(given, named, 2, "GetOptions"))

            def work() -> Any:
                found = self._bucket.get(name, condition, wanted)
                if found is None:
                    return jsnull
                item, extent, body = found
                return HeadResult.new(item, extent) if body is None else GetResult.new(item, extent, body)

            return work

        return begin("get", prepare)

    def put(
        self, key: Any = NOT_GIVEN, value: Any = NOT_GIVEN, given: Any = None, /, *_rest: Any, **named: Any
    ) -> JsPromise:
        """Store an object; promise of it, without its body, or of null if `onlyIf` does not hold."""

        def prepare() -> Callable[[], Any]:
            call = Call("put")
            name = call.text(key)
            content = b"" if value is None or value is jsnull else call.body(call.given(value, 2, VALUE_TYPES), 2)
            wanted = arguments.put_options(call.options(given, named, 3, "PutOptions"))
            refusals.check_key(name)
            refusals.check_metadata(wanted.metadata.custom)
            bucket = self._bucket
            algorithms = () if wanted.digest is None or wanted.digest[0] == "md5" else (wanted.digest[0],)

            def store(body: Writing) -> Any:
                item = bucket.put(name, body, wanted.metadata, wanted.condition, wanted.digest)
                return jsnull if item is None else HeadResult.new(item)

            return written(content, lambda: bucket.begin(algorithms), store)

        return begin("put", prepare)

    def delete(self, keys: Any = NOT_GIVEN, /, *_rest: Any, **_named: Any) -> JsPromise:
        """Remove one object, or those of an array; they need not be there."""

        def prepare() -> Callable[[], Any]:
            names = arguments.keys(Call("delete").given(keys, 1, "string or Array"))
            return lambda: self._bucket.delete(names)

        return begin("delete", prepare)

    def list(self, given: Any = None, /, *_rest: Any, **named: Any) -> JsPromise:
        """Promise of objects in the order of their keys, at most 1000 at a time; `cursor` leads to the next ones."""

        def prepare() -> Callable[[], Any]:
            query = arguments.list_options(Call("list").options(given, named, 1, "ListOptions"))

            def work() -> Any:
                page = list_page(self._bucket, query)
                return plain(
                    {
                        "objects": _listed(page.objects, query.include),
                        "truncated": page.cursor is not None,
                        "cursor": page.cursor,
                        "delimitedPrefixes": array(page.prefixes),
                    }
                )

            return work

        return begin("list", prepare)

    def createMultipartUpload(self, key: Any = NOT_GIVEN, given: Any = None, /, *_rest: Any, **named: Any) -> JsPromise:
        """Begin an upload in parts; promise of an `R2MultipartUpload`."""

        def prepare() -> Callable[[], Any]:
            call = Call("createMultipartUpload")
            name = call.text(key)
            metadata = arguments.upload_options(call.options(given, named, 2, "MultipartOptions"))
            refusals.check_metadata(metadata.custom)
            return lambda: R2MultipartUpload.new(self._bucket, name, uploads.create(self._bucket, name, metadata))

        return begin("createMultipartUpload", prepare)

    def resumeMultipartUpload(
        self, key: Any = NOT_GIVEN, upload: Any = NOT_GIVEN, /, *_rest: Any, **_named: Any
    ) -> R2MultipartUpload:
        """Return an upload that was begun before; whether it exists shows when it is used."""
        call = Call("resumeMultipartUpload")
        resumed: R2MultipartUpload = R2MultipartUpload.new(self._bucket, call.text(key), call.text(upload, 2))
        return resumed


def _headed(item: Stored | None) -> Any:
    return jsnull if item is None else HeadResult.new(item, (0, item.size))


def _listed(items: Iterable[Stored], include: frozenset[str]) -> Any:
    return array(HeadResult.new(_trimmed(item, include)) for item in items)


def _trimmed(item: Stored, include: frozenset[str]) -> Stored:
    http = item.metadata.http if "httpMetadata" in include else {}
    custom = item.metadata.custom if "customMetadata" in include else {}
    return replace(item, metadata=Metadata(http, custom))


def make(binding: OtherBinding, parts: Parts) -> R2Bucket:
    """Return the binding of an entry of the config."""
    bucket: R2Bucket = R2Bucket.new(Bucket(parts.stores, bucket_name(binding), parts.clock.now))
    return bucket


def bucket_name(binding: OtherBinding) -> str:
    """Return what `dev` calls the bucket of a binding."""
    return binding.data_name
