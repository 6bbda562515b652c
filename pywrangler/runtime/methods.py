"""RPC calls of methods on user objects (spec/durable-objects.md, section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.js.errors import type_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.runtime.ports import Face


def call_method(face: Face, instance: Any, path: Sequence[str], arguments: Sequence[Any]) -> Any:
    """Call the method that `path` names on `instance` as an RPC caller does; returns its result or an awaitable."""
    method = instance
    for name in path:
        method = getattr(method, name, None)
        if method is None:
            break
    if not callable(method):
        raise type_error(f"Method {'.'.join(path)} does not exist")
    context.note_called(method)
    return face.call(method, arguments, relaxed=False)
