"""Opening a database file that others open at the same moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pywrangler.runtime.storage.database import connect

if TYPE_CHECKING:
    from pathlib import Path

TABLES = ("CREATE TABLE IF NOT EXISTS a (value)", "CREATE TABLE IF NOT EXISTS b (value)")


@pytest.mark.parametrize("attempt", range(20))
def test_several_may_create_the_same_file(tmp_path: Path, attempt: int) -> None:
    path, gate, problems = tmp_path / f"{attempt}.sqlite", threading.Barrier(6), []

    def use() -> None:
        gate.wait()
        try:
            connection = connect(path, TABLES, "its name")
            connection.execute("INSERT INTO a VALUES (1)")
            connection.close()
        except Exception as problem:
            problems.append(problem)

    users = [threading.Thread(target=use) for _ in range(6)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert problems == []
    check = connect(path, TABLES)
    assert check.execute("SELECT count(*) FROM a").fetchall() == [(6,)]
    check.close()
