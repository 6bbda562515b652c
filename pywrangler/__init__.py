"""Run Cloudflare Python Workers locally, in plain CPython."""

__version__ = "0.1.0"
