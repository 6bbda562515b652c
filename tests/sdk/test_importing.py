"""`import_from_javascript`: which modules there are, when, and what they export."""

from __future__ import annotations

import pytest
from pyodide.ffi import JsException
from workers import DurableObject, WorkerEntrypoint, import_from_javascript
from workers._face import configure

from pywrangler.config.model import Compat
from pywrangler.runtime.js.values import plain


@pytest.fixture
def worker():
    yield lambda date="2026-06-01", *flags, **more: configure(
        Compat(date, flags, **more), plain({"NAME": "worker", "OTHER": 1})
    )
    configure(Compat("2026-06-01"))


def refused(name):
    with pytest.raises(ImportError) as caught:
        import_from_javascript(name)
    return str(caught.value)


def test_the_module_of_the_platform(worker):
    worker()
    module = import_from_javascript("cloudflare:workers")
    assert (module.DurableObject, module.WorkerEntrypoint) == (DurableObject, WorkerEntrypoint)
    assert issubclass(module.RpcTarget, object)
    assert module.env.NAME == "worker"
    assert import_from_javascript("cloudflare:workers") is module


def test_env_can_be_another_for_a_while(worker):
    worker()
    module = import_from_javascript("cloudflare:workers")
    assert module.withEnv(plain({"NAME": "other"}), lambda: module.env.NAME) == "other"
    with pytest.raises(AttributeError):
        module.withEnv(plain({"NAME": "other"}), lambda: module.env.OTHER)
    assert module.withEnv(5, lambda: module.env.NAME) == module.env.NAME == "worker"
    with pytest.raises(JsException, match="parameter 2 is not of type 'function'"):
        module.withEnv(plain({}))


def test_what_the_module_has_in_production_only_says_so(worker):
    worker()
    module = import_from_javascript("cloudflare:workers")
    with pytest.raises(AttributeError, match="has no 'tracing' here, only in production: use a tail Worker"):
        module.tracing  # noqa: B018
    with pytest.raises(AttributeError, match=r"has no export 'WorkerEntryPoint'\. Did you mean 'WorkerEntrypoint'"):
        module.WorkerEntryPoint  # noqa: B018
    assert module.exports.to_py() == {}


def test_constants_of_vectorize(worker):
    worker()
    module = import_from_javascript("cloudflare:vectorize")
    assert module.DistanceMetric.to_py() == {
        "EUCLIDEAN": "euclidean",
        "COSINE": "cosine",
        "DOT_PRODUCT": "dot-product",
    }
    assert module.MetadataRetrievalLevel.ALL == "all"
    assert "@cf/baai/bge-base-en-v1.5" in module.KnownModel.to_py()


def test_errors_of_workflows(worker):
    worker()
    error = import_from_javascript("cloudflare:workflows").NonRetryableError
    assert [(e.name, e.message) for e in (error.new("m"), error.new("m", "n"))] == [
        *(("NonRetryableError", "m"), ("n", "m")),
    ]


def test_a_module_that_does_not_exist(worker):
    worker()
    assert refused("nowhere") == "Failed to import 'nowhere': Error: No such module \"nowhere\"."
    assert "JavaScript do not run locally" in refused("./mine.js")
    assert "write a fetch handler" in refused("cloudflare:node")


@pytest.mark.parametrize("name", ["node:path", "path", "node:fs", "crypto"])
def test_modules_of_node_need_the_flag(worker, name):
    worker()
    assert refused(name).startswith(f"Failed to import '{name}': Error: No such module \"{name}\".")
    assert "nodejs_compat" in refused(name)


def test_modules_of_node_with_the_flag_or_a_newer_date(worker):
    worker("2026-06-01", "nodejs_compat")
    assert import_from_javascript("node:path").join("a", "../b") == "b"
    assert import_from_javascript("path") is import_from_javascript("node:path")
    assert refused("node:fs").endswith("exists in production, but not here: use open and pathlib in Python.")
    worker("2026-08-04")
    assert import_from_javascript("node:os").EOL == "\n"


def test_older_dates_have_two_modules(worker):
    worker("2025-09-28", "nodejs_compat", jsnull=False)
    assert import_from_javascript("cloudflare:workers").env.NAME == "worker"
    assert callable(import_from_javascript("cloudflare:sockets").connect)
    for name in ("cloudflare:email", "node:path"):
        assert "are available until the next python runtime version" in refused(name)
