"""What was acknowledged survives SIGKILL, turns stay whole, and no alarm is lost."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import OBJECT_ID, Shelf

WRITER = Path(__file__).with_name("writer.py")


def write_until_killed(path: Path, first: int, acknowledgements: int) -> int:
    """Run the writer, kill it after so many turns; returns the last turn that it acknowledged."""
    with subprocess.Popen(
        [sys.executable, str(WRITER), str(path), str(first)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        for _ in range(acknowledgements):
            assert child.stdout.readline(), child.stderr.read().decode()
        child.kill()
        # The last line may be cut where the child died.
        lines = child.stdout.read().split(b"\n")[:-1]
        return int(lines[-1]) if lines else first + acknowledgements - 1


@pytest.mark.processes
def test_a_killed_process_loses_nothing_that_it_acknowledged(shelf: Shelf) -> None:
    chance = random.Random(7)
    first = 0
    for _round in range(4):
        acknowledged = write_until_killed(shelf.path, first, chance.randrange(1, 400))
        storage = shelf.open()
        count = storage.get("count")
        # One more turn may have been committed between its commit and its acknowledgement.
        assert count in (acknowledged, acknowledged + 1)
        assert storage.get(f"key{count % 50}")["n"] == count
        assert storage.sql_exec("SELECT count(*) AS n, max(n) AS last FROM log").one() == {
            "n": count + 1,
            "last": count,
        }
        assert storage.sql_exec("PRAGMA quick_check").raw().toArray() == [["ok"]]
        alarm = storage.get_alarm()
        assert alarm == (5_000_000_000_000 + count if count % 3 else 6_000_000_000_000 - count)
        entered = shelf.index.get(OBJECT_ID)
        assert entered is not None
        assert entered <= alarm * 1_000_000
        storage.close()
        shelf.index.close()
        first = count + 1
    assert shelf.owner.problems == []
