"""`pyodide.code` and `pyodide.console`: running Python that comes as text."""

from __future__ import annotations

import ast
import asyncio
import sys

import pytest
from pyodide.code import (
    CodeRunner,
    eval_code,
    eval_code_async,
    find_imports,
    relaxed_call,
    relaxed_wrap,
    run_js,
    should_quiet,
)
from pyodide.console import BANNER, Console, PyodideConsole, repr_shorten, shorten


@pytest.mark.parametrize(
    ("source", "quiet"),
    [("1;", True), ("1", False), ("1 ; # c", True), ("1 # ;", False), ("'#';", True), ("';'", False), ("", False)],
)
def test_a_semicolon_at_the_end_quiets(source, quiet):
    assert should_quiet(source) is quiet


def test_what_is_returned_can_be_chosen():
    assert eval_code("x = 4", return_mode="last_expr_or_assign") == 4
    assert eval_code("x: int = 4", return_mode="last_expr_or_assign") == 4
    assert eval_code("x = 1\nx += 2", return_mode="last_expr_or_assign") == 3
    assert eval_code("a, b = 1, 2", return_mode="last_expr_or_assign") is None
    assert eval_code("x = 4") is None
    assert eval_code("4", return_mode="none") is None
    assert eval_code("4;", quiet_trailing_semicolon=False) == 4


def test_namespaces_are_those_given_and_hold_nothing_else():
    outer, inner = {"x": 20}, {"y": 5}
    assert eval_code("z = x + y\nz", outer, inner) == 25
    assert inner == {"y": 5, "z": 25}
    assert set(outer) == {"x", "__builtins__"}


def test_indented_source_is_dedented_and_errors_name_the_file():
    assert eval_code("    x = 1\n    x") == 1
    with pytest.raises(SyntaxError) as caught:
        eval_code("x = (", filename="mine.py")
    assert caught.value.filename == "mine.py"


def test_a_runner_goes_step_by_step():
    runner = CodeRunner("1 + 2")
    with pytest.raises(RuntimeError, match="Not yet compiled"):
        runner.run()
    runner.ast.body[0].value.op = ast.Mult()
    assert runner.compile() is runner
    assert (runner.run(), runner.run()) == (2, 2)
    with pytest.raises(RuntimeError, match="Already compiled"):
        runner.compile()


def test_top_level_await_needs_the_asynchronous_form(run_async):
    source = "import asyncio\nawait asyncio.sleep(0)\n7"
    runner = CodeRunner(source, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).compile()
    with pytest.raises(RuntimeError, match="TOP_LEVEL_AWAIT"):
        runner.run()
    assert run_async(runner.run_async()) == 7
    assert run_async(eval_code_async("1")) == 1


def test_find_imports_dedents():
    assert find_imports("  import a.b, c\n  from d.e import f") == ["a", "c", "d"]


def test_extra_arguments_are_dropped():
    def plain(a, b=2, *, c=3):
        return a, b, c

    assert relaxed_call(plain, 1, 5, 9, c=4, d=6) == (1, 5, 4)
    assert relaxed_wrap(plain)(1, e=7) == (1, 2, 3)
    assert relaxed_call(lambda *a, **k: (a, k), 1, 2, x=3) == ((1, 2), {"x": 3})
    with pytest.raises(TypeError):
        relaxed_call(plain)


def test_javascript_is_text_or_a_type_error():
    with pytest.raises(TypeError, match="should have type 'string' not type 'int'"):
        run_js(5)


# ---- the console ------------------------------------------------------------------------------------------


async def lines(console, *pushed):
    """Return for each line: its check, and its result or the last line of its error."""
    seen = []
    for line in pushed:
        future = console.push(line)
        try:
            seen.append((future.syntax_check, await future))
        except BaseException:
            seen.append((future.syntax_check, future.formatted_error.splitlines()[-1]))
    return seen


def test_lines_run_when_they_are_complete(run_async):
    seen = run_async(lines(Console(), "def f():", "  return 5", "", "f()", "x = 3", "(", "x)", "# nothing", ""))
    assert seen == [
        *(("incomplete", None), ("incomplete", None), ("complete", None), ("complete", 5), ("complete", None)),
        *(("incomplete", None), ("complete", 3), ("complete", None), ("complete", None)),
    ]


def test_lines_may_await_and_keep_their_order(run_async):
    async def main():
        console = Console()
        await console.push("import asyncio")
        return await asyncio.gather(console.push("await asyncio.sleep(0.01, 'first')"), console.push("'second'"))

    assert run_async(main()) == ["first", "second"]


def test_errors_show_the_lines_of_the_console_only(run_async):
    async def main():
        console = Console()
        failing = console.push("1/0")
        with pytest.raises(ZeroDivisionError):
            await failing
        wrong = console.push("a b")
        with pytest.raises(SyntaxError):
            await wrong
        return failing.formatted_error, wrong.formatted_error, wrong.syntax_check

    failing, wrong, check = run_async(main())
    assert failing == (
        'Traceback (most recent call last):\n  File "<console>", line 1, in <module>\n'
        "ZeroDivisionError: division by zero\n"
    )
    assert wrong.startswith('  File "<console>", line 1\n    a b\n')
    assert check == "syntax-error"


def test_streams_go_to_the_callbacks_while_a_line_runs(run_async):
    async def main():
        seen = []
        console = Console(stdout_callback=seen.append, stderr_callback=seen.append, stdin_callback=lambda _n: "typed\n")
        await lines(console, "import sys", "print('out')", "sys.stderr.write('err')", "print(input())")
        with console.redirect_streams(), console.redirect_streams():
            print("inside")
        return "".join(seen)

    before = sys.stdout
    assert run_async(main()) == "out\nerrtyped\ninside\n"
    assert sys.stdout is before


def test_streams_may_stay_redirected(run_async):
    async def main():
        seen = []
        console = PyodideConsole(stdout_callback=seen.append, persistent_stream_redirection=True)
        print("kept")
        console.persistent_restore_streams()
        console.persistent_restore_streams()
        return "".join(seen)

    assert run_async(main()) == "kept\n"


def test_future_statements_hold_for_the_lines_that_follow(run_async):
    seen = run_async(
        lines(Console(), "from __future__ import annotations", "def f(a: nowhere): pass", "", "f.__annotations__")
    )
    assert seen[-1] == ("complete", {"a": "nowhere"})


def test_words_are_completed(run_async):
    async def main():
        console = Console({"value": 1})
        return console.complete("str.isa"), console.complete("a = val")

    assert run_async(main()) == ((["str.isalnum(", "str.isalpha(", "str.isascii("], 0), (["value"], 4))


def test_long_values_are_shortened_in_their_middle():
    assert repr_shorten("abcdefg", limit=8, separator="_") == "'abc_efg'"
    assert [repr_shorten(123456789, limit=n, separator="_") for n in (4, 6, 9)] == ["12_89", "123_789", "123456789"]
    assert shorten("abcdefg", limit=6, split=1, separator="_") == "a_g"
    with pytest.raises(ValueError, match="greater than or equal to 4"):
        repr_shorten(1, limit=3)
    assert BANNER.splitlines()[1].startswith('Type "help"')
