"""Configurations that wrangler judged (`wrangler_cases`, `wrangler_verdicts.json`): we take and refuse the same."""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path

import pytest

from pywrangler.config import jsonc
from pywrangler.config.parse import parse
from tests.config.wrangler_cases import cases

VERDICTS: dict[str, str] = json.loads(Path(__file__).with_name("wrangler_verdicts.json").read_text())["verdicts"]
CASES = {key: list(found) for key, found in groupby(cases(), key=lambda case: case.key)}
NOT_ABOUT_THE_CONFIG = ("not-python", "python-flag")

# Where we refuse more, and the labels of the cases: what wrangler takes there fails later, or is ignored in silence.
LIST_OR_NOTHING = r'.*=(\[.*|true|0|-1|1.5|5|"x"|"")|env (\[.*|true|0|-1|1.5|"x"|"")|inherit empty|\[\]|5|"x"'
STRICTER = {
    "main": '.*""|inherit empty',  # the directory of the configuration
    "compatibility_date": r'"2026"|"2026-1-1"|"January.*|"2026-01-01T.*|"2026-02-30"',  # what `Date` takes
    "dependencies_instrumentation": LIST_OR_NOTHING,
    "build": LIST_OR_NOTHING,
    "define": LIST_OR_NOTHING,
    "alias": LIST_OR_NOTHING,
    "limits": LIST_OR_NOTHING,
    "vars": LIST_OR_NOTHING,
    "dev": LIST_OR_NOTHING + "|.*port.*",
    "wasm_modules": LIST_OR_NOTHING,
    "text_blobs": LIST_OR_NOTHING,
    "data_blobs": LIST_OR_NOTHING,
    "r2_buckets": r"0.local_dev=\[.*",
    "access": LIST_OR_NOTHING + r"|dev.identity=\[.*",
    "previews": r'(vars|limits)=(\[.*|true|-1|1.5|"x")',
    "observability": r"enabled=.*|(logs|traces)=\[.*|.*\"enabled\": \"x\".*",
    "triggers": r"crons.*",  # expressions are not looked at there
    "exports": r"Flow.schedules.*",
    "workflows": r"0.schedules.*",
    "send_email": r".*allowed_\w+_addresses.*",
    "queues": r"producers.0=.*|.*(max_|retry_)\w+.*|.*\{\"queue\": \"q\"\}, \{\"queue\": \"q\"\}.*",  # bounds
    "hyperdrive": r"0.localConnectionString=.*",
    "vpc_services": r"0.remote=.*",
    "vpc_networks": r"0.remote=.*",
    "assets": r".*",  # the directory has to be there, and rules have to begin with a slash
    "containers": r"0.instance_type=.*",
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project")
    (directory / "src").mkdir()
    (directory / "public").mkdir()
    (directory / "src" / "index.js").touch()
    return directory


def test_the_verdicts_are_those_of_the_cases() -> None:
    assert {key: len(found) for key, found in CASES.items()} == {key: len(text) for key, text in VERDICTS.items()}


@pytest.mark.parametrize("key", CASES)
def test_configurations_are_taken_and_refused_as_wrangler_does(key: str, directory: Path) -> None:
    path = directory / "wrangler.json"
    for case, verdict in zip(CASES[key], VERDICTS[key], strict=True):
        document = jsonc.parse(json.dumps(case.config).encode(), path)
        problems = parse(document, config_path=path, environment=case.environment).problems
        errors = [item.what for item in problems if item.severity == "error" and item.code not in NOT_ABOUT_THE_CONFIG]
        if verdict == "-":
            assert errors, f"{case.label} is taken"
        elif not re.fullmatch(STRICTER.get(key, "(?!)"), case.label):
            assert not errors, f"{case.label} is refused: {errors}"
            assert verdict != "w" or problems, f"{case.label} is not warned about"


def test_every_exception_is_one() -> None:
    assert set(STRICTER) <= set(CASES)
