"""What a project's `pyproject.toml` asks to be installed.

Rules (spec/cli.md, section 10; https://packaging.python.org/specifications/dependency-groups/):
- the file stands beside the config or in a directory above it; a project with only a `requirements.txt` is refused;
- `[project] dependencies`; of `[dependency-groups]` the group `dev`, or those that `[tool.uv] default-groups` names,
  with what they include; uv's older `dev-dependencies` too;
- dependencies that the build backend makes (`dynamic`, or no `[project]` beside a backend) are asked of it
  (`session.build_metadata`);
- Cloudflare's own command line is left out: this program does its work, and both call their package `pywrangler`; what
  it brings to every project is kept: the SDK, which then counts at every compatibility date (`packages.sdk`);
- our own name is no requirement: on the index it belongs to somebody else. `sync` installs the pywrangler that runs,
  unless the project says where its own comes from;
- where packages come from is said by `[tool.uv]` (`session.package_sources`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywrangler.config.document import place_at
from pywrangler.errors import ConfigError, Place, Problem, StartError
from pywrangler.files import read_text
from pywrangler.packages.distributions import parse
from pywrangler.packages.versions import clauses
from pywrangler.session.package_sources import PackageSources
from pywrangler.session.workspaces import FILE_NAME, canonical_name, entries, load, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEFT_OUT = frozenset(("workers-py",))
BROUGHT, BRINGS_SINCE = "workers-runtime-sdk", (1, 9)
"""What comes with it, and from which version on."""
OWN_NAME = "pywrangler"
_NAME = re.compile(r"\s*[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Backend:
    """The program that builds a project (https://peps.python.org/pep-0517/)."""

    name: str
    requires: tuple[str, ...]
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project as far as its environment is concerned."""

    path: Path
    requirements: tuple[str, ...]
    """Lines as a requirements file has them."""
    left_out: tuple[str, ...] = ()
    """Requirements that are not installed."""
    requires_python: str = ""
    python_place: Place | None = None
    backend: Backend | None = None
    """Who has to be asked for the dependencies."""
    indexes: tuple[str, ...] = ()
    """Options of a requirements file that name further indexes."""
    brings_pywrangler: bool = False
    """The project says where its own pywrangler comes from."""

    @property
    def directory(self) -> Path:
        """Where the file stands; the environment is made here."""
        return self.path.parent


def find(start: Path) -> Path:
    """Return the nearest pyproject.toml at or above `start`; StartError with advice if there is none."""
    for directory in (start, *start.parents):
        if (directory / FILE_NAME).is_file():
            return directory / FILE_NAME
    requirements = start / "requirements.txt"
    if requirements.is_file():
        lines = [line.partition(" #")[0].strip() for line in read_text(requirements).splitlines()]
        names = [line for line in lines if line and not line.startswith(("#", "-"))]
        raise StartError(
            Problem(
                "requirements-txt",
                "Dependencies are read from pyproject.toml, not from requirements.txt.",
                f"Make {start / FILE_NAME}:\n\n{_template(start, names)}",
                Place(requirements),
            )
        )
    what = f'There is no {FILE_NAME} in "{start}" or a directory above it.'
    raise StartError(Problem("no-pyproject", what, f"Make {start / FILE_NAME}:\n\n{_template(start, [])}"))


def read(path: Path) -> Project:
    """Return what the file asks for; ConfigError with every problem and its place."""
    text, value = load(path)
    problems: list[Problem] = []

    def wrong(what: str, key: str, remedy: str = "") -> None:
        problems.append(Problem("pyproject", what, remedy, _place(path, text, key)))

    project = value.get("project", {})
    if not isinstance(project, dict):
        wrong('"project" has to be a table.', "project")
        project = {}
    found: list[str] = []
    for requirement in _strings(project.get("dependencies", [])):
        if requirement is None or not _NAME.match(requirement):
            wrong('"dependencies" has to be a list of requirements such as "fastapi>=0.110".', "dependencies")
            break
        found.append(_one_line(requirement))
    for name in _default_groups(value):
        try:
            found += _group(table(value, "dependency-groups"), name, ())
        except ValueError as error:
            wrong(str(error), name)
    older = entries(table(table(value, "tool"), "uv").get("dev-dependencies"))
    found += [_one_line(item) for item in older if isinstance(item, str) and _NAME.match(item)]
    requires_python = project.get("requires-python", "")
    if not isinstance(requires_python, str) or clauses(requires_python) is None:
        wrong('"requires-python" has to be a range of versions such as ">=3.11".', "requires-python")
        requires_python = ""
    backend = _backend(value)
    if backend is None and _is_dynamic(value):
        wrong('"dependencies" are dynamic, but no "build-backend" is named that knows them.', "dynamic")
    if problems:
        raise ConfigError(problems)
    sources = PackageSources(value, path.parent)
    result = Project(
        path,
        (),
        requires_python=requires_python,
        python_place=_place(path, text, "requires-python") if requires_python else None,
        backend=backend if _is_dynamic(value) else None,
        indexes=sources.indexes(),
    )
    return with_requirements(result, [line for item in found for line in sources.lines(item)])


def with_requirements(project: Project, lines: Sequence[str]) -> Project:
    """Return the project with further requirements, those that are not installed apart."""
    left_out = [line for line in lines if canonical_name(line) in LEFT_OUT]
    own = [line for line in lines if canonical_name(line) == OWN_NAME]
    brings = project.brings_pywrangler or any(" @ " in line or line.startswith("-") for line in own)
    kept = [line for line in lines if line not in left_out and (brings or line not in own)]
    names = {canonical_name(line) for line in (*project.requirements, *kept)}
    if BROUGHT not in names and any(map(_brings_sdk, left_out)):
        kept.append(BROUGHT)
    return replace(
        project,
        requirements=tuple(dict.fromkeys((*project.requirements, *kept))),
        left_out=tuple(dict.fromkeys((*project.left_out, *left_out))),
        brings_pywrangler=brings,
    )


def _brings_sdk(requirement: str) -> bool:
    """Whether a version of Cloudflare's command line that a requirement allows brings the SDK."""
    asked = parse(requirement)
    limits = (clauses(asked.versions) or ()) if asked is not None else ()
    highest = [(numbers[:2], operator == "<") for operator, numbers, _ in limits if operator not in (">", ">=", "!=")]
    return all(numbers > BRINGS_SINCE or (numbers == BRINGS_SINCE and not is_less) for numbers, is_less in highest)


# ---- reading


def _strings(value: Any) -> Iterator[str | None]:
    """Yield the strings of a list, None for what is none."""
    if not isinstance(value, list):
        yield None
        return
    for item in value:
        yield item if isinstance(item, str) else None


def _default_groups(value: dict[str, Any]) -> list[str]:
    """Return the names of the dependency groups that are installed."""
    groups = table(value, "dependency-groups")
    named = table(table(value, "tool"), "uv").get("default-groups")
    if named == "all":
        return list(groups)
    if isinstance(named, list):
        return [name for name in named if isinstance(name, str)]
    return ["dev"] if "dev" in groups else []


def _one_line(requirement: str) -> str:
    """Return a requirement as a line of a requirements file, where a break would begin another."""
    return " ".join(requirement.split())


def _group(groups: dict[str, Any], name: str, above: tuple[str, ...]) -> list[str]:
    """Return the requirements of a dependency group; ValueError says what is wrong with it."""
    if name in above:
        raise ValueError(f'The dependency group "{name}" includes itself.')
    if not isinstance(groups.get(name), list):  # missing, too
        raise ValueError(f'There is no dependency group "{name}".')  # noqa: TRY004 - one kind for all that is wrong
    found: list[str] = []
    for item in groups[name]:
        if isinstance(item, str) and _NAME.match(item):
            found.append(_one_line(item))
        elif isinstance(item, dict) and isinstance(item.get("include-group"), str):
            found += _group(groups, item["include-group"], (*above, name))
        else:
            raise ValueError(f'The dependency group "{name}" holds something that is no requirement.')
    return found


def _is_dynamic(value: dict[str, Any]) -> bool:
    """Whether the dependencies are known to the build backend only."""
    project = value.get("project")
    if project is None:
        return _backend(value) is not None  # Poetry's own tables, or a setup.py
    dynamic = project.get("dynamic") if isinstance(project, dict) else None
    return isinstance(dynamic, list) and "dependencies" in dynamic


def _backend(value: dict[str, Any]) -> Backend | None:
    table = value.get("build-system")
    if not isinstance(table, dict):
        return None
    name = table.get("build-backend", "setuptools.build_meta:__legacy__")
    requires, path = ([item for item in _strings(table.get(key, [])) if item] for key in ("requires", "backend-path"))
    return Backend(name, tuple(requires), tuple(path)) if isinstance(name, str) and name else None


def _place(path: Path, text: str, key: str) -> Place:
    """Return where a key stands: the first line that begins with it, or its table."""
    for pattern in (rf"^[ \t]*({re.escape(key)})[ \t]*=", rf"^[ \t]*\[+[ \t]*({re.escape(key)})[ \t]*\]"):
        match = re.search(pattern, text, re.MULTILINE)
        if match:
            return place_at(path, text, match.start(1))
    return Place(path)


def _template(directory: Path, requirements: Sequence[str]) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "-", directory.name).strip("-").lower() or "worker"
    quoted = "".join(f'  "{item}",\n'.replace('"', "'") if '"' in item else f'  "{item}",\n' for item in requirements)
    listed = f"[\n{quoted}]" if quoted else "[]"
    return f'[project]\nname = "{name}"\nversion = "0.1.0"\ndependencies = {listed}'
