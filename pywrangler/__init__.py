"""Run Cloudflare Python Workers locally, in plain CPython."""

from pywrangler import version

__version__ = version.VERSION
