"""From configs to a file of types: what `pywrangler types` and `dev --types` call.

`generate` reads and returns text; `write_if_changed` is the only thing that writes. A file whose text did not change is
not touched, so watching sessions see no change; nor is its suffix one that reloads a Worker.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.config.paths import absolute, is_directory
from pywrangler.errors import ConfigError, Place, Problem, StartError
from pywrangler.files import read_text
from pywrangler.typegen.header import Options, is_generated, read_options, with_header
from pywrangler.typegen.project import find_configs, read_project, relative, siblings, targets
from pywrangler.typegen.python import write_stub
from pywrangler.typegen.typescript import write_declarations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.config.model import WorkerConfig
    from pywrangler.typegen.project import Project

PYTHON_NAME = "worker_configuration.pyi"
TYPESCRIPT_NAME = "worker-configuration.d.ts"
INTERFACE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Generated:
    """A file of types, not yet written."""

    worker: str
    path: Path
    text: str
    problems: tuple[Problem, ...]
    """Warnings: what could not be typed."""
    found: tuple[tuple[str, Path, Path], ...] = ()
    """The other Workers that were used: name, main module, config."""
    options: Options = field(default_factory=Options)
    """As the header says them."""

    @property
    def is_python(self) -> bool:
        """Whether it is a Python stub."""
        return self.path.suffix == ".pyi"


def generate_all(
    options: Options,
    *,
    directory: Path,
    process_environment: Mapping[str, str],
    remember: bool = False,
) -> tuple[Generated, ...]:
    """Return the types of the Worker in a directory, or of each Worker of a project; nothing is written.

    `options.configs` and `options.path` start at `directory`. With `remember`, an existing file's own options count
    where `options` has the default (`--check`). ConfigError or StartError if that is not possible.
    """
    if not INTERFACE.fullmatch(options.env_interface):
        raise _wrong(f'"{options.env_interface}" is no name for the environment: use letters, digits and underscores.')
    directory = absolute(directory)
    configs, others = find_configs([Path(path) for path in options.configs], directory)
    if options.path is not None and len(configs) > 1:
        raise _wrong("One path cannot hold the types of several Workers.", "Choose a Worker with -c.")
    return tuple(
        generate(
            config,
            [other for other in others if other != config],
            options,
            directory=directory,
            process_environment=process_environment,
            remember=remember,
        )
        for config in configs
    )


def generate(
    config: Path,
    others: Sequence[Path],
    options: Options,
    *,
    directory: Path,
    process_environment: Mapping[str, str],
    remember: bool = False,
) -> Generated:
    """Return the types of the Worker with this config; `others` are configs of Workers that it may bind."""
    project, path = _prepared(config, others, options, directory, process_environment)
    if remember:
        known = _options_of(path)
        if known is not None:
            merged = _merged(known, options)
            if not others:
                # As in the header: the first is the Worker itself.
                others = [absolute(config.parent, name) for name in known.configs[1:]]
            options = merged
            project, _ = _prepared(config, others, replace(options, path=None), directory, process_environment)
    text, problems = _written(project, path, options)
    home = config.parent
    said = replace(
        options,
        path=None if path == default_path(project) else relative(path, home),
        configs=tuple(relative(item, home) for item in (config, *others)) if _has_to_name(config, others) else (),
    )
    comment = "#" if path.suffix == ".pyi" else "//"
    named = targets(project.levels)
    used: dict[Path, WorkerConfig] = {}
    given = others if options.configs else ()
    for worker in project.known.values():
        if worker.config_path != config and (worker.name in named or worker.config_path in given):
            used.setdefault(worker.config_path, worker)
    return Generated(
        project.levels[0].worker.name,
        path,
        with_header(text, said, comment),
        problems,
        tuple((worker.name, worker.main or place, place) for place, worker in used.items()),
        said,
    )


def _has_to_name(config: Path, others: Sequence[Path]) -> bool:
    """Whether the command in the header needs -c: not where the same Workers are found without."""
    beside = siblings(config)
    found, _ = find_configs([], config.parent)
    return found[:1] != (config,) or any(other not in beside for other in others)


def _prepared(
    config: Path, others: Sequence[Path], options: Options, directory: Path, process_environment: Mapping[str, str]
) -> tuple[Project, Path]:
    project = read_project(
        config,
        others,
        environment=options.environment,
        env_files=options.env_files,
        process_environment=process_environment,
    )
    path = default_path(project) if options.path is None else absolute(directory, options.path)
    _check_path(path, project)
    return project, path


def default_path(project: Project) -> Path:
    """Return where the types of a Worker lie: beside its main module, or its config for TypeScript."""
    main = project.main
    if main is None:
        what = "A Worker without code has no use for types."
        raise ConfigError([Problem("no-main", what, 'Add "main" to the configuration.', Place(project.config_path))])
    return main.parent / PYTHON_NAME if main.suffix == ".py" else project.config_path.parent / TYPESCRIPT_NAME


def _check_path(path: Path, project: Project) -> None:
    default = default_path(project)
    if default.suffix == ".pyi":
        if path.suffix != ".pyi":
            what = f"The provided output path '{path.name}' does not point to a stub file"
            raise _wrong(f"{what} - please use the '.pyi' extension")
        if not path.stem.isidentifier():
            raise _wrong(f"'{path.name}' cannot be imported: the name of a stub file has to be an identifier.")
    elif not path.name.endswith(".d.ts"):
        what = f"The provided output path '{path.name}' does not point to a declaration file"
        raise _wrong(f"{what} - please use the '.d.ts' extension")
    if not is_directory(path.parent):
        raise _wrong(f'The directory "{path.parent}" does not exist.')


def _written(project: Project, path: Path, options: Options) -> tuple[str, tuple[Problem, ...]]:
    if path.suffix == ".pyi":
        return write_stub(
            project,
            path.parent,
            env_interface=options.env_interface,
            strict_vars=options.strict_vars,
            include_env=options.include_env,
        )
    if not options.include_env:
        raise _wrong("There are no runtime types here, so without --include-env nothing is left to write.")
    return write_declarations(
        project,
        path.parent,
        env_interface=options.env_interface,
        strict_vars=options.strict_vars,
        include_main_module=options.include_main_module,
    )


def _options_of(path: Path) -> Options | None:
    try:
        return read_options(read_text(path, errors="replace"))
    except OSError:
        return None


def _merged(known: Options, given: Options) -> Options:
    """Return the options of a file, with what was given now in their place."""
    default = Options()
    changes = {
        name: getattr(given, name)
        for name in ("environment", "env_files", "env_interface", "strict_vars", "include_env", "include_main_module")
        if getattr(given, name) != getattr(default, name)
    }
    return replace(known, **changes)


def write_if_changed(generated: Generated) -> bool:
    """Write the file, whole, unless it has this text already; StartError if a file of somebody else lies there."""
    path = generated.path
    try:
        before = read_text(path, errors="replace")
    except FileNotFoundError:
        before = None
    except OSError as error:
        raise _wrong(f'"{path}" cannot be read: {error.strerror}.') from error
    if before == generated.text:
        return False
    if before is not None and not is_generated(before):
        raise _wrong(f"A non-Pywrangler {path.name} already exists, please rename and try again.")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(generated.text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _wrong(f'"{path}" cannot be written: {error.strerror}.') from error
    return True


def _wrong(what: str, remedy: str = "") -> StartError:
    return StartError(Problem("types", what, remedy))
