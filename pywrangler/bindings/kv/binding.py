"""KV namespaces: `kv_namespaces` of the config (spec/bindings.md, section 1).

In `dev` a namespace is known by its `preview_id`, else its `id`, else the name of the binding, as with wrangler. Reads
see every write at once, where production may take a minute.
"""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pywrangler.bindings.kv import rules
from pywrangler.bindings.kv.entries import open_entries
from pywrangler.bindings.operations import operation
from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.json import parse_json
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.primitives import is_primitive, is_py_proxy, to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.readable import ReadableStream, chunks
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.js.webidl import absent, buffer_bytes, encode

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.bindings.kv.entries import Entries, Value
    from pywrangler.config.model import OtherBinding

_NOT_GIVEN = object()


class KvNamespace(JsProxy, js_name="KvNamespace"):
    """A namespace as a Worker has it. Methods with keyword arguments take them as their options."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def get(self, key: Any = _NOT_GIVEN, given: Any = None, /, *_rest: Any, **named: Any) -> JsPromise:
        """Promise of the value of a key, null without one; for an array of keys of a Map with all of them."""
        _require(key, "get", "string or Array")
        if isinstance(key, JsArray):
            return _begin(lambda: self._read_all(key, given, named, lambda value, _metadata: value))
        return _begin(lambda: self._read(key, given, named, lambda value, _metadata: value, jsnull))

    def getWithMetadata(self, key: Any = _NOT_GIVEN, given: Any = None, /, *_rest: Any, **named: Any) -> JsPromise:
        """Promise of value and metadata of a key, or of a Map of them."""
        _require(key, "getWithMetadata", "Array or string")
        if isinstance(key, JsArray):
            return _begin(lambda: self._read_all(key, given, named, _with_metadata))
        missing = plain({"value": jsnull, "metadata": jsnull, "cacheStatus": jsnull})
        return _begin(lambda: self._read(key, given, named, _with_metadata_and_status, missing))

    def put(
        self, key: Any = _NOT_GIVEN, value: Any = _NOT_GIVEN, given: Any = None, /, *_rest: Any, **named: Any
    ) -> JsPromise:
        """Set a key to a string, a buffer or a stream; other primitives become strings."""
        _require(key, "put", "string")
        _require(value, "put", "string or Object", 2)
        return _begin(lambda: self._write(key, value, _dictionary(given, named, "put", "PutOptions", 3)))

    def delete(self, key: Any = _NOT_GIVEN, /, *_rest: Any, **_named: Any) -> JsPromise:
        """Remove a key, if it is there."""
        _require(key, "delete", "string")
        return _begin(lambda: partial(self._entries.delete, rules.key_of(key, "DELETE")))

    def list(self, given: Any = None, /, *_rest: Any, **named: Any) -> JsPromise:
        """Promise of the keys, at most 1000 at a time; `cursor` leads on to the next ones."""

        def prepare() -> Callable[[], Any]:
            wanted = rules.list_options(_dictionary(given, named, "list", "ListOptions", 1))
            return partial(self._list, wanted)

        return _begin(prepare)

    # ---- the work -----------------------------------------------------------------------------------------

    def _read(
        self, key: Any, given: Any, named: Mapping[str, Any], show: Callable[[Any, Any], Any], missing: Any
    ) -> Callable[[], Any]:
        kind, chosen = _type(given, named)
        name = rules.key_of(key, "GET")
        rules.check_cache(chosen, "GET")

        def work() -> Any:
            found = self._entries.get(name)
            return missing if found is None else show(_decoded(found, kind), _metadata(found))

        return work

    def _read_all(
        self, keys: JsArray, given: Any, named: Mapping[str, Any], show: Callable[[Any, Any], Any]
    ) -> Callable[[], Any]:
        kind, chosen = _type(given, named)
        names = rules.keys_of(keys._items, kind)
        rules.check_cache(chosen, "GET_BULK")

        def work() -> Any:
            result: JsMap = JsMap.new()
            size = 0
            for name in dict.fromkeys(names):
                found = self._entries.get(name)
                size += 0 if found is None else len(found.content)
                if size > rules.BULK_BYTES:
                    raise rules.failed("GET_BULK", 413, "Total size of request exceeds the limit of 25MB")
                result.set(name, jsnull if found is None else show(_bulk_value(found, kind), _metadata(found)))
            return result

        return work

    def _write(self, key: Any, value: Any, given: Mapping[str, Any]) -> Callable[[], Any]:
        name = rules.key_of(key, "PUT")
        content = _content(value)
        wanted = rules.put_options(given, self._entries.now())
        if isinstance(content, bytes):
            rules.check_value(len(content))
            return lambda: self._entries.put(name, content, *wanted)

        async def work() -> None:
            self._entries.put(name, await _collected(content), *wanted)

        return work

    def _list(self, wanted: rules.Listing) -> Any:
        found, is_complete = self._entries.page(*wanted)
        keys = array(plain(_shown(item.name, item.expiration, item.metadata)) for item in found)
        result: dict[str, Any] = {"keys": keys, "list_complete": is_complete}
        if not is_complete:
            result["cursor"] = rules.cursor_of(found[-1].name)
        return plain({**result, "cacheStatus": jsnull})


# ---- arguments ------------------------------------------------------------------------------------------


def _begin(prepare: Callable[[], Callable[[], Any]]) -> JsPromise:
    """Read the arguments now, as they may change after the call, and begin what they ask for."""
    try:
        work = prepare()
    except JsException as problem:
        work = partial(_refuse, problem)
    return operation(work)


def _refuse(problem: JsException) -> None:
    raise problem


def _require(argument: Any, method: str, types: str, position: int = 1) -> None:
    if argument is _NOT_GIVEN:
        raise type_error(
            f"Failed to execute '{method}' on 'KvNamespace': parameter {position} is not of type '{types}'."
        )


def _dictionary(given: Any, named: Mapping[str, Any], method: str, kind: str, position: int) -> Mapping[str, Any]:
    if not absent(given) and is_primitive(given):
        _require(_NOT_GIVEN, method, kind, position)
    return options(given, named)


def _type(given: Any, named: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the type of value that is wanted, and the options."""
    if not absent(given) and is_primitive(given):
        return to_string(given), {}
    chosen = options(given, named)
    kind = chosen.get("type")
    return "text" if kind is None else to_string(kind), chosen


def _content(value: Any) -> bytes | ReadableStream:
    """Return what is to be stored."""
    if is_primitive(value):
        return encode(to_string(value))
    if isinstance(value, ReadableStream):
        if value.locked or value.disturbed:
            raise type_error("The ReadableStream has been locked to a reader.")
        content = value.take_bytes()
        return value if content is None else content
    content = None if is_py_proxy(value) else buffer_bytes(value)
    if content is None:
        raise type_error(
            "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values."
        )
    return content


async def _collected(stream: ReadableStream) -> bytes:
    """Read a stream to its end; one that is too long is cancelled."""
    parts: list[bytes] = []
    size = 0
    async with aclosing(cast("AsyncGenerator[bytes, None]", chunks(stream))) as pieces:
        async for piece in pieces:
            size += len(piece)
            rules.check_value(max(size, stream.known_length or 0))
            parts.append(piece)
    return b"".join(parts)


# ---- results --------------------------------------------------------------------------------------------


def _decoded(found: Value, kind: str) -> Any:
    content = found.content
    if kind == "text":
        return content.decode("utf-8", "replace")
    if kind == "json":
        return parse_json(content.decode("utf-8", "replace"))
    if kind == "arrayBuffer":
        from pywrangler.runtime.js.buffers import ArrayBuffer

        return ArrayBuffer.from_bytes(content)
    if kind == "stream":
        return ReadableStream.of_bytes(content)
    raise type_error('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".')


def _bulk_value(found: Value, kind: str) -> Any:
    try:
        return _decoded(found, kind)
    except JsException:
        reason = "At least one of the requested keys corresponds to a non-json value"
        raise rules.failed("GET_BULK", 400, reason) from None


def _metadata(found: Value) -> Any:
    return jsnull if found.metadata is None else parse_json(found.metadata)


def _with_metadata(value: Any, metadata: Any) -> Any:
    return plain({"value": value, "metadata": metadata})


def _with_metadata_and_status(value: Any, metadata: Any) -> Any:
    return plain({"value": value, "metadata": metadata, "cacheStatus": jsnull})


def _shown(name: str, expiration: int | None, metadata: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name}
    if expiration is not None:
        shown["expiration"] = expiration
    if metadata is not None:
        shown["metadata"] = parse_json(metadata)
    return shown


def make(binding: OtherBinding, parts: Parts) -> KvNamespace:
    """Return the binding of an entry of the config."""
    namespace: KvNamespace = KvNamespace.new(
        open_entries(parts.stores, namespace_of(binding), parts.clock.now),
    )
    return namespace


def namespace_of(binding: OtherBinding) -> str:
    """Return what `dev` calls the namespace of a binding."""
    return binding.data_name
