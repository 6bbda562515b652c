"""The parts of Pyodide that Workers use: `pyodide.ffi`, `pyodide.http`, `pyodide.code`."""

__version__: str
