"""Which config files a session is made of (spec/config.md, section 1).

Given with -c: as given, relative to the working directory, judged by suffix. Otherwise upwards from the start
directory for `wrangler.json`, then for `wrangler.jsonc`, then for `wrangler.toml`: the name outranks the distance. A
build tool may have left `.wrangler/deploy/config.json`, which redirects to a generated config. If nothing is found,
every direct child directory that holds a config is a Worker of the session, so that `pywrangler dev` at the root of a
project runs all of it; that last step is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.config import jsonc, toml
from pywrangler.config.diagnostics import show
from pywrangler.config.paths import absolute, is_directory, is_file, names_in
from pywrangler.config.suggest import nearest
from pywrangler.errors import ConfigError, Place, Problem
from pywrangler.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.config.document import Document

NAMES = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
REDIRECT = Path(".wrangler", "deploy", "config.json")
SIZE_LIMIT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """One config: the file to parse, and the user's own, which differs if the first is generated."""

    path: Path
    user_path: Path
    redirect: Path | None = None
    """The file that redirected."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The configs of a session, primary first."""

    configs: tuple[Found, ...]
    warnings: tuple[Problem, ...] = ()
    are_siblings: bool = False
    """They are the Workers in the child directories of a project, none of which is more important."""


def discover(
    config_paths: Sequence[Path] | None, *, cwd: Path, start: Path | None = None, with_redirect: bool = True
) -> Discovery:
    """Return the configs; ConfigError if one cannot be used. None found gives an empty Discovery.

    `start` is the directory to search from if it is not `cwd` (that of a script).
    """
    if config_paths:
        return Discovery(tuple(_given(cwd / path) for path in config_paths))
    start = absolute(start or cwd)
    found, warnings = _upwards(start)
    redirect = _upwards_for(start, REDIRECT) if with_redirect else None
    if redirect is not None:
        return Discovery((_redirected(redirect, found),), tuple(warnings))
    if found is not None:
        return Discovery((Found(found, found),), tuple(warnings))
    return _children(start)


def _given(path: Path) -> Found:
    path = absolute(path)
    if is_directory(path):
        holds = next((name for name in NAMES if is_file(path / name)), None)
        remedy = f'Did you mean "{path / holds}"?' if holds else "Name the file in it."
        raise _error("config-path", f'The configuration path "{path}" is a directory.', remedy)
    if path.suffix not in (".json", ".jsonc", ".toml"):
        what = f'The configuration file "{path.name}" has an unknown suffix.'
        raise _error("config-path", what, "Configurations end in .jsonc, .json or .toml.")
    return Found(path, path)


def _error(code: str, what: str, remedy: str = "", place: Place | None = None) -> ConfigError:
    return ConfigError([Problem(code, what, remedy, place)])


def _upwards(start: Path) -> tuple[Path | None, list[Problem]]:
    for number, name in enumerate(NAMES):
        found = _upwards_for(start, Path(name))
        if found is None:
            continue
        nearer = [
            other
            for other in (_upwards_for(start, Path(later)) for later in NAMES[number + 1 :])
            if other is not None and len(other.parents) >= len(found.parents)
        ]
        return found, [_shadow_warning(found, other) for other in nearer]
    return None, []


def _shadow_warning(used: Path, hidden: Path) -> Problem:
    return Problem(
        "shadowed-config",
        f'"{hidden}" is not used: "{used}" comes first, because of its name.',
        f"Remove one of the two, or choose with -c {hidden.name}.",
        Place(hidden),
        "warning",
    )


def _upwards_for(start: Path, name: Path) -> Path | None:
    return next((folder / name for folder in (start, *start.parents) if is_file(folder / name)), None)


def _children(start: Path) -> Discovery:
    configs, warnings = [], []
    for folder in names_in(start):
        if folder.startswith(".") or folder == "node_modules":
            continue
        present = [start / folder / name for name in NAMES if is_file(start / folder / name)]
        if present:
            configs.append(Found(present[0], present[0]))
            warnings += [_shadow_warning(present[0], other) for other in present[1:]]
    return Discovery(tuple(configs), tuple(warnings), are_siblings=True)


def _redirected(redirect: Path, user_path: Path | None) -> Found:
    base = redirect.parents[len(REDIRECT.parts) - 1]
    if user_path is not None and user_path.parent != base:
        what = f'The deploy configuration "{redirect}" and the configuration "{user_path}" belong to different folders.'
        raise _error("redirect", what, "Both have to lie under the same directory; remove the one that is not yours.")
    document = load(redirect)
    target = document.value.get("configPath") if isinstance(document.value, dict) else None
    if not isinstance(target, str) or not target:
        what = f'A redirect needs the field "configPath", but the file holds {show(document.value)}.'
        raise _error("redirect", what, "", Place(redirect))
    path = absolute(redirect.parent, target)
    if not is_file(path):
        what = f'The redirect leads to "{path}", which does not exist.'
        raise _error("redirect", what, "Run the build again, or remove the redirect.", document.place(("configPath",)))
    return Found(path, user_path or base / NAMES[1], redirect)


def load(path: Path) -> Document:
    """Return the parsed config at `path`; ConfigError if it cannot be read or is malformed."""
    try:
        content = read_regular(path, SIZE_LIMIT_BYTES + 1)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if len(content) > SIZE_LIMIT_BYTES:
        raise _error(
            "config-size", f"The configuration is larger than {SIZE_LIMIT_BYTES // 1024**2} MiB.", "", Place(path)
        )
    return toml.parse(content, path) if path.suffix == ".toml" else jsonc.parse(content, path)


def unreadable(path: Path, error: OSError | ValueError) -> ConfigError:
    """Return the error for a config that cannot be read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    remedy = ""
    if isinstance(error, FileNotFoundError):
        near = nearest(path.name, names_in(path.parent))
        remedy = f'Did you mean "{near}"?' if near else ""
    return _error("config-unreadable", f'Could not read file "{path}": {reason}.', remedy)
