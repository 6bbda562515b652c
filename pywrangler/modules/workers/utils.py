"""Small things that code imports from here by habit; each lives in the module of its subject."""

from __future__ import annotations

from workers.importing import import_from_javascript
from workers.patching import patch_env

__all__ = ["import_from_javascript", "patch_env"]
