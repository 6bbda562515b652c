"""`pywrangler run`: a command beside Workers that live as long as it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from pywrangler.cli.app import run
from pywrangler.session.errand import url_variables
from tests.processes.dev import CALLER, CALLER_CONFIG, COMMAND, COUNTER, COUNTER_CONFIG, HELLO, Project, is_alive

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 30
PYTHON = sys.executable
GET = "import os, urllib.request; print(urllib.request.urlopen(os.environ['PYWRANGLER_URL']).read().decode())"


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    yield made
    made.close()


def environment(project: Project, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDFLARE_", "PYWRANGLER_"))}
    return {**kept, "WRANGLER_REGISTRY_PATH": str(project.registry), "NO_COLOR": "1", **more}


def run_beside(project: Project, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words],
        cwd=project.root,
        env=environment(project, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def test_every_worker_has_a_variable_and_the_first_has_two():
    assert url_variables({"my-api.v2": "http://a", "web": "http://b"}) == {
        "PYWRANGLER_URL": "http://a",
        "PYWRANGLER_URL_MY_API_V2": "http://a",
        "PYWRANGLER_URL_WEB": "http://b",
    }


def test_the_command_reaches_the_worker_and_nothing_else_is_printed(project):
    project.worker("hello", HELLO)
    done = run_beside(project, "run", "-c", "hello/wrangler.jsonc", "--", PYTHON, "-c", GET)
    assert (done.returncode, done.stdout, done.stderr) == (0, "one\n", "")


def test_without_configs_those_run_that_dev_would_run(project):
    project.worker("hello", HELLO)
    done = run_beside(project, "run", "--", PYTHON, "-c", GET)
    assert (done.returncode, done.stdout) == (0, "one\n")


def test_workers_find_each_other_before_the_command_begins(project):
    project.worker("backend", COUNTER, **COUNTER_CONFIG)
    project.worker("frontend", CALLER, **CALLER_CONFIG)
    configs = ("-c", "frontend/wrangler.jsonc", "-c", "backend/wrangler.jsonc")
    done = run_beside(project, *configs, "run", "--", PYTHON, "-c", GET)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_data_ports_and_registry_are_fresh_each_time(project):
    project.worker("backend", COUNTER, **COUNTER_CONFIG)
    command = ("run", "-c", "backend/wrangler.jsonc", "--", PYTHON, "-c", GET)
    with tempfile.TemporaryDirectory(dir="/tmp") as runtime:  # paths of sockets have to be short
        assert [run_beside(project, *command, XDG_RUNTIME_DIR=runtime).stdout for _ in range(2)] == ["1\n", "1\n"]
        assert list(Path(runtime).rglob("*")) == [Path(runtime, "pywrangler")]
    assert not (project.root / "backend" / ".wrangler").exists()
    assert not project.registry.exists()


def test_variables_come_from_flags(project):
    project.worker("hello", HELLO.replace('"one"', "self.env.WORD"))
    done = run_beside(project, "run", "-c", "hello/wrangler.jsonc", "--var", "WORD:two", "--", PYTHON, "-c", GET)
    assert done.stdout == "two\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ((PYTHON, "-c", "raise SystemExit(7)"), 7),
        ((PYTHON, "-c", "import os; os.kill(os.getpid(), 9)"), 137),
        (("no-such-command-anywhere",), 127),
        (("/",), 126),
    ],
)
def test_the_exit_code_is_that_of_the_command(project, command, code):
    project.worker("hello", HELLO)
    assert run_beside(project, "run", "--", *command).returncode == code


def test_a_failure_is_followed_by_what_the_workers_said(project):
    project.worker("hello", HELLO.replace("        return", "        print('the worker was asked')\n        return"))
    script = f"{GET}; import sys; print('bad', file=sys.stderr); sys.exit(1)"
    done = run_beside(project, "run", "--", PYTHON, "-c", script)
    assert done.returncode == 1
    assert done.stdout == "one\n"
    said = done.stderr
    assert said.index("bad") < said.index("What the Workers said:") < said.index("the worker was asked")
    assert "GET / 200 OK" in said


def test_a_worker_that_does_not_load_is_shown_and_the_command_never_runs(project):
    project.worker("hello", HELLO)
    project.worker("broken", "import no_such_module_anywhere\n")
    done = run_beside(
        project, "run", "-c", "hello/wrangler.jsonc", "-c", "broken/wrangler.jsonc", "--", PYTHON, "-c", "print('ran')"
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no_such_module_anywhere" in done.stderr
    assert "broken" in done.stderr


def test_a_config_that_cannot_be_used_is_shown(project):
    done = run_beside(project, "run", "-c", "nowhere.jsonc", "--", PYTHON, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere.jsonc" in done.stderr


def test_the_timeout_ends_the_command_and_shows_the_logs(project):
    project.worker("hello", HELLO.replace("        return", "        print('the worker was asked')\n        return"))
    script = f"{GET}; import time; time.sleep(60)"
    done = run_beside(project, "run", "--timeout", "2.5", "--", PYTHON, "-c", script)
    assert done.returncode == 124
    assert "the worker was asked" in done.stderr
    assert "Not done after 2.5 s." in done.stderr


def test_the_timeout_bounds_the_start_too(project):
    project.worker("hello", "import time\ntime.sleep(60)\n" + HELLO)
    done = run_beside(project, "run", "--timeout", "1", "--", PYTHON, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (124, "")
    assert "the command was not started" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_command_and_what_it_started(project, number):
    project.worker("hello", HELLO)
    script = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(os.getpid(), child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    session = subprocess.Popen(
        [COMMAND, "run", "--", PYTHON, "-c", script],
        cwd=project.root,
        env=environment(project),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert session.stdout is not None
        pids = [int(word) for word in session.stdout.readline().split()]
        session.send_signal(number)
        assert session.wait(DEADLINE_SECONDS) == 128 + number
        until = time.monotonic() + 5
        while any(map(is_alive, pids)) and time.monotonic() < until:
            time.sleep(0.01)
        assert not any(map(is_alive, pids))
        assert session.stderr is not None
        assert session.stderr.read() == ""
    finally:
        session.kill()
        session.communicate()


def test_a_command_is_needed(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    assert run(["run"]) == 1
    assert "There is no command to run." in capsys.readouterr().err
    assert run(["run", "--timeout", "-1", "--", "true"]) == 1
    assert "timeout" in capsys.readouterr().err


def test_the_sample_works():
    done = subprocess.run(
        [COMMAND, "run", "-c", "sample-project/backend/wrangler.jsonc", "-c", "sample-project/frontend/wrangler.jsonc",
         "--env-file", ".dev.vars.example", "--timeout", "30", "--", PYTHON, "sample-project/smoke_test.py"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=40, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "The sample works.\n"), done.stderr
