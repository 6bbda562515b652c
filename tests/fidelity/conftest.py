"""A project on the disk, and what is found in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pywrangler.config.compat import derive
from pywrangler.config.model import WorkerConfig
from pywrangler.fidelity import Report, check

HEAD = """\
from workers import WorkerEntrypoint, DurableObject, Response
class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("ok")
"""


@dataclass
class Workshop:
    """Writes modules and checks them."""

    directory: Path

    def write(self, name: str, content: str | bytes = "") -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def worker(self, date: str = "2026-06-01", flags: tuple[str, ...] = (), **more: Any) -> WorkerConfig:
        return WorkerConfig(
            name=more.pop("name", "worker"),
            config_path=self.directory / "wrangler.jsonc",
            main=more.pop("main", self.directory / "src" / "entry.py"),
            compat=derive(date, ("python_workers", *flags)),
            **more,
        )

    def report(self, code: str, *, head: str = "", date: str = "2026-06-01", **more: Any) -> Report:
        self.write("src/entry.py", head + code)
        return check(self.worker(date, **more))

    def codes(self, code: str, **more: Any) -> list[str]:
        """Return the codes of the findings in a module that has an entrypoint, too."""
        return [problem.code for problem in self.report(HEAD + code, **more).findings]

    def found(self, code: str, **more: Any) -> list[tuple[str, int]]:
        """Return codes and lines, counted from the first line of `code`."""
        findings = self.report(HEAD + code, **more).findings
        return [(problem.code, problem.place.line - HEAD.count("\n")) for problem in findings]

    def handler(self, code: str, before: str = "", **more: Any) -> list[str]:
        """Return the codes of the findings in the body of a function."""
        body = "".join(f"    {line}\n" for line in code.splitlines())
        return self.codes(f"{before}\nasync def work(self, request):\n{body}", **more)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    (tmp_path / "wrangler.jsonc").write_text("{}")
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    return Workshop(tmp_path)
