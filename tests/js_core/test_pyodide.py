"""`pyodide.ffi` and the other modules of Pyodide."""

from __future__ import annotations

import asyncio
import sys

import js
import pyodide
import pytest
from pyodide import ffi
from pyodide.code import eval_code, eval_code_async, find_imports, run_js
from pyodide.ffi import (
    JsException,
    create_once_callable,
    destroy_proxies,
    register_js_module,
    to_js,
    unregister_js_module,
)
from pyodide.http import AbortError, BodyUsedError, FetchResponse, HttpStatusError, pyfetch


def test_every_public_name_exists():
    assert [name for name in ffi.__all__ if not hasattr(ffi, name)] == []


@pytest.mark.parametrize("name", ["to_py", "to_bytes", "JsObject", "undefined"])
def test_names_that_do_not_exist_in_production_do_not_exist_here(name):
    with pytest.raises(ImportError):
        exec(f"from pyodide.ffi import {name}")


def test_kinds_by_capability():
    assert isinstance(js.Headers.new(), ffi.JsIterable)
    assert isinstance(js.fetch, ffi.JsCallable)
    assert isinstance(js.Object.new().as_object_map(), ffi.JsMutableMap)
    assert isinstance(js.Array.new().values(), ffi.JsIterator)
    assert not isinstance(js.Object.new(), ffi.JsIterable)
    assert not isinstance([], ffi.JsIterable)


def test_errors_are_proxies_and_exceptions():
    error = js.Error.new("x")
    assert isinstance(error, ffi.JsProxy)
    assert isinstance(error, Exception)


def test_once_callable_is_called_once():
    once = create_once_callable(lambda: 5)
    assert once() == 5
    with pytest.raises(JsException, match="OnceProxy can only be called once"):
        once()


def test_collected_proxies_are_destroyed():
    proxies = js.Array.new()
    to_js([object()], pyproxies=proxies)
    destroy_proxies(proxies)
    with pytest.raises(JsException, match="destroyed"):
        proxies[0].unwrap()


def test_js_module_is_importable_until_unregistered():
    register_js_module("a_js_module", js.Object.new(value=3))
    from a_js_module import value

    assert value == 3
    unregister_js_module("a_js_module")
    assert "a_js_module" not in sys.modules


def test_only_js_objects_become_modules():
    with pytest.raises(TypeError, match="must be a JsProxy"):
        register_js_module("nope", {"a": 1})
    with pytest.raises(ValueError, match="no javascript module"):
        unregister_js_module("sys")


def test_version():
    assert pyodide.__version__.count(".") == 2


def test_webloop_names():
    from pyodide.webloop import WebLoop

    async def main():
        return isinstance(asyncio.get_running_loop(), WebLoop)

    assert asyncio.run(main())


def test_run_js_is_disabled():
    with pytest.raises(JsException, match="EvalError"):
        run_js("1")


def test_eval_code_gives_the_last_expression():
    assert (eval_code("x = 2\nx * 3"), eval_code("1;"), eval_code("")) == (6, None, None)


def test_eval_code_async_awaits(run_async):
    async def main():
        return await eval_code_async("import asyncio\nawait asyncio.sleep(0)\n7")

    assert run_async(main()) == 7


def test_find_imports():
    assert find_imports("import a.b\nfrom c import d\nfrom . import e") == ["a", "c"]
    assert find_imports("(") == []


# ---- pyodide.http ---------------------------------------------------------------------------------------


def fetched(body, **init):
    return FetchResponse("http://a/b.zip", js.Response.new(body, **init))


def test_response_properties():
    response = fetched("x", status=201, statusText="Made", headers=js.Headers.new([["X-A", "1"]]))
    assert (response.status, response.status_text, response.ok, response.body_used) == (201, "Made", True, False)
    assert response.headers["x-a"] == "1"


@pytest.mark.parametrize(
    ("method", "value"),
    [("text", "[1]"), ("string", "[1]"), ("json", [1]), ("bytes", b"[1]"), ("memoryview", memoryview(b"[1]"))],
)
def test_body_in_every_form(run_async, method, value):
    assert run_async(getattr(fetched("[1]"), method)()) == value


def test_body_is_read_once(run_async):
    async def main():
        response = fetched("x")
        await response.text()
        await response.bytes()

    with pytest.raises(BodyUsedError):
        run_async(main())
    assert issubclass(BodyUsedError, OSError)


def test_clone_reads_on_its_own(run_async):
    async def main():
        response = fetched("x")
        return await response.clone().text() + await response.text()

    assert run_async(main()) == "xx"


def test_raise_for_status():
    with pytest.raises(HttpStatusError, match="404 Client Error: Not here for url"):
        fetched("", status=404, statusText="Not here").raise_for_status()
    fetched("").raise_for_status()


def test_pyfetch_converts_its_options(run_async):
    async def fetcher(url, **options):
        return js.Response.new(f"{url} {options['method']} {options['headers'].a}")

    async def main():
        response = await pyfetch("http://x/", fetcher=fetcher, method="POST", headers={"a": "b"})
        return await response.text()

    assert run_async(main()) == "http://x/ POST b"


def test_pyfetch_failure_is_an_os_error(run_async):
    async def fetcher(_url, **_options):
        raise js.Error.new("Network connection lost.")

    with pytest.raises(OSError, match="Network connection lost"):
        run_async(pyfetch("http://x/", fetcher=fetcher))


def test_pyfetch_abort_is_an_abort_error(run_async):
    async def fetcher(_url, signal, **_options):
        signal.throwIfAborted()

    with pytest.raises(AbortError):
        run_async(pyfetch("http://x/", fetcher=fetcher, signal=js.AbortSignal.abort()))


def test_pyfetch_of_a_data_url(run_async):
    async def main():
        return await (await pyfetch("data:text/plain,hello")).text()

    assert run_async(main()) == "hello"
