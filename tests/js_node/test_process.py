"""The global `process`."""

from __future__ import annotations

import asyncio

import js
import pytest
from pyodide.ffi import JsException

from pywrangler.runtime.js import cloudflare
from pywrangler.runtime.js.node.process import Process


@pytest.fixture
def process():
    """A new one, whose environment was not read yet."""
    yield lambda date="2025-04-01", flags=("nodejs_compat",), env=None: (
        cloudflare.configure(date, flags, js.JSON.parse(env) if env else None),
        Process.new(),
    )[1]
    cloudflare.configure("9999-12-31", ())


ENV = '{"A":"x","J":{"a":1},"N":5,"T":true}'


@pytest.mark.parametrize(
    ("date", "flags", "expected"),
    [
        ("2025-04-01", ("nodejs_compat",), '{"A":"x","J":"{\\"a\\":1}","N":"5","T":"true"}'),
        ("2025-03-31", ("nodejs_compat",), "{}"),
        ("2025-03-31", ("nodejs_compat", "nodejs_compat_populate_process_env"), None),
        ("2025-04-01", ("nodejs_compat", "nodejs_compat_do_not_populate_process_env"), "{}"),
    ],
)
def test_variables_are_texts_from_a_date_on(process, date, flags, expected):
    found = js.JSON.stringify(process(date, flags, ENV).env)
    assert found == expected if expected else "A" in found


def test_values_that_are_set_stay(process):
    found = process(env=ENV)
    found.env.MORE = "1"
    assert (found.env.MORE, found.env.A) == ("1", "x")


def test_the_process_is_that_of_the_platform(process):
    found = process()
    told = [found.version[:4], found.platform, found.arch, found.pid, found.ppid, found.title, list(found.argv)]
    assert told == ["v22.", "linux", "x64", 1, 0, "workerd", ["workerd"]]
    assert (found.cwd(), found.umask(), found.uptime(), found.memoryUsage().rss) == ("/bundle", 18, 0, 0)
    found.chdir("../tmp")
    assert found.cwd() == "/tmp"


def test_time_goes_on(process):
    found = process()
    before = found.hrtime()
    assert found.hrtime.bigint() > before[0] * 10**9
    seconds, nanoseconds = found.hrtime(before)
    assert (seconds, 0 <= nanoseconds < 10**9) == (0, True)


def test_the_next_tick_comes_after_the_code_that_runs(process, run_async):
    async def main():
        seen = []
        process().nextTick(seen.append, "tick")
        seen.append("now")
        await asyncio.sleep(0)
        return seen

    assert run_async(main()) == ["now", "tick"]


def test_exit_fails_the_request(process):
    with pytest.raises(JsException, match=r"The Node\.js process\.exit\(3\) API was called\. Canceling the request\."):
        process().exit(3)
    found = process()
    found.exitCode = 4
    with pytest.raises(JsException, match=r"process\.exit\(4\)"):
        found.exit()


@pytest.mark.parametrize("name", ["kill", "cpuUsage", "binding"])
def test_what_the_platform_has_by_name_only(process, name):
    with pytest.raises(JsException, match=rf"The process\.{name} method is not implemented"):
        getattr(process(), name)(1)


def test_what_is_missing_says_why(process):
    with pytest.raises(AttributeError, match="process has no 'stdin' here, only in production"):
        process().stdin  # noqa: B018
    with pytest.raises(AttributeError, match="process has no 'nothing'"):
        process().nothing  # noqa: B018


def test_modules_and_events(process, node, capsys):
    found, seen = process(), []
    assert found.getBuiltinModule("node:path") is node("path")
    assert found.getBuiltinModule("nothing") is None
    found.on("x", seen.append)
    found.emit("x", 1)
    found.stdout.write("out\n")
    assert (seen, capsys.readouterr().out) == ([1], "out\n")


def test_the_global_is_there_with_nodejs_compat_only(node):
    assert js.process is node("process").default
    assert node("process").version == js.process.version
