"""The smallest useful Durable Object: a greeting and a counter in SQLite."""

from typing import Any

from workers import DurableObject, Request, Response


class TestDurableObject(DurableObject):
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.sql = self.ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)")
        self.sql.exec("INSERT OR IGNORE INTO counter VALUES (1, 0)")

    async def say_hello(self, name: str) -> str:
        """Return a greeting."""
        return f"Hello, {name}!"

    async def increment(self, by: int = 1) -> int:
        """Add `by` to the counter and return the new value."""
        row = self.sql.exec("UPDATE counter SET value = value + ? WHERE id = 1 RETURNING value", by).one()
        value: int = row["value"]
        return value

    async def fetch(self, request: Request) -> Response:
        value = self.sql.exec("SELECT value FROM counter WHERE id = 1").one()["value"]
        return Response.from_json({"value": value})
