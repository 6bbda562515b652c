"""A counter that keeps its value in SQLite."""

from workers import DurableObject


class Counter(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.sql = ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)")
        self.sql.exec("INSERT OR IGNORE INTO counter VALUES (1, 0)")

    async def value(self):
        return self.sql.exec("SELECT value FROM counter").one()["value"]

    async def increment(self, by=1):
        return self.sql.exec("UPDATE counter SET value = value + ? RETURNING value", by).one()["value"]
