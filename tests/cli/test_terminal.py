"""What a dev session looks like: reports in, lines out."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pywrangler.cli.bindings_table import Row, lay_out, rows
from pywrangler.cli.style import Style, block, problem_block, style_for
from pywrangler.cli.terminal import Terminal
from pywrangler.config.model import (
    Assets,
    Compat,
    DurableObjectBinding,
    OtherBinding,
    Resolved,
    ServiceBinding,
    Variable,
    WorkerConfig,
)
from pywrangler.errors import Place, Problem
from pywrangler.session import reports as say

ROOT = Path("/project")
PLAIN = Style(False)


def resolved(variables=(), files_read=(), **more) -> Resolved:
    worker = WorkerConfig("app", ROOT / "wrangler.jsonc", ROOT / "entry.py", Compat("2026-05-01"), **more)
    return Resolved(worker, tuple(variables), tuple(files_read), ())


class Console:
    def __init__(self, level="log", **environment) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.terminal = Terminal(ROOT, level, environment, self.out, self.err)

    def show(self, report) -> tuple[str, str]:
        self.terminal.show(report)
        return self.out.getvalue(), self.err.getvalue()


def shown(report, level="log") -> str:
    return Console(level).show(report)[0]


# ---- the words that tools wait for


def test_the_ready_line_is_the_one_that_tools_wait_for():
    assert shown(say.Ready("", ("http://localhost:8787",))) == "[wrangler:info] Ready on http://localhost:8787\n"


def test_further_addresses_follow_the_ready_line():
    text = shown(say.Ready("", ("http://0.0.0.0:8787", "http://192.0.2.5:8787")))
    assert text.splitlines() == [
        "[wrangler:info] Ready on http://0.0.0.0:8787",
        "[wrangler:info] - http://192.0.2.5:8787",
    ]


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (say.Starting(), "⎔ Starting local server..."),
        (say.Reloading("", ("src/entry.py",)), "⎔ Reloading local server... because src/entry.py changed"),
        (
            say.Reloading("", ("a.py", "b.py", "c.py")),
            "⎔ Reloading local server... because a.py and 2 more files changed",
        ),
        (say.Updated("", 23.4), "⎔ Local server updated and ready (23ms)"),
        (say.LinkChanged("", "other", "connected", ("REMOTE", "SVC")), "⎔ other [connected] (REMOTE, SVC)"),
        (
            say.LinkChanged("", "tailer", "not connected", ("tail_consumers:tailer",)),
            "⎔ tailer [not connected] (tailer)",
        ),
        (say.ShuttingDown(), "⎔ Shutting down local server..."),
        (say.RequestLine("", "GET", "/env", 200, "OK", 59.6), "[wrangler:info] GET /env 200 OK (60ms)"),
        (say.RequestLine("", "GET", "/", 299, "", 0.2), "[wrangler:info] GET / 299 (0ms)"),
        (say.QueueLine("", "my-q", 1, 2, 3.4), "[wrangler:info] QUEUE my-q 1/2 (3ms)"),
        (say.QueueLine("web", "my-q", 5, 5, 0.4), "[web] [wrangler:info] QUEUE my-q 5/5 (0ms)"),
        (say.Output("", "log", "hello"), "hello"),
        (say.Output("web", "info", "a\nb"), "[web] a\n[web] b"),
        (say.Note("web", "text"), "[web] text"),
    ],
)
def test_lines(report, line):
    assert shown(report) == line + "\n"


def test_warnings_and_errors_of_user_code_are_blocks_on_stderr():
    out, err = Console().show(say.Output("", "error", "Error: boom\n  at line 1"))
    assert out == ""
    assert err == "✘ [ERROR] Error: boom\n\n    at line 1\n\n"
    assert Console().show(say.Output("web", "warn", "careful"))[1] == "[web] ▲ [WARNING] careful\n\n"


def test_what_user_code_writes_to_stderr_stays_as_it_is():
    assert Console().show(say.Output("", "stderr", "raw text")) == ("", "raw text\n")


# ---- levels


@pytest.mark.parametrize(
    ("level", "log", "line", "warning", "error"),
    [
        ("debug", True, True, True, True),
        ("log", True, True, True, True),
        ("info", True, True, True, True),
        ("warn", False, False, True, True),
        ("error", False, False, False, True),
        ("none", False, False, False, False),
    ],
)
def test_levels(level, log, line, warning, error):
    assert bool(shown(say.Output("", "log", "x"), level)) == log
    assert bool(shown(say.RequestLine("", "GET", "/", 200, "OK", 1), level)) == line
    assert bool(shown(say.QueueLine("", "q", 1, 1, 1), level)) == line
    trouble = say.Trouble("", Problem("c", "x", severity="warning"))
    assert bool(Console(level).show(trouble)[1]) == warning
    assert bool(Console(level).show(say.Trouble("", Problem("c", "x")))[1]) == error


def test_debug_notes_are_for_debug_only():
    assert shown(say.Note("", "x", "debug")) == ""
    assert shown(say.Note("", "x", "debug"), "debug") == "x\n"


def test_the_keys_are_shown_at_every_level():
    assert "[x] to exit" in shown(say.Hotkeys(), "none")


# ---- problems


def test_a_problem_shows_place_source_remedy_and_note():
    problem = Problem(
        "syntax", "invalid syntax", "Fix it.", Place(ROOT / "src" / "e.py", 2, 5), excerpt="2 | def (\n  |     ^"
    )
    text = problem_block(PLAIN, problem, ROOT, "still serving")
    assert text == (
        "✘ [ERROR] invalid syntax\n\n  src/e.py:2:5\n    2 | def (\n      |     ^\n\n  Fix it.\n\n  (still serving)\n\n"
    )


def test_a_block_without_details_is_short():
    assert block(PLAIN, "warning", "careful") == "▲ [WARNING] careful\n\n"


# ---- colours


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (Tty(), {}, True),
        (Tty(), {"NO_COLOR": "1"}, False),
        (Tty(), {"NO_COLOR": ""}, True),
        (Tty(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (io.StringIO(), {"FORCE_COLOR": "0"}, False),
    ],
)
def test_colours_are_for_terminals_unless_no_color(stream, environment, coloured):
    assert style_for(stream, environment).is_coloured == coloured


def test_no_color_leaves_no_escape_sequence_on_a_terminal():
    out, err = Tty(), Tty()
    terminal = Terminal(ROOT, "log", {"NO_COLOR": "1"}, out, err)
    for report in (
        say.RequestLine("a", "GET", "/", 500, "x", 1),
        say.Trouble("a", Problem("c", "x")),
        say.Updated("", 1),
    ):
        terminal.show(report)
    assert "\x1b" not in out.getvalue() + err.getvalue()


# ---- the table of bindings


EVERYTHING = resolved(
    variables=[
        Variable("GREETING", "hello", "text", "vars"),
        Variable("LONG", "x" * 50, "text", "vars"),
        Variable("JSON", {"a": [1, 2]}, "json", "vars"),
        Variable("TOKEN", "hunter2", "secret", ".dev.vars"),
        Variable("FLAG", "swordfish", "text", "--var"),
    ],
    durable_objects=(DurableObjectBinding("COUNTER", "Counter"), DurableObjectBinding("REMOTE", "Room", "other")),
    services=(ServiceBinding("SVC", "other", "Named"),),
    others=(
        OtherBinding("ratelimits", "LIMIT", {"simple": {"limit": 10, "period": 60}}),
        OtherBinding("kv_namespaces", "KV", {"id": "abc", "preview_id": "def"}),
        OtherBinding("ai", "AI", {}),
    ),
    assets=Assets(ROOT / "public", "ASSETS"),
)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("text_blobs", "local"),
        ("data_blobs", "local"),
        ("wasm_modules", "not supported"),
        ("pipelines", "not supported"),
        ("worker_loaders", "not supported"),
        ("hyperdrive", "local"),
    ],
)
def test_the_mode_says_whether_a_binding_works(kind, mode):
    (row,) = rows(resolved(others=(OtherBinding(kind, "X", {}),)), {})
    assert row.mode == mode


def test_rows_in_order_with_what_they_lead_to():
    found = [(row.name, row.value, row.resource, row.mode) for row in rows(EVERYTHING, {})]
    assert found == [
        ("COUNTER", "Counter", "Durable Object", "local"),
        ("REMOTE", "Room, defined in other", "Durable Object", "local"),
        ("KV", "def", "KV Namespace", "local"),
        ("SVC", "other#Named", "Worker", "local"),
        ("AI", "", "AI", "not supported"),
        ("LIMIT", "10 requests/60s", "Rate Limit", "local"),
        ("ASSETS", "", "Assets", "local"),
        ("GREETING", '"hello"', "Environment Variable", "local"),
        ("LONG", f'"{"x" * 37}..."', "Environment Variable", "local"),
        ("JSON", '{"a":[1,2]}', "Environment Variable", "local"),
        ("TOKEN", '"(hidden)"', "Environment Variable", "local"),
        ("FLAG", '"(hidden)"', "Environment Variable", "local"),
    ]


def test_columns_are_six_apart():
    table = [Row("COUNTER", "Counter", "Durable Object"), Row("GREETING", '"hello"', "Environment Variable")]
    assert lay_out(table, PLAIN, 120) == [
        "Binding                     Resource                  Mode",
        "env.COUNTER (Counter)       Durable Object            local",
        'env.GREETING ("hello")      Environment Variable      local',
    ]


def test_a_narrow_terminal_gets_values_on_lines_of_their_own():
    table = [Row("REMOTE", "RemoteDO, defined in other-worker", "Durable Object", link="not connected")]
    assert lay_out(table, PLAIN, 60) == [
        "Binding       Resource          Mode",
        "env.REMOTE    Durable Object    local [not connected]",
        "  (RemoteDO, defined in other-worker)",
    ]


def test_the_table_names_the_files_of_secrets_and_explains_links_once():
    console = Console()
    report = say.Bindings("", EVERYTHING, {"REMOTE": "connected", "SVC": "not connected"})
    text = console.show(report)[0]
    assert "Your Worker has access to the following bindings:" in text
    assert "local [connected]" in text
    assert text.count("Bindings to other Workers connect") == 1
    assert console.show(report)[0].count("Bindings to other Workers connect") == 1


def test_files_of_secrets_are_named():
    report = say.Bindings("", resolved(files_read=[ROOT / ".dev.vars", ROOT / "sub" / ".env"]))
    assert shown(report).splitlines() == [
        "Using secrets defined in .dev.vars",
        "Using secrets defined in sub/.env",
    ]


def test_several_workers_have_titles_of_their_own():
    report = say.Bindings("gateway", resolved([Variable("A", "1", "text", "vars")]))
    assert "gateway has access to the following bindings:" in shown(report)


def test_tail_consumers_are_listed_with_their_state():
    text = shown(say.Bindings("", resolved(), {"tail_consumers:tailer": "not connected"}))
    assert "Your Worker is sending Tail events to the following Workers:\n- tailer [not connected]" in text


def test_no_bindings_no_table():
    assert shown(say.Bindings("", resolved())) == ""


def test_hidden_values_appear_at_no_level():
    for level in ("debug", "log", "none"):
        console = Console(level)
        out, err = console.show(say.Bindings("", EVERYTHING))
        assert "hunter2" not in out + err
        assert "swordfish" not in out + err
