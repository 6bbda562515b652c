"""What Worker code sees of the environment: the platform's constants, and a short list of this machine's variables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pywrangler.protocol.process_environment import (
    DEBUGGING,
    MACHINE,
    PLATFORM,
    TERMINAL,
    of_nursery,
    of_workers,
)

# Emscripten's own names as Pyodide 0.28.3 under Node.js 22 shows them in `os.environ`; HOME and PYTHONHASHSEED as
# workerd sets them (src/pyodide/internal/pool/emscriptenSetup.ts, 0033829).
WORKERD = {
    "HOME": "/session",
    "LANG": "C.UTF-8",
    "LOGNAME": "web_user",
    "PATH": "/",
    "PWD": "/",
    "PYTHONHASHSEED": "111",
    "USER": "web_user",
    "_": "./this.program",
}


def test_without_anything_from_the_machine_it_is_that_of_the_platform() -> None:
    assert of_workers({}) == WORKERD


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_TIME", "TZ", "TZDIR"),
        *("HTTP_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "all_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *("PYTHONBREAKPOINT", "PYTHONASYNCIODEBUG"),
    ],
)
def test_what_libraries_of_this_machine_need_reaches_workers(name: str) -> None:
    assert of_workers({name: "mine"})[name] == "mine"
    assert of_nursery({name: "mine"}) == {name: "mine"}


@pytest.mark.parametrize(
    "name",
    [
        *("MY_SHELL_TOKEN", "AWS_SECRET_ACCESS_KEY", "CLOUDFLARE_API_TOKEN", "LC_MY_TOKEN", "SSH_AUTH_SOCK", "TMPDIR"),
        *("VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "HOMEBREW_TOKEN", "PATH_TO_KEYS", "MY_HTTP_PROXY", "DISPLAY", "SHELL"),
        *("TERM", "", "path", "Path"),
    ],
)
def test_everything_else_does_not_even_reach_the_process(name: str) -> None:
    assert of_workers({name: "secret"}) == WORKERD
    assert of_nursery({name: "secret"}) == {}


@pytest.mark.parametrize(
    "name",
    [
        *("PYTHONPATH", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE", "PYTHON_FROZEN_MODULES", "LD_LIBRARY_PATH"),
        *("COVERAGE_PROCESS_START", "COV_CORE_SOURCE", "DYLD_LIBRARY_PATH", "GLIBC_TUNABLES"),
    ],
)
def test_what_is_read_at_the_start_of_python_reaches_the_process_only(name: str) -> None:
    assert of_nursery({name: "mine"}) == {name: "mine"}
    assert of_workers({name: "mine"}) == WORKERD


def test_a_debugger_of_the_users_choice_gets_the_terminal() -> None:
    seen = of_workers({"PYTHONBREAKPOINT": "pudb.set_trace", "TERM": "xterm", "COLORTERM": "truecolor", "SHELL": "sh"})
    assert {"PYTHONBREAKPOINT", "TERM", "COLORTERM"} <= seen.keys()
    assert "SHELL" not in seen


def test_the_documentation_lists_what_reaches_workers() -> None:
    page = (Path(__file__).parents[2] / "docs" / "concepts.md").read_text(encoding="utf-8")
    section = page.partition("### The environment of a host")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`([A-Za-z_]+)`", section.partition("and nothing else")[0]))
    categories = {name for name in MACHINE if name.startswith("LC_") and name != "LC_ALL"}
    lower = {name for name in MACHINE if name.islower()}
    assert {*PLATFORM, *DEBUGGING, *TERMINAL, *MACHINE} - categories - lower == listed - {"pywrangler", "env"}
