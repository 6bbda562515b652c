"""A change of the project's environment is noticed once it has settled."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pywrangler.session import environment_sync, environment_watch
from pywrangler.session.environment_watch import STAMP, Change, EnvironmentWatch

ENVIRONMENT = Change((".venv",), is_demand_only=False)
DEMAND = Change(("pyproject.toml",), is_demand_only=True)


class Project:
    def __init__(self, home: Path) -> None:
        self.root = home / "project" / "worker"
        self.root.mkdir(parents=True)
        self.packages = self.root / ".venv" / "lib" / "python3.13" / "site-packages"
        self.home = home
        self.clock = 1_000_000_000

    def make(self, *, stamp: bool = True) -> None:
        self.packages.mkdir(parents=True)
        (self.root / ".venv" / "pyvenv.cfg").touch()
        if stamp:
            (self.root / ".venv" / STAMP).touch()

    def install(self, name: str) -> None:
        (self.packages / f"{name}-1.0.dist-info").mkdir()
        self.clock += 1  # however coarse the clock of the file system is
        os.utime(self.packages, (self.clock, self.clock))

    def watch(self) -> EnvironmentWatch:
        return EnvironmentWatch([self.root], self.home)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def settled(watch: EnvironmentWatch) -> list[Change]:
    """What two looks tell: one that sees the change, and one that sees no more."""
    return [change for _ in range(2) for _number, change in watch.look()]


def test_nothing_is_told_as_long_as_nothing_happens(project: Project) -> None:
    project.make()
    watch = project.watch()
    assert settled(watch) == settled(watch) == []


def test_a_new_environment_is_noticed_once(project: Project) -> None:
    watch = project.watch()
    project.make()
    assert settled(watch) == [ENVIRONMENT]
    assert settled(watch) == []


def test_an_environment_above_is_noticed_below_home_only(project: Project) -> None:
    watch = project.watch()
    (project.home / ".venv").mkdir()
    (project.home / ".venv" / "pyvenv.cfg").touch()
    assert settled(watch) == []
    (project.root.parent / ".venv").mkdir()
    (project.root.parent / ".venv" / "pyvenv.cfg").touch()
    assert settled(watch) == [ENVIRONMENT]


def test_a_package_that_comes_or_goes_is_noticed_when_installing_is_over(project: Project) -> None:
    project.make()
    watch = project.watch()
    for name in ("a", "b", "c"):
        project.install(name)
        assert list(watch.look()) == []
    assert list(watch.look()) == [(0, ENVIRONMENT)]
    shutil.rmtree(project.packages / "b-1.0.dist-info")
    assert settled(watch) == [ENVIRONMENT]


def test_a_pth_file_that_is_written_again_is_noticed(project: Project) -> None:
    project.make()
    file = project.packages / "lib.pth"
    file.write_text("/a\n")
    watch = project.watch()
    file.write_text("/b\n")
    os.utime(file, (1, 1))
    assert settled(watch) == [ENVIRONMENT]


def test_a_removed_environment_is_noticed(project: Project) -> None:
    project.make(stamp=False)
    watch = project.watch()
    shutil.rmtree(project.root / ".venv")
    assert settled(watch) == [ENVIRONMENT]


def test_an_environment_that_sync_is_making_is_left_alone_until_it_is_complete(project: Project) -> None:
    project.make()
    watch = project.watch()
    shutil.rmtree(project.root / ".venv")
    project.make(stamp=False)
    project.install("half")
    assert settled(watch) == settled(watch) == []
    (project.root / ".venv" / STAMP).touch()
    assert settled(watch) == [ENVIRONMENT]


def test_one_that_stays_incomplete_counts_after_a_while(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_watch, "PATIENCE_LOOKS", 3)
    project.make()
    watch = project.watch()
    (project.root / ".venv" / STAMP).unlink()
    project.install("half")
    assert settled(watch) == []
    assert settled(watch) == [ENVIRONMENT]


def test_what_the_project_asks_for_is_told_apart(project: Project) -> None:
    watch = project.watch()
    (project.root / "pyproject.toml").write_text("[project]\n")
    assert settled(watch) == [DEMAND]
    (project.root.parent / "pyproject.toml").write_text("[project]\n")
    project.make()
    assert settled(watch) == [ENVIRONMENT]


def test_sync_leaves_the_stamp_that_is_looked_for() -> None:
    assert environment_sync.STAMP == STAMP
