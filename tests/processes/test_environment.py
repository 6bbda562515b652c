"""The shell's environment does not reach Worker code, whichever way it looks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pywrangler.protocol.process_environment import of_workers

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

EVERY_WAY = """
import ctypes, json, multiprocessing, os, posix, subprocess, sys
from workers import Response, WorkerEntrypoint

AT_IMPORT = dict(os.environ)

def text(names):
    return [os.fsdecode(name) for name in names]

def assignments(blob):
    return [item.partition("=")[0] for item in blob if "=" in item]

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        get = ctypes.CDLL(None).getenv
        get.restype = ctypes.c_char_p
        child = subprocess.run([sys.executable, "-c", "import os; print(*os.environ, sep='\\\\n')"],
                               capture_output=True, text=True)
        shell = subprocess.run(["/usr/bin/env"], capture_output=True, text=True)
        return Response.json({
            "environ": dict(os.environ),
            "names": {
                "at import": list(AT_IMPORT),
                "environb": text(os.environb),
                "posix.environ": text(posix.environ),
                "child": child.stdout.split(),
                "/usr/bin/env": assignments(shell.stdout.splitlines()),
                "/proc/self/environ": assignments(open("/proc/self/environ").read().split("\\0")),
            },
            "getenv": [os.getenv("MY_SHELL_TOKEN"), str(get(b"MY_SHELL_TOKEN")), str(get(b"PYTHONPATH"))],
            "env": [getattr(self.env, name, None) for name in ("MY_SHELL_TOKEN", "FROM_FILE")],
        })
"""


def test_the_shell_s_environment_is_seen_by_no_way(project: Project) -> None:
    directory = project.worker("probe", EVERY_WAY)
    shell = {"MY_SHELL_TOKEN": "secret", "TZ": "Europe/Berlin", "https_proxy": "http://proxy:1", "PYTHONPATH": "/none"}
    project.dev(cwd=directory, **shell).ready()
    status, text = project.get("probe")
    assert status == 200, text
    seen = json.loads(text)
    assert "MY_SHELL_TOKEN" not in text.partition('"getenv"')[0]
    assert seen["getenv"] == [None, "None", "None"]
    assert seen["environ"]["TZ"] == "Europe/Berlin"
    assert seen["environ"]["https_proxy"] == "http://proxy:1"
    assert seen["environ"]["USER"] == "web_user"
    for way in ("at import", "environb", "posix.environ", "child", "/usr/bin/env"):
        assert sorted(name for name in seen["names"][way] if name != "LC_CTYPE") == sorted(
            name for name in seen["environ"] if name != "LC_CTYPE"
        ), way
    assert seen["env"] == [None, None]


def test_variables_that_the_configuration_asks_for_still_reach_env(project: Project) -> None:
    directory = project.worker("probe", EVERY_WAY)
    (directory / ".env").write_text("FROM_FILE=file\n")
    project.dev(cwd=directory, MY_SHELL_TOKEN="secret", CLOUDFLARE_INCLUDE_PROCESS_ENV="true").ready()
    seen = json.loads(project.get("probe")[1])
    assert seen["env"] == ["secret", "file"]
    assert "MY_SHELL_TOKEN" not in seen["environ"]
    assert seen["environ"].keys() <= of_workers(seen["environ"]).keys()


def test_the_interpreter_s_own_variables_have_their_effect(project: Project) -> None:
    directory = project.worker(
        "probe",
        """
        import asyncio, os, sys
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                seen = []
                sys.modules["hook"].SEEN = seen
                breakpoint("called")
                loop = asyncio.get_running_loop()
                return Response.json([seen, sys.flags.dev_mode, loop.get_debug(), "PYTHONPATH" in os.environ])

        import hook
        """,
    )
    (directory / "tools").mkdir()
    (directory / "tools" / "hook.py").write_text("def stop(word):\n    SEEN.append(word)\n")
    project.dev(
        cwd=directory, PYTHONPATH=str(directory / "tools"), PYTHONBREAKPOINT="hook.stop", PYTHONASYNCIODEBUG="1"
    ).ready()
    assert json.loads(project.get("probe")[1]) == [["called"], False, True, False]
