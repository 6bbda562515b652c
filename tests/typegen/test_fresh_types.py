"""Types that follow the code while a session runs (spec/types.md, section 4, rule 8)."""

from __future__ import annotations

import os

import pytest

from pywrangler.cli.dev import parser
from pywrangler.cli.fresh_types import FreshTypes
from pywrangler.config.resolve import resolve
from pywrangler.session import reports as say
from pywrangler.session.sources import sources_of
from tests.typegen.project import types_of, write_gateway, write_worker


class Screen:
    def __init__(self):
        self.reports = []

    def show(self, report):
        self.reports.append(report)


def resolved_in(directory):
    return resolve(None, cwd=directory, environment=None, process_environment={}).workers[0]


def fresh(directory, *reports, always=True):
    """Show reports as a session in the directory would; return what the terminal got after all is done."""
    screen = Screen()
    resolved = resolved_in(directory)
    with FreshTypes(screen, always=always, process_environment={}) as types:
        for report in (say.Bindings(resolved.worker.name, resolved), *reports):
            types.show(report)
    return screen.reports


def notes(reports):
    return [report.text for report in reports if isinstance(report, say.Note)]


def test_types_are_written_when_the_worker_answers(tmp_path):
    gateway = write_gateway(tmp_path)
    reports = fresh(gateway, say.Ready("", ("http://localhost:8787",)))
    path = gateway / "src" / "worker_configuration.pyi"
    assert path.read_text(encoding="utf-8") == types_of(gateway).text
    assert notes(reports) == [f"✨ Types written to {os.path.relpath(path)}"]


def test_types_follow_a_reload_and_are_not_touched_by_one_that_changes_nothing(tmp_path):
    gateway = write_gateway(tmp_path)
    fresh(gateway, say.Ready("", ()))
    path = gateway / "src" / "worker_configuration.pyi"
    before = path.stat().st_mtime_ns
    assert notes(fresh(gateway, say.Updated("", 10))) == []
    assert path.stat().st_mtime_ns == before
    entry = gateway / "src" / "entry.py"
    entry.write_text(entry.read_text(encoding="utf-8").replace("async def join", "async def enter"), encoding="utf-8")
    assert len(notes(fresh(gateway, say.Updated("", 10)))) == 1
    assert "async def enter" in path.read_text(encoding="utf-8")


def test_the_options_of_the_file_stay(tmp_path):
    gateway = write_gateway(tmp_path)
    path = gateway / "src" / "worker_configuration.pyi"
    path.write_text(types_of(gateway, strict_vars=False, env_interface="Bindings").text, encoding="utf-8")
    assert notes(fresh(gateway, say.Ready("", ()))) == []
    assert "class Bindings:" in path.read_text(encoding="utf-8")


def test_a_save_of_the_types_reloads_nothing(tmp_path):
    gateway = write_gateway(tmp_path)
    path = gateway / "src" / "worker_configuration.pyi"
    sources = sources_of(resolved_in(gateway))
    assert sources.kind(gateway / "src" / "entry.py") == "source"
    assert sources.kind(path) is None
    assert sources.kind(path.with_name(f".{path.name}.123")) is None


@pytest.mark.parametrize(
    ("always", "wanted", "is_written"), [(False, False, False), (False, True, True), (True, False, True)]
)
def test_who_wants_types_gets_them(tmp_path, always, wanted, is_written):
    write_worker(tmp_path, "one", "", dev={"generate_types": wanted})
    fresh(tmp_path, say.Ready("", ()), always=always)
    assert (tmp_path / "src" / "worker_configuration.pyi").exists() is is_written


def test_the_flag_of_dev_is_off_unless_given():
    assert parser("pywrangler dev").parse([]).types is False
    assert parser("pywrangler dev").parse(["--types"]).types is True


def test_a_file_of_somebody_else_is_told_once(tmp_path):
    write_worker(tmp_path, "one", "")
    path = tmp_path / "src" / "worker_configuration.pyi"
    path.write_text("mine = 1\n", encoding="utf-8")
    screen, resolved = Screen(), resolved_in(tmp_path)
    types = FreshTypes(screen, always=True, process_environment={})
    types.show(say.Bindings("one", resolved))
    for _ in range(3):
        with types:
            types.show(say.Updated("", 1))
    troubles = [report for report in screen.reports if isinstance(report, say.Trouble)]
    assert [trouble.problem.what for trouble in troubles] == [
        "A non-Pywrangler worker_configuration.pyi already exists, please rename and try again."
    ]
    assert path.read_text(encoding="utf-8") == "mine = 1\n"


def test_a_broken_config_is_left_to_the_session(tmp_path):
    write_worker(tmp_path, "one", "")
    screen, resolved = Screen(), resolved_in(tmp_path)
    (tmp_path / "wrangler.jsonc").write_text("{", encoding="utf-8")
    with FreshTypes(screen, always=True, process_environment={}) as types:
        types.show(say.Bindings("one", resolved))
        types.show(say.Updated("", 1))
    assert not any(isinstance(report, say.Trouble) for report in screen.reports)
