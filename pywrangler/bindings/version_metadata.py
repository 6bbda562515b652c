"""`version_metadata` of the config: what the platform knows of the version of the Worker that runs.

Each start and each reload is a version of its own, without a tag (spec/bindings.md, section 8).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pywrangler.runtime.js.values import plain

if TYPE_CHECKING:
    from pywrangler.bindings.catalogue import Parts
    from pywrangler.config.model import OtherBinding


def make(_binding: OtherBinding, parts: Parts) -> Any:
    """Return the binding: `id`, `tag` and `timestamp`."""
    moment = datetime.fromtimestamp(parts.clock.now(), UTC)
    timestamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return plain({"id": str(uuid4()), "tag": "", "timestamp": timestamp})
