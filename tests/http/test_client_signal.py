"""`request.signal` with the flag `enable_request_signal`: it aborts when the client leaves too early.

When, and the reason, are those of workerd (api/tests/request-signal-enabled.js); the reason was seen in `wrangler dev`
4.164, too.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from pywrangler.runtime import context
from pywrangler.runtime.js.abort import AbortSignal
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.fetch import close_clients, fetch
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import Response


class Watching:
    """An application that watches its requests' clients, as a Worker with the flag does."""

    def __init__(self, handle, *, is_passed_on: bool = False) -> None:
        self.handle = handle
        self.is_passed_on = is_passed_on
        self.reasons: list[str] = []
        self.events: list[object] = []
        self.signals: list[AbortSignal] = []
        self.aborted = asyncio.Event()

    async def __call__(self, request):
        token = context.enter(context.EventContext(None, "the event", None))
        request.watch_client(is_passed_on=self.is_passed_on)
        self.signals.append(request.signal)
        request.signal.addEventListener("abort", self._on_abort)
        try:
            result = self.handle(request)
            return await result if hasattr(result, "__await__") else result
        finally:
            context.leave(token)

    def _on_abort(self, event):
        self.reasons.append(str(event.target.reason))
        self.events.append(context.current().env)
        self.aborted.set()


async def hang(_request):
    await asyncio.Event().wait()


class Endless:
    async def pull(self):
        await asyncio.sleep(0.001)
        return b"x" * 100

    def cancel(self, reason):
        pass


@pytest.mark.parametrize(
    "handle", [hang, lambda _request: Response.from_wire(200, "", [], ReadableStream.from_source(Endless()))]
)
def test_a_client_that_leaves_aborts_the_signal_in_its_event(run_async, serve, eventually, handle):
    async def scenario():
        application = Watching(handle)
        async with serve(application) as site:
            client = await site.connect()
            client.get("/")
            if handle is not hang:
                await client.head()
            await eventually(lambda: application.signals)
            assert not application.signals[0].aborted
            await client.close()
            await application.aborted.wait()
            assert application.reasons == ["AbortError: The client has disconnected"]
            assert application.events == ["the event"]
            assert application.signals[0].reason.name == "AbortError"

    run_async(scenario())


def test_a_client_that_has_its_response_aborts_nothing(run_async, serve, eventually):
    async def scenario():
        application = Watching(lambda _request: Response.new("whole"))
        async with serve(application) as site:
            for _ in range(2):
                client = await site.connect()
                client.get("/")
                assert (await client.answer()).body == b"whole"
                await client.close()
            await eventually(lambda: not site.server.connections)
            assert [signal.aborted for signal in application.signals] == [False, False]

    run_async(scenario())


@pytest.mark.parametrize("is_passed_on", [False, True])
def test_only_the_passthrough_flag_lets_the_signal_abort_requests_made_with_it(run_async, serve, is_passed_on):
    async def scenario():
        gate, asked, outcomes = asyncio.Event(), asyncio.Event(), []

        async def origin(_request):
            asked.set()
            await gate.wait()
            return Response.new("from the origin")

        async def ask(request, other):
            try:
                outcomes.append(await (await fetch(other, signal=request.signal)).text())
            except JsException as problem:
                outcomes.append(str(problem))

        async with serve(origin) as other:
            tasks = []

            async def handle(request):
                tasks.append(asyncio.ensure_future(ask(request, f"http://localhost:{other.port}/")))
                await asyncio.Event().wait()

            application = Watching(handle, is_passed_on=is_passed_on)
            async with serve(application) as site:
                client = await site.connect()
                client.get("/")
                await asked.wait()
                await client.close()
                await application.aborted.wait()
                gate.set()
                await asyncio.wait(tasks)
        with suppress(RuntimeError):
            await close_clients()
        assert outcomes == ["AbortError: The client has disconnected" if is_passed_on else "from the origin"]

    run_async(scenario())


def test_copies_of_a_request_share_its_signal():
    request = Request.from_wire("GET", "http://h/", [])
    request.watch_client(is_passed_on=False)
    assert str(request.signal) == "[object AbortSignal]"
    copies = [request.clone(), Request.new(request)]
    request.client_left()
    assert all(copy.signal.aborted and copy.given_signal is None for copy in copies)


def test_without_the_flag_the_signal_never_aborts():
    request = Request.from_wire("GET", "http://h/", [])
    signal = request.signal
    request.client_left()
    assert not signal.aborted
