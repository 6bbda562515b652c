"""Being told about changes: every way an editor saves, over both sources of news."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pywrangler.config.model import Compat, Resolved, WorkerConfig
from pywrangler.session.notify import InotifySource, WatchfilesSource
from pywrangler.session.reactor import Reactor
from pywrangler.session.sources import sources_of
from pywrangler.session.watch import Watcher

from .pump import pump


class Project:
    """A project on disk, watched."""

    def __init__(self, root: Path, make_source) -> None:
        self.root = root
        self.registry = root / "registry"
        self.registry.mkdir()
        (root / "app" / "src" / "pkg").mkdir(parents=True)
        self.entry = root / "app" / "src" / "entry.py"
        self.entry.write_text("one")
        (root / "app" / "wrangler.jsonc").write_text("{}")
        self.reactor = Reactor()
        self.reports: list[frozenset[Path]] = []
        self.registry_news = 0
        self.watcher = Watcher(
            self.reactor, self.reports.append, self._on_registry, self.registry, open_source=make_source
        )
        config = root / "app" / "wrangler.jsonc"
        worker = WorkerConfig("app", config, self.entry, Compat("2026-05-01"))
        self.sources = sources_of(Resolved(worker, (), (), (config, root / "app" / ".dev.vars")))
        self.read_at = time.time()

    def _on_registry(self) -> None:
        self.registry_news += 1

    def start(self) -> None:
        self.watcher.follow([self.sources], self.read_at)
        self.settle()

    def settle(self) -> None:
        """Let everything that is on its way arrive."""
        marker = self.root / "app" / ".dev.vars"
        marker.write_text(str(time.monotonic_ns()))
        pump(self.reactor, lambda: any(marker in report for report in self.reports))
        self.reports.clear()

    def changed(self) -> set[Path]:
        """Return what is reported next."""
        pump(self.reactor, lambda: self.reports)
        return {path.relative_to(self.root / "app") for path in self.reports.pop(0)}

    def close(self) -> None:
        self.watcher.close()
        self.reactor.close()


@pytest.fixture(params=[InotifySource, WatchfilesSource], ids=["inotify", "watchfiles"])
def project(request, tmp_path):
    made = Project(tmp_path, request.param)
    made.start()
    yield made
    made.close()


def paths(*names: str) -> set[Path]:
    return {Path(name) for name in names}


def test_a_plain_save(project):
    project.entry.write_text("two")
    assert project.changed() == paths("src/entry.py")


def test_a_save_by_rename(project):
    beside = project.entry.with_name(".entry.py.tmp")
    beside.write_text("two")
    beside.replace(project.entry)
    assert project.changed() == paths("src/entry.py")


def test_a_save_that_moves_the_old_file_away_first(project):
    project.entry.rename(project.entry.with_name("entry.py~"))
    project.entry.write_text("two")
    project.entry.with_name("entry.py~").unlink()
    assert project.changed() == paths("src/entry.py")
    project.settle()


def test_a_save_without_a_change_is_not_reported(project):
    project.entry.write_text("one")
    os.utime(project.entry)
    project.settle()


def test_several_files_are_one_report(project):
    (project.entry.parent / "a.py").write_text("1")
    (project.entry.parent / "b.py").write_text("1")
    assert project.changed() == paths("src/a.py", "src/b.py")


def test_a_removed_file_is_reported(project):
    project.entry.unlink()
    assert project.changed() == paths("src/entry.py")


def test_a_variable_file_that_did_not_exist_is_reported_and_its_removal_too(project):
    extra = project.root / "app" / ".dev.vars"
    extra.unlink()
    assert project.changed() == paths(".dev.vars")
    extra.write_text("A=1")
    assert project.changed() == paths(".dev.vars")


def test_a_new_directory_is_watched_with_what_is_in_it(project):
    new = project.entry.parent / "new" / "deep"
    new.mkdir(parents=True)
    (new / "x.py").write_text("1")
    seen = set()
    while paths("src/new/deep/x.py") - seen:
        seen |= project.changed()
    (new / "y.py").write_text("1")
    assert project.changed() == paths("src/new/deep/y.py")


def test_a_directory_that_was_moved_away_takes_its_files_along(project):
    (project.entry.parent / "pkg" / "mod.py").write_text("1")
    assert project.changed() == paths("src/pkg/mod.py")
    (project.entry.parent / "pkg").rename(project.root / "gone")
    assert project.changed() == paths("src/pkg/mod.py")


def test_files_that_matter_to_nobody_are_not_reported(project):
    (project.entry.parent / "__pycache__").mkdir()
    (project.entry.parent / "__pycache__" / "entry.cpython-311.pyc").write_text("x")
    (project.entry.parent / "notes.log").write_text("x")
    (project.root / "app" / "README.md").write_text("x")
    project.settle()


def test_the_registry_has_a_report_of_its_own(project):
    before = project.registry_news
    (project.registry / ".tmp").write_text("{}")
    (project.registry / ".tmp").rename(project.registry / "backend")
    pump(project.reactor, lambda: project.registry_news > before)
    assert project.reports == []


def test_the_registry_is_watched_again_after_it_was_made_anew(project):
    project.registry.rmdir()
    pump(project.reactor, lambda: project.registry_news)
    project.registry.mkdir()
    project.watcher.rewatch_registry()
    project.settle()
    before = project.registry_news
    (project.registry / "backend").write_text("{}")
    pump(project.reactor, lambda: project.registry_news > before)


def test_settings_that_were_saved_before_the_watch_began_are_reported(tmp_path):
    project = Project(tmp_path, InotifySource)
    project.read_at = time.time() - 60
    project.watcher.follow([project.sources], project.read_at)
    assert Path("wrangler.jsonc") in project.changed()
    project.close()


def test_lost_events_make_everything_be_looked_at_again(tmp_path):
    project = Project(tmp_path, InotifySource)
    project.start()
    project.watcher._source.close()  # the change goes unnoticed...
    project.entry.write_text("two")
    project.watcher._source = InotifySource(project.reactor, project.watcher._on_report)
    project.watcher._on_report(frozenset())  # ...until the kernel says that it lost events
    assert project.changed() == paths("src/entry.py")
    project.close()
