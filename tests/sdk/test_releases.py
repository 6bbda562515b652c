"""What a process has whose Worker runs with a release; each in a process of its own, because names go for good."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

HEAD = """
import sys
sys.path.insert(0, "pywrangler/modules")
from pywrangler.config.model import Compat
from workers import _face, _releases

def install(*version):
    _face.configure(Compat("2026-03-08"), None, version)
    _releases.install(version, "2026-03-08")

def refused(statement, *said):
    try:
        exec(statement)
    except ImportError as problem:
        assert all(text in str(problem) for text in said), problem
    else:
        raise AssertionError(statement)
"""

RELEASES = {
    "built in": """
install(0, 0, 0)
from workers import *
assert "wait_until" not in dir()
from workers import Response, env, patch_env, waitUntil
from workers._workers import DurableObjectContext, _EnvWrapper, fetch
refused("from workers import wsgi", "No module named 'workers.wsgi'", "2026-03-08", "workers-runtime-sdk 1.6.0")
refused("import workers.gateway", "1.9.5")
refused("from workers import wait_until", "1.5.4")
refused("from workers._workers import nothing")
import asgi
assert asgi.fetch and not hasattr(asgi, "entrypoint") and not hasattr(asgi, "Options")
refused("from workers import asgi", "1.6.14")
refused("from asgi import entrypoint", "1.7.0")
""",
    "1.6.0": """
install(1, 6, 0)
from workers import wait_until, wsgi
from workers._workers import DurableObjectContext
assert not hasattr(wsgi, "entrypoint")
refused("from workers.wsgi import entrypoint", "workers-runtime-sdk 1.6.0 has no", "came with", "1.8.0")
refused("import workers.asgi", "1.6.14")
import asgi
""",
    "1.7.0": """
install(1, 7, 0)
import asgi, workers.asgi
assert asgi is workers.asgi and asgi.entrypoint
refused("import workers._workers", "no longer has workers._workers")
refused("from asgi import Options", "1.9.5")
""",
    "built in, after another Worker of the same session": """
import asgi, workers.wsgi, workers.gateway.options, workers._workers
install(0, 0, 0)
refused("from workers import wsgi", "1.6.0")
refused("import workers.gateway.options", "1.9.5")
import asgi
assert not hasattr(asgi, "entrypoint")
refused("from workers import asgi", "1.6.14")
from workers._workers import fetch
""",
    "1.9.5": """
install(1, 9, 5)
import asgi, workers.asgi
from workers.asgi import Options, entrypoint
from workers.gateway.options import BaseOptions
from workers.wsgi import Options, entrypoint
assert asgi is workers.asgi
refused("from workers._workers import fetch", "no longer has workers._workers; import it from workers")
refused("from workers import nothing", "cannot import name 'nothing'")
""",
}


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_has_its_modules_and_names(release):
    outcome = subprocess.run(
        [sys.executable, "-c", HEAD + RELEASES[release]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
