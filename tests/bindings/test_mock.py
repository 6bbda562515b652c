"""A Python file that stands for a binding: what its functions are given, and what becomes of what they return."""

from __future__ import annotations

import textwrap

import pytest
from workers.environment import wrap_binding

from pywrangler.bindings.mock import make
from pywrangler.config.model import OtherBinding
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.values import JsObject, plain

FILE = """
    import asyncio

    calls = []

    async def run(model, inputs, options=None):
        calls.append([model, inputs, options])
        await asyncio.sleep(0)
        return {"response": model, "calls": calls}

    def insert(vectors):
        return len(vectors)

    def stream():
        from js import Response
        return Response.new("data: 1").body

    def answer():
        from workers import Response
        return Response("whole", status=201)

    def fail():
        raise ValueError("no more neurons")

    def nothing():
        return (1, 2)

    def fetch(url):
        return "fetched " + url
"""


@pytest.fixture
def mock(tmp_path):
    path = tmp_path / "ai.py"
    path.write_text(textwrap.dedent(FILE))
    return make(OtherBinding("ai", "AI", {}, mock=path))


def test_sdk_style_calls_give_plain_values_both_ways(mock, run_async):
    async def main():
        ai = wrap_binding(mock)
        return await ai.run("@cf/m", {"prompt": "hi", "data": b"\1\2", "list": [1, None]}, returnRawResponse=True)

    result = run_async(main())
    assert result.response == "@cf/m"
    ((model, inputs, options),) = result["calls"]
    assert (model, bytes(inputs["data"]), inputs["list"]) == ("@cf/m", b"\1\2", [1, None])
    assert options == {"returnRawResponse": True}


def test_raw_calls_give_javascript_values(mock, run_async):
    async def main():
        return await mock.run("@cf/m", plain({"prompt": "hi"}))

    result = run_async(main())
    assert isinstance(result, JsObject)
    assert result.response == "@cf/m"


def test_functions_need_not_wait(mock, run_async):
    async def main():
        return await wrap_binding(mock).insert([[1.5], [2.5]])

    assert run_async(main()) == 2


def test_streams_and_responses_pass_as_they_are(mock, run_async):
    async def main():
        body, answer = await mock.stream(), await mock.answer()
        return body, answer, await answer.text()

    body, answer, text = run_async(main())
    assert isinstance(body, ReadableStream)
    assert isinstance(answer, Response)
    assert (answer.status, text) == (201, "whole")


def test_exceptions_are_the_callers(mock, run_async):
    async def main():
        await wrap_binding(mock).fail()

    with pytest.raises(ValueError, match="no more neurons"):
        run_async(main())


def test_what_no_product_could_return_is_refused(mock, run_async):
    async def main():
        await mock.nothing()

    with pytest.raises((JsException, TypeError), match="tuple"):
        run_async(main())


def test_fetch_is_a_method_like_others(mock, run_async):
    async def main():
        return await mock.fetch("http://x/")

    assert run_async(main()) == "fetched http://x/"


def test_a_method_that_is_not_there_names_the_file(mock):
    with pytest.raises(AttributeError, match=r"ai.py, the mock of AI, defines no function `embed`"):
        _ = mock.embed
    assert not hasattr(mock, "embed")
