"""What Pyodide and the platform offer below `pyodide` and `workers`: modules that are rarely imported."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap

import _cloudflare_compat_flags as compat
import _pyodide_entrypoint_helper as helper
import js
import pyodide
import pyodide_js
import pytest
from pyodide._older import LATER
from pyodide.ffi import JsException, create_proxy, to_js
from pyodide.webloop import PyodideFuture, PyodideTask

from pywrangler.fidelity.imports import _SINCE_PYTHON_313
from pywrangler.runtime.js import cloudflare


def test_importing_pyodide_is_enough():
    assert pyodide.code.eval_code("1") == 1
    assert {name for name in pyodide.__all__ if not hasattr(pyodide, name)} == set()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pyodide.nothing  # noqa: B018


def test_pyodide_js_runs_and_converts():
    assert pyodide_js.version == pyodide.__version__
    assert pyodide_js.runPython("x + 1", {"globals": {"x": 2}}) == 3
    assert pyodide_js.runPython("1;") is None
    assert pyodide_js.pyimport("os.path").join("a", "b") == "a/b"
    assert pyodide_js.pyimport("sys.maxsize") == sys.maxsize
    assert pyodide_js.toPy(to_js([1])) == [1]
    assert (pyodide_js.isPyProxy(create_proxy(print)), pyodide_js.isPyProxy(js.Object.new())) == (True, False)


def test_pyodide_js_registers_modules():
    pyodide_js.registerJsModule("from_pyodide_js", js.Object.new(value=4))
    from from_pyodide_js import value

    assert value == 4
    pyodide_js.unregisterJsModule("from_pyodide_js")


def test_packages_are_not_loaded_while_the_worker_runs(run_async):
    async def main():
        await pyodide_js.loadPackagesFromImports("import numpy")
        assert await pyodide_js.runPythonAsync("import asyncio\nawait asyncio.sleep(0, 6)") == 6
        with pytest.raises(JsException, match="loadPackage is disabled"):
            await pyodide_js.loadPackage("numpy")

    run_async(main())


def test_what_pyodide_js_lacks_says_what_to_use():
    with pytest.raises(AttributeError, match=r"pyodide_js\.FS is not available: use open"):
        pyodide_js.FS  # noqa: B018
    with pytest.raises(ImportError, match=r"cannot import name 'setStdout' from 'pyodide_js'.*use sys\.stdout"):
        from pyodide_js import setStdout  # noqa: F401


@pytest.fixture
def date():
    yield cloudflare.configure
    cloudflare.configure("9999-12-31", ())


def test_compat_flags_are_attributes(date):
    date("2025-09-28", ("nodejs_compat",))
    assert (compat.nodejs_compat, compat.rpc, compat.python_workers_20250116) == (True, True, False)
    date("2025-09-29", ())
    assert (compat.nodejs_compat, compat.python_workers_20250116) == (False, True)
    assert "url_standard" in dir(compat)
    with pytest.raises(AttributeError, match="no compatibility flag 'nothing'"):
        compat.nothing  # noqa: B018


def test_the_helper_of_the_package_workers(run_async):
    async def main():
        module = await helper.doAnImport("cloudflare:sockets")
        assert callable(module.connect)
        with pytest.raises(JsException, match='No such module "nowhere"'):
            await helper.doAnImport("nowhere")

    run_async(main())
    assert helper.cloudflareWorkersModule.WorkerEntrypoint is helper.workerEntrypoint
    assert callable(helper.cloudflareSocketsModule.connect)
    from workers import env

    for _ in helper.patch_env_helper({"A": 5}):
        assert env.A == 5
    with pytest.raises(AttributeError):
        helper.nothing  # noqa: B018


# ---- futures with the methods of promises --------------------------------------------------------------------


async def value(result):
    await asyncio.sleep(0)
    return result


async def failure():
    raise ValueError("on purpose")


def task(coroutine):
    return PyodideTask(coroutine, loop=asyncio.get_running_loop())


def test_reactions_follow_and_are_awaited(run_async):
    async def main():
        first = task(value(1))
        assert isinstance(first, asyncio.Task)
        second = first.then(lambda number: value(number + 1)).then(lambda number: value(value(number * 10)))
        assert isinstance(second, PyodideFuture)
        caught = task(failure()).then(lambda _: "no").catch(str)
        return await second, await caught, await task(value(3)).then(None), await task(failure()).then(None, repr)

    assert run_async(main()) == (20, "on purpose", 3, "ValueError('on purpose')")


def test_finally_keeps_the_outcome_unless_it_fails(run_async):
    async def main():
        seen = []
        assert await task(value(1)).finally_(lambda: seen.append("a")) == 1
        with pytest.raises(ValueError, match="on purpose"):
            await task(failure()).finally_(lambda: value(seen.append("b")))
        with pytest.raises(ZeroDivisionError):
            await task(value(1)).finally_(lambda: 1 / 0)
        return seen

    assert run_async(main()) == ["a", "b"]


def test_cancellation_is_passed_on(run_async):
    async def main():
        first = task(asyncio.sleep(10))
        second = first.then(print)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        with pytest.raises(asyncio.CancelledError):
            await first

    run_async(main())


def test_the_check_of_imports_knows_the_same_names():
    assert set(LATER["pyodide.ffi"]) == _SINCE_PYTHON_313


def test_the_older_pyodide_lacks_what_came_later():
    """In a process of its own, because names go for good."""
    source = """
        from pyodide import _older
        _older.install()
        import pyodide, pyodide.http
        from pyodide.ffi import *
        from pyodide.ffi import to_js
        assert pyodide.__version__ == "0.26.0a2"
        assert not hasattr(pyodide.ffi, "run_sync") and "jsnull" not in dir()
        for name in ("run_sync", "jsnull", "JsBigInt"):
            try:
                exec(f"from pyodide.ffi import {name}")
            except ImportError as problem:
                assert "came with Pyodide 0.28" in str(problem) and "2025-09-29" in str(problem)
            else:
                raise AssertionError(name)
        assert "HttpStatusError" not in pyodide.http.__all__
        from pyodide.ffi import JsBuffer, create_once_callable, wrappers
        assert create_once_callable(lambda: 5)() == 5
        import cloudflare.workers, workers
        from cloudflare.workers import DurableObject
        assert DurableObject is workers.DurableObject
        try:
            pyodide.http.FetchResponse("", __import__("js").Response.new("", status=500)).raise_for_status()
        except OSError as problem:
            assert "500" in str(problem)
        print("done")
    """
    path = ":".join(entry for entry in sys.path if entry)
    answer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.stdout, answer.stderr) == ("done\n", "")
