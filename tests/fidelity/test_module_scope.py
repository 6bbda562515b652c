"""What runs at import, where Cloudflare has no randomness, no I/O and no clock."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("import random\nx = random.random()", "error"),
        ("import random\nrandom.seed(1)", "error"),
        ("from random import choice\nx = choice('ab')", "error"),
        ("import random\nx = random.Random()", "error"),
        ("import uuid\nx = uuid.uuid4()", "error"),
        ("import secrets\nclass A:\n    key = secrets.token_hex()", "error"),
        ("import os\ndef f(key=os.urandom(8)): ...", "error"),
        ("from numpy import random as r\nx = r.rand(3)", "error"),
        ("import js\nx = js.crypto.randomUUID()", "error"),
        ("from js import fetch\nx = fetch('http://x')", "error"),
        ("import requests\nx = requests.get('http://x')", "error"),
        ("from workers import env\nx = env.KV.get('x')", "error"),
        ("import time\nSTART = time.time()", "warning"),
        ("from datetime import datetime\nSTART = datetime.now()", "warning"),
        ("import datetime as dt\nSTART = [dt.date.today() for _ in 'x']", "warning"),
    ],
)
def test_at_import_it_is_found(workshop, code, severity):
    findings = [problem for problem in workshop.report(code).findings if problem.code == "module-scope"]
    assert [problem.severity for problem in findings] == [severity]


@pytest.mark.parametrize(
    "code",
    [
        "import random\ndef f():\n    return random.random()",
        "import random\nf = lambda: random.random()",
        "import random\nrng = random.Random(7)\nx = rng.random()",
        "import random\nrng = random.SystemRandom()",
        "import secrets\nx = secrets.compare_digest('a', 'b')",
        "from workers import env\nx = getattr(env, 'NAME', None)",
        "import time\ndef now():\n    return time.time()",
        "import uuid\nx = uuid.UUID(int=1)",
    ],
)
def test_this_is_allowed(workshop, code):
    assert "module-scope" not in workshop.codes(code)


def test_code_for_scripts_is_named_once_and_not_looked_into(workshop):
    assert workshop.found('if __name__ == "__main__":\n    import subprocess\n    subprocess.run(["ls"])\n') == [
        ("main-guard", 1)
    ]


@pytest.mark.parametrize(
    "test",
    [
        'sys.platform != "emscripten"',
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
        "not IN_PYODIDE",
        'not sys.platform == "emscripten"',
    ],
)
def test_branches_for_other_machines_are_left_out(workshop, test):
    head = "import sys, os, typing\nfrom typing import TYPE_CHECKING\nfrom pyodide.ffi import IN_PYODIDE\n"
    assert workshop.codes(f"{head}if {test}:\n    os.fork()\n") == []
    assert workshop.codes(f"{head}if {test}:\n    pass\nelse:\n    os.fork()\n") == ["processes"]
