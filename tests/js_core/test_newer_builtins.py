"""What the language gained of late, and corners of it; expected values are those of workerd."""

from __future__ import annotations

import asyncio
import gc
import math

import js
import pytest
from js import Array, ArrayBuffer, Math, Set, Uint8Array
from pyodide.ffi import JsException, jsnull, to_js


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: list(Array.of(1, 2, 3, 4, 5).copyWithin(0, 3)), [4, 5, 3, 4, 5]),
        (lambda: list(Array.of(1, 2, 3).toSpliced(1, 1, 9, 8)), [1, 9, 8, 3]),
        (lambda: Array.of(1, 2, 3).findLastIndex(lambda x, _i, _a: x < 3), 1),
        (lambda: Array.of(1, 2, 1).lastIndexOf(1, -2), 0),
        (lambda: Array.of(1, 2).includes(1, 1), False),
        (lambda: list(Uint8Array.new([3, 1]).toSorted()), [1, 3]),
        (lambda: Uint8Array.new([1, 2]).findLastIndex(lambda x, _i, _a: x == 1), 0),
        (lambda: js.Map.groupBy(Array.of(1, 2, 3), lambda x, _i: x % 2).get(1).to_py(), [1, 3]),
        (lambda: js.Map.new([[1, 2]]).getOrInsert(1, 5), 2),
        (lambda: js.Map.new().getOrInsertComputed(1, lambda key: key + 1), 2),
        (lambda: list(Set.new([1, 2]).symmetricDifference(Set.new([2, 3]))), [1, 3]),
        (lambda: Set.new([1]).isDisjointFrom(Set.new([2])), True),
        (lambda: Set.new([1, 2]).isSupersetOf(Set.new([2])), True),
        (lambda: list(Set.new([1]).union(js.Map.new([[5, 6]]))), [1, 5]),
        (lambda: Math.f16round(1.337), 1.3369140625),
        (lambda: Math.f16round(1e6), math.inf),
        (lambda: Math.fround(-1e300), -math.inf),
        (lambda: Math.sinh(-1000), -math.inf),
        (lambda: Math.pow(-1e308, 3), -math.inf),
        (lambda: math.isnan(Math.pow(1, math.inf)), True),
        (lambda: Math.sumPrecise([0.1, 0.2, 0.3]), 0.6),
        (lambda: Math.sumPrecise([1e308, 1e308, -1e308]), 1e308),
        (lambda: js.JSON.stringify(js.Object.new(a=js.JSON.rawJSON("1e1000"))), '{"a":1e1000}'),
        (lambda: js.JSON.isRawJSON(js.JSON.rawJSON("1")), True),
        (lambda: js.Error.isError(js.TypeError.new("x")), True),
        (lambda: js.DOMException.ABORT_ERR, 20),
        (lambda: js.DOMException.new("a", "DataCloneError").code, 25),
        (lambda: js.DOMException.new("a", "Foo").code, 0),
        (lambda: js.SuppressedError.new(1, 2, "m").suppressed, 2),
        (lambda: js.Date.new(0).getYear(), 70),
        (lambda: js.Symbol("x").description, "x"),
        (lambda: js.URL.new("http://a/b").href, "http://a/b"),
        (lambda: list(js.Array(2)), [None, None]),
        (lambda: js.Date()[:3] in {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}, True),
    ],
)
def test_values(call, expected):
    assert call() == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Set.new([1]).union(Array.of(1)), "TypeError: The .size property is NaN"),
        (lambda: Math.sumPrecise(["1"]), "TypeError: Type of 'Iterator value' must be 'number', found 'string'"),
        (lambda: js.JSON.rawJSON("[1]"), "SyntaxError: Invalid value for JSON.rawJSON"),
        (lambda: js.URL.createObjectURL(js.Blob.new(["x"])), r"Error: URL.createObjectURL\(\) is not implemented"),
        (js.caches.keys, "Error: Failed to execute 'keys' on 'CacheStorage': the method is not implemented."),
        (lambda: js.caches.default.add("http://a/"), "Error: Failed to execute 'add' on 'Cache'"),
        (js.Crypto.new, "TypeError: Illegal constructor"),
        (js.SubtleCrypto.new, "TypeError: Illegal constructor"),
        (js.Navigator.new, "TypeError: Illegal constructor"),
        (lambda: js.FetchEvent.new("fetch"), "TypeError: Illegal constructor"),
        (lambda: js.PromiseRejectionEvent.new("x"), "TypeError: Illegal constructor"),
        (js.ReadableStreamBYOBRequest.new, "TypeError: Illegal constructor"),
        (lambda: js.Array.of(1).with_(3, 1), "RangeError: Invalid index"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(JsException, match=message):
        call()


def test_from_async_awaits_in_turn(run_async):
    async def main():
        return list(await Array.fromAsync(js.Array.of(js.Promise.resolve(1), 2), lambda x, _i: x * 10))

    assert run_async(main()) == [10, 20]


# ---- buffers --------------------------------------------------------------------------------------------


def test_resizable_buffer_takes_its_views_along():
    buffer = ArrayBuffer.new(8, maxByteLength=16)
    whole, part = Uint8Array.new(buffer), Uint8Array.new(buffer, 4, 4)
    buffer.resize(12)
    assert (buffer.byteLength, buffer.maxByteLength, whole.length, part.length) == (12, 16, 12, 4)
    whole[4] = 9
    assert part[0] == 9
    buffer.resize(4)
    assert (whole.length, part.length, js.DataView.new(buffer).byteLength) == (4, 0, 4)


def test_transferred_buffer_is_empty():
    buffer = ArrayBuffer.new(8)
    view = Uint8Array.new(buffer)
    view[0] = 7
    moved = buffer.transfer(4)
    assert (buffer.byteLength, buffer.detached, view.length, moved.to_bytes()) == (0, True, 0, b"\7\0\0\0")
    with pytest.raises(JsException, match="Cannot perform Construct on a detached ArrayBuffer"):
        Uint8Array.new(buffer)


def test_fixed_buffer_cannot_be_resized():
    with pytest.raises(JsException, match=r"ArrayBuffer\.prototype\.resize called on incompatible receiver"):
        ArrayBuffer.new(8).resize(4)
    with pytest.raises(JsException, match="Invalid array buffer max length"):
        ArrayBuffer.new(8, maxByteLength=4)


def test_structured_clone_transfers():
    buffer = ArrayBuffer.new(8)
    view = Uint8Array.new(buffer)
    view[0] = 7
    copy = js.structuredClone(view, transfer=Array.of(buffer))
    assert (buffer.detached, view.length, copy[0], copy.length) == (True, 0, 7, 8)


def test_hex_and_base64_into_what_fits():
    found = Uint8Array.new(1).setFromHex("0102")
    assert (found.read, found.written) == (2, 1)
    target = Uint8Array.new(4)
    assert (target.setFromBase64("AQIDBAUG").written, target.to_bytes()) == (3, b"\1\2\3\0")


def test_shared_memory():
    from js import Atomics, Int32Array, SharedArrayBuffer

    items = Int32Array.new(SharedArrayBuffer.new(8))
    assert (Atomics.add(items, 0, 5), Atomics.load(items, 0), Atomics.compareExchange(items, 0, 5, 9), items[0]) == (
        0, 5, 5, 9,
    )  # fmt: skip
    assert (Atomics.notify(items, 0, 1), Atomics.isLockFree(4), Atomics.or_(items, 0, 6), items[0]) == (0, True, 9, 15)
    assert SharedArrayBuffer.new(8, maxByteLength=16).growable
    with pytest.raises(JsException, match=r"Atomics\.wait cannot be called in this context"):
        Atomics.wait(items, 0, 0)
    with pytest.raises(JsException, match="Invalid atomic access index: 5"):
        Atomics.load(items, 5)
    with pytest.raises(JsException, match="is not an integer typed array"):
        Atomics.load(js.Float64Array.new(1), 0)


# ---- resources ------------------------------------------------------------------------------------------


def test_disposable_stack_ends_the_last_first():
    stack, log = js.DisposableStack.new(), []
    stack.defer(lambda: log.append("deferred"))
    stack.adopt(5, log.append)
    resource = js.Object.new()
    js.Reflect.set(resource, js.Symbol.dispose, lambda: log.append("used"))
    assert stack.use(resource) is resource
    assert stack.use(None) is None
    stack.dispose()
    stack.dispose()
    assert (log, stack.disposed) == (["used", 5, "deferred"], True)
    with pytest.raises(JsException, match=r"Cannot call DisposableStack\.prototype\.defer on an already-disposed"):
        stack.defer(lambda: None)


def test_disposable_stack_tells_of_all_failures():
    stack = js.DisposableStack.new()

    def fail(text):
        raise js.Error.new(text)

    stack.defer(lambda: fail("a"))
    stack.defer(lambda: fail("b"))
    with pytest.raises(JsException, match="SuppressedError: An error was suppressed during disposal") as caught:
        stack.dispose()
    assert (str(caught.value.error), str(caught.value.suppressed)) == ("Error: a", "Error: b")


def test_moved_stack_is_disposed_of_by_the_new_one():
    stack, log = js.DisposableStack.new(), []
    stack.defer(lambda: log.append(1))
    moved = stack.move()
    assert (stack.disposed, moved.disposed) == (True, False)
    moved.dispose()
    assert log == [1]
    with pytest.raises(JsException, match=r"Symbol\(Symbol.dispose\) is not a function"):
        js.DisposableStack.new().use(js.Object.new())


def test_async_disposable_stack_waits(run_async):
    async def main():
        stack, log = js.AsyncDisposableStack.new(), []

        async def end():
            await asyncio.sleep(0)
            log.append("ended")

        stack.defer(lambda: log.append("first put"))
        stack.defer(end)
        await stack.disposeAsync()
        return log

    assert run_async(main()) == ["ended", "first put"]


def test_registry_calls_back_when_the_object_is_gone(run_async):
    async def main():
        seen = []
        registry = js.FinalizationRegistry.new(seen.append)
        kept, token = js.Object.new(), js.Object.new()
        registry.register(js.Object.new(), "gone")
        registry.register(kept, "kept")
        lost = js.Object.new()
        registry.register(lost, "unregistered", token)
        assert registry.unregister(token) is True
        del lost
        gc.collect()
        await asyncio.sleep(0.01)
        return seen, kept

    assert run_async(main())[0] == ["gone"]


# ---- WebAssembly, crypto --------------------------------------------------------------------------------


def test_webassembly_makes_no_code(run_async):
    header = to_js(b"\0asm\1\0\0\0")

    async def main():
        with pytest.raises(JsException, match=r"WebAssembly.instantiate\(\): Wasm code generation disallowed by embed"):
            await js.WebAssembly.instantiate(header)

    run_async(main())
    with pytest.raises(JsException, match=r"CompileError: WebAssembly.Module\(\): Wasm code generation disallowed"):
        js.WebAssembly.Module.new(header)
    assert (js.WebAssembly.validate(header), js.WebAssembly.validate(to_js(b"no"))) == (True, False)
    with pytest.raises(AttributeError, match=r"WebAssembly\.Tag does not exist locally"):
        _ = js.WebAssembly.Tag


def test_webassembly_memory_table_and_global():
    memory = js.WebAssembly.Memory.new(initial=1, maximum=2)
    assert (memory.grow(1), memory.buffer.byteLength) == (1, 131072)
    table = js.WebAssembly.Table.new(initial=1, element="anyfunc")
    assert (table.length, table.get(0) is jsnull) == (1, True)
    found = js.WebAssembly.Global.new(js.Object.new(value="i32", mutable=True), 42)
    found.value = 5
    assert found.value == 5
    with pytest.raises(JsException, match="Can't set the value of an immutable global"):
        js.WebAssembly.Global.new(js.Object.new(value="i32"), 1).value = 2


def test_digest_stream(run_async):
    async def main():
        stream = js.crypto.DigestStream.new("SHA-256")
        writer = stream.getWriter()
        await writer.write("ab")
        await writer.write(to_js(b"c"))
        await writer.close()
        return (await stream.digest).to_bytes().hex()[:8], stream.bytesWritten

    assert run_async(main()) == ("ba7816bf", 3)
