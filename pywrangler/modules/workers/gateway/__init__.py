"""What the bridges to ASGI and WSGI have in common."""

from __future__ import annotations

from workers.gateway.options import BaseOptions, EncodeBody

__all__ = ["BaseOptions", "EncodeBody"]
