"""Options of `asgi.fetch` and `wsgi.fetch`."""

from __future__ import annotations

from workers._gateway import BaseOptions, EncodeBody

__all__ = ["BaseOptions", "EncodeBody"]
