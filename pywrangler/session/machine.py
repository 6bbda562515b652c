"""The decisions of a session: events in, actions out. No I/O, no clock; `now` is monotonic seconds.

Rules:
- A Worker has at most one current host and one candidate. A candidate that has loaded becomes current; the former
  current host retires at the same moment and hands over. A candidate that fails changes nothing but the terminal.
- A save while a candidate loads starts another one afterwards; a candidate that has not loaded after a second is
  killed for it.
- A host that dies is started again: at once the first time, then after 0.2, 0.5, 1 s. After five deaths in a row
  without ten seconds of service the session waits for an edit. So does a Worker whose code is broken at the start.
- While a Worker has no host that could answer, the session answers for it: 500 and the reason.
- Settings that do not resolve are shown and change nothing.
- When the packages of a Worker change, its hosts come from a nursery that knows nothing of them. A Worker whose code
  could not be imported tries again when its environment changes.
- Where there is a guest (`is_hosting`), Workers that cannot be run end the session: nobody is there to edit.
- The entry in the registry is written when a Worker serves, and withdrawn when it is given up or the session ends.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pywrangler.errors import Problem
from pywrangler.session import actions as do
from pywrangler.session import events as on
from pywrangler.session import reports as say
from pywrangler.session.neighbours import Neighbours
from pywrangler.session.nurseries import Nurseries
from pywrangler.session.sources import sources_of
from pywrangler.session.state import (
    CRASH_LIMIT,
    HEALTHY_SECONDS,
    HOST_TIMERS,
    PACKAGES_QUIET_SECONDS,
    RESTART_DELAYS_SECONDS,
    Host,
    Plan,
    Worker,
    ended,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from pywrangler.config.model import Resolved, WorkerConfig
    from pywrangler.protocol import control

PATIENCE_SECONDS = 1.0
SLOW_LOAD_SECONDS = 10.0
SERVING_SECONDS = 10.0
EXIT_STATUS_SECONDS = 0.25
STOP_GRACE_SECONDS = 1.0
RETIRE_GRACE_SECONDS = 10.0
KILL_MARGIN_SECONDS = 1.0


class Machine:
    """The state of a session; `handle` is its only operation."""

    def __init__(self, plans: Sequence[Plan], directory: Path, *, is_hosting: bool = False) -> None:
        """`directory` is the working directory, to which file names in messages are relative."""
        self._is_hosting = is_hosting
        self._has_begun = False
        several = len(plans) > 1
        self._directory = directory
        self._workers = [
            Worker(
                i,
                plan,
                plan.resolved,
                sources_of(plan.resolved),
                plan.resolved.worker.name if several else "",
                plan.packages,
            )
            for i, plan in enumerate(plans)
        ]
        self._hosts: dict[int, Host] = {}
        self._next_host = 0
        self._nurseries = Nurseries()
        self._neighbours = Neighbours(self._workers)
        self._exit_code: int | None = None
        self._handlers: dict[type, Callable[..., list[do.Action]]] = {
            on.Started: self._on_started,
            on.SettingsRead: self._on_settings_read,
            on.SettingsBroken: self._on_settings_broken,
            on.EnvironmentChanged: self._on_environment_changed,
            on.PackagesFound: self._on_packages_found,
            on.PackagesBroken: self._on_packages_broken,
            on.Built: self._on_built,
            on.Forked: self._on_forked,
            on.Loaded: self._on_loaded,
            on.Failed: self._on_failed,
            on.Serving: self._on_serving,
            on.Imported: self._on_imported,
            on.Exited: self._on_exited,
            on.HostLost: self._on_host_lost,
            on.NurseryLost: self._on_nursery_lost,
            on.NurseryUnsafe: self._on_nursery_unsafe,
            on.FilesChanged: self._on_files_changed,
            on.EntryWritten: self._on_entry_written,
            on.RegistryChanged: self._on_registry_changed,
            on.TimerFired: self._on_timer,
            on.SignalReceived: self._on_signal,
            on.KeyPressed: self._on_key,
            on.Ended: self._on_ended,
        }

    def handle(self, event: on.Event, now: float) -> list[do.Action]:
        """Return what is to be done about the event, in order."""
        if self._exit_code is not None and not isinstance(
            event, on.Exited | on.HostLost | on.NurseryLost | on.TimerFired | on.SignalReceived | on.KeyPressed
        ):
            return []
        return self._handlers[type(event)](event, now)

    # ---- start and settings

    def _on_started(self, event: on.Started, now: float) -> list[do.Action]:
        self._neighbours.meet(event.peers)
        actions: list[do.Action] = [self._table(worker) for worker in self._workers]
        actions += [do.Say(say.Hotkeys()), do.Say(say.Starting())]
        for worker in self._workers:
            if worker.resolved.worker.build is not None:
                actions.append(do.Build(worker.index, worker.resolved, ()))
            else:
                actions += self._fork(worker, now)
        actions.append(self._follow())
        for worker in self._workers:
            actions += self._neighbours.hints(worker)
        return actions

    def _on_settings_read(self, event: on.SettingsRead, now: float) -> list[do.Action]:
        worker = self._workers[event.worker]
        old, new = worker.resolved, event.resolved
        clash = next(
            (it for it in self._workers if it is not worker and it.resolved.worker.name == new.worker.name), None
        )
        if clash is not None:
            what = f'Two Workers of this session would be named "{new.worker.name}".'
            problem = Problem("duplicate-name", what, "Give one of them another name.", new.worker.name_place)
            return [do.Say(say.Trouble(worker.label, problem, self._standing_note(worker)))]
        worker.resolved = new
        loaded = self._loaded(worker)
        worker.sources = sources_of(new, loaded.files if loaded is not None else ())
        actions: list[do.Action] = [self._follow()] if worker.sources.settings != _settings(old) else []
        worker.packages = event.packages
        if (old.worker, old.variables) == (new.worker, new.variables):
            return actions + (self._reload(worker, event.because, now) if event.source_changed else [])
        actions += self._reload(worker, event.because, now)
        if old.worker.dev.port != new.worker.dev.port or old.worker.dev.ip != new.worker.dev.ip:
            actions.append(self._note(worker, "A change of dev.port or dev.ip takes effect at the next start."))
        self._neighbours.relink(worker)
        actions.append(self._table(worker))
        return [*actions, self._follow(), *self._neighbours.hints(worker)]

    def _on_settings_broken(self, event: on.SettingsBroken, _now: float) -> list[do.Action]:
        worker = self._workers[event.worker]
        note = self._standing_note(worker)
        return [
            do.Say(say.Trouble(worker.label, problem, note if problem is event.problems[-1] else ""))
            for problem in event.problems
        ]

    def _on_environment_changed(self, event: on.EnvironmentChanged, _now: float) -> list[do.Action]:
        worker = self._workers[event.worker]
        if event.is_demand_only and not worker.lacks_package:
            return []
        # Where the code is broken for another reason, an environment does not mend it.
        reload = worker.lacks_package or worker.current is not None or worker.candidate is not None
        return [do.FindPackages(worker.index, event.because, reload)]

    def _on_packages_found(self, event: on.PackagesFound, now: float) -> list[do.Action]:
        worker = self._workers[event.worker]
        actions = self._nurseries.renew(worker.packages, self._hosts.values(), now)
        worker.packages = event.packages
        return [*actions, self._follow(), *(self._reload(worker, event.because, now) if event.reload else [])]

    def _on_packages_broken(self, event: on.PackagesBroken, _now: float) -> list[do.Action]:
        worker = self._workers[event.worker]
        return [do.Say(say.Trouble(worker.label, event.problem, self._standing_note(worker)))]

    def _on_built(self, event: on.Built, now: float) -> list[do.Action]:
        worker = self._workers[event.worker]
        if event.problem is not None:
            return self._code_is_broken(worker, event.problem)
        if not worker.has_verdict and worker.candidate is None:
            return self._fork(worker, now)
        return self._reload(worker, event.because, now)

    def _on_files_changed(self, event: on.FilesChanged, now: float) -> list[do.Action]:
        actions: list[do.Action] = []
        for worker in self._workers:
            kinds = {path: worker.sources.kind(path) for path in sorted(event.paths)}
            because = tuple(os.path.relpath(path, self._directory) for path, kind in kinds.items() if kind)
            found = set(kinds.values())
            if "settings" in found:
                actions.append(do.ReadSettings(worker.index, because, bool(found & {"source", "build"})))
            elif "build" in found:
                actions.append(do.Build(worker.index, worker.resolved, because))
            elif "packages" in found:
                worker.packages_changed += [name for name in because if name not in worker.packages_changed]
                actions.append(do.Schedule(("packages", worker.index), PACKAGES_QUIET_SECONDS))
            elif "source" in found:
                actions += self._reload(worker, because, now)
        return actions

    # ---- the life of hosts

    def _reload(self, worker: Worker, because: Sequence[str], now: float) -> list[do.Action]:
        worker.crashes = 0
        if worker.candidate is not None:
            host = self._hosts[worker.candidate]
            if now - host.forked_at < PATIENCE_SECONDS:
                worker.pending += [name for name in because if name not in worker.pending]
                return []
            return [*self._discard(worker), *self._reload(worker, because, now)]
        worker.reload_since = now
        return [
            do.Cancel(("restart", worker.index)),
            do.Say(say.Reloading(worker.label, tuple(because))),
            *self._fork(worker, now),
        ]

    def _discard(self, worker: Worker) -> list[do.Action]:
        host = self._hosts[worker.candidate] if worker.candidate is not None else None
        worker.candidate = None
        if host is None:
            return []
        host.stage = "leaving"
        return [do.Cancel(("slow load", host.number)), do.Kill(host.number)]

    def _fork(self, worker: Worker, now: float) -> list[do.Action]:
        actions, nursery = self._nurseries.usable(worker.packages, now)
        host = Host(self._next_host, worker.index, nursery.number, now)
        self._next_host += 1
        self._hosts[host.number] = host
        worker.candidate = host.number
        worker.generation += 1
        return [
            *actions,
            do.Fork(
                host.number,
                nursery.number,
                worker.index,
                worker.resolved,
                worker.packages,
                worker.generation,
            ),
            do.Schedule(("slow load", host.number), SLOW_LOAD_SECONDS),
        ]

    def _on_loaded(self, event: on.Loaded, _now: float) -> list[do.Action]:
        found = self._candidate(event.host)
        if found is None:
            return []
        worker, host = found
        host.loaded = event.report
        host.stage = "starting"
        actions: list[do.Action] = [do.Cancel(("slow load", host.number))]
        if event.report.problems != worker.shown_problems:
            actions += [do.Say(say.Trouble(worker.label, problem)) for problem in event.report.problems]
            worker.shown_problems = event.report.problems
        if worker.standing_in:
            worker.standing_in = False
            actions.append(do.StandDown(worker.index))
        keeps_state = worker.name if _keeps_state(worker.resolved.worker, event.report) else ""
        actions.append(do.Serve(host.number, worker.current, keeps_state))
        if worker.current is not None:
            self._hosts[worker.current].stage = "leaving"
            actions.append(do.Cancel(("serving", worker.current)))
            actions.append(do.Schedule(("kill", worker.current), RETIRE_GRACE_SECONDS + KILL_MARGIN_SECONDS))
        worker.current, worker.candidate = host.number, None
        actions.append(do.Schedule(("serving", host.number), SERVING_SECONDS))
        worker.lacks_package = False
        return actions + self._watch(worker, event.report.files)

    def _watch(self, worker: Worker, files: Collection[Path]) -> list[do.Action]:
        """Follow the files that a Worker's code was loaded from."""
        sources = sources_of(worker.resolved, files)
        if sources == worker.sources:
            return []
        worker.sources = sources
        return [self._follow()]

    def _on_serving(self, event: on.Serving, now: float) -> list[do.Action]:
        host = self._hosts.get(event.host)
        if host is None or host.stage != "starting" or host.loaded is None:
            return []
        worker = self._workers[host.worker]
        host.stage = "serving"
        host.serving_since = now
        actions: list[do.Action] = [do.Cancel(("serving", host.number)), *self._neighbours.claim(worker, host.loaded)]
        if worker.reload_since is not None and worker.is_announced:
            actions.append(do.Say(say.Updated(worker.label, (now - worker.reload_since) * 1000)))
        worker.reload_since = None
        worker.has_verdict = True
        actions += self._announcements()
        actions += self._preload(worker, host, now)
        return [*actions, *self._catch_up(worker, now)]

    def _on_imported(self, event: on.Imported, now: float) -> list[do.Action]:
        host = self._hosts.get(event.host)
        if host is None or host.loaded is None:
            return []
        worker = self._workers[host.worker]
        host.loaded = replace(host.loaded, modules=event.modules, files=event.files or host.loaded.files)
        is_current = worker.current == host.number
        return [*self._preload(worker, host, now), *(self._watch(worker, host.loaded.files) if is_current else [])]

    def _preload(self, worker: Worker, host: Host, now: float) -> list[do.Action]:
        """Have what a host imported be there for the next one; where files are not followed, there is none."""
        return [] if self._is_hosting else self._nurseries.preload(host, worker.packages, now)

    def _on_failed(self, event: on.Failed, now: float) -> list[do.Action]:
        found = self._candidate(event.host)
        if found is None:
            return []
        worker, host = found
        host.stage = "leaving"
        worker.candidate = None
        worker.lacks_package = event.problem.code in {"import-error", "load-error"}
        actions: list[do.Action] = [
            do.Cancel(("slow load", host.number)),
            do.Schedule(("kill", host.number), KILL_MARGIN_SECONDS),
        ]
        loaded = self._loaded(worker)
        actions += self._watch(worker, {*event.files, *(loaded.files if loaded is not None else ())})
        if worker.pending:
            return [*actions, *self._catch_up(worker, now)]
        return actions + self._code_is_broken(worker, event.problem)

    def _code_is_broken(self, worker: Worker, problem: Problem) -> list[do.Action]:
        if self._is_hosting:
            return [do.Say(say.Trouble(worker.label, problem)), *self._shut_down(1)]
        actions: list[do.Action] = [do.Say(say.Trouble(worker.label, problem, self._standing_note(worker)))]
        if worker.current is None:
            worker.standing_in = True
            actions.append(do.StandIn(worker.index, problem))
        worker.has_verdict = True
        worker.reload_since = None
        return [*actions, *self._announcements()]

    def _on_host_lost(self, event: on.HostLost, _now: float) -> list[do.Action]:
        if event.host not in self._hosts:
            return []
        # The nursery knows how it ended; if the nursery is gone too, nobody does.
        return [do.Schedule(("exit status", event.host), EXIT_STATUS_SECONDS)]

    def _on_exited(self, event: on.Exited, now: float) -> list[do.Action]:
        host = self._hosts.pop(event.host, None)
        if host is None:
            return []
        actions: list[do.Action] = [do.Cancel((name, host.number)) for name in HOST_TIMERS]
        actions += [do.Forget(host.number), *self._nurseries.close_idle(host.nursery, self._hosts.values())]
        if self._exit_code is not None:
            return actions if self._hosts else [*actions, do.Finish(self._exit_code)]
        worker = self._workers[host.worker]
        if worker.current == host.number:
            return actions + self._crashed(worker, host, event.status, now)
        if worker.candidate == host.number:
            worker.candidate = None
            if worker.pending:
                return [*actions, *self._catch_up(worker, now)]
            if worker.current is None:
                return actions + self._crashed(worker, host, event.status, now)
            problem = Problem("host-exited", f"The new code {ended(event.status)} while it was being loaded.")
            return actions + self._code_is_broken(worker, problem)
        return actions

    def _crashed(self, worker: Worker, host: Host, status: int | None, now: float) -> list[do.Action]:
        if worker.current == host.number:
            worker.current = None
        if host.serving_since is not None and now - host.serving_since >= HEALTHY_SECONDS:
            worker.crashes = 0
        worker.crashes += 1
        what = f"The process of this Worker {ended(status)}."
        if worker.candidate is not None:
            return [do.Say(say.Trouble(worker.label, Problem("host-crashed", what), "the new code is being loaded"))]
        if worker.crashes >= CRASH_LIMIT:
            times = f"{worker.crashes} times in a row"
            problem = Problem("host-crashed", f"{what} That happened {times}.", "Save a file to try again.")
            actions = self._code_is_broken(worker, problem)
            return [*self._neighbours.withdraw(worker), *actions]
        delay = RESTART_DELAYS_SECONDS[worker.crashes - 1]
        when = f"in {delay:g} s" if delay else "now"
        report = do.Say(say.Trouble(worker.label, Problem("host-crashed", what), f"restarting it {when}"))
        if delay:
            return [report, do.Schedule(("restart", worker.index), delay)]
        return [report, *self._fork(worker, now)]

    def _catch_up(self, worker: Worker, now: float) -> list[do.Action]:
        if not worker.pending:
            return []
        because, worker.pending = worker.pending, []
        return self._reload(worker, because, now)

    def _candidate(self, number: int) -> tuple[Worker, Host] | None:
        host = self._hosts.get(number)
        if host is None:
            return None
        worker = self._workers[host.worker]
        return (worker, host) if worker.candidate == number else None

    # ---- nurseries

    def _on_forked(self, event: on.Forked, _now: float) -> list[do.Action]:
        if event.host in self._hosts:
            self._nurseries.note_fork(self._hosts[event.host].nursery)
        return []

    def _on_nursery_unsafe(self, event: on.NurseryUnsafe, now: float) -> list[do.Action]:
        actions = self._nurseries.mark_unsafe(event.nursery, event.modules, now)
        for worker in self._workers:
            number = worker.candidate
            if number is not None and self._hosts[number].nursery == event.nursery:
                # Whether it was forked in time is unknown; a second one is harmless, none at all is not.
                actions += [*self._discard(worker), *self._fork(worker, now)]
        return actions + self._nurseries.close_idle(event.nursery, self._hosts.values())

    def _on_nursery_lost(self, event: on.NurseryLost, now: float) -> list[do.Action]:
        nursery = self._nurseries.lose(event.nursery)
        if nursery is None:
            return []
        actions: list[do.Action] = [do.CloseNursery(nursery.number)]
        lost = [host for host in self._hosts.values() if host.nursery == nursery.number]
        for host in lost:
            del self._hosts[host.number]
            actions += [do.Cancel((name, host.number)) for name in HOST_TIMERS]
            actions += [do.Kill(host.number), do.Forget(host.number)]
        if self._exit_code is not None:
            return actions if self._hosts else [*actions, do.Finish(self._exit_code)]
        if nursery.is_spent and not lost:
            return actions
        losses = self._nurseries.count_loss(nursery, now)
        what = f"The process that starts Workers {ended(event.status)}."
        if losses >= CRASH_LIMIT or not (nursery.has_forked or (event.status or 0) < 0):
            # One that never worked and was not killed would not work the next time either.
            return [*actions, do.Say(say.Trouble("", Problem("nursery-lost", what))), *self._shut_down(1)]
        actions.append(do.Say(say.Trouble("", Problem("nursery-lost", what), "restarting its Workers")))
        return actions + self._replace(lost, RESTART_DELAYS_SECONDS[losses - 1], now)

    def _replace(self, lost: Sequence[Host], delay: float, now: float) -> list[do.Action]:
        """Start hosts for the Workers that have lost theirs."""
        numbers = {host.number for host in lost}
        actions: list[do.Action] = []
        for worker in self._workers:
            affected = {worker.current, worker.candidate} & numbers
            if worker.current in numbers:
                worker.current = None
            if worker.candidate in numbers:
                worker.candidate = None
            if affected and worker.candidate is None:
                actions += [do.Schedule(("restart", worker.index), delay)] if delay else self._fork(worker, now)
        return actions

    # ---- the registry

    def _on_entry_written(self, event: on.EntryWritten, _now: float) -> list[do.Action]:
        return self._neighbours.claimed(self._workers[event.worker], event.rival)

    def _on_registry_changed(self, event: on.RegistryChanged, _now: float) -> list[do.Action]:
        actions = self._neighbours.update(event.peers)
        for worker in self._workers:
            loaded = self._loaded(worker)
            if loaded is not None and self._neighbours.is_free(worker):
                actions += self._neighbours.claim(worker, loaded)
        return actions

    # ---- timers, keys, the end

    def _on_timer(self, event: on.TimerFired, now: float) -> list[do.Action]:
        kind, number = event.timer
        if kind == "restart":
            worker = self._workers[number]
            is_due = self._exit_code is None and worker.candidate is None and worker.current is None
            return self._fork(worker, now) if is_due else []
        if kind == "packages":
            worker = self._workers[number]
            because, worker.packages_changed = tuple(worker.packages_changed), []
            return [do.FindPackages(number, because)] if self._exit_code is None else []
        host = self._hosts.get(number)
        if host is None:
            return []
        if kind == "exit status":
            return self._on_exited(on.Exited(number, None), now)
        if kind == "slow load":
            text = f"The code has been loading for {SLOW_LOAD_SECONDS:g} s; requests wait. Save a file to start over."
            return [self._note(self._workers[host.worker], text)]
        # "serving" and "kill": a host that does not answer. Its Exited decides what follows.
        return [do.Kill(number)]

    def _on_signal(self, event: on.SignalReceived, _now: float) -> list[do.Action]:
        return self._end(128 + event.number)

    def _on_ended(self, event: on.Ended, _now: float) -> list[do.Action]:
        return self._shut_down(event.code)

    def _on_key(self, event: on.KeyPressed, _now: float) -> list[do.Action]:
        key = event.key.lower()
        if key in {"x", "q", "\x03", "\x04"}:
            if self._exit_code is None:
                return [do.Say(say.ShuttingDown()), *self._end(0)]
            return self._end(128 + signal.SIGINT) if key == "\x03" else []
        if self._exit_code is not None:
            return []
        if key == "b":
            return [do.OpenBrowser()]
        return [do.Say(say.ClearScreen())] if key == "c" else []

    def _end(self, code: int) -> list[do.Action]:
        if self._exit_code is None:
            return self._shut_down(code)
        # Asked twice: no grace any more.
        return [*(do.Kill(number) for number in self._hosts), do.Finish(self._exit_code)]

    def _shut_down(self, code: int) -> list[do.Action]:
        self._exit_code = code
        actions: list[do.Action] = []
        for worker in self._workers:
            actions += [*self._neighbours.withdraw(worker), do.Cancel(("restart", worker.index))]
            actions.append(do.Cancel(("packages", worker.index)))
        for host in self._hosts.values():
            if host.stage == "loading":
                actions.append(do.Kill(host.number))
            else:
                actions.append(do.Stop(host.number, STOP_GRACE_SECONDS))
            actions.append(do.Schedule(("kill", host.number), STOP_GRACE_SECONDS + KILL_MARGIN_SECONDS))
            host.stage = "leaving"
        return actions if self._hosts else [*actions, do.Finish(code)]

    # ---- words

    def _announcements(self) -> list[do.Action]:
        """Ready lines, primary first, once every Worker serves or is known to be broken; later ones one by one."""
        if not all(worker.has_verdict for worker in self._workers):
            return []
        actions: list[do.Action] = []
        for worker in self._workers:
            host = self._hosts.get(worker.current) if worker.current is not None else None
            if not worker.is_announced and host is not None and host.serving_since is not None:
                worker.is_announced = True
                actions.append(do.Say(say.Ready(worker.label, worker.plan.urls)))
        if not self._has_begun and all(worker.is_announced for worker in self._workers):
            self._has_begun = True
            actions.append(do.Begin())
        return actions

    def _table(self, worker: Worker) -> do.Action:
        return do.Say(say.Bindings(worker.label, worker.resolved, dict(worker.links)))

    def _note(self, worker: Worker, text: str) -> do.Action:
        return do.Say(say.Note(worker.label, text))

    def _follow(self) -> do.Action:
        return do.Follow(tuple(worker.sources for worker in self._workers))

    def _loaded(self, worker: Worker) -> control.Loaded | None:
        """What the current host said about the code it runs; None if there is no host."""
        host = self._hosts.get(worker.current) if worker.current is not None else None
        return host.loaded if host is not None else None

    def _standing_note(self, worker: Worker) -> str:
        return "still serving the previous version" if worker.current is not None else "waiting for a change"


def _keeps_state(config: WorkerConfig, loaded: control.Loaded) -> bool:
    """Whether the Worker has something that exists once."""
    own = {None, config.name}
    has_workflows = any(it.kind == "workflows" and it.data.get("script_name") in own for it in config.others)
    has_queues = any(it.kind == "queues.producers" for it in config.others)
    return bool(loaded.classes or config.queue_consumers or has_queues or has_workflows)


def _settings(resolved: Resolved) -> frozenset[Path]:
    return sources_of(resolved).settings
