"""Cloudflare's workers-py in our environment: its module `pywrangler.cli`, which our package of that name hides."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_MODULE = Path(__file__).parent.with_suffix(".py")


def load() -> Callable[[], Any] | None:
    """Return its command, None if it is not installed here. It reads the command line and ends the process."""
    spec = spec_from_file_location("pywrangler.cli_of_workers_py", _MODULE) if _MODULE.is_file() else None
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Callable[[], Any]", module.app)
