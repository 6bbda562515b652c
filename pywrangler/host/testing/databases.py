"""What tests do to D1 databases: SQL, and the migrations of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.d1.binding import D1Database, objects
from pywrangler.bindings.d1.file import Query, QueryError
from pywrangler.bindings.d1.location import KIND
from pywrangler.bindings.d1.migrations import Migrations
from pywrangler.bindings.d1.script import shortened, statements
from pywrangler.bindings.d1.values import d1_error, list_of, parameter
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.js.errors import type_error

if TYPE_CHECKING:
    from pywrangler.config.model import OtherBinding, WorkerConfig
    from pywrangler.runtime.js.values import JsObject


async def execute(env: JsObject, binding: str, sql: str, values: bytes) -> bytes:
    """Run statements as one transaction; return a clone of the rows of the last."""
    given = tuple(parameter(value) for value in deserialize(values, "js"))
    queries = [Query(statement) for statement in statements(sql)]
    if given:
        if len(queries) != 1:
            raise type_error(f"Values go with one statement, and there are {len(queries)}.")
        queries = [Query(queries[0].sql, given)]
    try:
        outcomes, _ = await _database(env, binding)._thread.run(queries)
    except QueryError as problem:
        where = f" (in: {shortened(queries[problem.number].sql, 200)})" if problem.number < len(queries) > 1 else ""
        raise d1_error("D1_ERROR", f"{problem.text}{where}", problem.text) from None
    return serialize(list_of(objects(outcomes[-1].columns, outcomes[-1].rows)))


async def migrate(config: WorkerConfig, env: JsObject, binding: str) -> list[str]:
    """Run the migrations that have not run; return their names."""
    migrations = Migrations.of(_binding(config, binding), config.root)
    if not migrations.directory.is_dir():
        raise FileNotFoundError(f"No migrations present at {migrations.directory}.")
    return await _database(env, binding)._thread.call(migrations.apply_all)


def _database(env: JsObject, binding: str) -> D1Database:
    found: Any = getattr(env, binding)
    assert isinstance(found, D1Database)  # the test has looked at the config
    return found


def _binding(config: WorkerConfig, name: str) -> OtherBinding:
    return next(item for item in config.others if item.kind == KIND and item.name == name)
