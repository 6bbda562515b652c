"""`pywrangler d1`: SQL, migrations and exports for the local data of D1 databases, also while `dev` runs.

Only local data: for a deployed database there is Cloudflare's own tool (spec/cli.md, section 5).
"""

from __future__ import annotations

from argparse import SUPPRESS
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli.arguments import SILENT_SWITCH, SILENT_VALUE
from pywrangler.cli.flags import add_global_flags
from pywrangler.cli.groups import Group
from pywrangler.cli.options import enter_directory
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace

    from pywrangler.cli.arguments import Invocation

IGNORED_FLAGS = {
    "--local": SILENT_SWITCH,
    "--skip-confirmation": SILENT_SWITCH,
    "--compatibility": SILENT_VALUE,
}


def parser(program: str) -> Group:
    """Return the parser of the command."""
    group = Group(program, "The local data of D1 databases. DATABASE is a name, or that of a binding.")
    execute = group.add("execute", "DATABASE", "Run SQL, all of it or nothing")
    execute.flag("--command", metavar="SQL", help="statements, separated by semicolons")
    execute.flag("--file", metavar="FILE", type=Path, help="a file of statements")
    execute.add_argument("--json", action="store_true", help="results and errors as JSON on stdout, and nothing else")
    migrations = group.add_group("migrations", "SQL files that run once each, in order")
    create = migrations.add("create", "DATABASE MESSAGE", "Begin the next migration")
    listing = migrations.add("list", "DATABASE", "Show the migrations that have not run")
    apply = migrations.add("apply", "DATABASE", "Run the migrations that have not run")
    export = group.add("export", "DATABASE", "Write a database as SQL")
    export.flag("--output", metavar="FILE", type=Path, help="where to write it (required)")
    export.several("--table", default=[], help="only these tables")
    export.add_argument("--no-schema", action="store_true", help="only the rows")
    export.add_argument("--no-data", action="store_true", help="only the definitions")
    for member in (execute, create, listing, apply, export):
        add_global_flags(member)
        member.add_argument("database", metavar="DATABASE", help="name of the database or of its binding")
        member.flag("--persist-to", metavar="DIR", type=Path, help="directory of local data (default: .wrangler/state)")
        member.add_argument("--remote", action="store_true", help="not available: local data only")
        member.add_argument("--preview", action="store_true", help=SUPPRESS)
    create.add_argument("message", metavar="MESSAGE", help="what it is for; becomes a part of the name")
    apply.add_argument("-y", "--yes", action="store_true", help="do not ask")
    for member in (execute, export):  # nothing is asked
        member.add_argument("-y", "--yes", action="store_true", help=SUPPRESS)
    group.ignore(IGNORED_FLAGS)
    return group


def run(options: Namespace, _invocation: Invocation) -> int:
    """Do what the subcommand says."""
    if options.remote or options.preview:
        what = "`pywrangler d1` works on local data only: there is no --remote and no --preview."
        raise StartError(Problem("usage", what, f"Use Cloudflare's own: npx wrangler d1 {options.subcommand} --remote"))
    enter_directory(options.cwd)
    match options.subcommand:
        case "execute":
            from pywrangler.cli.d1_execute import execute

            return execute(options)
        case "export":
            from pywrangler.cli.d1_export import export

            export(options)
        case words:
            from pywrangler.cli import d1_migrations

            {
                "migrations create": d1_migrations.create,
                "migrations list": d1_migrations.show,
                "migrations apply": d1_migrations.apply,
            }[words](options)
    return 0
