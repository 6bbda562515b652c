"""Bodies on a connection that nobody wants any more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pywrangler.protocol.channel import WINDOW_BYTES
from pywrangler.runtime.channels.flows import Outflow
from pywrangler.runtime.clone_hosts import Outgoing
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.typed_arrays import Uint8Array
from tests.runtime.harness import settle


class Wire:
    """What an outflow needs of a connection."""

    def __init__(self) -> None:
        self.outflows: dict[int, Any] = {}

    def send(self, data: bytes) -> None:
        pass

    async def writable(self) -> None:
        pass

    def outflow_ended(self, stream: int) -> None:
        self.outflows.pop(stream, None)


@pytest.mark.parametrize("moment", ["before credit", "in the same turn as credit", "in the middle"])
def test_a_body_that_is_cancelled_is_let_go(run_async: Any, moment: str) -> None:
    async def main() -> None:
        wire, cancelled = Wire(), []

        def pull(controller: Any) -> None:
            controller.enqueue(Uint8Array.new(WINDOW_BYTES))

        stream = ReadableStream.new(pull=pull, cancel=cancelled.append)
        outflow = Outflow(wire, 1, Outgoing(stream, None))  # type: ignore[arg-type]
        if moment != "before credit":
            outflow.grant(WINDOW_BYTES)
        if moment == "in the middle":
            await settle()
        outflow.cancel()
        await settle()
        assert (wire.outflows, len(cancelled)) == ({}, 1)

    run_async(main())


def test_a_body_that_is_cancelled_leaves_what_its_source_waits_for(run_async: Any) -> None:
    async def main() -> None:
        wire = Wire()
        shared: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def pieces() -> Any:
            yield await shared

        outflow = Outflow(wire, 1, Outgoing(ReadableStream.from_(pieces()), None))  # type: ignore[arg-type]
        outflow.grant(WINDOW_BYTES)
        await settle()
        outflow.cancel()
        await settle()
        assert wire.outflows == {}
        assert not shared.done()

    run_async(main())
