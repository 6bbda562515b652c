"""Migrations of a database: SQL files that run once each, in order of their numbers (spec/cli.md, section 5).

They lie in `migrations_dir` (default: `migrations`), or match `migrations_pattern`, seen from the directory of the
config; `migrations_table` (default: `d1_migrations`) in the database remembers the names. A file and the entry for it
are one transaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.bindings.d1.dump import quoted
from pywrangler.bindings.d1.file import Query, QueryError
from pywrangler.bindings.d1.script import shortened, statements
from pywrangler.errors import Problem, PywranglerError, StartError
from pywrangler.files import read_text

if TYPE_CHECKING:
    from pywrangler.bindings.d1.file import DatabaseFile
    from pywrangler.config.model import OtherBinding

DIRECTORY = "migrations"
TABLE = "d1_migrations"
_NUMBER = re.compile(r"\s*(\d+)")
_KNOWN = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"


class MigrationError(PywranglerError):
    """A migration failed, and left nothing behind; `statement` is the beginning of the one that failed."""

    def __init__(self, name: str, text: str, statement: str) -> None:
        super().__init__(f"Migration {name} failed: {text}" + (f" (in: {statement})" if statement else ""))
        self.name = name
        self.text = text
        self.statement = statement


@dataclass(frozen=True, slots=True)
class Migrations:
    """Where the migrations of a database are, and where it remembers them."""

    directory: Path
    pattern: str
    """Below the directory."""
    table: str
    is_configured: bool
    """Whether the config names the directory."""

    @classmethod
    def of(cls, binding: OtherBinding, root: Path) -> Migrations:
        """Return those of a binding whose config is in `root`; StartError if directory and pattern do not fit."""
        data = binding.data
        directory = _normal(data.get("migrations_dir", DIRECTORY))
        pattern = "*.sql"
        if (given := data.get("migrations_pattern")) is not None:
            if "migrations_dir" not in data:
                what = f'`migrations_pattern` of {binding.name} is "{given}", and there is no `migrations_dir`.'
                raise StartError(Problem("migrations", what, 'Add one: "migrations_dir": "migrations".', binding.place))
            prefix = "" if directory == "." else f"{directory}/"
            if not _normal(given).startswith(prefix):
                what = f'`migrations_pattern` of {binding.name} has to begin with "{prefix}", and is "{given}".'
                raise StartError(Problem("migrations", what, f'For example "{prefix}*.sql".', binding.place))
            pattern = _normal(given)[len(prefix) :]
        table = data.get("migrations_table") or TABLE
        return cls(root / directory, pattern, table, "migrations_dir" in data)

    def files(self) -> list[str]:
        """Return the names of all, below the directory and in order."""
        found = (path.relative_to(self.directory) for path in self.directory.glob(self.pattern) if path.is_file())
        return sorted((path.as_posix() for path in found if not _is_hidden(path)), key=_order)

    def pending(self, file: DatabaseFile) -> list[str]:
        """Return those that have not run; QueryError if the database cannot say."""
        (known,), _ = file.run([Query(_KNOWN, (self.table,))])
        if not known.rows[0][0]:
            return self.files()
        (outcome,), _ = file.run([Query(f"SELECT name FROM {quoted(self.table)}")])  # noqa: S608 - quoted
        applied = {row[0] for row in outcome.rows}
        return [name for name in self.files() if name not in applied]

    def apply(self, file: DatabaseFile, name: str) -> None:
        """Run one; MigrationError if it fails, and then nothing of it is left."""
        try:
            text = read_text(self.directory / name, "utf-8-sig")
        except (OSError, UnicodeDecodeError) as problem:
            raise MigrationError(name, f"the file cannot be read: {problem}", "") from problem
        queries = statements(text)
        table = quoted(self.table)
        first = (
            f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, "
            "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"
        )
        last = Query(f"INSERT INTO {table} (name) VALUES (?)", (name,))  # noqa: S608 - quoted
        try:
            file.run([Query(first), *map(Query, queries), last])
        except QueryError as problem:
            own = 0 < problem.number <= len(queries)
            raise MigrationError(name, problem.text, shortened(queries[problem.number - 1]) if own else "") from problem

    def apply_all(self, file: DatabaseFile) -> list[str]:
        """Run all that have not run, and return their names; MigrationError at the first that fails."""
        names = self.pending(file)
        for name in names:
            self.apply(file, name)
        return names

    def next_name(self, message: str) -> str:
        """Return the name of a new file; StartError if it could not be one, or would never be found."""
        name = f"{self._next_number():04}_{message.replace(' ', '_')}.sql"
        if re.search(r"[\\/\0]", message) or not message.strip():
            raise StartError(Problem("migrations", f'"{message}" cannot be part of the name of a file.'))
        if not fnmatchcase(name, self.pattern.removeprefix("**/")):
            what = f'`migrations_pattern` does not match "{name}": it would never be applied.'
            raise StartError(Problem("migrations", what, "Let the tool that lays out your migrations make it."))
        return name

    def _next_number(self) -> int:
        numbers = [_number(name.partition("/")[0]) for name in self.files()]
        return max((number for number in numbers if number is not None), default=0) + 1


def _normal(path: str) -> str:
    return Path(path.replace("\\", "/")).as_posix()


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _number(segment: str) -> int | None:
    match = _NUMBER.match(segment)
    return int(match.group(1)) if match else None


def _order(name: str) -> list[tuple[bool, int, str]]:
    """Numbers by their value and before everything else, part for part."""
    parts = [(part, _number(part)) for part in name.split("/")]
    return [(number is None, number or 0, part) for part, number in parts]
