"""`pywrangler types`: writes stubs of the environment, for editors and type checkers."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli.arguments import SILENT_SWITCH
from pywrangler.cli.flags import Parser, add_global_flags
from pywrangler.cli.options import enter_directory
from pywrangler.cli.style import block, problem_block, style_for
from pywrangler.files import read_text
from pywrangler.typegen.generate import generate_all, write_if_changed
from pywrangler.typegen.header import Options

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from pywrangler.cli.arguments import Invocation
    from pywrangler.cli.style import Style
    from pywrangler.typegen.generate import Generated

IGNORED_FLAGS = {"--include-runtime": SILENT_SWITCH}
"""Runtime types come from the npm package @cloudflare/workers-types, or from our stubs for Python."""

HINT = """\
Use them in the Worker, which does not import them when it runs:

    from __future__ import annotations
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from {module} import {interface}

    class Default(WorkerEntrypoint):
        env: {interface}

pyright says that sources are missing, which is right: set "reportMissingModuleSource" to "none".
"""


def parser(program: str) -> Parser:
    """Return the parser of the command."""
    it = Parser(
        prog=program,
        usage=f"{program} [path] [options]",
        description="Write types of the environment: a .pyi for a Python Worker, a .d.ts for a TypeScript one.",
    )
    it.add_argument("path", nargs="?", help="the file to write (default: worker_configuration.pyi beside main)")
    add_global_flags(it, several_configs=True)
    it.flag("--env-interface", metavar="NAME", help="name of the class (default: Env)")
    it.switch("--strict-vars", default=True, help="literal types for variables, instead of str and int")
    it.switch("--include-env", default=True, help="write the environment, not only the stubs of classes")
    it.switch("--include-main-module", default=True, help="TypeScript: name the type of the main module")
    it.switch("--check", default=False, help="write nothing; exit with 1 and a diff if the file is out of date")
    it.ignore(IGNORED_FLAGS)
    it.switch("--strict", default=False, help="exit with 1 if something could not be typed")
    return it


def run(options: Namespace, _invocation: Invocation) -> int:
    """Write the types, or compare them."""
    enter_directory(options.cwd)
    directory = Path.cwd()
    found = generate_all(
        Options(
            path=options.path,
            configs=tuple(str(path) for path in options.config or ()),
            environment=options.env,
            env_files=tuple(options.env_file),
            env_interface=options.env_interface or "Env",
            strict_vars=options.strict_vars,
            include_env=options.include_env,
            include_main_module=options.include_main_module,
        ),
        directory=directory,
        process_environment=os.environ,
        remember=options.check,
    )
    style = style_for(sys.stderr, os.environ)
    for generated in found:
        for problem in generated.problems:
            sys.stderr.write(problem_block(style, problem, directory))
    status = check(found, directory, style) if options.check else write(found, directory)
    has_problems = any(generated.problems for generated in found)
    return 1 if options.strict and has_problems else status


def write(found: Sequence[Generated], directory: Path) -> int:
    """Write the files; say what they were made from, and how to use the first one that is new."""
    is_hinted = False
    for generated in found:
        for name, main, config in generated.found:
            where = f"{os.path.relpath(main, directory)}' ({os.path.relpath(config, directory)})"
            print(f"- Found Worker '{name}' at '{where}")
        is_new = not generated.path.exists()
        changed = write_if_changed(generated)
        shown = os.path.relpath(generated.path, directory)
        print(f"✨ Types {'written to' if changed else 'are up to date at'} {shown}")
        if is_new and generated.is_python and generated.options.include_env and not is_hinted:
            is_hinted = True
            print()
            print(HINT.format(module=generated.path.stem, interface=generated.options.env_interface))
    return 0


def check(found: Sequence[Generated], directory: Path, style: Style) -> int:
    """Compare the files with what would be written; show the differences."""
    status = 0
    for generated in found:
        shown = os.path.relpath(generated.path, directory)
        try:
            before = read_text(generated.path, errors="replace")
        except FileNotFoundError:
            before = ""
        if before == generated.text:
            print(f"✨ Types at {shown} are up to date.")
            continue
        status = 1
        lines = difflib.unified_diff(
            before.splitlines(keepends=True), generated.text.splitlines(keepends=True), shown, f"{shown} (generated)"
        )
        sys.stdout.writelines(line if line.endswith("\n") else f"{line}\n" for line in lines)
        sys.stdout.flush()
        sys.stderr.write(block(style, "error", f"Types at {shown} are out of date.", "Run `pywrangler types`."))
    return status
