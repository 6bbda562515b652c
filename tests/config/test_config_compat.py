from __future__ import annotations

import pytest

from pywrangler.config.compat import SWITCHES, contradictions, derive

DATES = {
    "queues_json": ("2024-03-17", "2024-03-18", False),
    "module_handlers": ("2025-08-13", "2025-08-14", True),
    "legacy_vendor": ("2025-08-10", "2025-08-11", True),
    "process_pth_files": ("2026-05-25", "2026-05-26", False),
    "external_sdk": ("2026-04-20", "2026-04-21", False),
    "headers_preserve_commas": ("2026-02-16", "2026-02-17", False),
    "websocket_blob": ("2026-03-16", "2026-03-17", False),
    "websocket_auto_close": ("2026-04-06", "2026-04-07", False),
    "websocket_reason_limit": ("2026-03-02", "2026-03-03", False),
    "delete_all_deletes_alarm": ("2026-02-23", "2026-02-24", False),
    "workflow_implicit_dependencies": ("2026-02-24", "2026-02-25", False),
    "spa_navigation": ("2025-03-31", "2025-04-01", False),
    "ctx_exports": ("2025-11-16", "2025-11-17", False),
    "jsnull": ("2025-09-28", "2025-09-29", False),
}

FLAGS = ("request_signal", "request_signal_passthrough")


@pytest.mark.parametrize("attribute", DATES)
def test_the_date_switches_on_the_day(attribute: str) -> None:
    before, after, value_before = DATES[attribute]
    assert getattr(derive(before), attribute) is value_before
    assert getattr(derive(after), attribute) is not value_before


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.attribute)
def test_flags_win_over_the_date(switch: object) -> None:
    assert getattr(derive("2020-01-01", [switch.enable]), switch.attribute) is not switch.inverted
    assert getattr(derive("2030-01-01", [switch.disable]), switch.attribute) is switch.inverted


def test_every_switch_of_the_model_is_derived() -> None:
    assert {switch.attribute for switch in SWITCHES} == set(DATES) | set(FLAGS)


@pytest.mark.parametrize("attribute", FLAGS)
def test_no_date_switches_on_what_is_a_flag_only(attribute: str) -> None:
    assert getattr(derive("2030-01-01"), attribute) is False


def test_opposite_flags_contradict_each_other() -> None:
    assert contradictions(["enable_ctx_exports", "python_workers"]) == []
    assert contradictions(["enable_ctx_exports", "disable_ctx_exports"]) == [
        ("enable_ctx_exports", "disable_ctx_exports")
    ]
