"""`pywrangler d1 export`: a database as SQL, of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.bindings.d1.dump import DumpError, dump
from pywrangler.cli.d1_target import find
from pywrangler.errors import Problem, StartError
from pywrangler.runtime.js.errors import JsException

if TYPE_CHECKING:
    from argparse import Namespace


def export(options: Namespace) -> None:
    """Write the file; nothing is written if the database cannot be."""
    if options.output is None:
        raise StartError(Problem("usage", "Missing required option --output: where to write the SQL."))
    if options.no_schema and options.no_data:
        raise StartError(Problem("usage", "Cannot use --no-schema and --no-data together: nothing would be left."))
    if options.output.is_dir():
        raise StartError(Problem("usage", "Please specify a file path for --output, not a directory."))
    target = find(options)
    print(f"🌀 Exporting local database {options.database} ({target.key}) from {target.shown_directory}:")
    with target.open() as file:
        try:
            database = file.open()
            database.begin(writes=False)
            lines = dump(database.connection, options.table, schema=not options.no_schema, data=not options.no_data)
            text = "\n".join(lines)
        except DumpError as error:
            raise StartError(Problem("export", str(error))) from None
        except JsException as error:
            raise StartError(Problem("export", error.message)) from None
    print(f"🌀 Exporting SQL to {options.output}...")
    try:
        options.output.write_text(f"{text}\n", "utf-8")
    except OSError as error:
        raise StartError(Problem("usage", f'"{options.output}" cannot be written: {error.strerror}.')) from error
    print("Done!")
