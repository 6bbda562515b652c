"""The processes of a session: nurseries and hosts, each behind its control connection.

What they report becomes events of the machine; what the user should see at once (output, request lines, notices) goes
to the screen directly.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.descendants import OWN, end_children
from pywrangler.protocol import control
from pywrangler.session import events as on
from pywrangler.session.link import ControlLink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pywrangler.errors import Problem
    from pywrangler.session.reactor import Reactor
    from pywrangler.session.spawn import NurseryProcess

NURSERY_END_SECONDS = 1.0
NURSERY_LOST_SECONDS = 0.2


@dataclass(slots=True)
class _Nursery:
    process: NurseryProcess
    link: ControlLink


@dataclass(slots=True)
class _Host:
    worker: int
    link: ControlLink
    pid: int | None = None
    must_die: bool = False
    """Kill as soon as the pid is known."""


class Processes:
    """Starts, connects and ends processes.

    `emit` gets events, `on_output` what hosts say, with the Worker's number; `explain` adds to the problem of a host
    that could not load its code what the session knows.
    """

    def __init__(
        self,
        reactor: Reactor,
        emit: Callable[[on.Event], None],
        on_output: Callable[[int, control.Message], None],
        spawn: Callable[[], NurseryProcess],
        explain: Callable[[int, control.Failed], Problem],
        *,
        is_adopting: bool = False,
    ) -> None:
        """Make none yet; `is_adopting` says that orphans of a nursery become children of this process."""
        self._reactor = reactor
        self._emit = emit
        self._on_output = on_output
        self._spawn = spawn
        self._is_adopting = is_adopting
        self._explain = explain
        self._nurseries: dict[int, _Nursery] = {}
        self._hosts: dict[int, _Host] = {}

    # ---- nurseries

    def start_nursery(self, number: int, process: NurseryProcess | None = None) -> None:
        """Start a nursery, or take one that was started before."""
        if process is None:
            process = self._spawn()
        link = ControlLink(
            self._reactor, process.connection, self._on_nursery_message(number), lambda _why: self._nursery_lost(number)
        )
        self._nurseries[number] = _Nursery(process, link)

    def preload(self, number: int, message: control.Preload) -> None:
        """Have a nursery import modules."""
        if number in self._nurseries:
            self._nurseries[number].link.send(message)

    def close_nursery(self, number: int) -> None:
        """End a nursery; its end is awaited in `close`."""
        nursery = self._nurseries.get(number)
        if nursery is not None:
            nursery.link.close()

    def _on_nursery_message(self, number: int) -> Callable[[Any], None]:
        def receive(message: control.Message) -> None:
            if isinstance(message, control.Forked):
                self._forked(message)
            elif isinstance(message, control.Exited):
                # The nursery's report may overtake what the host said last: why its code failed, what it printed.
                if message.host in self._hosts:
                    self._hosts[message.host].link.read_last_words()
                self._emit(on.Exited(message.host, message.status))
            elif isinstance(message, control.Unsafe):
                self._emit(on.NurseryUnsafe(number, message.modules))

        return receive

    def _nursery_lost(self, number: int) -> None:
        nursery = self._nurseries.pop(number, None)
        if nursery is not None:
            status = nursery.process.reap(NURSERY_LOST_SECONDS)
            if self._is_adopting:
                end_children(keep={*(other.process.pid for other in self._nurseries.values()), *OWN})
            self._emit(on.NurseryLost(number, status))

    # ---- hosts

    def fork(
        self, nursery: int, host: int, worker: int, settings: control.HostSettings, listeners: Sequence[int]
    ) -> None:
        """Start a host; it gets copies of the listeners, the private one first."""
        ours, theirs = socket.socketpair()
        link = ControlLink(
            self._reactor,
            ours,
            lambda message: self._on_host_message(host, worker, message),
            lambda _why: self._emit(on.HostLost(host)),
        )
        self._hosts[host] = _Host(worker, link)
        descriptors = [theirs.detach(), *map(os.dup, listeners)]
        if nursery in self._nurseries:
            self._nurseries[nursery].link.send(control.Fork(host, settings), descriptors)
        else:
            for descriptor in descriptors:
                os.close(descriptor)

    def serve(self, host: int, predecessor: int | None, grace_seconds: float, lock: int | None = None) -> None:
        """Let a host accept; its predecessor stops at the same moment and hands over to it.

        `lock` is that of the Worker's state; the host gets a copy.
        """
        locks = [] if lock is None else [os.dup(lock)]
        if predecessor is None or predecessor not in self._hosts:
            self._hosts[host].link.send(control.Serve(locked=bool(locks)), locks)
            return
        giving, taking = socket.socketpair()
        self._hosts[predecessor].link.send(control.Retire(grace_seconds), [giving.detach()])
        self._hosts[host].link.send(control.Serve(heir=True, locked=bool(locks)), [taking.detach(), *locks])

    def stop(self, host: int, grace_seconds: float) -> None:
        """Ask a host to end."""
        if host in self._hosts:
            self._hosts[host].link.send(control.Stop(grace_seconds))

    def order(self, host: int, message: control.Message) -> None:
        """Send a host what only the guest of the session means."""
        if host in self._hosts:
            self._hosts[host].link.send(message)

    def kill(self, host: int) -> None:
        """End a host at once."""
        known = self._hosts.get(host)
        if known is None:
            return
        known.must_die = True
        if known.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(known.pid, signal.SIGKILL)

    def forget(self, host: int) -> None:
        """Close the connection of a host that is gone."""
        known = self._hosts.pop(host, None)
        if known is not None:
            known.link.close()

    def _forked(self, message: control.Forked) -> None:
        known = self._hosts.get(message.host)
        if known is None:
            return
        known.pid = message.pid
        if known.must_die:
            self.kill(message.host)
        self._emit(on.Forked(message.host, message.pid))

    def _on_host_message(self, host: int, worker: int, message: control.Message) -> None:
        if isinstance(message, control.Loaded):
            self._emit(on.Loaded(host, message))
        elif isinstance(message, control.Failed):
            self._emit(on.Failed(host, self._explain(worker, message), message.files))
        elif isinstance(message, control.Serving):
            self._emit(on.Serving(host))
        elif isinstance(message, control.Imported):
            self._emit(on.Imported(host, message.modules, message.files))
        else:
            self._on_output(worker, message)

    # ---- the end

    def close(self) -> None:
        """End everything that still runs; returns when the nurseries are gone, and with them their hosts."""
        for number in list(self._hosts):
            self.kill(number)
            self.forget(number)
        for nursery in self._nurseries.values():
            nursery.link.close()
        for nursery in self._nurseries.values():
            nursery.process.reap(NURSERY_END_SECONDS)
        self._nurseries.clear()
        if self._is_adopting:
            end_children(keep=OWN)
