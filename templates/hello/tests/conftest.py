"""Starts `pywrangler dev` once for all tests; `url` is where the Worker answers."""

import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    own = tmp_path_factory.mktemp("dev")  # data and registry, apart from those of a session that runs beside
    process = subprocess.Popen(
        ["pywrangler", "dev", "--port", "0", "--persist-to", str(own / "state")],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "WRANGLER_REGISTRY_PATH": str(own / "registry"), "NO_COLOR": "1"},
    )
    try:
        for line in process.stdout:
            if ready := re.search(r"Ready on (http\S+)", line):
                threading.Thread(target=process.stdout.read, daemon=True).start()
                yield ready[1]
                return
        pytest.fail("`pywrangler dev` did not start")
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
