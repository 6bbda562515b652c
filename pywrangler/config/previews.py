"""`previews`: what preview deployments have instead of the keys of the level; checked, and of no meaning here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.config.bindings import SERVICE, SHAPES
from pywrangler.config.core import TAIL
from pywrangler.config.durable import BINDING
from pywrangler.config.settings import INHERITED_SETTINGS, OWN_SETTINGS, UNSAFE
from pywrangler.config.shapes import Record, anything, each, mapping, text, unless_nothing, values

if TYPE_CHECKING:
    from pywrangler.config.shapes import Check

_SETTINGS = ("logpush", "observability", "limits", "placement", "cache")
_FIELDS: dict[str, Check] = {
    **{
        key: shape.record if shape.single else each(shape.record)
        for key, shape in SHAPES.items()
        if "." not in key and key not in ("vpc_networks", "agent_memory")
    },
    **{key: INHERITED_SETTINGS[key] for key in _SETTINGS},
    **{key: OWN_SETTINGS[key] for key in ("streaming_tail_consumers", "containers")},
    "vars": mapping,
    "define": values(text),
    "durable_objects": Record({"bindings": each(BINDING)}),
    "queues": Record(optional={"producers": each(SHAPES["queues.producers"].record), "consumers": anything}),
    "services": each(SERVICE),
    "tail_consumers": unless_nothing(each(TAIL)),
    "unsafe": UNSAFE,
}
PREVIEWS = Record(optional=_FIELDS)
