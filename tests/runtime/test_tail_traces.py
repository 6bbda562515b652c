"""What is remembered of invocations (https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.host.output import LogWriter
from pywrangler.runtime import context
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.js.console import console
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.primitives import JsBigInt
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream, collect
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.typed_arrays import Uint8Array
from pywrangler.runtime.traces.invocations import LIMIT_BYTES, Trace, as_data, current, record
from tests.runtime.harness import ManualClock, PlainFace

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST = {"url": "http://x/", "method": "GET", "headers": {}}


class Traced:
    """A trace and what it sent."""

    def __init__(self, event: dict[str, Any] | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        about = {"scriptName": "producer"}
        self.trace = Trace(event or {"rpcMethod": "x"}, about, PlainFace(), ManualClock(), self.sent.append)

    @property
    def item(self) -> dict[str, Any]:
        (item,) = self.sent
        return item

    @property
    def messages(self) -> list[Any]:
        return [entry["message"] for entry in self.item["logs"]]


@pytest.fixture
def traced() -> Traced:
    return Traced()


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_recorder", None)
    context.set_recorder(record)


# ---- arguments of console


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ("text", "text"),
        (1, 1),
        (1.5, 1.5),
        (True, True),
        (None, None),
        (jsnull, None),
        (float("nan"), None),
        (float("-inf"), None),
        (2**70, str(2**70)),
        (JsBigInt(10), "10"),
        (to_js_value({"b": [1, None, {"c": "d"}]}), {"b": [1, None, {"c": "d"}]}),
        (to_js_value([1, [2]]), [1, [2]]),
        (JsDate.new(0), "1970-01-01T00:00:00.000Z"),
        (JsMap.new(), "[object Map]"),
        (JsException("Error", "x"), "Error: x"),
        (Uint8Array.from_bytes(b"\1\2"), "1,2"),
        ({"a": 1}, "{'a': 1}"),
    ],
    ids=repr,
)
def test_arguments_are_kept_as_json_or_text(value: Any, data: Any) -> None:
    assert as_data(value) == data


def test_a_cycle_is_kept_as_text() -> None:
    value = to_js_value({})
    value.self = value
    assert as_data(value) == "[object Object]"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_every_argument_becomes_plain_json(value: Any) -> None:
    data = as_data(to_js_value(value))
    assert json.loads(json.dumps(data, allow_nan=False)) == data


# ---- what is recorded


@pytest.mark.usefixtures("recording")
def test_console_is_recorded_with_its_arguments(traced: Traced) -> None:
    with traced.trace.active():
        console.log("%s", 1)
        console.warn()
        console.debug("d")
        console.info("i")
        console.error("e")
    traced.trace.end()
    assert [(entry["level"], entry["message"]) for entry in traced.item["logs"]] == [
        ("log", ["%s", 1]), ("warn", []), ("debug", ["d"]), ("info", ["i"]), ("error", ["e"]),
    ]  # fmt: skip
    assert traced.item["logs"][0]["timestamp"] == 1_000_000_000


@pytest.mark.usefixtures("recording")
def test_the_rest_of_console_is_not_recorded(traced: Traced) -> None:
    with traced.trace.active():
        console.trace("t")
        console.dir({})
        console.table("x")
        console.count()
        console.assert_(condition=False)  # noqa: PT009 - not that of unittest
        console.group("g")
        console.groupEnd()
    traced.trace.end()
    assert traced.messages == []


@pytest.mark.usefixtures("recording")
def test_each_printed_line_is_recorded(traced: Traced) -> None:
    with traced.trace.active():
        print("one\ntwo", file=LogWriter("log", 1))
        print("three", file=LogWriter("stderr", 2))
    traced.trace.end()
    assert [(entry["level"], entry["message"]) for entry in traced.item["logs"]] == [
        ("log", ["one"]), ("log", ["two"]), ("error", ["three"]),
    ]  # fmt: skip


@pytest.mark.usefixtures("recording")
def test_output_outside_of_an_invocation_belongs_to_none(traced: Traced) -> None:
    console.log("before")
    with traced.trace.active():
        assert current() is traced.trace
    console.log("after")
    traced.trace.end()
    assert traced.messages == []


def test_nothing_is_recorded_for_a_worker_without_consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_recorder", None)
    traced = Traced()
    with traced.trace.active():
        console.log("x")
    traced.trace.end()
    assert traced.messages == []


def test_errors_among_the_arguments_are_told_apart(traced: Traced) -> None:
    traced.trace.log("error", ["failed:", type_error("x")])
    traced.trace.end()
    (entry,) = traced.item["logs"]
    assert entry["message"] == ["failed:", "TypeError: x"]
    assert entry["errorInfo"] == [None, {"name": "TypeError", "message": "x", "stack": ""}]


def test_too_much_output_is_cut_off_with_a_warning(traced: Traced) -> None:
    for _ in range(5):
        traced.trace.log("log", ["x" * (LIMIT_BYTES // 3)])
    traced.trace.note(ValueError("late"))
    traced.trace.end()
    assert traced.item["truncated"]
    assert [entry["level"] for entry in traced.item["logs"]] == ["log", "log", "warn"]
    assert traced.item["exceptions"] == []


# ---- how it ends


def test_an_exception_of_python_is_what_pyodide_makes_of_it(traced: Traced) -> None:
    try:
        raise ValueError("boom")
    except ValueError as problem:
        traced.trace.fail(problem)
    (entry,) = traced.item["exceptions"]
    assert (traced.item["outcome"], entry["name"], entry["message"]) == (
        "exception", "PythonError", "ValueError: boom",
    )  # fmt: skip
    assert 'raise ValueError("boom")' in entry["stack"]


def test_an_exception_of_javascript_keeps_its_name(traced: Traced) -> None:
    traced.trace.fail(type_error("bad"))
    entry = traced.item["exceptions"][0]
    assert (entry["name"], entry["message"], entry["timestamp"]) == ("TypeError", "bad", 1_000_000_000)


def test_a_cancelled_invocation_says_so(traced: Traced) -> None:
    traced.trace.fail(asyncio.CancelledError())
    assert (traced.item["outcome"], traced.item["exceptions"]) == ("canceled", [])


@pytest.mark.usefixtures("recording")
def test_what_outlives_the_handler_belongs_to_it(traced: Traced, run_async: Callable[..., Any]) -> None:
    async def main() -> None:
        released = asyncio.Event()

        async def late() -> None:
            await released.wait()
            console.log("late")
            raise ValueError("boom")

        with traced.trace.active():
            task = asyncio.ensure_future(late())
            traced.trace.hold(task)
        traced.trace.end()
        await asyncio.sleep(0)
        assert traced.sent == []
        released.set()
        await asyncio.wait([task])
        await asyncio.sleep(0)

    run_async(main())
    assert traced.messages == [["late"]]
    assert (traced.item["outcome"], len(traced.item["exceptions"])) == ("ok", 1)
    traced.trace.log("log", ["too late"])
    assert traced.messages == [["late"]]


def test_the_status_is_that_of_the_response() -> None:
    traced = Traced({"request": REQUEST})
    traced.trace.answered(Response.new("x", status=201))
    assert traced.item["event"]["response"] == {"status": 201}


def test_a_trace_ends_when_the_body_is_read(run_async: Callable[..., Any]) -> None:
    traced = Traced({"request": REQUEST})

    async def main() -> None:
        async def parts() -> Any:
            yield b"a"
            yield b"b"

        body = ReadableStream.from_(parts())
        traced.trace.answered(Response.new(body))
        assert traced.sent == []
        assert await collect(body) == b"ab"
        await asyncio.sleep(0)

    run_async(main())
    assert traced.item["event"]["response"] == {"status": 200}


@pytest.mark.parametrize(("is_rpc", "outcome"), [(False, "exception"), (True, "ok")])
def test_a_failed_call_is_the_matter_of_its_caller(run_async: Callable[..., Any], is_rpc: bool, outcome: str) -> None:
    traced = Traced()

    async def main() -> None:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        traced.trace.follow(future, is_rpc=is_rpc)
        future.set_exception(ValueError("boom"))
        await asyncio.sleep(0)

    run_async(main())
    assert (traced.item["outcome"], len(traced.item["exceptions"])) == (outcome, 0 if is_rpc else 1)
