"""The precedence of spec/dev-vars.md, on real files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pywrangler.config.compat import derive
from pywrangler.config.model import Variable, WorkerConfig
from pywrangler.config.variables import (
    Variables,
    Wishes,
    command_environment,
    resolve_variables,
    variable_lines,
)
from pywrangler.errors import Place

SECRET = "hunter2-never-shown"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path


def write(base: Path, **files: str) -> None:
    for name, text in files.items():
        (base / name.replace("__", ".")).write_text(text)


def run(
    base: Path,
    *,
    vars: dict[str, Any] | None = None,
    required: tuple[str, ...] | None = None,
    labels: dict[str, str] | None = None,
    environment: str | None = None,
    env_files: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
    process: dict[str, str] | None = None,
) -> Variables:
    worker = WorkerConfig(
        "w",
        base / "wrangler.jsonc",
        base / "entry.py",
        derive("2026-06-01"),
        vars=vars or {},
        secrets_required=required,
    )
    process = process or {}
    return resolve_variables(worker, labels or {}, Wishes(environment, env_files, flags, process, process))


def values(outcome: Variables) -> dict[str, Any]:
    return {item.name: item.value for item in outcome.variables}


def one(outcome: Variables, name: str) -> Variable:
    (found,) = [item for item in outcome.variables if item.name == name]
    return found


def test_vars_keep_their_json_type(base: Path) -> None:
    outcome = run(base, vars={"T": "x", "N": 1, "J": {"a": [None]}})
    assert values(outcome) == {"T": "x", "N": 1, "J": {"a": [None]}}
    assert [item.kind for item in outcome.variables] == ["text", "json", "json"]
    assert {item.source for item in outcome.variables} == {"vars"}


def test_dev_vars_beats_vars_even_where_those_are_json(base: Path) -> None:
    write(base, __dev__vars="J=text\nNEW=1\n")
    outcome = run(base, vars={"J": {"a": 1}, "K": "k"})
    assert values(outcome) == {"J": "text", "K": "k", "NEW": "1"}
    assert list(values(outcome)) == ["J", "K", "NEW"]
    item = one(outcome, "J")
    assert (item.kind, item.source, item.place, item.shadows) == (
        "secret",
        ".dev.vars",
        Place(base / ".dev.vars", 1, 1),
        ("vars",),
    )
    assert outcome.files_read == (base / ".dev.vars",)


@pytest.mark.parametrize(
    ("files", "environment", "expected"),
    [
        ({".dev.vars": "A=dev"}, None, {"A": "dev"}),
        ({".dev.vars": "A=dev", ".env": "A=env\nB=env"}, None, {"A": "dev"}),
        ({".dev.vars": "A=dev\nB=dev", ".dev.vars.staging": "A=st"}, "staging", {"A": "st"}),
        ({".dev.vars": "A=dev", ".dev.vars.staging": "A=st"}, None, {"A": "dev"}),
        ({".dev.vars": "A=dev"}, "staging", {"A": "dev"}),
        ({".env": "A=1\nB=1\nC=1\nD=1", ".env.local": "B=2\nC=2\nD=2"}, None, {"A": "1", "B": "2", "C": "2", "D": "2"}),
        (
            {
                ".env": "A=1\nB=1\nC=1\nD=1",
                ".env.local": "B=2\nC=2\nD=2",
                ".env.st": "C=3\nD=3",
                ".env.st.local": "D=4",
            },
            "st",
            {"A": "1", "B": "2", "C": "3", "D": "4"},
        ),
        ({".env": "A=1", ".env.st": "A=3"}, None, {"A": "1"}),
        ({}, None, {}),
    ],
)
def test_which_files_are_used(base: Path, files: dict[str, str], environment: str | None, expected: object) -> None:
    for name, text in files.items():
        (base / name).write_text(text)
    assert values(run(base, environment=environment)) == expected


def test_env_files_replace_everything_and_the_later_wins(base: Path) -> None:
    write(base, __dev__vars="A=dev\n", __env="A=env\n", one="A=1\nB=1\n", two="B=2\n")
    outcome = run(base, env_files=("one", "two"))
    assert values(outcome) == {"A": "1", "B": "2"}
    assert one(outcome, "B").shadows == ("one:2",)
    assert outcome.files_watched == (base / "one", base / "two")


def test_a_missing_env_file_is_a_warning(base: Path) -> None:
    (problem,) = run(base, env_files=("nope",)).problems
    assert problem.severity == "warning"
    assert "nope" in problem.what


def test_references_are_expanded_on_the_env_path_only(base: Path) -> None:
    write(base, __env="A=1\nB=${A}\n")
    assert values(run(base))["B"] == "1"
    write(base, __dev__vars="A=1\nB=${A}\n")
    assert values(run(base))["B"] == "${A}"


def test_the_process_environment_stays_out_unless_asked_for(base: Path) -> None:
    write(base, __env="A=file\nB=${HOME}\n")
    outcome = run(base, process={"HOME": "/h", "A": "real"})
    assert values(outcome) == {"A": "file", "B": ""}
    assert not outcome.used_process


def test_included_process_variables_win_over_files(base: Path) -> None:
    write(base, __env="A=file\nB=${HOME}\n")
    outcome = run(base, process={"CLOUDFLARE_INCLUDE_PROCESS_ENV": "True", "HOME": "/h", "A": "real"})
    assert values(outcome)["A"] == "real"
    assert values(outcome)["B"] == "/h"
    assert one(outcome, "A").source == "process.env"
    assert one(outcome, "A").shadows == (".env:1",)
    assert outcome.used_process


def test_the_process_environment_does_not_mix_with_dev_vars(base: Path) -> None:
    write(base, __dev__vars="A=dev\n")
    outcome = run(base, process={"CLOUDFLARE_INCLUDE_PROCESS_ENV": "true", "X": "1"})
    assert values(outcome) == {"A": "dev"}


def test_dot_env_can_be_switched_off(base: Path) -> None:
    write(base, __env="A=1\n")
    assert values(run(base, process={"CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV": "FALSE"})) == {}


@pytest.mark.parametrize("name", ["CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV", "CLOUDFLARE_INCLUDE_PROCESS_ENV"])
def test_switches_are_true_or_false(base: Path, name: str) -> None:
    (problem,) = run(base, process={name: "0"}).problems
    assert problem.severity == "error"
    assert problem.what == f'Expected {name} to be "true" or "false", but got "0".'


def test_var_flags_win_and_split_at_the_first_colon(base: Path) -> None:
    write(base, __dev__vars="A=dev\n")
    outcome = run(base, vars={"A": "v"}, flags=("A:b:c", "NOCOLON", "URL:http://x"))
    assert values(outcome) == {"A": "b:c", "NOCOLON": "", "URL": "http://x"}
    assert one(outcome, "A").shadows == (".dev.vars:1", "vars")
    assert one(outcome, "A").kind == "secret"


def test_a_var_flag_without_a_name_is_an_error(base: Path) -> None:
    (problem,) = run(base, flags=(":x",)).problems
    assert problem.severity == "error"


def test_a_name_that_another_binding_has_is_left_out_with_a_warning(base: Path) -> None:
    write(base, __dev__vars=f"KV={SECRET}\n")
    outcome = run(base, labels={"KV": "KV Namespace"})
    assert values(outcome) == {}
    (problem,) = outcome.problems
    assert (problem.severity, problem.place) == ("warning", Place(base / ".dev.vars", 1, 1))
    assert SECRET not in str(problem)


def test_with_required_secrets_other_keys_of_files_are_dropped(base: Path) -> None:
    write(base, __dev__vars="S1=1\nV=2\nOTHER=3\n")
    outcome = run(base, vars={"V": "v"}, required=("S1",))
    assert values(outcome) == {"V": "2", "S1": "1"}
    assert outcome.problems == ()


def test_missing_required_secrets_are_one_warning(base: Path) -> None:
    (problem,) = run(base, required=("S1", "MISSING")).problems
    assert problem.severity == "warning"
    assert problem.what == "Missing required secrets: S1, MISSING."
    assert problem.remedy == (
        "Add them to .dev.vars, .env, or set as environment variables; `pywrangler secret put S1` writes .dev.vars."
    )


@pytest.mark.parametrize(
    ("files", "wishes", "remedy"),
    [
        ({"__dev__vars": "X=1\n"}, {}, "Add them to .dev.vars with `pywrangler secret put S1`; with that file,"),
        (
            {"__dev__vars__staging": "X=1\n"},
            {"environment": "staging"},
            "Add them to .dev.vars.staging with `pywrangler secret put S1 --env staging`;",
        ),
        ({"__env": "X=1\n"}, {}, "Add them to .env, or set them as environment variables."),
        ({"custom": ""}, {"env_files": ("custom",)}, "Add them to custom."),
    ],
)
def test_a_missing_secret_comes_with_its_file_and_the_command_that_sets_it(
    base: Path, files: dict[str, str], wishes: dict[str, Any], remedy: str
) -> None:
    write(base, **files)
    problem = run(base, required=("S1",), **wishes).problems[-1]
    assert problem.code == "missing-secret"
    assert problem.remedy.startswith(remedy)


def test_the_command_that_sets_a_secret_works_where_the_user_is(base: Path) -> None:
    path = base / "app" / "wrangler.jsonc"
    path.parent.mkdir()
    worker = WorkerConfig("w", path, None, derive("2026-06-01"), secrets_required=("S1",))
    for cwd, switches, words in (
        (base, {}, "secret put S1 -c app/wrangler.jsonc`"),
        (base / "app", {}, "secret put S1`"),
        (base / "app" / "src", {"CLOUDFLARE_ENV": "x"}, 'secret put S1 --env ""`'),
    ):
        (problem,) = resolve_variables(worker, {}, Wishes("x", switches=switches, cwd=cwd)).problems
        assert words in problem.remedy


def test_the_process_environment_satisfies_required_secrets_on_the_env_path(base: Path) -> None:
    process = {"S2": "p", "HOME": "/h"}
    assert values(run(base, required=("S2",), process=process)) == {"S2": "p"}
    write(base, __dev__vars="X=1\n")
    outcome = run(base, required=("S2",), process=process)
    assert values(outcome) == {}
    assert "Missing required secrets: S2" in outcome.problems[0].what
    assert ".dev.vars" in outcome.problems[0].remedy


def test_a_missing_secret_points_at_the_example(base: Path) -> None:
    (base / ".dev.vars.example").write_text("S1=x\n")
    (problem,) = run(base, required=("S1",)).problems
    assert problem.remedy == ("Copy .dev.vars.example to .dev.vars and fill it in, or use `pywrangler secret put S1`.")


def test_a_var_flag_satisfies_a_required_secret(base: Path) -> None:
    assert run(base, required=("S1",), flags=("S1:x",)).problems == ()


def test_a_directory_named_dev_vars_is_fatal(base: Path) -> None:
    (base / ".dev.vars").mkdir()
    (problem,) = run(base).problems
    assert problem.severity == "error"
    assert problem.what.startswith('Failed to load local dev variables file ".dev.vars":')
    assert problem.place == Place(base / ".dev.vars")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_dev_vars_is_fatal(base: Path) -> None:
    write(base, __dev__vars="A=1\n")
    (base / ".dev.vars").chmod(0)
    assert run(base).problems[0].severity == "error"


def test_a_directory_named_dot_env_is_a_warning(base: Path) -> None:
    (base / ".env").mkdir()
    (problem,) = run(base).problems
    assert problem.severity == "warning"


def test_all_candidates_are_watched_whether_they_exist_or_not(base: Path) -> None:
    assert [path.name for path in run(base, environment="st").files_watched] == [
        ".dev.vars.st",
        ".dev.vars",
        ".env",
        ".env.local",
        ".env.st",
        ".env.st.local",
    ]


@pytest.mark.parametrize(
    "content",
    [f"A={SECRET}\nB=\xff{SECRET}".encode("latin-1"), f"A={SECRET}${{A:-".encode() + b"${X:-" * 100 + b"}" * 101],
)
def test_no_message_ever_holds_a_secret(base: Path, content: bytes) -> None:
    (base / ".env").write_bytes(content)
    outcome = run(base, required=("NOT_THERE",), labels={"A": "KV Namespace"}, process={"P": SECRET})
    assert outcome.problems
    for problem in outcome.problems:
        assert SECRET not in repr(problem)


def test_the_lines_of_a_file_can_be_listed_without_values(base: Path) -> None:
    write(base, __env="# x\nA=1\n\nB=2\nA=3\n")
    assert variable_lines(base / ".env") == (("A", 2), ("B", 4), ("A", 5))


# ---- the environment of the command itself --------------------------------------------------------------


def test_the_command_reads_dot_env_of_the_working_directory(base: Path) -> None:
    write(base, __env="TOKEN=t\nURL=${HOST}/x\nREAL=file\n", __dev__vars="D=1\n")
    environment = command_environment(base, environment=None, process_environment={"HOST": "h", "REAL": "r"})
    assert environment == {"TOKEN": "t", "URL": "h/x", "REAL": "r", "HOST": "h"}


def test_the_command_follows_the_environment_it_was_given(base: Path) -> None:
    write(base, __env="A=1\n", __env__st="A=2\n")
    assert command_environment(base, environment="st", process_environment={})["A"] == "2"
    assert command_environment(base, environment=None, process_environment={"CLOUDFLARE_ENV": "st"})["A"] == "2"
    assert command_environment(base, environment="", process_environment={"CLOUDFLARE_ENV": "st"})["A"] == "1"


def test_the_command_survives_broken_files(base: Path) -> None:
    (base / ".env").mkdir()
    (base / ".env.local").write_bytes(b"A=\xff")
    assert command_environment(base, environment=None, process_environment={"X": "1"}) == {"X": "1"}
