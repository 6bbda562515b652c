"""A session among others: entries, rivals for a name, links of bindings. The part of `machine` that knows the registry.

Rules (spec/registry.md, sections 1 and 5): only real changes are told; a name that another session holds is announced,
and claimed again as soon as that session lets go of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.errors import Problem
from pywrangler.session import actions as do
from pywrangler.session import reports as say
from pywrangler.session.links import hint, link_states, targets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.protocol import control
    from pywrangler.protocol.registry import Entry
    from pywrangler.session.registry import Rival
    from pywrangler.session.state import Worker


class Neighbours:
    """What is known about other sessions."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._peers: Mapping[str, Entry] = {}

    # ---- our entries

    def claim(self, worker: Worker, loaded: control.Loaded) -> list[do.Action]:
        """Make a Worker known that serves, if what is known about it is not up to date."""
        config = worker.resolved.worker
        if not config.named:
            return []
        wanted = (config.name, (loaded.classes, loaded.entrypoints, config.queue_consumers, config.environment))
        if worker.entry == wanted and worker.rival is None:
            return []
        actions = self.withdraw(worker) if worker.entry is not None and worker.entry[0] != config.name else []
        worker.entry = wanted
        return [*actions, do.WriteEntry(worker.index, worker.resolved, loaded)]

    def withdraw(self, worker: Worker) -> list[do.Action]:
        """Make a Worker unknown."""
        if worker.entry is None:
            return []
        name = worker.entry[0]
        worker.entry = None
        worker.rival = None
        return [do.RemoveEntry(name)]

    def claimed(self, worker: Worker, rival: Rival | None) -> list[do.Action]:
        """Tell how a claim ended, if that is news."""
        before, worker.rival = worker.rival, rival
        if rival == before:
            return []
        if rival is None:
            text = f'Worker "{worker.name}" is now the one that bindings from other Workers use.'
            return [do.Say(say.Note(worker.label, text))]
        known = ", ".join(filter(None, (f"pid {rival.pid}" if rival.pid else "", rival.url)))
        problem = Problem(
            "name-taken",
            f'Worker "{worker.name}" is already running in another session{f" ({known})" if known else ""}. '
            "Bindings from other Workers keep using that one.",
            severity="warning",
        )
        return [do.Say(say.Trouble(worker.label, problem))]

    # ---- others

    def meet(self, peers: Mapping[str, Entry]) -> None:
        """Take note of who runs at the start."""
        self._peers = peers
        for worker in self._workers:
            worker.links = self._links_of(worker)

    def relink(self, worker: Worker) -> None:
        """Take note of new bindings."""
        worker.links = self._links_of(worker)

    def update(self, peers: Mapping[str, Entry]) -> list[do.Action]:
        """Tell what changed since, and ask for the names that rivals have left."""
        self._peers = peers
        actions: list[do.Action] = []
        for worker in self._workers:
            before, worker.links = worker.links, self._links_of(worker)
            actions += [*self._changes(worker, before), *self.hints(worker)]
        return actions

    def is_free(self, worker: Worker) -> bool:
        """Whether a name that a rival had seems to be free."""
        owner = self._peers.get(worker.name)
        return worker.rival is not None and (owner is None or owner.instance != worker.rival.instance)

    def hints(self, worker: Worker) -> list[do.Action]:
        """Return hints about targets that do not run, each once."""
        actions: list[do.Action] = []
        for binding, target in targets(worker.resolved.worker).items():
            text = hint(target, self._peers) if worker.links.get(binding) == "not connected" else ""
            line = f'No Worker "{target}" is running. {text}'
            if text and line not in worker.hinted:
                worker.hinted.add(line)
                actions.append(do.Say(say.Note(worker.label, line)))
        return actions

    def _changes(self, worker: Worker, before: Mapping[str, say.Link]) -> list[do.Action]:
        changed: dict[tuple[str, say.Link], list[str]] = {}
        leads_to = targets(worker.resolved.worker)
        for binding, state in worker.links.items():
            if before.get(binding) != state:
                changed.setdefault((leads_to[binding], state), []).append(binding)
        return [
            do.Say(say.LinkChanged(worker.label, target, state, tuple(bindings)))
            for (target, state), bindings in changed.items()
        ]

    def _links_of(self, worker: Worker) -> dict[str, say.Link]:
        return link_states(worker.resolved.worker, self._peers, [it.name for it in self._workers])
