from __future__ import annotations

from tests.js_core.conftest import logged

__all__ = ["logged"]
