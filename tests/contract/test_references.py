"""References of a Durable Object keep it in memory, and calls of them are its events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime import context
from pywrangler.runtime.channels.failures import python_traceback
from pywrangler.runtime.channels.local import LocalCallee
from pywrangler.runtime.references import Export, RpcStub

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeActor:
    """Counts what an object would be told."""

    def __init__(self) -> None:
        self.references = 0
        self.events = 0

    def retain_stub(self) -> None:
        self.references += 1

    def release_stub(self) -> None:
        self.references -= 1

    def submit(self, work: Callable[[Any], Any]) -> asyncio.Future[Any]:
        self.events += 1

        async def handle() -> Any:
            result = work(None)
            return await result if hasattr(result, "__await__") else result

        return asyncio.get_running_loop().create_task(handle())


def stub_of(function: Any, actor: FakeActor) -> RpcStub:
    event = context.EventContext(None, "env", "ctx", actor=actor)
    stub: RpcStub = RpcStub.new(LocalCallee(Export(function, event), None, python_traceback))
    return stub


def test_a_call_is_an_event_of_the_object_it_came_from(run_async: Any) -> None:
    actor = FakeActor()

    async def whose(value: int) -> Any:
        await asyncio.sleep(0)
        event = context.current()
        assert event is not None
        return [value, event.env]

    async def test() -> None:
        assert await stub_of(whose, actor)._invoke((), [1], "python") == [1, "env"]

    run_async(test())
    assert actor.events == 1


def test_the_object_stays_in_memory_until_the_last_stub_is_gone(run_async: Any) -> None:
    actor = FakeActor()

    async def test() -> None:
        stub = stub_of(print, actor)
        copy = stub.dup()
        assert actor.references == 1
        stub.dispose()
        stub.dispose()
        assert actor.references == 1
        del copy
        assert actor.references == 0

    run_async(test())


def test_attributes_by_which_other_kinds_are_recognised_are_no_methods(run_async: Any) -> None:
    async def test() -> None:
        stub = stub_of(print, FakeActor())
        assert not hasattr(stub, "byteLength")
        assert not hasattr(stub, "__await__")
        assert stub.anything.deeper.typeof == "function"
        with pytest.raises(AttributeError):
            stub.then  # noqa: B018 - reading it is the test

    run_async(test())
