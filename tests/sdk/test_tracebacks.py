"""What people see of an exception of their code."""

from __future__ import annotations

import asyncio
import linecache
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workers._face import FACE

from pywrangler.runtime import tracebacks
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.proxy import JsPromise


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return `run(source, name, call)`: raises from code of a project and gives the exception."""
    monkeypatch.chdir(tmp_path)
    linecache.clearcache()

    def run(source: str, **names) -> BaseException:
        path = tmp_path / "src/entry.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        try:
            exec(compile(source, str(path), "exec"), names)
            names["main"]()
        except BaseException as problem:
            return problem.with_traceback(problem.__traceback__.tb_next)
        raise AssertionError("nothing was raised")

    run.root = tmp_path
    return run


def test_terminal_shows_headline_then_place_that_can_be_clicked(project):
    problem = project("def main():\n    inner()\n\ndef inner():\n    raise ValueError('boom')\n")
    lines = tracebacks.format_for_terminal(problem, project.root).splitlines()
    assert lines[0] == "ValueError: boom"
    assert lines[1] == "    at src/entry.py:5 in inner"
    assert lines[2].strip() == "raise ValueError('boom')"
    assert "    at src/entry.py:2 in main" in lines


def test_path_outside_of_working_directory_stays_absolute(project, monkeypatch, tmp_path):
    problem = project("def main():\n    1 / 0\n")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert f"at {tmp_path}/src/entry.py:2 in main" in tracebacks.format_for_terminal(problem, project.root)


def test_failing_part_of_line_is_marked(project):
    problem = project("def main():\n    return 1 + [][2]\n")
    text = tracebacks.format_for_terminal(problem, project.root)
    assert "return 1 + [][2]\n                   ^^^^^" in text


def test_frames_of_libraries_are_counted_not_listed(project):
    source = "def call(f):\n    f()\n"
    names: dict = {}
    path = project.root / "node/site-packages/library/core.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    exec(compile(source, str(path), "exec"), names)
    problem = project("def main():\n    call(inner)\n\ndef inner():\n    raise KeyError('x')\n", call=names["call"])
    text = tracebacks.format_for_terminal(problem, project.root)
    assert "core.py" not in text
    assert "(1 more frame in library)" in text


def test_mistake_of_user_does_not_show_our_frames(project):
    problem = project("def main():\n    headers.append('bad name', 'x')\n", headers=Headers.new())
    text = tracebacks.format_for_terminal(problem, project.root)
    assert "TypeError: Invalid header name." in text
    assert "headers.py:" not in text
    assert "in pywrangler" in text


def test_without_a_frame_of_the_project_those_of_libraries_are_shown_but_none_of_ours(project):
    names: dict = {}
    path = project.root / "node/site-packages/library/core.py"
    path.parent.mkdir(parents=True)
    path.write_text("def call(headers):\n    headers.append('bad name', 'x')\n")
    exec(compile(path.read_text(), str(path), "exec"), names)
    problem = project("def main():\n    call(headers)\n", call=names["call"], headers=Headers.new())
    text = tracebacks.format_for_terminal(problem.with_traceback(problem.__traceback__.tb_next), project.root)
    assert "core.py:2 in call" in text
    assert "headers.py:" not in text


def test_message_of_ours_that_no_code_of_the_project_led_to_shows_no_frames(project):
    def ours() -> JsException:
        try:
            Headers.new().append("bad name", "x")
        except JsException as problem:
            return problem.with_traceback(problem.__traceback__.tb_next)
        raise AssertionError("nothing was raised")

    text = tracebacks.format_for_terminal(ours(), project.root)
    assert text.startswith("TypeError: Invalid header name.")
    assert "headers.py:" not in text


def test_bug_of_ours_shows_our_frames(project):
    problem = project("def main():\n    headers.pairs()\n", headers=object.__new__(Headers))
    text = tracebacks.format_for_terminal(problem, project.root)
    assert "runtime/js/headers.py:" in text


HANDLING = """\
def main():
    try:
        1 / 0
    except ZeroDivisionError as e:
        raise ValueError("no") {cause}
"""


def test_failure_of_what_we_await_is_no_bug_of_ours(project):
    async def main():
        await JsPromise.start(failing())

    async def failing():
        raise JsException("Error", "no")

    problem = project("def main():\n    run(work())\n", run=asyncio.run, work=main)
    text = tracebacks.format_for_terminal(problem, project.root)
    assert "proxy.py:" not in text
    assert "src/entry.py:2" in text


def test_handler_with_wrong_signature_is_shown_by_its_definition(project):
    class Handlers:
        def __call__(self, function):
            FACE.call(function, (1,), relaxed=True)

    source = "def main():\n    call(fetch)\n\n@same\ndef fetch(request, env):\n    pass\n"
    problem = project(source, call=Handlers(), same=lambda function: function)
    lines = tracebacks.format_for_terminal(problem, project.root).splitlines()
    assert "missing 1 required positional argument: 'env'" in lines[0]
    assert lines[1:3] == ["    at src/entry.py:5 in fetch", "        def fetch(request, env):"]


def test_cause_is_shown_below(project):
    source = HANDLING.format(cause="from e")
    text = tracebacks.format_for_terminal(project(source), project.root)
    assert text.index("ValueError: no") < text.index("caused by: ZeroDivisionError: division by zero")


def test_error_raised_from_none_hides_what_was_handled(project):
    source = HANDLING.format(cause="from None")
    assert "ZeroDivisionError" not in tracebacks.format_for_terminal(project(source), project.root)


def test_members_of_group_are_shown(project):
    text = tracebacks.format_for_terminal(
        project("def main():\n    raise ExceptionGroup('many', [ValueError('a'), KeyError('b')])\n"), project.root
    )
    assert "one of the group: ValueError: a" in text
    assert "one of the group: KeyError: 'b'" in text


REMOTE = 'Traceback (most recent call last):\n  File "/b/src/entry.py", line 9, in increment\nValueError: remote\n'


def test_remote_python_error_shows_local_frames_above_remote_traceback(project):
    problem = project("def main():\n    raise failure\n", failure=JsException("PythonError", REMOTE))
    lines = tracebacks.format_for_terminal(problem, project.root).splitlines()
    assert lines[0] == "ValueError: remote"
    assert lines[1] == "    at src/entry.py:2 in main"
    assert any("/b/src/entry.py" in line for line in lines[3:])


def test_remote_stack_of_javascript_error_is_shown(project):
    failure = JsException("Error", "no", "Error: no\n    at increment (worker.js:1:2)", {"remote": True})
    problem = project("def main():\n    raise failure\n", failure=failure)
    text = tracebacks.format_for_terminal(problem, project.root)
    assert text.index("src/entry.py:2") < text.index("worker.js:1:2")


def test_local_javascript_error_has_no_remote_part(project):
    problem = project("def main():\n    raise failure\n", failure=error("no"))
    assert "other side" not in tracebacks.format_for_terminal(problem, project.root)


def test_os_error_of_fetch_shows_the_remote_traceback_once(project):
    failure = OSError(REMOTE)
    failure.__cause__ = JsException("PythonError", REMOTE)
    text = tracebacks.format_for_terminal(project("def main():\n    raise failure\n", failure=failure), project.root)
    assert text.startswith("ValueError: remote\n    at src/entry.py:2")
    assert text.count("/b/src/entry.py") == 1


def test_error_that_cannot_be_printed_is_shown_all_the_same(project):
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError

    problem = project("def main():\n    raise failure\n", failure=Broken())
    assert "src/entry.py:2" in tracebacks.format_for_terminal(problem, project.root)


def test_of_an_endless_recursion_both_ends_are_shown(project):
    problem = project("def main():\n    inner(1)\n\ndef inner(n):\n    inner(n + 1)\n")
    text = tracebacks.format_for_terminal(problem, project.root)
    assert "in main" in text
    assert 10 < text.count("in inner") < 40
    assert re.search(r"\(\d+ more frames in the project\)", text)


def test_links_without_frames_of_the_project_list_none_if_others_have_some(project):
    problem = project("import json\n\ndef main():\n    try:\n        json.loads('{')\n    finally:\n        1 / 0\n")
    problem.__cause__ = OSError("of a library")
    lines = tracebacks.format_for_terminal(problem, project.root).splitlines()
    cause = lines.index("caused by: OSError: of a library")
    assert "    at src/entry.py:7 in main" in lines[:cause]
    assert not any("    at " in line for line in lines[cause:])


def test_syntax_error_at_run_time_is_one_line(project):
    problem = project("def main():\n    eval('1 +')\n")
    lines = tracebacks.format_for_terminal(problem, project.root).splitlines()
    assert lines[0] == "SyntaxError: invalid syntax (<string>, line 1)"


def test_prefix_says_how_an_error_was_met(project):
    problem = project("def main():\n    1 / 0\n")
    assert tracebacks.format_for_terminal(problem, project.root, "Uncaught ").startswith("Uncaught ZeroDivisionError")


def test_text_for_the_other_side_has_no_frames_of_ours(project):
    source = "import js\n\ndef main():\n    try:\n        js.JSON.parse('{')\n"
    problem = project(source + "    except Exception as e:\n        raise ValueError('mine') from e\n")
    text = FACE.error_text(problem)
    assert "src/entry.py" in text
    assert "pyodide.ffi.JsException: SyntaxError" in text
    assert "json.py" not in text


def test_plain_body_looks_like_a_stack(project):
    problem = project("def main():\n    raise ValueError('boom')\n")
    assert tracebacks.format_plain(problem, project.root) == "ValueError: boom\n    at main (src/entry.py:2)\n"


def test_plain_body_needs_no_root():
    try:
        raise ValueError("boom")
    except ValueError as problem:
        text = tracebacks.format_plain(problem)
    assert text.startswith("ValueError: boom\n    at test_plain_body_needs_no_root (")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, _ in attrs:
            assert name not in ("src", "href", "onerror", "onload")

    def handle_data(self, data):
        self.text += data


def page(problem: BaseException, root: Path) -> _Page:
    parser = _Page()
    parser.feed(tracebacks.format_page(problem, root))
    return parser


def test_page_shows_message_place_and_source(project):
    problem = project("VALUE = 1\n\ndef main():\n    raise ValueError('boom')\n\nLAST = 2\n")
    shown = page(problem, project.root)
    for part in ("ValueError: boom", "src/entry.py:4", "VALUE = 1", "raise ValueError('boom')", "LAST = 2"):
        assert part in shown.text


def test_page_fetches_nothing(project):
    text = tracebacks.format_page(project("def main():\n    1 / 0\n"), project.root)
    assert "http" not in text
    assert "url(" not in text
    assert "@import" not in text


@given(st.text())
def test_page_escapes_every_message(message):
    try:
        raise ValueError(f"<script>{message}</script><img src=x onerror=alert(1)>")
    except ValueError as problem:
        shown = page(problem, Path("/nowhere"))
    assert "script" not in shown.tags
    assert "img" not in shown.tags


def test_page_escapes_source_and_remote_text(project):
    failure = JsException("Error", "no", "Error: no\n    at <b>x</b>")
    shown = page(project("def main():\n    raise failure  # <u>\n", failure=failure), project.root)
    assert "u" not in shown.tags
    assert shown.tags.count("b") == 1  # our own heading
    assert "<b>x</b>" in shown.text


def test_syntax_error_has_place_and_caret(tmp_path):
    path = tmp_path / "entry.py"
    path.write_text("x = 1\ndef f(:\n    pass\n")
    with pytest.raises(SyntaxError) as caught:
        compile(path.read_text(), str(path), "exec")
    problem = tracebacks.syntax_problem(caught.value, tmp_path)
    assert problem.code == "syntax-error"
    assert problem.what == "SyntaxError: invalid syntax"
    assert str(problem.place) == f"{path}:2:7"
    assert problem.excerpt == "1 | x = 1\n2 | def f(:\n  |       ^"


def test_indentation_error_keeps_its_name(tmp_path):
    path = tmp_path / "entry.py"
    path.write_text("def f():\npass\n")
    with pytest.raises(IndentationError) as caught:
        compile(path.read_text(), str(path), "exec")
    assert tracebacks.syntax_problem(caught.value, tmp_path).what.startswith("IndentationError: ")


def test_missing_module_names_line(project):
    problem = project("def main():\n    import missing_thing.part\n")
    found = tracebacks.syntax_problem(problem, project.root)
    assert found.code == "import-error"
    assert "missing_thing" in found.what
    assert str(found.place).endswith("src/entry.py:2:5")


def test_any_error_while_loading_points_at_innermost_line_of_project(project):
    problem = project("def main():\n    helper()\n\ndef helper():\n    return undefined_name\n")
    found = tracebacks.syntax_problem(problem, project.root)
    assert found.code == "load-error"
    assert str(found.place).endswith("src/entry.py:5:12")
    assert found.excerpt.splitlines()[-1] == "  |            ^^^^^^^^^^^^^^"


def test_error_without_frames_of_project_has_no_place():
    found = tracebacks.syntax_problem(ValueError("x"), Path("/nowhere"))
    assert found.place is None
    assert found.what == "ValueError: x"


@given(st.binary(max_size=200))
def test_every_source_that_does_not_compile_gives_a_problem(tmp_path_factory, source):
    try:
        compile(source, "<made up>", "exec")
    except (SyntaxError, ValueError) as failure:
        problem = tracebacks.syntax_problem(failure, Path("/nowhere"))
        assert problem.what


def test_caret_stands_below_its_column_behind_tabs(tmp_path):
    path = tmp_path / "tabs.py"
    path.write_text("\tx = é + 1\n")
    linecache.clearcache()
    shown = tracebacks.excerpt(str(path), 1, 6)
    assert re.fullmatch(r"1 \| \tx = é \+ 1\n  \| \t    \^", shown)
