"""Streams, by the rules of https://streams.spec.whatwg.org that Workers rely on."""

from __future__ import annotations

import asyncio
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.js.abort import AbortController
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.streams import (
    ByteLengthQueuingStrategy,
    CompressionStream,
    CountQueuingStrategy,
    DecompressionStream,
    FixedLengthStream,
    IdentityTransformStream,
    ReadableStream,
    TextDecoderStream,
    TextEncoderStream,
    TransformStream,
    WritableStream,
    chunks,
    collect,
)
from pywrangler.runtime.js.typed_arrays import Uint8Array


def u8(data):
    return Uint8Array.from_bytes(data)


async def settle():
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def everything(stream):
    return [chunk async for chunk in stream]


# ---- readable ---------------------------------------------------------------------------------------------


def test_start_fills_the_queue_and_read_gives_done_and_value(run_async):
    async def check():
        def start(controller):
            controller.enqueue("a")
            controller.enqueue(None)
            controller.close()

        reader = ReadableStream.new(start=start).getReader()
        results = [await reader.read() for _ in range(3)]
        assert [(result.done, result.value) for result in results] == [(False, "a"), (False, None), (True, None)]
        await reader.closed

    run_async(check())


def test_pull_is_called_for_room_only_and_one_at_a_time(run_async):
    async def check():
        calls = []

        async def pull(controller):
            calls.append(len(calls))
            assert calls == list(range(len(calls)))
            await asyncio.sleep(0)
            controller.enqueue(len(calls))

        stream = ReadableStream.new({}, CountQueuingStrategy.new(highWaterMark=2), pull=pull)
        await settle()
        assert len(calls) == 2
        reader = stream.getReader()
        assert (await reader.read()).value == 1
        await settle()
        assert len(calls) == 3

    run_async(check())


def test_without_a_reader_a_source_of_the_platform_is_not_pulled(run_async):
    class Source:
        pulled = 0

        async def pull(self):
            self.pulled += 1
            return b"x" if self.pulled < 3 else None

        def cancel(self, reason):
            self.reason = reason

    async def check():
        source = Source()
        stream = ReadableStream.from_source(source)
        await settle()
        assert source.pulled == 0
        assert await collect(stream) == b"xx"

    run_async(check())


def test_reads_that_wait_are_answered_in_order(run_async):
    async def check():
        controllers = []
        reader = ReadableStream.new(start=controllers.append).getReader()
        pending = [reader.read() for _ in range(3)]
        await settle()
        for value in "abc":
            controllers[0].enqueue(value)
        assert [(await result).value for result in pending] == ["a", "b", "c"]

    run_async(check())


def test_an_error_reaches_readers_and_the_queue_is_lost(run_async):
    async def check():
        def start(controller):
            controller.enqueue("lost")
            controller.error(ValueError("boom"))

        stream = ReadableStream.new(start=start)
        reader = stream.getReader()
        for _ in range(2):
            with pytest.raises(ValueError, match="boom"):
                await reader.read()
        with pytest.raises(ValueError, match="boom"):
            await reader.closed

    run_async(check())


@pytest.mark.parametrize("is_async", [False, True])
def test_what_pull_raises_is_the_error_of_the_stream(run_async, is_async):
    async def check():
        async def later(_controller):
            raise ValueError("boom")

        def now(_controller):
            raise ValueError("boom")

        with pytest.raises(ValueError, match="boom"):
            await everything(ReadableStream.new(pull=later if is_async else now))

    run_async(check())


def test_a_value_that_is_no_error_is_raised_as_a_js_exception(run_async):
    async def check():
        stream = ReadableStream.new(start=lambda controller: controller.error("reason"))
        with pytest.raises(JsException, match="reason"):
            await everything(stream)

    run_async(check())


def test_nothing_can_be_enqueued_after_close(run_async):
    async def check():
        controllers = []
        ReadableStream.new(start=controllers.append)
        controllers[0].close()
        for call in (lambda: controllers[0].enqueue("x"), controllers[0].close):
            with pytest.raises(JsException, match="TypeError"):
                call()

    run_async(check())


def test_desired_size_counts_down_and_ends_as_null(run_async):
    async def check():
        controllers = []
        ReadableStream.new({"ignored": 1}, None, start=controllers.append)
        controller = controllers[0]
        assert controller.desiredSize == 1
        controller.enqueue("x")
        controller.enqueue("y")
        assert controller.desiredSize == -1
        controller.error("x")
        assert controller.desiredSize is jsnull

    run_async(check())


def test_sizes_are_counted_by_the_strategy(run_async):
    async def check():
        controllers = []
        ReadableStream.new(None, ByteLengthQueuingStrategy.new(highWaterMark=10), start=controllers.append)
        controllers[0].enqueue(u8(b"1234"))
        assert controllers[0].desiredSize == 6

    run_async(check())
    with pytest.raises(JsException, match="RangeError"):
        ReadableStream.new(None, CountQueuingStrategy.new(highWaterMark=-1))


def test_cancel_tells_the_source_and_ends_pending_reads(run_async):
    async def check():
        reasons = []
        stream = ReadableStream.new(cancel=reasons.append)
        reader = stream.getReader()
        pending = reader.read()
        await settle()
        await reader.cancel("enough")
        assert (await pending).done
        assert (await reader.read()).done
        assert reasons == ["enough"]

    run_async(check())


def test_a_locked_stream_refuses_everyone_else(run_async):
    async def check():
        stream = ReadableStream.new()
        reader = stream.getReader()
        assert stream.locked
        for call in (stream.getReader, stream.tee, stream.values):
            with pytest.raises(JsException, match=r"TypeError: .*locked"):
                call()
        with pytest.raises(JsException, match="locked"):
            await stream.cancel()
        reader.releaseLock()
        assert not stream.locked
        with pytest.raises(JsException, match="released"):
            await reader.read()
        assert stream.getReader() is not reader

    run_async(check())


def test_async_iteration_gives_the_lock_back_or_cancels(run_async):
    async def check():
        reasons = []
        stream = ReadableStream.new(
            start=lambda controller: [controller.enqueue(value) for value in "abc"], cancel=reasons.append
        )
        iterator = stream.values(preventCancel=True)
        assert await anext(iterator) == "a"
        await iterator.aclose()
        assert not stream.locked
        assert not reasons
        iterator = aiter(stream)
        assert await anext(iterator) == "b"
        await iterator.aclose()
        assert len(reasons) == 1

    run_async(check())


def test_from_takes_iterables_and_async_iterables(run_async):
    async def items():
        yield "a"
        yield "b"

    async def check():
        assert await everything(ReadableStream.from_(items())) == ["a", "b"]
        assert await everything(getattr(ReadableStream, "from")(["a", None])) == ["a", None]
        with pytest.raises(JsException, match="TypeError"):
            ReadableStream.from_(5)

    run_async(check())


def test_bytes_of_the_platform_are_uint8arrays_for_user_code(run_async):
    async def check():
        chunk = (await ReadableStream.of_bytes(b"abc").getReader().read()).value
        assert isinstance(chunk, Uint8Array)
        assert chunk.to_bytes() == b"abc"

    run_async(check())


def test_chunks_refuses_what_is_no_bytes_and_cancels_when_left(run_async):
    async def check():
        reasons = []
        stream = ReadableStream.new(
            start=lambda controller: [controller.enqueue(value) for value in (u8(b"a"), "text")], cancel=reasons.append
        )
        data = chunks(stream)
        assert await anext(data) == b"a"
        with pytest.raises(JsException, match="TypeError"):
            await anext(data)
        assert len(reasons) == 1

    run_async(check())


def test_a_byob_reader_fills_views(run_async):
    async def check():
        reader = ReadableStream.of_bytes(b"abcde").getReader(mode="byob")
        first = await reader.read(Uint8Array.new(2))
        assert (first.done, first.value.to_bytes()) == (False, b"ab")
        assert (await reader.readAtLeast(3, Uint8Array.new(8))).value.to_bytes() == b"cde"
        assert (await reader.read(Uint8Array.new(2))).done

    run_async(check())


def test_a_byte_stream_refuses_text(run_async):
    async def check():
        controllers = []
        stream = ReadableStream.new(type="bytes", start=controllers.append)
        assert controllers[0].byobRequest is jsnull
        with pytest.raises(JsException, match="TypeError"):
            controllers[0].enqueue("text")
        controllers[0].enqueue(u8(b"x"))
        controllers[0].close()
        assert await Response.new(stream).text() == "x"

    run_async(check())


@given(st.lists(st.binary(min_size=1, max_size=4), max_size=6), st.lists(st.booleans(), max_size=20))
def test_both_branches_of_a_tee_give_everything_in_any_order_of_reading(data, order):
    async def check():
        left, right = ReadableStream.from_([u8(chunk) for chunk in data]).tee()
        readers, found = [left.getReader(), right.getReader()], [[], []]
        for side in order:
            result = await readers[side].read()
            if not result.done:
                found[side].append(result.value.to_bytes())
        for side in (0, 1):
            while not (result := await readers[side].read()).done:
                found[side].append(result.value.to_bytes())
        assert found == [data, data]

    asyncio.run(check())


def test_a_tee_is_cancelled_when_both_branches_are(run_async):
    async def check():
        reasons = []
        stream = ReadableStream.new(cancel=reasons.append)
        left, right = stream.tee()
        await left.cancel("l")
        assert not reasons
        await right.cancel("r")
        assert len(reasons) == 1

    run_async(check())


# ---- writable ---------------------------------------------------------------------------------------------


def test_writes_reach_the_sink_in_order_and_close_comes_last(run_async):
    async def check():
        seen = []

        async def write(chunk, _controller):
            await asyncio.sleep(0)
            seen.append(chunk)

        stream = WritableStream.new(write=write, close=lambda: seen.append("closed"))
        writer = stream.getWriter()
        first = writer.write("a")
        writer.write("b")
        assert not seen
        await first
        assert seen == ["a"]
        await writer.close()
        assert seen == ["a", "b", "closed"]
        await writer.closed
        with pytest.raises(JsException, match="TypeError"):
            await writer.write("c")

    run_async(check())


def test_ready_waits_for_room(run_async):
    async def check():
        gate = asyncio.Event()

        async def write(_chunk, _controller):
            await gate.wait()

        writer = WritableStream.new(write=write).getWriter()
        await writer.ready
        assert writer.desiredSize == 1
        writer.write("a")
        assert writer.desiredSize == 0
        waiting = asyncio.ensure_future(_wait(writer.ready))
        await settle()
        assert not waiting.done()
        gate.set()
        await waiting

    run_async(check())


async def _wait(promise):
    return await promise


def test_an_error_of_the_sink_fails_everything_after_it(run_async):
    async def check():
        def write(_chunk, _controller):
            raise ValueError("full")

        writer = WritableStream.new(write=write).getWriter()
        with pytest.raises(ValueError, match="full"):
            await writer.write("a")
        for promise in (writer.write("b"), writer.close(), writer.closed, writer.ready):
            with pytest.raises(ValueError, match="full"):
                await promise
        assert writer.desiredSize is jsnull

    run_async(check())


def test_abort_drops_what_is_queued_and_tells_the_sink(run_async):
    async def check():
        reasons, seen = [], []
        gate = asyncio.Event()

        async def write(chunk, _controller):
            await gate.wait()
            seen.append(chunk)

        writer = WritableStream.new(write=write, abort=reasons.append).getWriter()
        pending = [writer.write("a"), writer.write("b")]
        await settle()
        await writer.abort("why")
        gate.set()
        for promise in pending:
            with pytest.raises(JsException, match="why"):
                await promise
        assert reasons == ["why"]
        assert "b" not in seen

    run_async(check())


def test_a_writable_stream_has_one_writer(run_async):
    async def check():
        stream = WritableStream.new()
        writer = stream.getWriter()
        with pytest.raises(JsException, match="locked"):
            stream.getWriter()
        with pytest.raises(JsException, match="locked"):
            await stream.close()
        writer.releaseLock()
        with pytest.raises(JsException, match="released"):
            await writer.write("x")
        await stream.close()

    run_async(check())


# ---- transform --------------------------------------------------------------------------------------------


def test_an_identity_transform_waits_for_the_reader(run_async):
    async def check():
        transform = TransformStream.new()
        writer = transform.writable.getWriter()
        first = writer.write("a")
        await settle()
        assert not first._future.done()
        reader = transform.readable.getReader()
        assert (await reader.read()).value == "a"
        await first
        done = writer.close()
        assert (await reader.read()).done
        await done

    run_async(check())


def test_transform_and_flush_of_user_code(run_async):
    async def check():
        async def transform(chunk, controller):
            await asyncio.sleep(0)
            controller.enqueue(chunk.upper())
            controller.enqueue("-")

        stream = ReadableStream.from_(["a", "b"]).pipeThrough(
            TransformStream.new(transform=transform, flush=lambda controller: controller.enqueue("end"))
        )
        assert await everything(stream) == ["A", "-", "B", "-", "end"]

    run_async(check())


def test_what_transform_raises_fails_both_sides(run_async):
    async def check():
        def transform(_chunk, _controller):
            raise ValueError("boom")

        stream = TransformStream.new(transform=transform)
        writer = stream.writable.getWriter()
        write = writer.write("a")
        with pytest.raises(ValueError, match="boom"):
            await everything(stream.readable)
        with pytest.raises(ValueError, match="boom"):
            await write

    run_async(check())


def test_terminate_ends_the_readable_side(run_async):
    async def check():
        stream = TransformStream.new(transform=lambda _chunk, controller: controller.terminate())
        writer = stream.writable.getWriter()
        write = writer.write("a")
        assert await everything(stream.readable) == []
        with pytest.raises(JsException, match="TypeError"):
            await write

    run_async(check())


def test_cancelling_the_readable_side_fails_the_writer(run_async):
    async def check():
        stream = TransformStream.new()
        writer = stream.writable.getWriter()
        write = writer.write("a")
        await settle()
        await stream.readable.cancel("gone")
        with pytest.raises(JsException, match="gone"):
            await write

    run_async(check())


def test_a_fixed_length_stream_promises_its_length(run_async):
    async def check():
        stream = FixedLengthStream.new(5)
        response = Response.new(stream.readable)
        assert stream.readable.known_length == 5
        writer = stream.writable.getWriter()
        writing = [writer.write(u8(b"he")), writer.write(u8(b"llo")), writer.close()]
        assert await response.text() == "hello"
        for promise in writing:
            await promise

    run_async(check())


@pytest.mark.parametrize(("length", "data"), [(2, b"abc"), (4, b"abc")])
def test_a_fixed_length_stream_refuses_another_length(run_async, length, data):
    async def check():
        stream = FixedLengthStream.new(length)
        writer = stream.writable.getWriter()
        writing = [writer.write(u8(data)), writer.close()]
        with pytest.raises(JsException, match="TypeError"):
            await Response.new(stream.readable).text()
        with pytest.raises(JsException, match="TypeError"):
            await writing[-1]

    run_async(check())


def test_a_byte_stream_refuses_a_string_with_advice(run_async):
    async def check():
        stream = IdentityTransformStream.new()
        write = stream.writable.getWriter().write("text")
        with pytest.raises(JsException, match="TextEncoder"):
            await everything(stream.readable)
        with pytest.raises(JsException, match="TextEncoder"):
            await write

    run_async(check())


@pytest.mark.parametrize("format", ["gzip", "deflate", "deflate-raw"])
def test_compression_round_trips(run_async, format):
    async def check():
        data = b"hello " * 10_000
        packed = await collect(ReadableStream.of_bytes(data).pipeThrough(CompressionStream.new(format)))
        assert len(packed) < 1000
        halves = ReadableStream.from_([u8(packed[:7]), u8(packed[7:])])
        assert await collect(halves.pipeThrough(DecompressionStream.new(format))) == data

    run_async(check())


@pytest.mark.parametrize("data", [b"nonsense", zlib.compress(b"x" * 50)[:-3], zlib.compress(b"x") + b"more"])
def test_malformed_compressed_data_is_a_type_error(run_async, data):
    async def check():
        with pytest.raises(JsException, match="TypeError"):
            await collect(ReadableStream.of_bytes(data).pipeThrough(DecompressionStream.new("deflate")))

    run_async(check())
    with pytest.raises(JsException, match="TypeError"):
        CompressionStream.new("br")


@given(st.text(max_size=30), st.lists(st.integers(0, 60), max_size=4))
def test_text_streams_round_trip_however_the_chunks_are_cut(text, cuts):
    async def check():
        raw = text.encode("utf-16-le", "surrogatepass")
        clean = raw.decode("utf-16-le", "replace")
        marks = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
        parts = [text[start:end] for start, end in pairwise(marks)]
        data = await collect(ReadableStream.from_(parts).pipeThrough(TextEncoderStream.new()))
        assert data == clean.encode()
        points = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        pieces = [u8(data[start:end]) for start, end in pairwise(points)]
        decoded = await everything(ReadableStream.from_(pieces).pipeThrough(TextDecoderStream.new()))
        assert "".join(decoded) == clean.removeprefix("\ufeff")

    asyncio.run(check())


def test_a_fatal_decoder_fails_on_malformed_bytes(run_async):
    async def check():
        stream = ReadableStream.of_bytes(b"a\xff").pipeThrough(TextDecoderStream.new("utf-8", fatal=True))
        with pytest.raises(JsException, match="TypeError"):
            await everything(stream)

    run_async(check())


# ---- pipes ------------------------------------------------------------------------------------------------


def test_pipe_to_copies_and_closes_and_unlocks(run_async):
    async def check():
        seen = []
        source = ReadableStream.from_(["a", "b"])
        target = WritableStream.new(
            write=lambda chunk, _controller: seen.append(chunk), close=lambda: seen.append(None)
        )
        piping = source.pipeTo(target)
        assert source.locked
        assert target.locked
        await piping
        assert seen == ["a", "b", None]
        assert not source.locked
        assert not target.locked

    run_async(check())


def test_an_error_of_the_source_aborts_the_destination(run_async):
    async def check():
        reasons = []
        source = ReadableStream.new(start=lambda controller: controller.error(ValueError("boom")))
        target = WritableStream.new(abort=reasons.append)
        with pytest.raises(ValueError, match="boom"):
            await source.pipeTo(target)
        assert [str(reason) for reason in reasons] == ["boom"]

    run_async(check())


def test_an_error_of_the_destination_cancels_the_source(run_async):
    async def check():
        reasons = []

        def write(_chunk, _controller):
            raise ValueError("full")

        source = ReadableStream.new(
            start=lambda controller: [controller.enqueue(value) for value in "abc"], cancel=reasons.append
        )
        with pytest.raises(ValueError, match="full"):
            await source.pipeTo(WritableStream.new(write=write))
        assert [str(reason) for reason in reasons] == ["full"]

    run_async(check())


def test_a_prevented_close_leaves_the_destination_open(run_async):
    async def check():
        seen = []
        target = WritableStream.new(write=lambda chunk, _controller: seen.append(chunk))
        await ReadableStream.from_(["a"]).pipeTo(target, preventClose=True)
        await ReadableStream.from_(["b"]).pipeTo(target)
        assert seen == ["a", "b"]

    run_async(check())


def test_a_signal_stops_a_pipe(run_async):
    async def check():
        controller = AbortController.new()
        reasons = []
        source = ReadableStream.new(cancel=reasons.append)
        piping = source.pipeTo(WritableStream.new(abort=reasons.append), signal=controller.signal)
        await settle()
        controller.abort()
        with pytest.raises(JsException) as caught:
            await piping
        assert caught.value.name == "AbortError"
        assert len(reasons) == 2

    run_async(check())


def test_pipe_to_something_else_is_a_type_error(run_async):
    async def check():
        with pytest.raises(JsException, match="TypeError"):
            await ReadableStream.new().pipeTo(ReadableStream.new())

    run_async(check())


def test_back_pressure_reaches_the_source_through_a_pipe(run_async):
    async def check():
        pulled = []

        def pull(controller):
            pulled.append(1)
            controller.enqueue(u8(b"x" * 10))

        stream = ReadableStream.new(pull=pull).pipeThrough(TransformStream.new())
        await settle()
        assert len(pulled) < 5
        reader = stream.getReader()
        for _ in range(20):
            await reader.read()
        assert 20 <= len(pulled) < 26

    run_async(check())
