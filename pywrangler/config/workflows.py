"""Workflows in a config: what a binding and an entry of `exports` have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pywrangler.config.crons import check_expression
from pywrangler.config.diagnostics import show
from pywrangler.config.shapes import Check, Record, either, filled, one_of, whole

if TYPE_CHECKING:
    from pywrangler.config.diagnostics import Node

WORKFLOW = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,63}")
STEP_LIMIT = 25_000
JURISDICTIONS = ("eu", "fedramp", "us")


def workflow_name(node: Node) -> None:
    """Take the name of a Workflow."""
    if node.expect(str, "of type string") and not WORKFLOW.fullmatch(node.value):
        node.error(
            "workflow-name",
            f"{node.label}={show(node.value)} is invalid.",
            "Names of workflows are 1 to 64 letters, digits, dashes and underscores, and do not begin with a dash.",
        )


def _schedules(node: Node) -> None:
    if node.value in ("", []):
        node.error("empty", f'"{node.label}" must not be empty.')
    for item in node.items() if isinstance(node.value, list) else [node]:
        check_expression(item)


def _step_limit(node: Node) -> None:
    whole(1)(node)
    if isinstance(node.value, int | float) and node.value > STEP_LIMIT:
        what = f'"{node.label}" is {show(node.value)}; deployed Workflows have at most {STEP_LIMIT} steps.'
        node.warning("out-of-range", what)


_RETENTION = either(str, filled, whole(1))
WORKFLOW_SETTINGS: dict[str, Check] = {
    "limits": Record(optional={"steps": _step_limit}),
    "concurrency": Record(optional={"limit": whole(1)}),
    "schedules": _schedules,
    "default_retention": Record(optional={"success_retention": _RETENTION, "error_retention": _RETENTION}),
    "jurisdiction": one_of(*JURISDICTIONS),
}
"""Fields that a Workflow has as a binding and in `exports`."""


def check_unique(node: Node) -> None:
    """Two bindings cannot lead to the same Workflow."""
    seen: set[str] = set()
    for item in node.items():
        name = item.value.get("name") if isinstance(item.value, dict) else None
        if isinstance(name, str):
            if name in seen:
                item.child("name").error("not-allowed", f'Two entries of "{node.label}" have the name "{name}".')
            seen.add(name)
