"""Cron expressions, judged as Cloudflare does (the grammar is that of github.com/cloudflare/saffron)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pywrangler.config import jsonc
from pywrangler.config.crons import faults
from pywrangler.config.parse import parse


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "*/30 * * * *",
        "45 * * * *",
        "0 17 * * sun",
        "10 7 * * mon-fri",
        "0 15 1 * *",
        "0 18 * * 6L",
        "59 23 LW * *",
        "0 0 L * *",
        "0 0 L-3 * *",
        "0 0 L-30W * *",
        "0 0 15W * *",
        "0 0 * * L",
        "0 0 * * 7",
        "0 0 * * FRI#2",
        "0 0 * * 6#5",
        "0 22-2 * * *",
        "55-5/2 * * * *",
        "0 0 * NOV-FEB FRI-MON",
        "1-5/2,9,20/10 0,12 1,15 JAN,jul 1,3,5",
        "5,* */2,*/3 */2,5 JUL,NOV WED,SUN",
        "0  0\t1 1 *",
    ],
)
def test_what_cloudflare_runs_is_taken(expression: str) -> None:
    assert faults(expression) == []


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("nonsense", "has 1 field"),
        ("", "has 0 fields"),
        ("@daily", "has 1 field"),
        ("0 * * * * *", "has 6 fields"),
        ("60 * * * *", 'has the minute "60"'),
        ("-1 * * * *", 'has the minute "-1"'),
        ("5/0 * * * *", 'has the minute "5/0"'),
        ("* 24 * * *", 'has the hour "24"'),
        ("* * 0 * *", 'has the day of the month "0"'),
        ("* * 32W * *", 'has the day of the month "32W"'),
        ("* * L-31 * *", 'has the day of the month "L-31"'),
        ("* * * 13 *", 'has the month "13"'),
        ("* * * JANUARY *", 'has the month "JANUARY"'),
        ("* * * * 8", 'has the day of the week "8"'),
        ("* * * * FRI#6", 'has the day of the week "FRI#6"'),
        ("* * * * monday", 'has the day of the week "monday"'),
        ("?" + " *" * 4, 'has the minute "?"'),
        ("9" * 5000 + " * * * *", "is longer than 500 characters"),
    ],
)
def test_what_is_no_cron_anywhere_is_an_error(expression: str, what: str) -> None:
    (found,) = faults(expression)
    assert (found.what, found.is_certain) == (what, True)


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("0 0 * * 0", 'has the day of the week "0", which Cloudflare refuses'),
        ("*,5 * * * *", 'has the minute "*,5", which Cloudflare refuses'),
        ("0 0 15,L * *", 'has the day of the month "15,L", which Cloudflare refuses'),
        ("0 0 LW,1 * *", 'has the day of the month "LW,1", which Cloudflare refuses'),
        ("0 0 * * MON,fri#1", 'has the day of the week "MON,fri#1", which Cloudflare refuses'),
        ("0 0 * * 1L,3L", 'has the day of the week "1L,3L", which Cloudflare refuses'),
        ("0 0 * * 0-4", 'has the day of the week "0-4", which Cloudflare refuses'),
        ("*/60 * * * *", 'has the minute "*/60", which Cloudflare refuses'),
        ("0 */24 * * *", 'has the hour "*/24", which Cloudflare refuses'),
        ("0 0 30 2 *", "never comes true"),
    ],
)
def test_what_only_cloudflare_refuses_is_a_warning(expression: str, what: str) -> None:
    (found,) = faults(expression)
    assert (found.what, found.is_certain) == (what, False)


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789*/-,#LWSUNMOFRI ?²٣"), max_size=30))
@example("² * * * *")
@example("* * * * #")
@example("* * * * L#")
@example("* * W * *")
def test_no_text_makes_the_judgement_fail(expression: str) -> None:
    assert all(found.what for found in faults(expression))


@pytest.mark.parametrize(
    ("config", "label"),
    [
        ({"triggers": {"crons": ["* * * * *", "nonsense"]}}, "triggers.crons[1]"),
        (
            {"workflows": [{"binding": "W", "name": "w", "class_name": "W", "schedules": "nonsense"}]},
            "workflows[0].schedules",
        ),
        ({"exports": {"W": {"type": "workflow", "name": "w", "schedules": ["nonsense"]}}}, "exports.W.schedules[0]"),
    ],
)
def test_the_expression_and_its_place_are_named(config: dict[str, Any], label: str, tmp_path: Path) -> None:
    (tmp_path / "entry.py").touch()
    path = tmp_path / "wrangler.jsonc"
    text = json.dumps({"name": "w", "main": "entry.py", "compatibility_date": "2026-01-01", **config}, indent=1)
    problems = parse(jsonc.parse(text.encode(), path), config_path=path).problems
    (found,) = [item for item in problems if item.code == "cron"]
    assert found.what == f'The cron expression "nonsense" of "{label}" has 1 field.'
    assert found.severity == "error"
    assert found.place is not None
    assert '"nonsense"' in text.splitlines()[found.place.line - 1]
