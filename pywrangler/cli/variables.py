"""`pywrangler vars --explain`: every variable of a Worker, where its value comes from and what it shadows.

Values that could be secret are never shown, in neither format.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pywrangler.cli.options import enter_directory, single
from pywrangler.config.resolve import Overrides, resolve

if TYPE_CHECKING:
    from pywrangler.config.model import Resolved, Variable

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

HIDDEN = "(hidden)"


@app.command(
    help="Show the variables of a Worker and where they come from.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def variables(
    config: Annotated[
        list[Path] | None, typer.Option("--config", "-c", help="A configuration file", show_default=False)
    ] = None,
    cwd: Annotated[list[Path] | None, typer.Option("--cwd", help="Run as if started here", show_default=False)] = None,
    env: Annotated[list[str] | None, typer.Option("--env", "-e", help="The environment", show_default=False)] = None,
    env_file: Annotated[
        list[str] | None, typer.Option("--env-file", help="Variables from this file", show_default=False)
    ] = None,
    var: Annotated[list[str] | None, typer.Option("--var", help="NAME:VALUE", show_default=False)] = None,
    explain: Annotated[  # noqa: ARG001 - showing sources is all this command does; the word makes it readable
        bool, typer.Option("--explain", help="Say where each value comes from (always done)")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output")] = False,
) -> int:
    """Resolve and show."""
    enter_directory(single("cwd", cwd))
    directory = Path.cwd()
    resolution = resolve(
        config,
        cwd=directory,
        environment=single("env", env),
        overrides=Overrides(vars=tuple(var or ()), env_files=tuple(env_file or ())),
        process_environment=os.environ,
    )
    if as_json:
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
