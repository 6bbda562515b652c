"""The parts of Pyodide that Workers use: `pyodide.ffi`, `pyodide.http`, `pyodide.code`, `pyodide.console`."""

from pyodide import code as code
from pyodide import console as console
from pyodide import ffi as ffi
from pyodide import http as http
from pyodide import webloop as webloop

__version__: str
