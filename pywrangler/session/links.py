"""Bindings that lead to other Workers: which of them are connected (spec/registry.md, section 1).

A Worker of the same session counts as connected, whatever its state; any other one while it has a live entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pywrangler.config.model import WorkerConfig
    from pywrangler.protocol.registry import Entry
    from pywrangler.session.reports import Link

TAIL = "tail_consumers:"
"""Prefix of the keys that stand for tail consumers, which have no binding name."""


def targets(worker: WorkerConfig) -> dict[str, str]:
    """Return the other Worker that each binding needs, by binding name."""
    found = {item.name: item.script_name for item in worker.durable_objects if item.script_name is not None}
    found |= {item.binding: item.service for item in worker.services}
    found |= {f"{TAIL}{name}": name for name in worker.tail_consumers}
    return {binding: target for binding, target in found.items() if target != worker.name}


def link_states(worker: WorkerConfig, peers: Mapping[str, Entry], own: Iterable[str]) -> dict[str, Link]:
    """Return the state of each binding that leads to another Worker; `own` are the names in this session."""
    here = set(own)
    classes = {item.name: item.class_name for item in worker.durable_objects}
    states: dict[str, Link] = {}
    for binding, target in targets(worker).items():
        entry = peers.get(target)
        wanted = classes.get(binding)
        if entry is not None and entry.classes and wanted is not None and wanted not in entry.classes:
            states[binding] = "no such class"
        else:
            states[binding] = "connected" if entry is not None or target in here else "not connected"
    return states


def hint(target: str, peers: Mapping[str, Entry]) -> str:
    """Return a sentence about a live Worker that was probably meant by a missing target, or ""."""
    for name, entry in sorted(peers.items()):
        if name.startswith(f"{target}-") and entry.environment:
            return f'Did you mean "{name}"? It is running with --env {entry.environment}.'
    if peers:
        from pywrangler.config.suggest import misspelt

        close = misspelt(target, sorted(peers))
        if close:
            return f'Did you mean "{close}"? It is running.'
    return ""
