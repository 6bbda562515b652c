"""Command lines: what is understood, what is refused, and in which words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywrangler import __version__
from pywrangler.cli.app import run
from pywrangler.cli.arguments import adapt
from pywrangler.cli.dev import parser
from pywrangler.cli.flags import UsageError


@pytest.fixture(autouse=True)
def steady(monkeypatch, tmp_path):
    for name in ("WRANGLER_LOG", "CLOUDFLARE_ENV", "CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("WRANGLER_REGISTRY_PATH", str(tmp_path / "registry"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("words", [["--version"], ["-v"]])
def test_the_version_is_one_line(words, capsys):
    assert run(words) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_the_overview_names_every_command(words, capsys):
    assert run(words) == 0
    out = capsys.readouterr().out
    assert "  dev " in out
    assert "  vars " in out


def test_a_command_has_help_of_its_own(capsys):
    assert run(["dev", "--help"]) == 0
    assert "--persist-to" in capsys.readouterr().out


def test_a_misspelt_command_is_an_error_with_a_suggestion(capsys):
    assert run(["dve"]) == 1
    out, err = capsys.readouterr()
    assert err == '✘ [ERROR] Unknown argument: dve\n\n  Did you mean "pywrangler dev"?\n\n'
    assert "Usage:" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dev", "--hots", "x"], "Unknown argument: hots\n\n  Did you mean --host?"),
        (["dev", "--per", "x"], "Unknown argument: per"),
        (["dev", "a.py", "b.py"], "Unknown argument: b.py"),
        (["dev", "--port"], "Argument --port: expected one argument"),
        (["dev", "--port", "70000"], "Argument --port: invalid port value: '70000'"),
        (["dev", "--port", "x"], "Argument --port: invalid port value: 'x'"),
        (["dev", "--local-protocol", "ftp"], "Argument --local-protocol: invalid choice: 'ftp'"),
        (
            ["dev", "--cwd", "a", "--cwd", "b"],
            'The argument "--cwd" expects a single value, but received multiple: "a", "b".',
        ),
        (["dev", "-e", "a", "--env", "b"], 'The argument "--env" expects a single value'),
    ],
)
def test_usage_errors_come_with_the_help_and_1(words, message, capsys):
    assert run(words) == 1
    out, err = capsys.readouterr()
    assert f"✘ [ERROR] {message}" in err
    assert "usage: pywrangler dev" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dev", "--remote"], "There is no remote mode"),
        (["dev", "--cwd", "nowhere"], 'The directory "nowhere" of --cwd cannot be entered'),
        (["dev"], "No configuration found"),
    ],
)
def test_errors_of_the_start_are_told_without_a_traceback(words, message, capsys):
    assert run(words) == 1
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err


def test_a_wrong_log_level_in_the_environment_is_an_error(monkeypatch, capsys):
    monkeypatch.setenv("WRANGLER_LOG", "loud")
    assert run(["dev"]) == 1
    assert 'WRANGLER_LOG is one of debug, info, log, warn, error, none, not "loud"' in capsys.readouterr().err


def test_https_is_refused_in_clear_words(tmp_path, capsys):
    write_config(tmp_path)
    assert run(["dev", "--local-protocol", "https", "--port", "0"]) == 1
    assert "https" in capsys.readouterr().err


# ---- flags of wrangler


# Command lines of `dev`, and what comes of them; None for an error. Recorded from yargs 17.7.2, which is in wrangler
# 4.164, with the options as wrangler declares them (`type`, `alias`, `array`, `requiresArg`) and `strict()`.
YARGS: list[tuple[str, dict[str, object] | None]] = [
    ("--var A:1 B:2", {"var": ["A:1", "B:2"]}),
    ("--var A:1 B:2 src/e.py", {"var": ["A:1", "B:2", "src/e.py"]}),
    ("src/e.py --var A:1 B:2", {"script": "src/e.py", "var": ["A:1", "B:2"]}),
    ("--var=A:1 B:2", {"var": ["A:1", "B:2"]}),
    ("--var A:1 --var B:2", {"var": ["A:1", "B:2"]}),
    ("--var", None),
    ("--var --types", None),
    ("--env-file a b --port 5", {"env_file": ["a", "b"], "port": 5}),
    ("--envFile a", {"env_file": ["a"]}),
    ("--routes a b", {"routes": ["a", "b"]}),
    ("--route a b", {"routes": ["a", "b"]}),
    ("--compatibilityFlags a b", {"compatibility_flags": ["a", "b"]}),
    ("--test-scheduled false", {}),
    ("--test-scheduled=false", {}),
    ("--test-scheduled true x.py", {"script": "x.py", "test_scheduled": True}),
    ("--test-scheduled x.py", {"script": "x.py", "test_scheduled": True}),
    ("--testScheduled", {"test_scheduled": True}),
    ("--no-test-scheduled", {}),
    ("--no-testScheduled", {}),
    ("--infer-origin-from-routes false", {"infer_origin_from_routes": False}),
    ("--infer-origin-from-routes=false", {"infer_origin_from_routes": False}),
    ("--infer-origin-from-routes FALSE", {"script": "FALSE", "infer_origin_from_routes": True}),
    ("--infer-origin-from-routes=FALSE", {"infer_origin_from_routes": False}),
    ("--infer-origin-from-routes=foo", {"infer_origin_from_routes": False}),
    ("--no-infer-origin-from-routes", {"infer_origin_from_routes": False}),
    ("--no-types true", {"script": "true", "types": False}),
    ("--types=", {"types": False}),
    ("--minify false x.py", {"script": "x.py"}),
    ("--latest", {}),
    ("--no-latest", {}),
    ("--latest false", {}),
    ("--name a", {"name": "a"}),
    ("--name=a", {"name": "a"}),
    ("--name", None),
    ("--name -x", None),
    ("--port 5 x.py", {"script": "x.py", "port": 5}),
    ("--port=5", {"port": 5}),
    ("--var -5 A:1", {"var": ["-5", "A:1"]}),
    ("--local false", {}),
    ("-l false x.py", {"script": "x.py"}),
    ("-l", {}),
    ("-l=false", {}),
    ("--name a b", {"script": "b", "name": "a"}),
    ("--var A:1 --types false B:2", {"script": "B:2", "var": ["A:1"], "types": False}),
    ("--nme x", None),
    ("--var=A:1 --var=B:2", {"var": ["A:1", "B:2"]}),
    ("--env-file=a", {"env_file": ["a"]}),
    ("--types true", {"types": True}),
    ("--types TRUE", {"script": "TRUE", "types": True}),
    ("--no-minify=false", None),
    ("--test-scheduled false false", {"script": "false"}),
]
WITHOUT_FLAGS = {
    "script": None, "var": [], "env_file": [], "routes": None, "compatibility_flags": None, "name": None, "port": None,
    "infer_origin_from_routes": True, "types": False, "test_scheduled": False,
}  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), YARGS)
def test_command_lines_are_read_as_wrangler_reads_them(line, expected):
    try:
        options = vars(parser("dev").parse(line.split()))
    except UsageError:
        assert expected is None
        return
    assert expected is not None
    found = {name: options[name] for name in WITHOUT_FLAGS}
    assert {**found, "script": str(found["script"]) if found["script"] else None} == WITHOUT_FLAGS | expected


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("--no-bundle --minify", ["--minify"]),
        ("--bundle --no-minify", ["--bundle"]),
        ("--inspector-port 9229 --ip x", ["--inspector-port"]),
        ("--inspector-port=9229", ["--inspector-port"]),
        ("--httpsKeyPath x", ["--https-key-path"]),
        ("--tunnel --tunnel", ["--tunnel"]),
        ("--tunnel false --live-reload=false", []),
        ("--tunnel-allowed-mail a@b.c d@e.f --latest true", ["--tunnel-allowed-mail", "--latest"]),
        ("--define a:1 b:2 --alias", ["--define", "--alias"]),
        ("--profile work --install-skills", ["--profile", "--install-skills"]),
        ("-l false", []),
        ("-l", ["-l"]),
    ],
)
def test_flags_without_an_effect_are_left_out_and_told_once(line, names):
    options = parser("dev").parse(line.split())
    assert [name for name, _ in options.ignored] == names
    assert options.script is None


@pytest.mark.parametrize(
    "words",
    [
        ["--live-reload"], ["--tunnel"], ["--https-key-path", "k"], ["--https-cert-path", "c"],
        ["--local-upstream", "x"], ["--enable-containers"], ["--inspector-port", "5"], ["--site", "x"],
    ],
)  # fmt: skip
def test_what_somebody_may_miss_is_said_loudly_with_what_to_do(words, capsys):
    assert run(["dev", *words]) == 1
    out, err = capsys.readouterr()
    assert (out + err).count(f"{words[0]} has no effect here: ") == 1


def test_what_means_nothing_to_python_is_passed_over(capsys):
    assert run(["dev", "--minify", "--latest", "--jsx-factory", "h", "--define", "A:1", "--profile", "x"]) == 1
    out, err = capsys.readouterr()
    assert "has no effect" not in out + err


@pytest.mark.parametrize(
    "words",
    [
        ["types", "--include-runtime", "false", "--check"],
        ["vars", "--json", "--var", "A:1", "B:2", "--profile", "x"],
        ["d1", "--profile", "x", "execute", "DB", "--command", "SELECT 1", "--json", "true", "--local", "true"],
        ["r2", "-J", "eu", "object", "get", "b/k", "--pipe", "false", "--install-skills"],
        ["kv", "key", "get", "k", "--namespaceId", "x", "--text", "false"],
        ["kv", "--preview", "false", "--namespaceId", "x", "key", "get", "k"],
        ["--profile", "x", "--install-skills", "false", "--envFile", ".x", "secret", "list"],
    ],
)
def test_every_command_reads_flags_in_this_way(words, capsys):
    write_config(Path.cwd())
    run(words)
    assert "Unknown argument" not in capsys.readouterr().err


@pytest.mark.parametrize("word", ["test", "deploy", "publish", "login", "tail", "whoami", "x"])
def test_a_command_of_wrangler_gets_no_far_fetched_suggestion(word, capsys):
    assert run([word]) == 1
    assert "Did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--lates", "--sute", "--bla", "--remove-all"])
def test_a_flag_gets_no_far_fetched_suggestion(flag, capsys):
    assert run(["dev", flag]) == 1
    assert "Did you mean" not in capsys.readouterr().err


@settings(deadline=None)
@given(st.lists(st.sampled_from(["--ip=1", "--name", "x", "--minify", "--types=false", "--define", "a:b", "--", "-5"])))
def test_reading_twice_changes_nothing_more(words):
    it = parser("dev")
    kept, _ = adapt(words, it.kinds(), it.ignored)
    assert adapt(kept, it.kinds(), it.ignored) == (kept, ()) or "--" in words


def test_values_of_the_flags():
    words = [
        "-c",
        "a.jsonc",
        "-c",
        "b.jsonc",
        "--var",
        "A:b:c",
        "--var",
        "D",
        "--env-file",
        ".x",
        "--port",
        "0",
        "--test-scheduled",
        "-e",
        "stage",
        "main.py",
    ]
    options = parser("dev").parse(words)
    assert options.config == [Path("a.jsonc"), Path("b.jsonc")]
    assert options.var == ["A:b:c", "D"]
    assert (options.port, options.env, options.script) == (0, "stage", Path("main.py"))
    assert options.test_scheduled
    assert not options.strict_limits
    assert options.show_interactive_dev_session


# ---- vars


def write_config(directory: Path) -> None:
    content = {
        "name": "app",
        "main": "entry.py",
        "compatibility_date": "2026-05-01",
        "compatibility_flags": ["python_workers"],
        "vars": {"GREETING": "hello", "TOKEN": "public"},
    }
    (directory / "wrangler.jsonc").write_text(json.dumps(content, indent=2))
    (directory / "entry.py").write_text("")
    (directory / ".dev.vars").write_text("# comment\nTOKEN=hunter2\n")


def test_vars_tells_sources_and_hides_secrets(tmp_path, capsys):
    write_config(tmp_path)
    assert run(["vars", "--explain", "--var", "EXTRA:swordfish"]) == 0
    out = capsys.readouterr().out
    assert "Variables of app" in out
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert lines["GREETING"][:2] == ["GREETING", '"hello"']
    assert lines["GREETING"][2].startswith("wrangler.jsonc:")
    assert lines["TOKEN"][1:3] == ["(hidden)", ".dev.vars:2"]
    assert lines["TOKEN"][3].startswith("vars")
    assert lines["EXTRA"][1:3] == ["(hidden)", "--var"]
    assert "hunter2" not in out
    assert "swordfish" not in out


def test_vars_as_json(tmp_path, capsys):
    write_config(tmp_path)
    assert run(["--cwd", str(tmp_path), "vars", "--json"]) == 0
    out = capsys.readouterr().out
    found = json.loads(out)
    assert found["worker"] == "app"
    by_name = {item["name"]: item for item in found["variables"]}
    assert by_name["GREETING"]["value"] == "hello"
    assert by_name["TOKEN"]["value"] is None
    assert by_name["TOKEN"]["file"] == ".dev.vars"
    assert by_name["TOKEN"]["line"] == 2
    assert "hunter2" not in out


def test_vars_of_a_broken_config_tells_the_place(tmp_path, capsys):
    (tmp_path / "wrangler.jsonc").write_text('{\n  "name": 5\n}')
    assert run(["vars"]) == 1
    assert "wrangler.jsonc:2" in capsys.readouterr().err


# ---- the program


@pytest.mark.processes
def test_the_program_runs_as_a_module(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pywrangler", "--version"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == f"{__version__}\n"


@pytest.mark.processes
def test_neither_help_nor_dev_import_what_they_do_not_need():
    code = (
        "import sys\n"
        "from pywrangler.cli.app import run\n"
        "run(['--help'])\n"
        "assert 'argparse' not in sys.modules and 'msgspec' not in sys.modules\n"
        "import pywrangler.cli.dev\n"
        "print({'asyncio', 'rich', 'typer', 'aiohttp', 'ssl', 'watchfiles', 'uvloop'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "NO_COLOR": "1"}
    )
    assert done.stdout.splitlines()[-1] == "set()"
