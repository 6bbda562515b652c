"""One line at the start tells that something will not work on Cloudflare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import HELLO

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes


def test_the_hint_comes_after_ready_and_counts_what_check_lists(project: Project) -> None:
    directory = project.worker("threaded", "import threading\nWORK = threading.Thread(target=print)\n" + HELLO)
    session = project.dev(cwd=directory).ready()
    output = session.expect("`pywrangler check` lists it")
    assert "1 thing here will not work on Cloudflare" in output
    assert output.index("Ready on") < output.index("1 thing here")
    assert project.get("threaded") == (200, "one")
