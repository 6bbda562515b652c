"""Making and updating the virtual environment of a project from its `pyproject.toml`.

Rules
- The environment is `.venv` beside the pyproject.toml, with the Python that the project asks for
  (`session.python_choice`), because compiled packages fit one version only. `session.venv` finds it there.
- Lock files say in which versions (`session.lock_files`).
- The pywrangler that runs is installed into it, last and without a change of what is pinned: commands, pytest and
  editors then use what the project has (`pywrangler.handover`, `session.editor_setup`).
- A stamp in the environment holds a hash of everything that decided its content, and what that was. While the first is
  the same, and the second still there, nothing is touched: `uv sync` and `pip uninstall` take packages away, too.
- An environment that we made is made anew when a requirement is gone, so that nothing stays importable that will be
  missing when the Worker is deployed. One that the user made is only added to, and the one that runs pywrangler too.
  One whose Python is gone is of no use to anybody and made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Problem, StartError
from pywrangler.files import read_text
from pywrangler.packages.distributions import installed
from pywrangler.session import build_metadata, editor_setup, lock_files, own_package, python_choice
from pywrangler.session.pyproject import OWN_NAME, Project, with_requirements
from pywrangler.session.python_choice import version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pywrangler.session.installer import Installer
    from pywrangler.session.lock_files import Pins
    from pywrangler.session.own_package import OwnPackage
    from pywrangler.session.python_choice import Asked, Interpreter, Probe, Version

    Tell = Callable[[str], None]

ENVIRONMENT = ".venv"
STAMP = ".pywrangler-sync.json"
STAMP_FORMAT = 2
_IGNORED_AS = frozenset((".venv", ".venv/", "/.venv", "/.venv/", "**/.venv", "**/.venv/", ".venv*", "*venv*"))


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to go about it."""

    force: bool = False
    """Install even if nothing has changed."""
    upgrade: bool = False
    """Take the newest versions that the requirements allow."""
    own: bool = True
    """Install the pywrangler that runs, too."""
    module_roots: tuple[Path, ...] = ()
    """The directories of the Workers' modules, for editors."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What `sync` meets here; tests give their own."""

    installer: Installer
    own: OwnPackage | None
    probe: Probe = version_of
    running: Interpreter | None = None
    """The Python that runs pywrangler (default: this one)."""
    search: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    home: Path = field(default_factory=Path.home)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the environment was made from."""

    fingerprint: str
    requirements: tuple[str, ...]
    python: str
    tool: str
    packages: frozenset[str] = field(default=frozenset(), compare=False)
    """Names and versions of all that was there then."""


def sync(project: Project, wishes: Wishes, tell: Tell, machine: Machine) -> bool:
    """Bring the environment up to date and return whether anything was done; StartError if it cannot be done."""
    return _Sync(project, wishes, tell, machine).run()


class _Sync:
    def __init__(self, project: Project, wishes: Wishes, tell: Tell, machine: Machine) -> None:
        self._project = project
        self._wishes = wishes
        self._tell = tell
        self._machine = machine
        self._installer = machine.installer
        self._environment = project.directory / ENVIRONMENT
        self._interpreter = str(_interpreter(self._environment))
        self._is_running = self._environment.resolve() == Path(sys.prefix).resolve()
        """The environment is the one that runs pywrangler."""
        is_wanted = wishes.own and not project.brings_pywrangler and not self._is_running
        self._own = machine.own if is_wanted else None

    def run(self) -> bool:
        asked = python_choice.asked_by(self._project)
        pins = lock_files.read(self._project.directory)
        version = self._machine.probe(self._interpreter)
        stamp = _read_stamp(self._environment)
        if reason := self._reason_to_make(asked, version, stamp):
            version = self._make(asked, reason)
        elif version is None:
            raise python_choice.missing(asked, has_uv=bool(self._installer.uv))
        if self._project.backend is not None:
            self._project = self._resolved()
        for name in self._project.left_out:
            self._tell(f"{name} is left out: pywrangler does its work.")
        requirements = [pins.replaced(item) for item in self._project.requirements]
        wanted = self._stamp(requirements, pins, version)
        is_there = self._own is None or own_package.installed_in([_site_packages(self._environment)]) is not None
        is_whole = is_there and stamp is not None and stamp.packages <= _packages(self._environment)
        if not reason and stamp == wanted and is_whole and not self._wishes.force and not self._wishes.upgrade:
            self._tell("Nothing has changed since the last sync. Use --force to install again.")
            return False
        gone = [item for item in stamp.requirements if item not in wanted.requirements] if stamp else []
        if gone and not reason and not self._is_running:
            self._make(asked, f" again: {gone[0]} is not asked for any more.")
        _stamp_path(self._environment).unlink(missing_ok=True)  # until it is complete
        self._install(requirements, pins)
        self._set_up_editors()
        _write_stamp(self._environment, replace(wanted, packages=_packages(self._environment)))
        if advice := _ignore_advice(self._project.directory, self._environment):
            self._tell(advice)
        return True

    def _reason_to_make(self, asked: Asked, version: Version | None, stamp: Stamp | None) -> str:
        """Return the end of a sentence that says why the environment has to be made (anew), or nothing to keep it."""
        path = self._environment
        if not path.exists() and not path.is_symlink():
            return "."
        if not (path / "pyvenv.cfg").is_file():
            what = f"{_shown(path)} is in the way: it is no virtual environment."
            raise StartError(Problem("venv-version", what, "Move it away, and run `pywrangler sync` again."))
        if version is None:
            return " again: its Python is gone."
        libraries = path / "lib" / f"python{_minor(version)}" / "site-packages"
        if os.name != "nt" and not libraries.is_dir():
            return f" again: its Python is {_minor(version)} now, and its packages are for another."
        if asked.takes(version):
            return ""
        if stamp is not None and not self._is_running:
            return f" again: it was for Python {_minor(version)}, and the project asks for {asked}."
        what = f"{_shown(path)} is for Python {_minor(version)}, but the project asks for {asked}."
        remedy = (
            "It runs this pywrangler: run `pywrangler sync` with one from outside."
            if self._is_running
            else "Remove it and run `pywrangler sync` again."
        )
        raise StartError(Problem("venv-version", what, remedy, asked.place))

    def _make(self, asked: Asked, reason: str) -> Version:
        machine = self._machine
        chosen = python_choice.choose(asked, machine.search, machine.home, machine.probe, machine.running)
        if chosen is None and not self._installer.uv:
            raise python_choice.missing(asked, has_uv=False)
        shown = f"Python {'.'.join(map(str, chosen.version))}" if chosen else str(asked)
        self._tell(f"Making {_shown(self._environment)} for {shown} with {self._installer.name}{reason}")
        if not self._installer.make(self._environment, chosen.path if chosen else asked.request):
            if chosen is None:
                raise python_choice.missing(asked, has_uv=True)
            raise _failed(f"{_shown(self._environment)} could not be made.")
        version = machine.probe(self._interpreter)
        if version is None:
            raise _failed(f"{_shown(self._environment)} was made, but its Python does not run.")
        return version

    def _resolved(self) -> Project:
        """Return the project with the dependencies that its build backend names."""
        backend = self._project.backend
        assert backend is not None
        self._tell(f"Asking {backend.name} for the dependencies")

        def install(lines: Sequence[str], directory: Path) -> None:
            if not self._installer.install_to(self._interpreter, lines, directory):
                raise _failed(f"What the build backend of {self._project.path.name} requires could not be installed.")

        named = build_metadata.dependencies(self._project, backend, self._interpreter, install)
        return with_requirements(self._project, named)

    def _stamp(self, requirements: Sequence[str], pins: Pins, version: Version) -> Stamp:
        own = self._own.fingerprint if self._own else ""
        parts = [STAMP_FORMAT, _minor(version), sys.platform, self._project.requires_python, sorted(requirements)]
        parts += [sorted(pins.lines()), self._project.indexes, own]
        fingerprint = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        names = (*requirements, *([OWN_NAME] if self._own or self._is_running else []))
        return Stamp(fingerprint, names, _minor(version), self._installer.name)

    def _install(self, requirements: Sequence[str], pins: Pins) -> None:
        name, count = self._project.path.name, len(requirements)
        if requirements:
            locks = " and ".join(path.name for path in pins.files)
            self._tell(
                f"Installing {count} {'requirement' if count == 1 else 'requirements'} of {name}"
                + (f" in the versions of {locks}" if locks else "")
            )
            if unknown := pins.unknown(requirements):
                listed = ", ".join(dict.fromkeys(unknown))
                self._tell(f"Not in {locks}: {listed}. The newest version that fits is taken.")
        else:
            self._tell(f"{name} asks for no packages.")
        lines = [*self._project.indexes, *requirements]
        if self._own is None:
            if requirements and not self._installer.install(
                self._interpreter, lines, pins.lines(), options=self._options()
            ):
                raise self._not_installed(pins)
            return
        self._tell(f"Installing {self._own}: the one that runs this command")
        if self._install_with_own(self._own, lines, pins):
            return
        if requirements and not self._installer.install(
            self._interpreter, lines, pins.lines(), options=self._options()
        ):
            raise self._not_installed(pins)
        what = "The packages of the project are installed, but pywrangler does not go with them."
        remedy = "The reason stands above. `pywrangler sync --no-self` leaves pywrangler out of the environment."
        raise StartError(Problem("sync-self", what, remedy))

    def _install_with_own(self, own: OwnPackage, lines: Sequence[str], pins: Pins) -> bool:
        packages = _site_packages(self._environment)
        options = [*self._options(), *(["--reinstall-package", OWN_NAME] if self._installer.uv else [])]
        if not self._installer.uv and own_package.installed_in([packages]) is not None:
            # pip would keep it, whatever it is, if the version is the same.
            self._installer.remove(self._interpreter, OWN_NAME)
        constraints = [line for line, name in pins.named() if name != OWN_NAME]
        with tempfile.TemporaryDirectory(prefix="pywrangler-") as directory:
            wheel = own_package.write_wheel(own, Path(directory))
            ours = f"{OWN_NAME} @ {wheel.as_uri()}"
            if not self._installer.install(self._interpreter, [*lines, ours], constraints, options=options):
                return False
        own_package.write_origin(own, packages)
        return True

    def _options(self) -> list[str]:
        return ["--upgrade"] if self._wishes.upgrade else []

    def _not_installed(self, pins: Pins) -> StartError:
        remedy = "The reason stands above."
        if pins.files:
            locks = " and ".join(path.name for path in pins.files)
            remedy += f" Versions are pinned by {locks}: if they do not fit any more, lock again."
        what = f"The packages that {self._project.path.name} asks for could not be installed."
        return StartError(Problem("sync-failed", what, remedy))

    def _set_up_editors(self) -> None:
        packages = _site_packages(self._environment)
        own = own_package.installed_in([packages])
        if own is None:
            return
        editor_setup.write_sources(packages, own.sources or packages)
        if editor_setup.write_pyright_config(self._project.directory, ENVIRONMENT, self._wishes.module_roots):
            self._tell(f"Wrote {editor_setup.PYRIGHT_CONFIG}, by which pyright finds {ENVIRONMENT}.")


# ---- the environment


def _interpreter(environment: Path) -> Path:
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin" / "python"


def _site_packages(environment: Path) -> Path:
    if os.name == "nt":
        return environment / "Lib" / "site-packages"
    return next(environment.glob("lib/python3*/site-packages"), environment / "lib")


def _packages(environment: Path) -> frozenset[str]:
    return frozenset(f"{item.name}=={item.version}" for item in installed(_site_packages(environment)))


def _minor(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _failed(what: str) -> StartError:
    return StartError(Problem("sync-failed", what, "The reason stands above."))


# ---- the stamp


def _stamp_path(environment: Path) -> Path:
    return environment / STAMP


def _read_stamp(environment: Path) -> Stamp | None:
    try:
        value = json.loads(read_text(_stamp_path(environment)))
        return Stamp(
            str(value["fingerprint"]),
            tuple(map(str, value["requirements"])),
            str(value["python"]),
            str(value["tool"]),
            frozenset(map(str, value.get("packages", ()))),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # none, or not ours: the environment is brought up to date


def _write_stamp(environment: Path, stamp: Stamp) -> None:
    value = {
        "fingerprint": stamp.fingerprint,
        "requirements": list(stamp.requirements),
        "python": stamp.python,
        "tool": stamp.tool,
        "packages": sorted(stamp.packages),
    }
    temporary = _stamp_path(environment).with_suffix(".new")
    temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    temporary.replace(_stamp_path(environment))


# ---- advice


def _ignore_advice(directory: Path, environment: Path) -> str:
    """Return a hint if git would take the environment for source."""
    if (environment / ".gitignore").exists():
        return ""
    for folder in (directory, *directory.parents):
        try:
            lines = read_text(folder / ".gitignore").splitlines()
        except (OSError, ValueError):
            lines = []
        if _IGNORED_AS.intersection(line.strip() for line in lines):
            return ""
        if (folder / ".git").exists():
            return f'Add "{ENVIRONMENT}/" to .gitignore: the environment does not belong into the repository.'
    return ""


def _shown(path: Path) -> str:
    return os.path.relpath(path)
