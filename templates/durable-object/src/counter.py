"""A counter that keeps its value in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workers import DurableObject

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`


class Counter(DurableObject):
    def __init__(self, ctx: Any, env: Env) -> None:
        super().__init__(ctx, env)
        self.sql = ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)")
        self.sql.exec("INSERT OR IGNORE INTO counter VALUES (1, 0)")

    async def value(self) -> int:
        return self.sql.exec("SELECT value FROM counter").one()["value"]

    async def increment(self, by: int = 1) -> int:
        return self.sql.exec("UPDATE counter SET value = value + ? RETURNING value", by).one()["value"]
