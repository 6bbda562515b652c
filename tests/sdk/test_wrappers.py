"""env and bindings: spec/workers-module.md, sections 7 and 8."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from workers import Response, _mode
from workers.rpc import (
    _BindingWrapper,
    _DurableObjectNamespaceWrapper,
    _EnvWrapper,
    _FetcherWrapper,
    _RpcStubWrapper,
)

from pywrangler.config.sdk import BUILT_IN
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.response import Response as JsResponse
from pywrangler.runtime.js.values import JsFunction, JsObject, array, plain


class KvNamespace(JsProxy):
    """A binding with a JavaScript API."""

    def __init__(self) -> None:
        self._calls: list[Any] = []
        self.name = "kv"
        self.reads = 0

    def put(self, *args, **options):
        self._calls.append((args, options))
        return JsPromise.resolved(None)

    def get(self, key, *_options):
        return JsPromise.resolved(plain({"value": array((key, jsnull, 1.0)), "keys": 5}))

    def fail(self):
        return JsPromise.rejected(error("no"))

    def now(self):
        return plain({"a": jsnull})

    def sub(self):
        return JsPromise.resolved(KvNamespace.new())

    def subs(self):
        return JsPromise.resolved(array((KvNamespace.new(), 1, plain({"inner": KvNamespace.new()}))))

    def function(self):
        return JsPromise.resolved(JsFunction.new(lambda value: value))

    @property
    def bodyUsed(self):
        self.reads += 1
        return False


class Fetcher(JsProxy):
    """A service, or the stub of an object."""

    def __init__(self, name=None) -> None:
        self._started: list[Any] = []
        self._name = name

    @property
    def name(self):
        return self._name

    def _call(self, method, args, face="python"):
        assert face == "python"
        self._started.append((method, tuple(args)))
        return JsPromise.resolved(JsDict(method=method))

    def _fetch(self, request):
        self._started.append(request)
        return JsPromise.resolved(JsResponse.new(f"{request.method} {request.url}"))


class DurableObjectNamespace(JsProxy):
    def get(self, identity, *_options):
        return Fetcher.new(identity)

    def getByName(self, name, *_options):
        return Fetcher.new(name)

    def idFromName(self, name):
        return f"id:{name}"

    def jurisdiction(self, name):
        return DurableObjectNamespace.new()


class Hyperdrive(JsProxy):
    pass


@pytest.fixture
def kv():
    return _BindingWrapper(KvNamespace.new())


def env(**values: Any) -> Any:
    return _EnvWrapper(plain(values))


def test_env_gives_plain_values_as_they_are():
    config = plain({"level": 3})
    found = env(TEXT="t", NUMBER=5, FLAG=True, CONFIG=config)
    assert (found.TEXT, found.NUMBER, found.FLAG) == ("t", 5, True)
    assert found.CONFIG is config


def test_missing_name_is_an_attribute_error():
    assert getattr(env(), "X", "default") == "default"
    assert not hasattr(env(), "X")


def test_env_has_no_items():
    with pytest.raises(TypeError):
        env(A=1)["A"]
    with pytest.raises(TypeError):
        iter(env(A=1))


def test_bindings_are_wrapped_by_the_name_of_their_class_and_kept():
    found = env(KV=KvNamespace.new(), NS=DurableObjectNamespace.new(), SVC=Fetcher.new(), HYPER=Hyperdrive.new())
    assert type(found.KV) is _BindingWrapper
    assert type(found.NS) is _DurableObjectNamespaceWrapper
    assert type(found.SVC) is _FetcherWrapper
    assert type(found.HYPER) is Hyperdrive
    assert found.KV is found.KV


def test_old_sdk_leaves_kv_raw_and_wraps_objects_and_services(monkeypatch):
    monkeypatch.setattr(_mode.MODE, "sdk", BUILT_IN)
    found = env(KV=KvNamespace.new(), NS=DurableObjectNamespace.new(), SVC=Fetcher.new())
    assert type(found.KV) is KvNamespace
    assert type(found.NS) is _DurableObjectNamespaceWrapper
    assert type(found.SVC) is _FetcherWrapper


def test_keywords_become_trailing_options(kv, run_async):
    async def put():
        await kv.put("k", {"a": None}, expirationTtl=60, metadata={"x": [1]})

    run_async(put())
    ((args, options),) = kv.js_object._calls
    assert args[0] == "k"
    assert args[1].a is jsnull
    assert options["expirationTtl"] == 60
    assert type(options["metadata"]) is JsObject


def test_operation_starts_at_the_call(kv):
    kv.put("k", "v")
    assert len(kv.js_object._calls) == 1


def test_result_is_awaited_once(kv, run_async):
    async def twice():
        pending = kv.get("k")
        await pending
        with pytest.raises(RuntimeError, match="already awaited"):
            await pending

    run_async(twice())


@pytest.mark.parametrize("start", [asyncio.create_task, asyncio.ensure_future, asyncio.gather])
def test_result_is_a_coroutine_to_asyncio(kv, start, run_async):
    async def use():
        result = await start(kv.get("k"))
        return result[0] if isinstance(result, list) else result

    assert run_async(use())["value"] == ["k", None, 1]


def test_results_are_dicts_with_attributes_and_have_no_to_py(kv, run_async):
    async def use():
        result = await kv.get("k")
        assert result.value == ["k", None, 1]
        assert result["keys"] == 5
        assert callable(result.keys)
        assert not hasattr(result, "to_py")

    run_async(use())


def test_result_without_promise_is_converted_at_once(kv):
    assert kv.now() == {"a": None}


def test_rejection_is_raised_where_it_is_awaited(kv, run_async):
    async def use():
        pending = kv.fail()
        with pytest.raises(Exception, match="no"):
            await pending

    run_async(use())


def test_objects_are_wrapped_again_also_in_lists_but_not_in_dicts(kv, run_async):
    async def use():
        assert type(await kv.sub()) is _BindingWrapper
        first, second, third = await kv.subs()
        assert type(first) is _BindingWrapper
        assert second == 1
        assert type(third["inner"]) is KvNamespace

    run_async(use())


def test_function_results_are_callable_stubs(kv, run_async):
    async def use():
        function = await kv.function()
        assert type(function) is _RpcStubWrapper
        assert function(5) == 5

    run_async(use())


def test_attributes_are_cached_and_subscription_reads_anew(kv):
    raw = kv.js_object
    assert kv.bodyUsed is False
    assert kv.bodyUsed is False
    assert raw.reads == 1
    assert kv["bodyUsed"] is False
    assert raw.reads == 2


def test_wrapper_is_true_and_has_neither_items_nor_length_unless_javascript_has(kv):
    assert kv
    with pytest.raises(TypeError, match="'KvNamespace' object is not iterable"):
        iter(kv)
    with pytest.raises(TypeError, match=r"has no len\(\)"):
        len(kv)
    assert len(_BindingWrapper(array((1, 2)))) == 2
    assert list(_BindingWrapper(array((1, jsnull)))) == [1, None]
    assert _BindingWrapper(array((1, 2)))[0] == 1


def test_missing_attribute_of_binding_is_an_attribute_error(kv):
    assert not hasattr(kv, "nope")


def test_rpc_call_starts_at_the_call_with_python_values(run_async):
    raw = Fetcher.new()
    stub = _FetcherWrapper(raw)
    pending = stub.add(1, {"a": None}, by=2)
    assert raw._started == [("add", (1, {"a": None}, {"by": 2}))]

    async def use():
        assert (await pending).method == "add"

    run_async(use())


def test_every_attribute_of_a_stub_is_a_method_except_what_stubs_have(run_async):
    stub = _DurableObjectNamespaceWrapper(DurableObjectNamespace.new()).getByName("anna")
    assert stub.name == "anna"
    assert callable(stub.whatever)
    assert not hasattr(stub, "__len__")


def test_fetch_through_a_binding_starts_at_the_call_and_gives_an_sdk_response(run_async):
    raw = Fetcher.new()
    pending = _FetcherWrapper(raw).fetch("http://x.test/a", method="POST", body="b", headers={"x": 1})
    (request,) = raw._started
    assert request.headers.get("x") == "1"

    async def use():
        response = await pending
        assert type(response) is Response
        assert await response.text() == "POST http://x.test/a"

    run_async(use())


def test_fetch_through_a_binding_rejects_a_bad_url(run_async):
    async def use():
        pending = _FetcherWrapper(Fetcher.new()).fetch("/rel")
        with pytest.raises(OSError, match="Invalid URL: /rel"):
            await pending

    run_async(use())


def test_namespace_gives_wrapped_stubs_and_raw_ids():
    namespace = _DurableObjectNamespaceWrapper(DurableObjectNamespace.new())
    assert type(namespace.get("id")) is _FetcherWrapper
    assert type(namespace.jurisdiction("eu")) is _DurableObjectNamespaceWrapper
    assert namespace.idFromName("a") == "id:a"
