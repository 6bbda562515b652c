"""Secrets of a Worker under `dev`: its variable file, and what the user should know about the change."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.cli import git
from pywrangler.cli.style import block, style_for
from pywrangler.cli.targets import DEV_VARS, Target, choose_target
from pywrangler.cli.variable_file import change, read
from pywrangler.config.dotenv_edit import names
from pywrangler.config.paths import exists
from pywrangler.config.suggest import did_you_mean
from pywrangler.errors import Place, Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_FAMILY = (".env", ".env.local")


@dataclass(frozen=True, slots=True)
class LocalSecrets:
    """The variable file of one Worker."""

    target: Target

    @classmethod
    def of(cls, options: Namespace, environment: Mapping[str, str]) -> LocalSecrets:
        """Return those of the Worker that the flags mean."""
        return cls(choose_target(options, environment))

    @property
    def where(self) -> str:
        """Words for a message."""
        return f'of the Worker "{self.target.worker.name}" in {self._shown}'

    @property
    def _path(self) -> Path:
        return self.target.secrets_file

    @property
    def _shown(self) -> str:
        return os.path.relpath(self._path)

    def put(self, name: str, value: str) -> None:
        """Set one secret."""
        self.change({name: value})
        print(f"✨ Success! Saved secret {name} {self.where}.")
        print("   It is for `pywrangler dev`; with --remote it goes to the deployed Worker.")

    def names(self) -> list[tuple[str, str]]:
        """Return the names in the file that `dev` uses, each with the type that the API would give it."""
        text = _text(self._path)
        if text is None and self._path.name != DEV_VARS:
            text = _text(self._path.with_name(DEV_VARS))
        return [(name, "secret_text") for name in names(text or "")]

    def check(self, name: str) -> None:
        """Raise StartError if there is no such secret."""
        found = names(_text(self._path) or "")
        if name not in found:
            raise StartError(Problem("unknown-secret", f"{self._shown} holds no {name}.", did_you_mean(name, found)))

    def delete(self, name: str) -> None:
        """Remove one secret."""
        self.change({name: None})
        print(f"✨ Success! Deleted secret {name}")

    def change(self, changes: Mapping[str, str | None]) -> None:
        """Set and remove secrets, all or none; then tell what else happens because of it."""
        is_new = change(self._path, changes)
        _protect(self._path)
        put = [name for name, value in changes.items() if value is not None]
        for text in [*(_replaced_files(self._path) if is_new else ()), *_without_effect(self.target, put)]:
            _warn(text)


def _text(path: Path) -> str | None:
    try:
        return read(path)
    except OSError as error:
        what = f'The file "{path.name}" cannot be read: {error.strerror}.'
        raise StartError(Problem("variables-unreadable", what, "", Place(path))) from error


def _protect(path: Path) -> None:
    """Keep git from committing the file."""
    match git.standing(path):
        case "exposed":
            target = git.ignore_secrets(path)
            print(f"   Added {DEV_VARS}* to {os.path.relpath(target)}: git would have committed {path.name}.")
            if git.standing(path) == "exposed":
                _warn(f"git would still commit {path.name}.", "Look for a rule in .gitignore that begins with `!`.")
        case "tracked":
            remedy = f"Take it out: git rm --cached {os.path.relpath(path)}\nand replace the secrets in it."
            _warn(f"git tracks {path.name}: its secrets are part of the repository.", remedy)


def _replaced_files(path: Path) -> Iterable[str]:
    """Tell which files `dev` no longer reads because `path` exists now."""
    if path.name != DEV_VARS and exists(path.with_name(DEV_VARS)):
        yield f"With this environment, `dev` reads {path.name} from now on, and no longer {DEV_VARS}."
        return
    suffix = path.name.removeprefix(DEV_VARS)
    family = (*_FAMILY, f".env{suffix}", f".env{suffix}.local") if suffix else _FAMILY
    unread = [name for name in family if exists(path.with_name(name))]
    if unread:
        yield f"`dev` reads {path.name} from now on, and no longer {' and '.join(unread)}."


def _without_effect(target: Target, changed: Sequence[str]) -> Iterable[str]:
    """Tell which names the Worker will not see."""
    required = target.worker.secrets_required
    for name in changed:
        if name in target.labels:
            yield f"The Worker does not see {name}: a {target.labels[name]} of its configuration has that name."
        elif required is not None and name not in required and name not in target.worker.vars:
            yield f'The Worker does not see {name}: add it to "secrets.required" in its configuration.'


def _warn(what: str, remedy: str = "") -> None:
    sys.stderr.write(block(style_for(sys.stderr, os.environ), "warning", what, remedy))
