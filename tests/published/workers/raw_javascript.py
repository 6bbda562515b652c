import asyncio
import json

import js
from js import (
    JSON,
    URL,
    AbortController,
    Array,
    Date,
    Headers,
    HTMLRewriter,
    Object,
    Promise,
    ReadableStream,
    Request,
    Response,
    TextDecoder,
    TextEncoder,
    TransformStream,
    Uint8Array,
    URLSearchParams,
    WebSocketPair,
    caches,
    clearTimeout,
    console,
    crypto,
    queueMicrotask,
    setTimeout,
    structuredClone,
)
from js import fetch as js_fetch
from pyodide.ffi import JsException, JsProxy, create_once_callable, create_proxy
from pyodide.ffi import to_js as _to_js

seen = []


def to_js(value):
    return _to_js(value, dict_converter=Object.fromEntries)


def as_python(value):
    return value.to_py() if hasattr(value, "to_py") else value


def json_response(data, status=200):
    headers = Headers.new({"content-type": "application/json", "access-control-allow-origin": "*"}.items())
    return Response.new(json.dumps(data), status=status, headers=headers)


class Rewriter:
    def element(self, element):
        href = element.getAttribute("href")
        if href:
            element.setAttribute("href", href.replace("http://", "https://"))
        element.append("<b>!</b>", html=True)


class Texts:
    def __init__(self):
        self.parts = []

    def text(self, chunk):
        self.parts.append(chunk.text)


async def route(request, env, ctx):
    url = URL.new(request.url)
    path = url.pathname
    if path == "/text":
        return Response.new("Hello " + (url.searchParams.get("name") or "World"), headers=Headers.new([["x-a", "b"]]))
    if path == "/status":
        return Response.new("gone", to_js({"status": 410, "headers": {"x-status": "410"}}))
    if path == "/json":
        return Response.json(to_js({"a": [1, 2.5, None, True], "b": {"c": "ü"}}))
    if path == "/dumps":
        return json_response({"method": str(request.method), "agent": request.headers.get("x-agent")})
    if path == "/missing":
        value = request.headers.get("x-missing")
        return json_response([value is None, bool(value), type(value).__name__, url.searchParams.get("q") is None])
    if path == "/iterate":
        names = sorted(name for name, _ in request.headers if name.startswith("x-"))
        return json_response(
            [names, dict(request.headers)["x-agent"], next(list(pair) for pair in request.headers.entries())[0] != ""]
        )
    if path == "/post":
        body = await request.json()
        plain = body.to_py()
        return json_response(
            [
                isinstance(body, JsProxy),
                body.name,
                plain["name"],
                plain["list"],
                list(body.list),
                JSON.stringify(body),
            ]
        )
    if path == "/form":
        form = await request.formData()
        upload = form.get("file")
        data = Object.fromEntries(form.entries())
        return json_response([form.get("name"), upload.name, await upload.text(), data.name])
    if path == "/buffer":
        buffer = await request.arrayBuffer()
        return Response.new(
            Uint8Array.new(buffer).slice(1), headers=to_js({"content-type": "application/octet-stream"})
        )
    if path == "/fetch":
        one = await js_fetch(env.ORIGIN + "/hello")
        two = await js_fetch(
            env.ORIGIN + "/take", to_js({"method": "POST", "headers": {"content-type": "x/y"}, "body": "12345"})
        )
        three = await js_fetch(Request.new(env.ORIGIN + "/take", method="POST", body=json.dumps({"a": 1})))
        four = await js_fetch(env.ORIGIN + "/hello", request if request.method == "GET" else None)
        return json_response(
            [
                one.status,
                one.ok,
                one.headers.get("content-type"),
                await one.text(),
                await two.text(),
                await three.text(),
                await four.text(),
            ]
        )
    if path == "/through":
        response = await js_fetch(env.ORIGIN + "/hello")
        changed = Response.new(response.body, response)
        changed.headers.set("x-changed", "1")
        return changed
    if path == "/error":
        try:
            await js_fetch("http://localhost:1/")
        except JsException as error:
            return json_response([error.name, error.message, type(error).__name__])
    if path == "/hmac":
        encoder = TextEncoder.new()
        key = await crypto.subtle.importKey(
            "raw",
            encoder.encode("secret"),
            to_js({"name": "HMAC", "hash": "SHA-256"}),
            False,
            to_js(["sign", "verify"]),
        )
        data = encoder.encode("data")
        signature = await crypto.subtle.sign("HMAC", key, data)
        good = await crypto.subtle.verify("HMAC", key, signature, data)
        digest = await crypto.subtle.digest("SHA-256", _to_js(b"data"))
        return json_response(
            [
                bytes(signature.to_py()).hex()[:8],
                good,
                Uint8Array.new(digest).to_bytes().hex()[:8],
                len(crypto.randomUUID()),
                len(crypto.getRandomValues(Uint8Array.new(8))),
            ]
        )
    if path == "/rewrite":
        texts = Texts()
        page = Response.new("<a href='http://x/'>link</a><p>text</p>", headers=to_js({"content-type": "text/html"}))
        return HTMLRewriter.new().on("a", create_proxy(Rewriter())).on("p", create_proxy(texts)).transform(page)
    if path == "/transform":
        stream = TransformStream.new()
        writer = stream.writable.getWriter()
        encoder = TextEncoder.new()

        async def produce():
            for part in ("one ", "two"):
                await writer.write(encoder.encode(part))
            await writer.close()

        ctx.waitUntil(asyncio.ensure_future(produce()))
        return Response.new(stream.readable)
    if path == "/readable":
        parts = iter(["a", "b"])

        def pull(controller):
            part = next(parts, None)
            controller.close() if part is None else controller.enqueue(TextEncoder.new().encode(part))

        return Response.new(ReadableStream.new(to_js({"pull": create_proxy(pull)})))
    if path == "/reader":
        reader = request.body.getReader()
        parts = []
        while True:
            result = await reader.read()
            if result.done:
                break
            parts.append(TextDecoder.new().decode(result.value))
        return json_response("".join(parts))
    if path == "/abort":
        controller = AbortController.new()
        timer = setTimeout(create_once_callable(controller.abort), 20)
        names = []
        try:
            await js_fetch(env.ORIGIN + "/held", to_js({"signal": controller.signal}))
        except JsException as error:
            names.append(error.name)
        clearTimeout(timer)
        names.append(controller.signal.aborted)
        return json_response(names)
    if path == "/timers":
        done, resolve, _ = Promise.withResolvers().object_values()
        order = []

        def finish():
            order.append("timer")
            resolve("resolved")

        queueMicrotask(create_once_callable(lambda: order.append("microtask")))
        setTimeout(create_proxy(finish), 1)
        value = await done

        def executor(resolve, reject):
            setTimeout(create_once_callable(lambda: resolve(5)), 1)

        order.append(await Promise.new(create_proxy(executor)))
        results = await Promise.all([Promise.resolve(1), asyncio.sleep(0, 2)])
        order.append(await Promise.resolve(1).then(lambda x: x + 1).then(lambda x: x * 10))
        await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0))
        return json_response([order, value, results.to_py()])
    if path == "/values":
        Array.new()
        plain = Object.new()
        plain.name = "x"
        plain.nested = to_js({"a": 1})
        copy = structuredClone(plain)
        copy.name = "y"
        as_map = _to_js({"a": 1})
        when = Date.new(0)
        return json_response(
            [
                plain.name,
                copy.name,
                copy.nested.a,
                JSON.stringify(plain),
                list(Object.keys(plain)),
                plain.object_entries().to_py(),
                as_map.get("a"),
                JSON.parse('{"x": [1, {"y": null}]}').x[0],
                JSON.parse("[1, 2]").to_py(),
                when.toISOString(),
                isinstance(Date.now(), int),
                js.Math.max(1, 2.5),
                js.encodeURIComponent("a b"),
                js.atob(js.btoa("x")),
                hasattr(plain, "missing"),
                getattr(js, "Nothing", None),
                len(_to_js([1, 2, 3])),
                Array.isArray(_to_js([])),
                js.parseInt("12px"),
                js.Number.MAX_SAFE_INTEGER,
            ]
        )
    if path == "/url":
        parsed = URL.new("/p?q=1#h", "https://user:pw@example.com:8443/x")
        parsed.searchParams.append("r", "a b")
        params = URLSearchParams.new("a=1&a=2&b=3")
        params.set("b", "4")
        return json_response(
            [
                parsed.href,
                parsed.host,
                parsed.hash,
                params.getAll("a").to_py(),
                params.toString(),
                [list(p) for p in params],
            ]
        )
    if path == "/cache":
        cache = caches.default
        key = Request.new("https://example.com/cached")
        before = await cache.match(key)
        await cache.put(key, Response.new("kept", headers=to_js({"cache-control": "max-age=60"})))
        found = await cache.match(key)
        return json_response([bool(before), await found.text(), await cache.delete(key)])
    if path == "/socket":
        client, server = list(Object.values(WebSocketPair.new()))
        server.accept()

        def on_message(event):
            server.send(f"echo: {event.data}")

        server.addEventListener("message", create_proxy(on_message))
        server.addEventListener("close", create_proxy(lambda event: server.close(1000, "closing")))
        return Response.new(None, status=101, webSocket=client)
    if path == "/socket-by-index":
        pair = WebSocketPair.new()
        server = getattr(pair, "1")
        server.accept()

        def on_close(event):
            seen.append(event.code)
            server.close()

        server.addEventListener("close", create_proxy(on_close))
        server.send("first")
        return Response.new(None, to_js({"status": 101, "webSocket": getattr(pair, "0")}))
    if path == "/later":

        async def work():
            await asyncio.sleep(0.001)
            seen.append("later")

        ctx.waitUntil(create_proxy(work()))
        return Response.new("ok")
    if path == "/seen":
        result, seen[:] = list(seen), []
        return json_response(result)
    if path == "/cf":
        return json_response([request.cf.country, request.cf.to_py()["colo"]])
    if path == "/options":
        return Response.new(None, status=204, headers=to_js({"access-control-allow-methods": "GET"}))
    if path == "/redirect":
        return Response.redirect("https://example.com/next", 307)
    if path == "/console":
        console.log("logged", to_js({"a": [1, 2]}), 5)
        console.error("an error")
        print("printed")
        return Response.new("ok")
    if path == "/wait":
        from pyodide.ffi import run_sync

        return json_response(run_sync(asyncio.sleep(0.001, "waited")))
    if path == "/sdk":
        import workers

        return workers.Response("from the SDK", headers={"x-sdk": "1"})
    if path == "/object":
        stub = env.COUNTER.get(env.COUNTER.idFromName("a"))
        return await stub.fetch("https://object/increment")
    if path == "/fail":
        raise RuntimeError("raw failure")
    return Response.new("not found", status=404)
