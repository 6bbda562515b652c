"""Compatibility dates and flags to behaviour switches.

A flag beats the date. Names and dates are those of
https://developers.cloudflare.com/workers/configuration/compatibility-flags/ and spec/workers-module.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pywrangler.config.model import Compat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_DATE = "2026-11-17"
"""Used with a warning when the config gives no date: the newest behaviour that spec/ describes."""

NEVER = "9999-12-31"
"""The date of what only a flag switches on."""

PYTHON_FLAG = "python_workers"


class Switch(NamedTuple):
    """One behaviour: the attribute of `Compat` it sets, its flags and the date from which it is on."""

    attribute: str
    enable: str
    disable: str | None
    since: str
    inverted: bool = False


SWITCHES = (
    Switch("queues_json", "queues_json_messages", "no_queues_json_messages", "2024-03-18"),
    Switch(
        "spa_navigation", "assets_navigation_prefers_asset_serving", "assets_navigation_has_no_effect", "2025-04-01"
    ),
    Switch("legacy_vendor", "python_workers_force_new_vendor_path", None, "2025-08-11", inverted=True),
    Switch(
        "module_handlers", "python_no_global_handlers", "disable_python_no_global_handlers", "2025-08-14", inverted=True
    ),
    Switch("jsnull", "python_workers_20250116", "no_python_workers_20250116", "2025-09-29"),
    Switch("ctx_exports", "enable_ctx_exports", "disable_ctx_exports", "2025-11-17"),
    Switch(
        "headers_preserve_commas",
        "python_request_headers_preserve_commas",
        "disable_python_request_headers_preserve_commas",
        "2026-02-17",
    ),
    Switch("delete_all_deletes_alarm", "delete_all_deletes_alarm", "delete_all_preserves_alarm", "2026-02-24"),
    Switch(
        "workflow_implicit_dependencies",
        "python_workflows_implicit_dependencies",
        "no_python_workflows_implicit_dependencies",
        "2026-02-25",
    ),
    Switch(
        "websocket_reason_limit",
        "websocket_close_reason_byte_limit",
        "no_websocket_close_reason_byte_limit",
        "2026-03-03",
    ),
    Switch("websocket_blob", "websocket_standard_binary_type", "no_websocket_standard_binary_type", "2026-03-17"),
    Switch("websocket_auto_close", "web_socket_auto_reply_to_close", "web_socket_manual_reply_to_close", "2026-04-07"),
    Switch("process_pth_files", "python_process_pth_files", "disable_python_process_pth_files", "2026-05-26"),
    Switch("request_signal", "enable_request_signal", "disable_request_signal", NEVER),
    Switch("request_signal_passthrough", "request_signal_passthrough", "no_request_signal_passthrough", NEVER),
    Switch("external_sdk", "enable_python_external_sdk", "disable_python_external_sdk", "2026-04-21"),
)


def derive(date: str, flags: Iterable[str] = ()) -> Compat:
    """Return the switches for a date (`YYYY-MM-DD`) and flags; a flag wins over the date, a disabling one over both."""
    given = tuple(flags)
    values = {}
    for switch in SWITCHES:
        is_on = (date >= switch.since or switch.enable in given) and switch.disable not in given
        values[switch.attribute] = is_on != switch.inverted
    return Compat(date=date, flags=given, **values)


def contradictions(flags: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of flags of which each undoes the other."""
    given = set(flags)
    return [(it.enable, it.disable) for it in SWITCHES if it.disable is not None and {it.enable, it.disable} <= given]
