"""`pyodide_js`: what Pyodide offers to JavaScript, as far as Workers have a use for it (https://pyodide.org).

Packages belong to the Worker when it is built: `loadPackage` fails, as in production.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pyodide

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.js.values import JsDoubleProxy, JsObject
from pywrangler.runtime.missing_names import missing_name

_INSTEAD = {
    "FS": "use open and pathlib: the files of the Worker are ordinary files",
    "PATH": "use os.path",
    "ERRNO_CODES": "use the module errno",
    "globals": "use globals()",
    "canvas": "a Worker has no page",
    "mountNativeFS": "a Worker has no file system to mount",
    "mountNodeFS": "a Worker has no file system to mount",
    "setInterruptBuffer": "a Worker is interrupted by the platform",
    "checkInterrupt": "a Worker is interrupted by the platform",
    "setStdin": "use sys.stdin",
    "setStdout": "use sys.stdout or contextlib.redirect_stdout",
    "setStderr": "use sys.stderr or contextlib.redirect_stderr",
    "unpackArchive": "use shutil.unpack_archive",
    "registerComlink": "a Worker has no page",
}


def __getattr__(name: str) -> Any:
    if name == "version":
        return pyodide.__version__
    if name == "pyodide_py":
        return pyodide
    if name == "loadedPackages":
        return JsObject.new()
    raise missing_name(
        __name__, name, f"pyodide_js.{name} is not available: {_INSTEAD.get(name, 'nothing of that name')}"
    )


def loadPackage(*_arguments: Any, **_options: Any) -> JsPromise:
    """Reject: packages are named in pyproject.toml."""
    return JsPromise.rejected(
        error(
            "pyodide.loadPackage is disabled because packages are encoded in the binary (name them in pyproject.toml)"
        )
    )


def loadPackagesFromImports(*_arguments: Any, **_options: Any) -> JsPromise:
    """Do nothing: what a Worker can import is there from the start."""
    return JsPromise.resolved(array([]))


def pyimport(name: str) -> Any:
    """Import a module, or an attribute of one by its dotted name."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, dot, attribute = name.rpartition(".")
        if not dot:
            raise
        return getattr(pyimport(module), attribute)


def runPython(code: str, options: Any = None) -> Any:
    """Run Python source; returns the value of its last expression. Options: globals, locals, filename."""
    from pyodide.code import eval_code

    return eval_code(code, **_code_options(options))


def runPythonAsync(code: str, options: Any = None) -> JsPromise:
    """Run Python source that may await."""
    from pyodide.code import eval_code_async

    return JsPromise.start(eval_code_async(code, **_code_options(options)))


def _code_options(options: Any) -> dict[str, Any]:
    given = options.to_py() if isinstance(options, JsObject) else dict(options or {})
    return {name: given[name] for name in ("globals", "locals", "filename") if name in given}


def toPy(value: Any, options: Any = None) -> Any:  # noqa: ARG001 - all of them are for proxies of pages
    """Convert a JavaScript value to Python."""
    return value.to_py() if hasattr(value, "to_py") else value


def isPyProxy(value: Any) -> bool:
    """Tell whether a value is JavaScript's handle of a Python object."""
    return isinstance(value, JsDoubleProxy)


def registerJsModule(name: str, module: Any) -> None:
    """Make a JavaScript object importable as module `name`."""
    from pyodide.ffi import register_js_module

    register_js_module(name, module)


def unregisterJsModule(name: str) -> None:
    """Undo `registerJsModule`."""
    from pyodide.ffi import unregister_js_module

    unregister_js_module(name)


def setDebug(debug: bool) -> bool:  # noqa: ARG001 - there is nothing to switch
    """Return that debugging of proxies was off."""
    return False
