"""Stubs, namespaces and services as user code sees them (spec/durable-objects.md, sections 1, 2 and 8)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.bindings.durable_objects import DurableObjectNamespace, DurableObjectStub
from pywrangler.bindings.services import Fetcher, LoopbackFetcher
from pywrangler.runtime import context
from pywrangler.runtime.js.abort import AbortController
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.values import JsObject, array

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]


def namespace(world: Any) -> DurableObjectNamespace:
    made: DurableObjectNamespace = DurableObjectNamespace.new(world.router, "other", "Thing")
    return made


async def failure(awaitable: Any) -> str:
    with pytest.raises(JsException) as caught:
        await awaitable
    return str(caught.value)


# ---- namespaces ------------------------------------------------------------------------------------------


def test_ids_belong_to_the_worker_that_defines_the_class() -> None:
    backend: DurableObjectNamespace = DurableObjectNamespace.new(None, "backend", "PyDO")
    object_id = backend.idFromName("alice")
    assert str(object_id) == "3f1109f46595dd6ceb79fb05a5104089569d8b35e9b7fa6dc0e85a8cde74909a"
    assert object_id.name == "alice"
    again = backend.idFromString(str(object_id).upper())
    assert again.equals(object_id)
    assert again.name is None
    assert str(backend.idFromName(5)) == str(backend.idFromName("5"))


def test_making_stubs_does_nothing() -> None:
    objects: DurableObjectNamespace = DurableObjectNamespace.new(None, "other", "Thing")
    stub = objects.get(objects.idFromName("x"), locationHint="weur")
    assert (stub.name, str(stub.id)) == ("x", str(objects.idFromName("x")))
    assert objects.getByName("x").id.equals(stub.id)
    assert objects.get(objects.newUniqueId()).name is None


def test_namespaces_refuse_what_is_no_id_and_what_has_a_jurisdiction() -> None:
    objects: DurableObjectNamespace = DurableObjectNamespace.new(None, "other", "Thing")
    with pytest.raises(JsException, match="parameter 1 is not of type 'DurableObjectId'"):
        objects.get("x")
    for forbidden in (
        lambda: objects.newUniqueId(JsObject.new(jurisdiction="eu")),
        lambda: objects.newUniqueId(jurisdiction="eu"),
        lambda: objects.jurisdiction("eu"),
    ):
        with pytest.raises(JsException, match=r"^Error: Jurisdiction restrictions are not implemented in workerd\."):
            forbidden()
    assert objects.jurisdiction(None) is objects


# ---- stubs -----------------------------------------------------------------------------------------------


def test_any_attribute_is_a_method(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        stub = namespace(world).getByName("its name")
        assert await stub.echo("x") == "x"
        assert await stub._call("echo", [{"a": None}]) == {"a": None}
        assert (await stub.arguments(1, key=JsObject.new(b=2)))[1].key.b == 2
        target = await stub._call("target", [])
        assert target[1:] == ["object", "Thing", str(stub.id), "its name", {}]

    run(test)


@pytest.mark.parametrize(
    "name", ["alarm", "webSocketMessage", "webSocketClose", "webSocketError", "constructor", "dup"]
)
def test_reserved_names_are_refused(run: Run, world: Any, name: str) -> None:
    async def test(_channel: Any) -> None:
        stub = namespace(world).getByName("x")
        message = f"TypeError: '{name}' is a reserved method and cannot be called over RPC."
        assert await failure(stub._call(name, [])) == message
        if name != "constructor":  # every JavaScript object has one
            assert await failure(getattr(stub, name)()) == message

    run(test)


def test_a_stub_stays_broken_after_a_reset_and_a_new_one_works(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        stub = namespace(world).getByName("x")
        assert await failure(stub._call("fail", ["type"])) == "TypeError: wrong type"
        assert await stub._call("echo", [1]) == 1
        assert await failure(stub._call("fail", ["reset"])) == "Error: gone"
        assert await failure(stub._call("echo", [1])) == "Error: gone"
        assert await failure(stub.fetch("https://host/describe")) == "Error: gone"
        assert await namespace(world).getByName("x")._call("echo", [1]) == 1

    run(test)


def test_what_cannot_be_sent_rejects_the_call(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        stub = namespace(world).getByName("x")
        assert (await failure(stub._call("echo", [object()]))).startswith("DataCloneError: ")
        with pytest.raises(TypeError, match="cannot be sent over RPC"):
            stub._call("echo", [(1,)])

    run(test)


def test_bindings_are_values(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        stub = namespace(world).getByName("x")
        service: Fetcher = Fetcher.new(world.router, "other", "Named", props={"a": 1})
        received = await stub._call("echo", [[stub, service]])
        assert isinstance(received[0], DurableObjectStub)
        assert received[0].id.equals(stub.id)
        assert received[0].name == "x"
        assert await received[1]._call("target", []) == ["other", "entrypoint", "Named", "", None, {"a": 1}]

    run(test)


# ---- fetch -----------------------------------------------------------------------------------------------


def test_fetch_takes_urls_requests_and_options(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        stub = namespace(world).getByName("x")
        response = await stub.fetch("https://any.host/describe", JsObject.new(method="PUT", body="text"))
        assert await response.text() == "PUT https://any.host/describe jsnull none text"
        response = await stub.fetch(Request.new("https://any.host/status"))
        assert response.status == 418
        assert await failure(stub.fetch("/describe")) == "TypeError: Invalid URL: /describe"

    run(test)


def test_redirects_are_followed_unless_told_otherwise(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        service: Fetcher = Fetcher.new(world.router, "other")
        assert (await (await service.fetch("https://host/redirect")).text()).startswith("GET https://host/describe")
        manual = await service.fetch("https://host/redirect", redirect="manual")
        assert manual.status == 302

    run(test)


def test_an_abort_fails_the_fetch(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        service: Fetcher = Fetcher.new(world.router, "other")
        controller: AbortController = AbortController.new()
        pending = service.fetch("https://host/describe", JsObject.new(signal=controller.signal))
        controller.abort()
        assert (await failure(pending)).startswith("AbortError")
        assert (
            await failure(service.fetch("https://host/describe", JsObject.new(signal=controller.signal)))
        ).startswith("AbortError")

    run(test)


# ---- the output gate -------------------------------------------------------------------------------------


class Gate:
    """An output gate that the test opens."""

    def __init__(self) -> None:
        self.held: list[Any] = []

    def hold(self, action: Any) -> None:
        self.held.append(action)


def test_calls_wait_for_the_output_gate_with_the_arguments_they_were_made_with(run: Run, world: Any) -> None:
    async def test(channel: Any) -> None:
        stub = namespace(world).getByName("x")
        before = await stub._call("ordered", [-1])
        gate = Gate()
        token = context.enter(context.EventContext(None, None, None, outputs=gate))
        arguments = [{"n": 1}]
        call, fetch = stub._call("echo", arguments), stub.fetch("https://host/status")
        context.leave(token)
        arguments[0]["n"] = 2
        assert await channel.call(namespace(world).getByName("x")._target, ("ordered",), [0], "python") == [*before, 0]
        assert len(gate.held) == 2
        for action in gate.held:
            action()
        assert await call == {"n": 1}
        assert (await fetch).status == 418

    run(test)


def test_calls_that_the_gate_drops_never_happen(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        stub = namespace(world).getByName("x")
        before = await stub._call("ordered", [-1])
        token = context.enter(context.EventContext(None, None, None, outputs=Gate()))
        dropped = stub._call("ordered", [99])
        context.leave(token)
        assert await stub._call("ordered", [0]) == [*before, 0]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(dropped._future), 0.01)

    run(test)


def test_a_loopback_binding_makes_bindings_with_props(run: Run, world: Any) -> None:
    async def test(_channel: Any) -> None:
        loopback: LoopbackFetcher = LoopbackFetcher.new(world.router, "other", "Named")
        assert (await loopback._call("target", []))[-1] == {}
        made = loopback(JsObject.new(props=JsObject.new(user="x", list=array([1, None]))))
        assert (await made._call("target", []))[-1] == {"user": "x", "list": [1, None]}
        assert (await loopback(props=JsObject.new(a=1))._call("target", []))[-1] == {"a": 1}
        with pytest.raises(JsException, match="have to be an object"):
            loopback(props=5)

    run(test)
