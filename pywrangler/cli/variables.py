"""`pywrangler vars --explain`: every variable of a Worker, where its value comes from and what it shadows.

Values that could be secret are never shown, in neither format.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywrangler.cli.flags import Parser, add_global_flags
from pywrangler.cli.options import enter_directory
from pywrangler.config.resolve import Overrides, resolve

if TYPE_CHECKING:
    from argparse import Namespace

    from pywrangler.cli.arguments import Invocation
    from pywrangler.config.model import Resolved, Variable

HIDDEN = "(hidden)"


def parser(program: str) -> Parser:
    """Return the parser of the command."""
    it = Parser(
        prog=program,
        usage=f"{program} [options]",
        description="Show the variables of a Worker and where they come from.",
    )
    add_global_flags(it, several_configs=True)
    it.several("--var", metavar="NAME:VALUE", default=[], help="as `dev` would get it")
    it.add_argument("--explain", action="store_true", help="say where each value comes from (always done)")
    it.add_argument("--json", action="store_true", help="machine-readable output")
    return it


def run(options: Namespace, _invocation: Invocation) -> int:
    """Resolve and show."""
    enter_directory(options.cwd)
    directory = Path.cwd()
    resolution = resolve(
        options.config,
        cwd=directory,
        environment=options.env,
        overrides=Overrides(vars=tuple(options.var), env_files=tuple(options.env_file)),
        process_environment=os.environ,
    )
    if options.json:
        found = [described(resolved, directory) for resolved in resolution.workers]
        print(json.dumps(found[0] if len(found) == 1 else found, indent=2, ensure_ascii=False))
        return 0
    from pywrangler.cli.render import print_variables

    for resolved in resolution.workers:
        print_variables(resolved.worker.name, [row(item, directory) for item in resolved.variables])
    return 0


def described(resolved: Resolved, directory: Path) -> dict[str, Any]:
    """Return the machine-readable form."""
    return {
        "worker": resolved.worker.name,
        "environment": resolved.worker.environment,
        "files": [os.path.relpath(path, directory) for path in resolved.files_read],
        "variables": [
            {
                "name": item.name,
                "kind": item.kind,
                "value": None if is_hidden(item) else item.value,
                "hidden": is_hidden(item),
                "source": item.source,
                "file": os.path.relpath(item.place.path, directory) if item.place else None,
                "line": item.place.line if item.place else None,
                "shadows": list(item.shadows),
            }
            for item in resolved.variables
        ],
    }


def row(variable: Variable, directory: Path) -> tuple[str, str, str, str]:
    """Return name, value, source with its line, and what it shadows."""
    value = HIDDEN if is_hidden(variable) else json.dumps(variable.value, ensure_ascii=False)
    source = variable.source
    if variable.place is not None:
        source = f"{os.path.relpath(variable.place.path, directory)}:{variable.place.line}"
    return variable.name, value, source, ", ".join(variable.shadows)


def is_hidden(variable: Variable) -> bool:
    """Whether the value must not be shown: everything but what stands in the configuration itself."""
    return variable.kind == "secret" or variable.source != "vars"
