"""`stub.fetch` (spec/durable-objects.md, section 8; spec/websocket.md, section 5)."""

import asyncio

import js
from probe import eventually, failure, same
from pyodide.ffi import to_js
from workers import Request, Response

BASE = "https://any.host"


async def urls_requests_and_options_are_taken(probe):
    thing = probe.thing()
    response = await thing.fetch(f"{BASE}/describe?q=1", method="PUT", body="text", headers={"x-a": "b"})
    same(await response.text(), f"PUT {BASE}/describe?q=1 b text")
    response = await thing.fetch(Request(f"{BASE}/describe", method="POST", body="x"))
    same(await response.text(), f"POST {BASE}/describe None x")
    response = await thing.fetch(js.Request.new(f"{BASE}/describe"))
    same(await response.text(), f"GET {BASE}/describe None ")


async def status_headers_and_empty_bodies_arrive(probe):
    thing = probe.thing()
    response = await thing.fetch(f"{BASE}/status")
    same((type(response), response.status, response.ok), (Response, 418, False))
    same(response.headers.get_all("set-cookie"), ["a=1", "b=2"])
    same(await response.bytes(), b"teapot")
    same((await thing.fetch(f"{BASE}/empty")).status, 204)


async def relative_urls_are_refused(probe):
    error = await failure(_fetch(probe.thing(), "/describe"), Exception)
    assert "Invalid URL" in str(error), error


async def _fetch(thing, *arguments, **options):
    return await thing.fetch(*arguments, **options)


async def an_exception_in_the_objects_fetch_rejects_the_fetch(probe):
    thing = probe.thing()
    error = await failure(thing.fetch(f"{BASE}/throw"), Exception)
    assert "ValueError: in the object's fetch" in str(error), error
    raw = await failure(thing.js_object.fetch(f"{BASE}/throw"))
    assert raw.remote is True
    assert "ValueError: in the object's fetch" in raw.message


async def a_handler_that_returns_no_response_rejects_the_fetch(probe):
    error = await failure(probe.thing().js_object.fetch(f"{BASE}/none"))
    same(error.message, "Incorrect type for Promise: the Promise did not resolve to 'Response'.")


async def a_sender_that_gives_up_aborts_the_signal_of_the_request(probe):
    thing = probe.thing()
    controller = js.AbortController.new()
    promise = thing.js_object.fetch(f"{BASE}/hang", signal=controller.signal)
    same(await eventually(thing.reason_of_signal), "none")
    controller.abort()
    same((await failure(promise)).name, "AbortError")
    same(await _reason(thing), "AbortError: The client has disconnected")


async def an_object_that_gives_up_after_a_write_aborts_the_signal_of_the_request(probe):
    name = probe.name()
    same(await probe.thing().give_up_on(name), "AbortError: The operation was aborted")
    same(await _reason(probe.env.THING.getByName(name)), "AbortError: The client has disconnected")


async def a_reader_that_cancels_the_body_aborts_the_signal_of_the_request(probe):
    thing = probe.thing()
    response = await thing.js_object.fetch(f"{BASE}/drip")
    reader = response.body.getReader()
    await reader.read()
    same(await thing.reason_of_signal(), "none")
    await reader.cancel()
    same(await _reason(thing), "AbortError: The client has disconnected")


async def _reason(thing):
    async def reason():
        text = await thing.reason_of_signal()
        return text if text != "none" else ""

    return await eventually(reason)


async def redirects_are_followed_by_the_same_object_unless_told_otherwise(probe):
    thing = probe.thing()
    response = await thing.fetch(f"{BASE}/redirect")
    same(await response.text(), "GET https://other.host/describe None ")
    same((await thing.fetch(f"{BASE}/redirect", redirect="manual")).status, 302)


async def a_bare_url_has_no_cf(probe):
    same(await (await probe.thing().fetch(f"{BASE}/cf")).text(), "False")


async def an_abort_signal_fails_the_fetch(probe):
    controller = js.AbortController.new()
    task = asyncio.ensure_future(
        _fetch(probe.thing().js_object, f"{BASE}/describe", _options(signal=controller.signal))
    )
    controller.abort()
    same((await failure(task)).name, "AbortError")


def _options(**options):
    return to_js(options, dict_converter=js.Object.fromEntries)


async def a_101_response_has_a_socket_for_the_caller(probe):
    thing = probe.thing()
    response = await thing.fetch(f"{BASE}/socket/plain", headers={"Upgrade": "websocket"})
    same(response.status, 101)
    socket = response.js_object.webSocket
    error = await failure(_send(socket))
    assert "You must call one of accept()" in error.message
    received, closed = asyncio.Queue(), asyncio.Queue()
    socket.accept()
    socket.addEventListener("message", lambda event: received.put_nowait(event.data))
    socket.addEventListener("close", lambda event: closed.put_nowait((event.code, event.reason, event.wasClean)))
    same(await asyncio.wait_for(received.get(), 3), "welcome plain")
    socket.send("hi")
    same(await asyncio.wait_for(received.get(), 3), "echo hi")
    socket.send("close")
    same(await asyncio.wait_for(closed.get(), 3), (4001, "as asked", True))
    same(socket.readyState, 3)


async def _send(socket):
    socket.send("too early")


async def a_socket_without_an_upgrade_is_a_type_error(probe):
    error = await failure(probe.thing().js_object.fetch(f"{BASE}/socket/plain"))
    same(error.name, "TypeError")
    assert "did not contain the header" in error.message


async def a_socket_of_an_aborted_object_is_lost_for_the_caller(probe):
    thing = probe.thing()
    for kind in ("plain", "hibernatable"):
        stub = probe.again(thing)
        response = await stub.fetch(f"{BASE}/socket/{kind}", headers={"Upgrade": "websocket"})
        socket = response.js_object.webSocket
        closed = asyncio.Queue()
        socket.accept()
        socket.addEventListener("close", lambda event, to=closed: to.put_nowait((event.code, event.wasClean)))
        await failure(probe.again(thing).abort("gone"))
        same(await asyncio.wait_for(closed.get(), 3), (1006, False))


async def a_hibernatable_socket_serves_a_worker_too(probe):
    thing = probe.thing()
    response = await thing.fetch(f"{BASE}/socket/tagged", headers={"Upgrade": "websocket"})
    socket = response.js_object.webSocket
    received, closed = asyncio.Queue(), asyncio.Queue()
    socket.accept()
    socket.addEventListener("message", lambda event: received.put_nowait(event.data))
    socket.addEventListener("close", lambda event: closed.put_nowait((event.code, event.reason)))
    same(await asyncio.wait_for(received.get(), 3), "welcome tagged")
    socket.send("tags")
    same(await asyncio.wait_for(received.get(), 3), "tagged,all")
    socket.close(4002, "caller closes")
    same(await asyncio.wait_for(received.get(), 3), "goodbye")
    same(await asyncio.wait_for(closed.get(), 3), (4002, "caller closes"))


async def the_response_has_the_url_of_the_request(probe):
    thing = probe.thing()
    same((await thing.fetch(f"{BASE}/status?x=1")).url, f"{BASE}/status?x=1")
    redirected = await thing.fetch(f"{BASE}/redirect")
    same((redirected.url, redirected.redirected), ("https://other.host/describe", True))
    same((await thing.fetch(f"{BASE}/status")).redirected, False)


async def headers_of_a_response_cannot_be_changed(probe):
    response = await probe.thing().js_object.fetch(f"{BASE}/status")
    error = await failure(_set_header(response))
    same(error.name, "TypeError")


async def _set_header(response):
    response.headers.set("x-a", "b")


async def a_passed_request_keeps_its_cf(probe):
    request = js.Request.new(f"{BASE}/cf", _options(cf={"colo": "HERE"}))
    same(await (await probe.thing().fetch(request)).text(), "HERE")


async def the_body_of_a_sent_request_is_used(probe):
    request = js.Request.new(f"{BASE}/describe", _options(method="POST", body="x"))
    await probe.thing().js_object.fetch(request)
    same(request.bodyUsed, True)


async def a_large_body_goes_there_and_back(probe):
    body = bytes(range(256)) * 20_000
    response = await probe.thing().fetch(f"{BASE}/echo", method="POST", body=body)
    same(await response.bytes() == body, True)


async def a_response_that_is_cancelled_stops_its_source(probe):
    thing = probe.thing()
    response = await thing.js_object.fetch(f"{BASE}/endless")
    reader = response.body.getReader()
    chunk = await reader.read()
    assert chunk.value.byteLength > 0
    await reader.cancel()

    async def is_cancelled():
        return await thing.shared() == "cancelled"

    await eventually(is_cancelled)


async def a_response_that_breaks_breaks_its_reader(probe):
    response = await probe.thing().js_object.fetch(f"{BASE}/breaking")
    error = await failure(response.text())
    assert "broke on the way" in error.message, error.message


async def a_response_of_an_object_that_is_reset_breaks(probe):
    thing = probe.thing()
    response = await thing.js_object.fetch(f"{BASE}/endless")
    reader = response.body.getReader()
    await reader.read()
    await failure(probe.again(thing).abort("reset while streaming"))
    error = await failure(_drain(reader))
    assert "reset while streaming" in error.message, error.message


async def _drain(reader):
    while not (await reader.read()).done:
        pass


async def work_after_the_response_goes_on(probe):
    thing = probe.thing()
    same(await (await thing.fetch(f"{BASE}/later")).text(), "at once")

    async def is_done():
        return await thing.get("later") == "done"

    await eventually(is_done)


async def head_requests_have_no_body(probe):
    response = await probe.thing().fetch(f"{BASE}/status", method="HEAD")
    same((response.status, await response.text()), (418, ""))
