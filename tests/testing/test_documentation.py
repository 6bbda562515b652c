"""docs/testing.md is a project: its code blocks are files, and its tests pass."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "testing.md"
BLOCK = re.compile(r"^```(?:python|jsonc)\n(?:#|//) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_project_of_the_document_passes_its_tests(tmp_path):
    text = DOCUMENT.read_text()
    files = BLOCK.findall(text)
    assert len(files) == text.count("\n```") // 2
    for name, content in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    count = sum(len(re.findall(r"^(?:async )?def test_", content, re.MULTILINE)) for _, content in files)
    assert f"{count + 2} passed" in done.stdout, done.stdout  # one of them has three cases
