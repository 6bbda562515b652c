"""D1 databases as tests use them: they are empty when a test begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.protocol import testing as protocol
from pywrangler.testing import values as clones

if TYPE_CHECKING:
    from pywrangler.testing.session import TestSession


class Database:
    """The database behind a binding."""

    def __init__(self, session: TestSession, worker: str, binding: str) -> None:
        self._session = session
        self._worker = worker
        self._binding = binding

    def __repr__(self) -> str:
        return f"<D1 database {self._binding} of {self._worker}>"

    def migrate(self) -> list[str]:
        """Run the project's migrations that have not run, and return their names; RemoteError if one fails."""
        task = protocol.MigrateDatabase(self._binding)
        names: list[str] = protocol.unpack(self._session.ask(self._worker, task), list[str])
        return names

    def execute(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Run statements, all or none, and return the rows of the last; RemoteError if one fails.

        With `values` for its parameters there is one statement. BLOBs come back as lists of numbers, as user code
        gets them.
        """
        task = protocol.ExecuteSql(self._binding, sql, clones.encode(list(values)))
        rows: list[dict[str, Any]] = clones.decode(self._session.ask(self._worker, task))
        return rows
