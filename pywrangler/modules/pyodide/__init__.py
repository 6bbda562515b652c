"""The part of Pyodide that Workers use, over the runtime."""

__version__ = "0.28.2"
__all__ = ["__version__"]
