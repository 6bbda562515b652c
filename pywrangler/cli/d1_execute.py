"""`pywrangler d1 execute`: statements as one transaction; rows as tables on a terminal, else as JSON."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.d1.file import Query, QueryError
from pywrangler.bindings.d1.script import shortened, statements
from pywrangler.cli.d1_target import find
from pywrangler.errors import Problem, StartError
from pywrangler.runtime.storage.bindings import number

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from pywrangler.bindings.d1.file import Outcome

SQLITE_HEADER = b"SQLite format 3"


def execute(options: Namespace) -> int:
    """Run, show, and return the exit code."""
    try:
        _execute(options)
    except StartError as error:
        if not options.json:
            raise
        print(json.dumps({"error": {"text": error.problem.what}}, indent=2, ensure_ascii=False))
        return 1
    return 0


def _execute(options: Namespace) -> None:
    sql = statements(_sql(options))
    target = find(options)
    if not options.json:
        print(f"🌀 Executing on local database {options.database} ({target.key}) from {target.shown_directory}:")
    with target.open() as file:
        try:
            outcomes, _ = file.run([Query(statement) for statement in sql])
        except QueryError as problem:
            remedy = f"In: {shortened(sql[problem.number], 200)}" if problem.number < len(sql) else ""
            nothing = "Nothing was changed."
            raise StartError(Problem("sql", problem.text, f"{remedy}\n{nothing}" if remedy else nothing)) from None
    if not options.json:
        print(f"🚣 {len(outcomes)} {'command' if len(outcomes) == 1 else 'commands'} executed successfully.")
    if options.json or not sys.stdout.isatty():
        print(json.dumps([as_json(outcome) for outcome in outcomes], indent=2, ensure_ascii=False))
        return
    from pywrangler.cli.render import print_table

    for statement, outcome in zip(sql, outcomes, strict=True):
        if outcome.rows:
            print_table(shortened(statement), outcome.columns, [list(map(_shown, row)) for row in outcome.rows])


def _sql(options: Namespace) -> str:
    if options.command is not None and options.file is not None:
        raise StartError(Problem("usage", "Error: can't provide both --command and --file."))
    if options.command is not None:
        return str(options.command)
    if options.file is None:
        what = 'Missing required option --command or --file. Give SQL with --command="<SQL>", or --file=<path>.'
        raise StartError(Problem("usage", what))
    unreadable = f'Unable to read SQL text file "{options.file}". Please check the file path and try again.'
    try:
        content: bytes = options.file.read_bytes()
    except OSError as error:
        raise StartError(Problem("usage", unreadable, f"{error.strerror}.")) from error
    if content.startswith(SQLITE_HEADER):
        what = f'"{options.file}" is a SQLite database, and --file takes SQL.'
        raise StartError(Problem("usage", what, f"Make SQL of it: sqlite3 {options.file} .dump > dump.sql"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StartError(Problem("usage", unreadable, "It is not valid UTF-8.")) from None


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return what machines read of one statement."""
    rows = [dict(zip(outcome.columns, map(_value, row), strict=True)) for row in outcome.rows]
    return {"results": rows, "success": True, "meta": {"duration": round(outcome.milliseconds, 4)}}


def _value(value: Any) -> Any:
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else None
    return _list(value) if isinstance(value, bytes) else value


def _shown(value: Any) -> str:
    value = _value(value)
    return "null" if value is None else str(value)


def _list(content: Sequence[int]) -> str:
    return f"[{', '.join(map(str, content))}]"
