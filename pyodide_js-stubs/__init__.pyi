"""What Pyodide offers to JavaScript, as far as Workers have a use for it."""

from types import ModuleType
from typing import Any

from pyodide.ffi import JsPromise, JsProxy

version: str
pyodide_py: ModuleType
loadedPackages: Any

def isPyProxy(value: Any) -> bool:
    """Tell whether a value is JavaScript's handle of a Python object."""

def loadPackage(*names: Any) -> JsPromise[Any]:
    """Reject: packages are named in pyproject.toml."""

def loadPackagesFromImports(code: str) -> JsPromise[Any]:
    """Do nothing: what a Worker can import is there from the start."""

def pyimport(name: str) -> Any:
    """Import a module, or an attribute of one."""

def registerJsModule(name: str, module: JsProxy) -> None:
    """Make a JavaScript object importable."""

def runPython(code: str, options: Any = None) -> Any:
    """Run Python source and return the value of its last expression."""

def runPythonAsync(code: str, options: Any = None) -> JsPromise[Any]:
    """Run Python source that may await."""

def setDebug(debug: bool) -> bool:
    """Return that debugging of proxies was off."""

def toPy(value: Any, options: Any = None) -> Any:
    """Convert a JavaScript value to Python."""

def unregisterJsModule(name: str) -> None:
    """Undo `registerJsModule`."""
