"""The names of the package, `env`, `wait_until`, `handler`: spec/workers-module.md, sections 1, 6, 7 and 11."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import workers
from workers import handler, import_from_javascript, patch_env
from workers._face import configure
from workers.rpc import _EnvWrapper

from pywrangler.config.model import Compat
from pywrangler.runtime import context
from pywrangler.runtime.js.request import Request as JsRequest
from pywrangler.runtime.js.values import plain

PUBLIC = [
    "Blob",
    "BlobEnding",
    "BlobValue",
    "Body",
    "Context",
    "DurableObject",
    "FetchKwargs",
    "FetchResponse",
    "File",
    "FormData",
    "FormDataValue",
    "Headers",
    "JSBody",
    "Request",
    "RequestInitCfProperties",
    "Response",
    "WorkerEntrypoint",
    "WorkflowEntrypoint",
    "env",
    "fetch",
    "handler",
    "import_from_javascript",
    "patch_env",
    "python_from_rpc",
    "python_to_rpc",
    "waitUntil",
    "wait_until",
]


class Context:
    def __init__(self) -> None:
        self.given = []

    def waitUntil(self, awaitable):
        self.given.append(awaitable)


@pytest.fixture
def event():
    """An event with env NAME=event."""
    found = context.EventContext(None, plain({"NAME": "event"}), Context())
    token = context.enter(found)
    yield found
    context.leave(token)


@pytest.fixture
def configured():
    configure(Compat("2026-06-01"), plain({"NAME": "worker"}))
    yield
    configure(Compat("2026-06-01"))


def test_public_names_are_those_of_the_platform():
    assert sorted(workers.__all__) == sorted(PUBLIC)
    for name in PUBLIC:
        assert getattr(workers, name) is not None


def test_star_import_gives_them_all():
    names: dict = {}
    exec("from workers import *", names)
    assert set(PUBLIC) <= set(names)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'workers' has no attribute 'Nope'$"):
        _ = workers.Nope


def test_headers_is_no_class():
    with pytest.raises(TypeError):
        workers.Headers({"a": "b"})


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("asgi", "fetch websocket entrypoint Options"),
        ("blob", "Blob BlobEnding BlobValue File"),
        ("entrypoints", "DurableObject WorkerEntrypoint WorkflowEntrypoint DurableObjectContext handler"),
        ("fetch", "fetch"),
        ("formdata", "FormData FormDataValue"),
        ("gateway", "BaseOptions EncodeBody"),
        ("request", "Request"),
        ("response", "Response FetchResponse"),
        ("rpc", "JsDict _EnvWrapper _BindingWrapper _FetcherWrapper _RpcStubWrapper python_to_rpc python_from_rpc"),
        ("types", "Body Context FetchKwargs Headers JSBody RequestInitCfProperties"),
        ("utils", "import_from_javascript patch_env"),
        ("workflows", "NonRetryableError"),
        ("wsgi", "fetch entrypoint Options"),
    ],
)
def test_submodules_have_what_the_published_sdk_has(module, names):
    found = importlib.import_module(f"workers.{module}")
    assert [name for name in names.split() if not hasattr(found, name)] == []


def test_the_module_of_older_sdks_has_the_same_names():
    from workers._workers import Response, _EnvWrapper, fetch

    assert (Response, fetch) == (workers.Response, workers.fetch)
    assert _EnvWrapper.__module__
    with pytest.raises(ImportError):
        from workers._workers import nothing  # noqa: F401


def test_asgi_is_an_alias():
    import asgi

    assert asgi is importlib.import_module("workers.asgi")


def test_every_module_is_small():
    folder = Path(workers.__file__).parent
    assert [file.name for file in folder.glob("*.py") if len(file.read_text().splitlines()) > 300] == []


def test_response_is_a_fetch_response():
    import pyodide.http

    assert issubclass(workers.Response, workers.FetchResponse)
    assert issubclass(workers.FetchResponse, pyodide.http.FetchResponse)


def test_importing_the_sdk_imports_no_client_and_no_framework():
    for name in ("aiohttp", "rich", "typer"):
        assert name not in getattr(sys.modules["workers"], "__dict__", {})


def test_env_is_the_workers_at_module_level(configured):
    assert workers.env.NAME == "worker"
    with pytest.raises(AttributeError):
        _ = workers.env.NOPE


def test_env_is_the_events_while_one_runs(configured, event):
    assert workers.env.NAME == "event"


def test_env_without_worker_names_the_way_out():
    with pytest.raises(AttributeError, match="patch_env"):
        _ = workers.env.NAME


def test_patch_env_puts_another_env_in_its_place_for_a_block(configured):
    env = workers.env
    with patch_env({"OTHER": 4}, OTHER=5):
        with patch_env([("THIRD", 6)]):
            assert env.THIRD == 6
            assert not hasattr(env, "OTHER")
        assert env.OTHER == 5
        with pytest.raises(AttributeError, match="patch_env"):
            _ = env.NAME
    assert env.NAME == "worker"
    assert not hasattr(env, "OTHER")


def test_patch_env_reaches_tasks_of_the_block(run_async):
    async def read():
        return workers.env.NAME

    async def main():
        with patch_env(NAME="patched"):
            return await asyncio.create_task(read())

    assert run_async(main()) == "patched"


@pytest.mark.parametrize("name", ["wait_until", "waitUntil"])
def test_wait_until_is_that_of_the_event(name, event):
    marker = object()
    getattr(workers, name)(marker)
    assert event.ctx.given == [marker]


def test_wait_until_outside_of_an_event_raises():
    with pytest.raises(RuntimeError):
        workers.wait_until(None)


def test_handler_wraps_request_and_env(run_async):
    @handler
    async def on_fetch(request, env, ctx):
        return request, env, ctx

    @handler
    def on_scheduled(controller, env):
        return controller, env

    raw = JsRequest.new("https://x.test/")
    request, env, ctx = run_async(on_fetch(raw, plain({"A": 1}), 5))
    assert request.js_object is raw
    assert (type(env), env.A, ctx) == (_EnvWrapper, 1, 5)
    controller = SimpleNamespace()
    assert on_scheduled(controller, plain({}))[0] is controller
    assert on_fetch.__name__ == "on_fetch"


def test_javascript_modules(configured):
    module = import_from_javascript("cloudflare:workers")
    assert module.env.NAME == "worker"
    assert callable(import_from_javascript("cloudflare:sockets").connect)


@pytest.mark.parametrize("name", ["node:fs", "./mine.js", "cloudflare:nothing"])
def test_other_javascript_modules_are_import_errors(name):
    with pytest.raises(ImportError, match=f"Failed to import '{name}'"):
        import_from_javascript(name)
