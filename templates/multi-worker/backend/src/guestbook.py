"""A guestbook in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workers import DurableObject

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`

LONGEST_ENTRY = 500


class Guestbook(DurableObject):
    def __init__(self, ctx: Any, env: Env) -> None:
        super().__init__(ctx, env)
        self.sql = ctx.storage.sql
        self.sql.exec(
            "CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL)"
        )

    async def sign(self, name: str, text: str) -> int:
        """Add an entry; return how many there are."""
        text = text.strip()
        if not text or len(text) > LONGEST_ENTRY:
            raise ValueError(f"An entry has 1 to {LONGEST_ENTRY} characters.")
        self.sql.exec("INSERT INTO entries (name, text) VALUES (?, ?)", name.strip()[:50] or "Somebody", text)
        return self.sql.exec("SELECT count(*) AS n FROM entries").one()["n"]

    async def latest(self, limit: int = 20) -> list[dict[str, str]]:
        """Return the newest entries first."""
        rows = self.sql.exec("SELECT name, text FROM entries ORDER BY id DESC LIMIT ?", limit).toArray()
        return [{"name": row["name"], "text": row["text"]} for row in rows]
