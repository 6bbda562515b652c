"""The decisions of a session, as histories: what happened, and what has to be done about it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from msgspec.structs import replace

from pywrangler.config.model import Build, Dev, OtherBinding
from pywrangler.errors import Problem
from pywrangler.protocol.control import Packages
from pywrangler.session import actions as do
from pywrangler.session import events as on
from pywrangler.session import reports as say
from pywrangler.session.machine import Machine
from pywrangler.session.registry import Rival
from pywrangler.session.state import Plan

from .sample import ROOT, consumer, entry, loaded, object_binding, resolved, service

ENTRY = ROOT / "src" / "entry.py"
CONFIG = ROOT / "wrangler.jsonc"
BROKEN = Problem("syntax", "invalid syntax")


class Story:
    """Feeds a machine and remembers the answers; time stands still unless told."""

    def __init__(self, *workers, peers=None, packages=None, is_hosting=False) -> None:
        plans = [
            Plan(item, (packages or {}).get(item.worker.name, Packages()), (f"http://localhost:{8787 + i}",))
            for i, item in enumerate(workers or (resolved(),))
        ]
        self.machine = Machine(plans, ROOT, is_hosting=is_hosting)
        self.now = 100.0
        self.first = self.tell(on.Started(peers or {}))

    def tell(self, *events, after: float = 0.0) -> list:
        self.now += after
        return [action for event in events for action in self.machine.handle(event, self.now)]

    def serve(self, host: int = 0, **report) -> list:
        return self.tell(on.Forked(host, 1000 + host), on.Loaded(host, loaded(**report)), on.Serving(host))

    def save(self, *paths: Path, after: float = 0.0) -> list:
        return self.tell(on.FilesChanged(frozenset(paths or (ENTRY,))), after=after)


def only(actions, *kinds) -> list:
    return [action for action in actions if isinstance(action, kinds)]


def said(actions, *kinds) -> list:
    reports = [action.report for action in only(actions, do.Say)]
    return [report for report in reports if isinstance(report, kinds)] if kinds else reports


def forks(actions) -> list[int]:
    return [action.host for action in only(actions, do.Fork)]


def test_a_start_shows_the_table_then_forks_then_watches():
    story = Story()
    kinds = [type(action) for action in story.first if not isinstance(action, do.Schedule)]
    assert kinds == [do.Say, do.Say, do.Say, do.StartNursery, do.Fork, do.Follow]
    assert [type(report) for report in said(story.first)] == [say.Bindings, say.Hotkeys, say.Starting]


def test_a_worker_is_written_to_the_registry_before_it_is_said_to_be_ready():
    actions = Story().serve()
    interesting = only(actions, do.Serve, do.WriteEntry, do.Say)
    assert [type(action) for action in interesting] == [do.Serve, do.WriteEntry, do.Say]
    assert interesting[0] == do.Serve(0, None, "backend")
    assert said(actions) == [say.Ready("", ("http://localhost:8787",))]


@pytest.mark.parametrize(
    ("report", "config", "name"),
    [
        ({}, {}, ""),
        ({"classes": ("Counter",)}, {}, "worker"),
        ({}, {"queue_consumers": (consumer("orders"),)}, "worker"),
        ({}, {"others": (OtherBinding("workflows", "FLOW", {"name": "flow", "class_name": "Flow"}),)}, "worker"),
        ({}, {"others": (OtherBinding("workflows", "FLOW", {"name": "flow", "script_name": "other"}),)}, ""),
        ({}, {"others": (OtherBinding("kv_namespaces", "KV", {"id": "kv"}),)}, ""),
    ],
)
def test_the_host_of_a_worker_whose_state_exists_once_gets_a_lock(report, config, name):
    story = Story(resolved("worker", **config))
    assert only(story.serve(**{"classes": (), **report}), do.Serve) == [do.Serve(0, None, name)]


def test_an_unnamed_worker_is_not_written_to_the_registry():
    assert only(Story(resolved(named=False)).serve(), do.WriteEntry) == []


def test_ready_lines_come_in_the_order_of_the_configs():
    story = Story(resolved("a"), resolved("b", root=Path("/other")))
    assert said(story.serve(1)) == []
    assert said(story.serve(0)) == [
        say.Ready("a", ("http://localhost:8787",)),
        say.Ready("b", ("http://localhost:8788",)),
    ]


def test_a_broken_worker_does_not_keep_the_others_from_being_ready():
    story = Story(resolved("a"), resolved("b", root=Path("/other")))
    story.serve(1)
    actions = story.tell(on.Failed(0, BROKEN))
    assert said(actions) == [
        say.Trouble("a", BROKEN, "waiting for a change"),
        say.Ready("b", ("http://localhost:8788",)),
    ]


def test_workers_share_a_nursery_until_it_imports_packages_that_others_have_not():
    venv = Packages(site_packages=(Path("/venv/site-packages"),))
    story = Story(resolved("a"), resolved("b"), resolved("c"), packages={"a": venv, "b": venv})
    assert [action.nursery for action in only(story.first, do.Fork)] == [0, 0, 0]
    assert only(story.serve(0, modules=("fastapi",)), do.StartNursery, do.Preload) == [
        do.Preload(0, ("fastapi",), venv)
    ]
    assert only(story.serve(1, modules=("fastapi", "httpx")), do.StartNursery, do.Preload) == [
        do.Preload(0, ("httpx",), venv)
    ]
    assert only(story.serve(2, modules=("idna",)), do.StartNursery, do.Preload) == [
        do.StartNursery(1),
        do.Preload(1, ("idna",), Packages()),
    ]
    story.save(Path("/project/src/entry.py"))
    assert [host.nursery for host in story.machine._hosts.values()] == [0, 0, 0, 0, 0, 1]


# ---- reload


def test_a_save_forks_a_candidate_and_the_current_host_goes_on():
    story = Story()
    story.serve()
    actions = story.save()
    assert said(actions) == [say.Reloading("", ("src/entry.py",))]
    assert forks(actions) == [1]
    assert only(actions, do.Stop, do.Kill, do.Serve) == []


def test_a_loaded_candidate_takes_over_from_the_current_host():
    story = Story()
    story.serve()
    story.save()
    actions = story.tell(on.Loaded(1, loaded()), after=0.02)
    assert only(actions, do.Serve) == [do.Serve(1, predecessor=0, keeps_state="backend")]
    actions = story.tell(on.Serving(1), after=0.003)
    (updated,) = said(actions, say.Updated)
    assert updated.milliseconds == pytest.approx(23)
    assert only(actions, do.WriteEntry) == []  # nothing in it changed


def test_new_classes_are_written_to_the_registry():
    story = Story()
    story.serve()
    story.save()
    actions = story.serve(1, classes=("Counter", "Room"))
    assert only(actions, do.WriteEntry)[0].loaded.classes == ("Counter", "Room")


def test_the_end_of_a_retired_host_is_no_crash():
    story = Story()
    story.serve()
    story.save()
    story.serve(1)
    actions = story.tell(on.HostLost(0), on.Exited(0, 0))
    assert said(actions) == []
    assert forks(actions) == []


def test_a_retired_host_that_does_not_leave_is_killed():
    story = Story()
    story.serve()
    story.save()
    actions = story.serve(1)
    assert any(action.timer == ("kill", 0) for action in only(actions, do.Schedule))
    assert story.tell(on.TimerFired(("kill", 0))) == [do.Kill(0)]


def test_a_broken_candidate_changes_nothing_but_the_terminal():
    story = Story()
    story.serve()
    story.save()
    actions = story.tell(on.Failed(1, BROKEN))
    assert said(actions) == [say.Trouble("", BROKEN, "still serving the previous version")]
    assert only(actions, do.Stop, do.StandIn, do.RemoveEntry, do.Serve) == []
    assert said(story.tell(on.HostLost(1), on.Exited(1, 3))) == []


def test_saves_during_a_reload_make_one_more_reload_afterwards():
    story = Story()
    story.serve()
    story.save()
    assert story.save(after=0.01) == []
    assert story.save(ROOT / "src" / "other.py", after=0.01) == []
    actions = story.serve(1)
    assert said(actions, say.Reloading) == [say.Reloading("", ("src/entry.py", "src/other.py"))]
    assert forks(actions) == [2]
    assert forks(story.serve(2)) == []


def test_a_broken_version_that_was_fixed_meanwhile_is_not_mentioned():
    story = Story()
    story.serve()
    story.save()
    story.save(after=0.01)
    actions = story.tell(on.Failed(1, BROKEN))
    assert said(actions, say.Trouble) == []
    assert forks(actions) == [2]


def test_a_candidate_that_hangs_is_replaced_at_the_next_save():
    story = Story()
    story.serve()
    story.save()
    actions = story.save(after=2)
    assert only(actions, do.Kill) == [do.Kill(1)]
    assert forks(actions) == [2]
    assert story.tell(on.Loaded(1, loaded())) == []  # too late
    assert said(story.tell(on.Exited(1, -9))) == []


def test_a_slow_load_is_mentioned_but_not_killed():
    story = Story()
    actions = story.tell(on.TimerFired(("slow load", 0)))
    assert [type(report) for report in said(actions)] == [say.Note]
    assert only(actions, do.Kill) == []


def test_a_file_of_no_worker_does_nothing():
    story = Story()
    story.serve()
    assert story.save(ROOT / "README.md", ROOT / "node_modules" / "x.py") == []


def test_only_the_worker_of_the_file_is_reloaded():
    story = Story(resolved("a", root=Path("/a")), resolved("b", root=Path("/b")))
    story.serve(0)
    story.serve(1)
    assert [action.worker for action in only(story.save(Path("/b/src/entry.py")), do.Fork)] == [1]


def test_files_imported_from_elsewhere_are_watched_too():
    story = Story()
    shared = Path("/shared/tools.py")
    story.serve(files=(ENTRY, shared))
    assert forks(story.save(shared)) == [1]


def test_warnings_of_a_load_are_told_once():
    story = Story()
    warning = Problem("unused", "class Room is not bound", severity="warning")
    assert said(story.serve(0, problems=(warning,)), say.Trouble) == [say.Trouble("", warning)]
    story.save()
    assert said(story.serve(1, problems=(warning,)), say.Trouble) == []


# ---- broken at the start


def test_broken_code_at_the_start_keeps_the_session_alive_and_answers_for_the_worker():
    story = Story()
    actions = story.tell(on.Failed(0, BROKEN), on.Exited(0, 3))
    assert only(actions, do.StandIn) == [do.StandIn(0, BROKEN)]
    assert said(actions, say.Trouble) == [say.Trouble("", BROKEN, "waiting for a change")]
    assert only(actions, do.Finish, do.WriteEntry) == []
    assert forks(actions) == []


def test_the_next_good_save_ends_the_waiting():
    story = Story()
    story.tell(on.Failed(0, BROKEN), on.Exited(0, 3))
    assert forks(story.save()) == [1]
    actions = story.serve(1)
    order = [type(action) for action in only(actions, do.StandDown, do.Serve)]
    assert order == [do.StandDown, do.Serve]
    assert said(actions, say.Ready) == [say.Ready("", ("http://localhost:8787",))]


# ---- crashes


def crash(story: Story, host: int, status: int | None = -11, after: float = 0.0) -> list:
    return story.tell(on.HostLost(host), on.Exited(host, status), after=after)


def test_a_crashed_host_is_restarted_at_once_the_first_time():
    story = Story()
    story.serve()
    actions = crash(story, 0)
    (trouble,) = said(actions, say.Trouble)
    assert "was killed by SIGSEGV" in trouble.problem.what
    assert forks(actions) == [1]
    assert only(actions, do.RemoveEntry, do.StandIn) == []


def test_crashes_in_a_row_back_off_and_end_in_waiting_for_an_edit():
    story = Story()
    delays = []
    host = 0
    for _ in range(4):
        story.serve(host)
        actions = crash(story, host)
        delays += [action.seconds for action in only(actions, do.Schedule) if action.timer[0] == "restart"]
        host += 1
        if not forks(actions):
            assert forks(story.tell(on.TimerFired(("restart", 0)))) == [host]
    assert delays == [0.2, 0.5, 1.0]
    story.serve(host)
    actions = crash(story, host)
    assert forks(actions) == []
    assert [action.timer[0] for action in only(actions, do.Schedule) if action.timer[0] == "restart"] == []
    (trouble,) = said(actions, say.Trouble)
    assert "5 times in a row" in trouble.problem.what
    assert only(actions, do.RemoveEntry) == [do.RemoveEntry("backend")]
    assert only(actions, do.StandIn)
    assert forks(story.save()) == [host + 1]
    assert only(story.serve(host + 1), do.WriteEntry)


def test_ten_seconds_of_service_wipe_the_slate():
    story = Story()
    for host in range(8):
        story.serve(host)
        assert forks(crash(story, host, after=11)) == [host + 1]


def test_an_edit_wipes_the_slate():
    story = Story()
    story.serve(0)
    crash(story, 0)
    story.serve(1)
    story.save()
    story.serve(2)
    assert forks(crash(story, 2)) == [3]


def test_a_host_whose_end_nobody_reports_counts_as_crashed():
    story = Story()
    story.serve()
    actions = story.tell(on.HostLost(0))
    assert only(actions, do.Schedule) == [do.Schedule(("exit status", 0), 0.25)]
    actions = story.tell(on.TimerFired(("exit status", 0)))
    assert forks(actions) == [1]
    assert story.tell(on.Exited(0, 1)) == []


def test_a_candidate_that_dies_while_loading_leaves_the_current_host():
    story = Story()
    story.serve()
    story.save()
    actions = story.tell(on.Exited(1, -9))
    (trouble,) = said(actions, say.Trouble)
    assert trouble.note == "still serving the previous version"
    assert forks(actions) == []


def test_a_crash_during_a_reload_leaves_it_to_the_candidate():
    story = Story()
    story.serve()
    story.save()
    assert forks(crash(story, 0)) == []
    assert only(story.serve(1), do.Serve) == [do.Serve(1, None, "backend")]


def test_a_host_that_never_serves_is_killed():
    story = Story()
    story.tell(on.Loaded(0, loaded()))
    assert story.tell(on.TimerFired(("serving", 0))) == [do.Kill(0)]


# ---- nurseries


def test_a_dead_nursery_is_replaced_with_its_hosts():
    story = Story()
    story.serve()
    actions = story.tell(on.NurseryLost(0, -9))
    assert only(actions, do.StartNursery) == [do.StartNursery(1)]
    assert [(action.host, action.nursery) for action in only(actions, do.Fork)] == [(1, 1)]
    assert do.Forget(0) in actions
    assert story.tell(on.HostLost(0), on.Exited(0, -9)) == []


def test_a_nursery_that_never_works_ends_the_session():
    actions = Story().tell(on.NurseryLost(0, 1))
    assert only(actions, do.Finish) == [do.Finish(1)]


def test_what_a_host_imported_is_preloaded_once():
    packages = Packages(site_packages=(Path("/v"),))
    story = Story(packages={"backend": packages})
    actions = story.serve(modules=("fastapi", "pydantic"))
    assert only(actions, do.Preload) == [do.Preload(0, ("fastapi", "pydantic"), packages)]
    story.save()
    assert only(story.serve(1, modules=("fastapi", "pydantic")), do.Preload) == []


def test_an_unsafe_nursery_is_replaced_without_the_module_and_ends_with_its_last_host():
    story = Story()
    story.serve(modules=("good", "threads"))
    actions = story.tell(on.NurseryUnsafe(0, ("threads",)))
    assert only(actions, do.StartNursery) == [do.StartNursery(1)]
    assert only(actions, do.Preload) == [do.Preload(1, ("good",), Packages())]
    assert only(actions, do.CloseNursery) == []
    story.save()
    actions = story.serve(1, modules=("good", "threads"))
    assert only(actions, do.Preload) == []
    assert only(story.tell(on.Exited(0, 0)), do.CloseNursery) == [do.CloseNursery(0)]


# ---- settings


def test_a_changed_settings_file_is_read_again():
    story = Story()
    story.serve()
    assert story.save(ROOT / ".dev.vars") == [do.ReadSettings(0, (".dev.vars",), source_changed=False)]


def test_new_variables_reload_with_a_reason_and_without_values():
    story = Story()
    story.serve()
    new = resolved(variables={"TOKEN": "hunter2"})
    actions = story.tell(on.SettingsRead(0, new, (".dev.vars",)))
    assert said(actions, say.Reloading) == [say.Reloading("", (".dev.vars",))]
    assert said(actions, say.Bindings)[0].resolved == new
    assert only(actions, do.Fork)[0].resolved == new


def test_settings_that_did_not_change_do_not_reload():
    story = Story()
    story.serve()
    assert story.tell(on.SettingsRead(0, resolved(), ("wrangler.jsonc",))) == []


def test_source_saved_with_equal_settings_reloads():
    story = Story()
    story.serve()
    actions = story.tell(on.SettingsRead(0, resolved(), ("wrangler.jsonc", "src/entry.py"), source_changed=True))
    assert forks(actions) == [1]


def test_broken_settings_are_told_and_change_nothing():
    story = Story()
    story.serve()
    actions = story.tell(on.SettingsBroken(0, (BROKEN, Problem("other", "too"))))
    assert [report.note for report in said(actions)] == ["", "still serving the previous version"]
    assert only(actions, do.Fork, do.Stop, do.Finish) == []


def test_a_new_name_moves_the_entry():
    story = Story()
    story.serve()
    story.tell(on.SettingsRead(0, resolved("renamed"), ("wrangler.jsonc",)))
    moved = only(story.serve(1), do.RemoveEntry, do.WriteEntry)
    assert [type(action) for action in moved] == [do.RemoveEntry, do.WriteEntry]
    assert moved[0].name == "backend"


def test_a_name_of_another_worker_of_the_session_is_refused():
    story = Story(resolved("a", root=Path("/a")), resolved("b", root=Path("/b")))
    actions = story.tell(on.SettingsRead(1, resolved("a", root=Path("/b")), ("wrangler.jsonc",)))
    assert [type(report) for report in said(actions)] == [say.Trouble]
    assert forks(actions) == []


def test_a_new_port_is_said_to_need_a_restart():
    story = Story()
    story.serve()
    actions = story.tell(on.SettingsRead(0, resolved(dev=Dev(port=9000)), ("wrangler.jsonc",)))
    assert "next start" in said(actions, say.Note)[0].text


# ---- build command


def test_a_build_runs_before_the_first_fork_and_when_its_files_change():
    build = Build("make", ROOT, (ROOT / "frontend",))
    story = Story(resolved(build=build))
    assert forks(story.first) == []
    assert only(story.first, do.Build)
    assert forks(story.tell(on.Built(0, ()))) == [0]
    story.serve()
    assert [type(action) for action in story.save(ROOT / "frontend" / "app.ts")] == [do.Build]
    assert forks(story.tell(on.Built(0, ("frontend/app.ts",)))) == [1]


def test_a_failed_build_keeps_what_serves():
    story = Story(resolved(build=Build("make", ROOT)))
    actions = story.tell(on.Built(0, (), BROKEN))
    assert only(actions, do.StandIn)
    assert forks(actions) == []


# ---- registry


GATEWAY = resolved(
    "gateway",
    durable_objects=(object_binding("REMOTE", "Counter", "backend"), object_binding("OWN", "Room", "gateway")),
    services=(service("SVC", "backend"), service("OTHER", "mailer", "Named")),
)


def test_the_table_tells_which_bindings_are_connected():
    story = Story(GATEWAY, peers={"backend": entry("backend", classes=("Counter",))})
    (table,) = said(story.first, say.Bindings)
    assert table.links == {"REMOTE": "connected", "SVC": "connected", "OTHER": "not connected"}


def test_workers_of_the_same_session_count_as_connected():
    story = Story(GATEWAY, resolved("backend", root=Path("/b")))
    assert said(story.first, say.Bindings)[0].links["SVC"] == "connected"


def test_only_real_changes_are_told_one_line_per_worker():
    story = Story(GATEWAY)
    peers = {"backend": entry("backend")}
    assert said(story.tell(on.RegistryChanged(peers))) == [
        say.LinkChanged("", "backend", "connected", ("REMOTE", "SVC"))
    ]
    assert story.tell(on.RegistryChanged(dict(peers))) == []
    assert said(story.tell(on.RegistryChanged({}))) == [
        say.LinkChanged("", "backend", "not connected", ("REMOTE", "SVC"))
    ]


def test_a_class_that_the_target_does_not_export_is_told():
    story = Story(GATEWAY)
    actions = story.tell(on.RegistryChanged({"backend": entry("backend", classes=("Other",))}))
    assert say.LinkChanged("", "backend", "no such class", ("REMOTE",)) in said(actions)


def test_a_target_that_runs_with_another_environment_is_hinted_at_once():
    story = Story(GATEWAY)
    peers = {"backend-staging": entry("backend-staging", environment="staging")}
    notes = [note.text for note in said(story.tell(on.RegistryChanged(peers)), say.Note)]
    assert notes == [
        'No Worker "backend" is running. Did you mean "backend-staging"? It is running with --env staging.'
    ]
    assert story.tell(on.RegistryChanged(dict(peers))) == []


def test_a_misspelt_target_is_hinted_at():
    story = Story(resolved("gateway", services=(service("SVC", "bakend"),)), peers={"backend": entry("backend")})
    assert 'Did you mean "backend"?' in said(story.first, say.Note)[0].text


def test_a_rival_is_announced_once_and_followed_when_it_leaves():
    story = Story()
    story.serve()
    rival = Rival(4711, "http://localhost:8787", "other")
    (trouble,) = said(story.tell(on.EntryWritten(0, rival)))
    assert "pid 4711, http://localhost:8787" in trouble.problem.what
    assert trouble.problem.severity == "warning"
    there = {"backend": entry("backend", instance="other")}
    assert only(story.tell(on.RegistryChanged(there)), do.WriteEntry) == []
    assert len(only(story.tell(on.RegistryChanged({})), do.WriteEntry)) == 1
    (note,) = said(story.tell(on.EntryWritten(0, None)))
    assert "is now the one" in note.text


# ---- the end


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_withdraws_stops_and_finishes_with_its_status(number, code):
    story = Story()
    story.serve()
    actions = story.tell(on.SignalReceived(number))
    assert only(actions, do.RemoveEntry, do.Stop) == [do.RemoveEntry("backend"), do.Stop(0, 1.0)]
    assert said(actions) == []
    assert only(story.tell(on.HostLost(0), on.Exited(0, 0)), do.Finish) == [do.Finish(code)]


@pytest.mark.parametrize("key", ["x", "Q", "\x03"])
def test_a_key_ends_with_0_and_says_so(key):
    story = Story()
    story.serve()
    actions = story.tell(on.KeyPressed(key))
    assert said(actions) == [say.ShuttingDown()]
    assert only(story.tell(on.Exited(0, 0)), do.Finish) == [do.Finish(0)]


def test_the_second_signal_ends_at_once():
    story = Story()
    story.serve()
    story.tell(on.SignalReceived(signal.SIGINT))
    assert story.tell(on.SignalReceived(signal.SIGINT)) == [do.Kill(0), do.Finish(130)]


def test_a_host_that_is_still_loading_is_killed():
    actions = Story().tell(on.SignalReceived(signal.SIGINT))
    assert only(actions, do.Kill, do.Stop) == [do.Kill(0)]


def test_a_host_that_does_not_stop_is_killed():
    story = Story()
    story.serve()
    actions = story.tell(on.SignalReceived(signal.SIGINT))
    assert do.Schedule(("kill", 0), 2.0) in actions
    assert story.tell(on.TimerFired(("kill", 0))) == [do.Kill(0)]


def test_nothing_is_started_while_the_session_ends():
    story = Story()
    story.serve()
    story.save()
    story.tell(on.SignalReceived(signal.SIGTERM))
    assert story.save() == []
    assert story.tell(on.Loaded(1, loaded())) == []
    assert forks(story.tell(on.Exited(0, -9), on.NurseryLost(0, -9))) == []


def test_a_session_without_hosts_ends_at_once():
    story = Story()
    story.tell(on.Failed(0, BROKEN), on.Exited(0, 3))
    assert do.Finish(130) in story.tell(on.SignalReceived(signal.SIGINT))


def test_keys_open_the_browser_and_clear_the_screen():
    story = Story()
    assert story.tell(on.KeyPressed("b")) == [do.OpenBrowser()]
    assert said(story.tell(on.KeyPressed("C"))) == [say.ClearScreen()]
    assert story.tell(on.KeyPressed("?")) == []


def test_events_of_unknown_hosts_are_ignored():
    story = Story()
    for event in (on.Forked(9, 1), on.Loaded(9, loaded()), on.Serving(9), on.Failed(9, BROKEN), on.Exited(9, 0)):
        assert story.tell(event) == []
    assert story.tell(on.HostLost(9), on.NurseryLost(9, 0), on.TimerFired(("kill", 9))) == []


def test_reloads_share_no_state_with_the_plan():
    plan = Plan(resolved())
    machine = Machine([plan], ROOT)
    machine.handle(on.Started({}), 0)
    machine.handle(on.SettingsRead(0, replace(resolved("renamed")), ()), 0)
    assert plan.resolved.worker.name == "backend"


# ---- guests


def test_a_guest_may_begin_when_the_last_worker_is_ready_and_only_once():
    story = Story(resolved("a"), resolved("b", root=Path("/other")))
    assert only(story.serve(0), do.Begin) == []
    assert [type(action) for action in story.serve(1)[-3:]] == [do.Say, do.Say, do.Begin]
    story.save()
    assert only(story.serve(2), do.Begin) == []


def test_a_worker_that_cannot_be_run_ends_the_session_of_a_guest():
    story = Story(resolved("a"), resolved("b", root=Path("/other")), is_hosting=True)
    story.serve(1)
    actions = story.tell(on.Failed(0, BROKEN))
    assert said(actions) == [say.Trouble("a", BROKEN)]
    assert [action.host for action in only(actions, do.Stop)] == [0, 1]
    assert only(actions, do.StandIn) == []
    assert only(story.tell(on.Exited(0, 3), on.Exited(1, 0)), do.Finish) == [do.Finish(1)]


def test_a_guest_ends_the_session_with_its_code():
    story = Story(is_hosting=True)
    story.serve()
    assert [action.host for action in only(story.tell(on.Ended(3)), do.Stop)] == [0]
    assert only(story.tell(on.Exited(0, 0)), do.Finish) == [do.Finish(3)]


# ---- packages

LACKING = Problem("import-error", "No module named 'fastapi'")
VENV = Packages(site_packages=(Path("/project/.venv/lib/python3.13/site-packages"),))


def test_a_worker_that_lacks_a_package_tries_again_when_its_environment_changed():
    story = Story()
    story.tell(on.Failed(0, LACKING))
    assert story.tell(on.EnvironmentChanged(0, (".venv",))) == [do.FindPackages(0, (".venv",), reload=True)]
    actions = story.tell(on.PackagesFound(0, VENV, (".venv",)))
    assert said(actions) == [say.Reloading("", (".venv",))]
    assert [(action.host, action.packages) for action in only(actions, do.Fork)] == [(1, VENV)]
    assert only(story.serve(1), do.StandDown) == [do.StandDown(0)]


def test_a_worker_that_lacks_a_package_tries_again_when_another_one_is_asked_for():
    story = Story()
    story.tell(on.Failed(0, LACKING))
    change = on.EnvironmentChanged(0, ("pyproject.toml",), is_demand_only=True)
    assert only(story.tell(change), do.FindPackages)
    story.tell(on.PackagesFound(0, VENV, ("pyproject.toml",)))
    story.serve(1)
    assert story.tell(change) == []


def test_code_that_is_broken_for_another_reason_waits_for_an_edit_and_finds_the_environment_then():
    story = Story()
    story.tell(on.Failed(0, BROKEN))
    assert story.tell(on.EnvironmentChanged(0, (".venv",))) == [do.FindPackages(0, (".venv",), reload=False)]
    assert forks(story.tell(on.PackagesFound(0, VENV, (".venv",), reload=False))) == []
    assert [action.packages for action in only(story.save(), do.Fork)] == [VENV]


def test_a_worker_that_serves_is_loaded_again_by_a_nursery_that_knows_nothing_of_the_old_packages():
    story = Story(packages={"backend": VENV})
    story.serve(modules=("fastapi",))
    story.tell(on.EnvironmentChanged(0, (".venv",)), after=1)
    actions = story.tell(on.PackagesFound(0, VENV, (".venv",)))
    assert only(actions, do.StartNursery) == [do.StartNursery(1)]
    assert [action.nursery for action in only(actions, do.Fork)] == [1]
    assert only(story.serve(1, modules=("fastapi",)), do.Preload) == [do.Preload(1, ("fastapi",), VENV)]
    assert only(story.tell(on.Exited(0, 0)), do.CloseNursery) == [do.CloseNursery(0)]


def test_workers_with_the_same_packages_share_the_nursery_that_follows():
    story = Story(resolved("a"), resolved("b"), packages={"a": VENV, "b": VENV})
    story.serve(0)
    story.serve(1)
    first = story.tell(on.PackagesFound(0, VENV, (".venv",)), after=1)
    second = story.tell(on.PackagesFound(1, VENV, (".venv",)), after=0.001)
    assert only(first, do.StartNursery) == [do.StartNursery(1)]
    assert only(second, do.StartNursery) == []
    assert [action.nursery for action in only([*first, *second], do.Fork)] == [1, 1]


def test_changes_of_vendored_packages_are_collected():
    story = Story()
    story.serve()
    for name in ("a.py", "b.py"):
        actions = story.save(ROOT / "python_modules" / name)
        assert actions == [do.Schedule(("packages", 0), 0.3)]
    names = ("python_modules/a.py", "python_modules/b.py")
    assert story.tell(on.TimerFired(("packages", 0))) == [do.FindPackages(0, names)]


def test_an_environment_that_cannot_be_used_is_told_and_changes_nothing():
    story = Story()
    story.serve()
    actions = story.tell(on.PackagesBroken(0, BROKEN))
    assert said(actions) == [say.Trouble("", BROKEN, "still serving the previous version")]
    assert forks(actions) == []


def test_files_that_code_was_loaded_from_are_followed_even_if_it_failed():
    story = Story()
    shared = Path("/elsewhere/lib.py")
    (follow,) = only(story.tell(on.Failed(0, BROKEN, (shared,))), do.Follow)
    assert follow.sources[0].kind(shared) == "source"
    assert forks(story.save(shared)) == [1]


def test_files_that_were_imported_by_a_request_are_followed():
    story = Story()
    story.serve(files=(ENTRY,))
    shared = Path("/elsewhere/lib.py")
    (follow,) = only(story.tell(on.Imported(0, ("idna",), (ENTRY, shared))), do.Follow)
    assert follow.sources[0].kind(shared) == "source"
    assert forks(story.save(shared)) == [1]


def test_nothing_is_imported_in_advance_where_nothing_is_reloaded():
    story = Story(is_hosting=True)
    assert only(story.serve(modules=("fastapi",)), do.Preload) == []


def test_settings_may_change_where_packages_are():
    story = Story()
    story.serve()
    story.tell(on.SettingsRead(0, resolved(variables={"A": "1"}), ("wrangler.jsonc",), VENV))
    story.serve(1)
    assert [action.packages for action in only(story.save(), do.Fork)] == [VENV]
