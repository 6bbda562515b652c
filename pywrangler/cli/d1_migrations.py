"""`pywrangler d1 migrations`: begin one, show those that have not run, run them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pywrangler.bindings.d1.file import QueryError
from pywrangler.bindings.d1.migrations import MigrationError
from pywrangler.cli.d1_target import find
from pywrangler.cli.prompts import confirm
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace

    from pywrangler.bindings.d1.migrations import Migrations
    from pywrangler.cli.d1_target import Target

NOTHING = "✅ No migrations to apply!"
WAITING, DONE, FAILED = "🕒️", "✅", "❌"


def create(options: Namespace) -> None:
    """Write an empty migration with the next number; asks before it makes the directory."""
    target = find(options)
    migrations = target.migrations
    name = migrations.next_name(options.message)
    path = migrations.directory / name
    if not migrations.directory.is_dir() and not confirm(
        f"{_missing(target, migrations)}\nOk to create {migrations.directory}?"
    ):
        raise StartError(Problem("migrations", f"No migrations present at {migrations.directory}."))
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        migrations.directory.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(f"-- Migration number: {name[:4]} \t {now}\n")
    except OSError as error:
        raise StartError(Problem("migrations", f'"{path}" cannot be written: {error.strerror}.')) from error
    print(f"✅ Successfully created Migration '{name}'!\n\nThe migration is available for editing here\n{path}")


def show(options: Namespace) -> None:
    """Show the names of those that have not run."""
    target = find(options)
    names = _pending(target)
    if names:
        _print_names(names)
    else:
        print(NOTHING)


def apply(options: Namespace) -> None:
    """Ask, and run them one after another up to the first that fails."""
    target = find(options)
    names = _pending(target)
    if not names:
        print(NOTHING)
        return
    _print_names(names)
    if not options.yes and not confirm(f"About to apply {len(names)} migration(s), continue?"):
        return
    print(f"🌀 Executing on local database {options.database} ({target.key}) from {target.shown_directory}:")
    states = dict.fromkeys(names, WAITING)
    with target.open() as file:
        for name in names:
            try:
                target.migrations.apply(file, name)
            except MigrationError as problem:
                states[name] = FAILED
                _print_states(states)
                remedy = "What it did was undone." + (f" In: {problem.statement}" if problem.statement else "")
                what = f"Migration {name} failed with the following errors:\n{problem.text}"
                raise StartError(Problem("migrations", what, remedy)) from None
            states[name] = DONE
    _print_states(states)


def _pending(target: Target) -> list[str]:
    migrations = target.migrations
    if not migrations.directory.is_dir():
        what = f"No migrations present at {migrations.directory}."
        raise StartError(Problem("migrations", what, _missing(target, migrations)))
    with target.open() as file:
        try:
            return migrations.pending(file)
        except QueryError as problem:
            raise StartError(Problem("sql", problem.text)) from None


def _missing(target: Target, migrations: Migrations) -> str:
    text = "No migrations folder found."
    if migrations.is_configured:
        return text
    return f"{text} Set `migrations_dir` in your {target.worker.config_path.name} file to choose a different path."


def _print_names(names: list[str]) -> None:
    from pywrangler.cli.render import print_table

    print_table("Migrations to be applied:", ("Name",), [[name] for name in names])


def _print_states(states: dict[str, str]) -> None:
    from pywrangler.cli.render import print_table

    print_table("", ("name", "status"), [[name, state] for name, state in states.items()])
