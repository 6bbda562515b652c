"""Finds the channel to a Worker at each call: the own host, or another one through the registry.

Parts are imported when the first channel of their kind is asked for: a Worker without bindings starts without them.
A channel is a name and what is needed to reach it, no promise that anybody is there; `RemoteChannel` finds out.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from pywrangler.protocol.registry import Entry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from pathlib import Path

    from pywrangler.runtime.channels.consumers import Consumers
    from pywrangler.runtime.channels.failures import ErrorText
    from pywrangler.runtime.channels.local import LocalChannel
    from pywrangler.runtime.channels.remote import RemoteChannel
    from pywrangler.runtime.channels.server import AdoptWire
    from pywrangler.runtime.js.proxy import JsProxy
    from pywrangler.runtime.ports import Channel, Event, FaceName, Link, Receiver, Target
    from pywrangler.runtime.state_lock import StateLock


class ChannelRouter:
    """The router of one host.

    `on_connection(worker, connected)` hears of connections to other Workers. `adopt_wire(loop, fd, state)` serves a
    client's WebSocket here when the host that has its other end cannot take it. `queues` are those that this Worker
    consumes.
    """

    def __init__(
        self,
        own_worker: str,
        receiver: Receiver,
        registry_directory: Path,
        on_connection: Callable[[str, bool], None],
        *,
        adopt_wire: AdoptWire | None = None,
        error_text: ErrorText | None = None,
        queues: Collection[str] = (),
        runs_handlers: bool = False,
    ) -> None:
        self.runs_handlers = runs_handlers
        self._own_worker = own_worker
        self._queues = queues
        self._consumers: Consumers | None = None
        self._directory = registry_directory
        self._on_connection = on_connection
        self._adopt_wire = adopt_wire
        self._receiver = receiver
        self._error_text = error_text
        self._local: LocalChannel | None = None
        self._remote: dict[str, RemoteChannel] = {}
        self._owner: RemoteChannel | None = None
        self._is_retired = False
        self._successor = ""

    def consumer(self, queue: str) -> str | None:
        """Return the Worker that consumes a queue, or None; looked for anew each time."""
        if queue in self._queues:
            return self._own_worker
        if self._consumers is None:
            from pywrangler.runtime.channels.consumers import Consumers

            self._consumers = Consumers(self._directory, self._own_worker)
        return self._consumers.find(queue)

    def channel(self, worker: str) -> Channel:
        """Return the channel to a Worker."""
        if worker == self._own_worker:
            local = self._local or self._make_local()
            return local if not self._is_retired else _Retired(local, self._to(worker), self._receiver)
        return self._to(worker)

    def owner(self, lock: StateLock) -> Channel:
        """Return the channel to the session that keeps this Worker's state; JavaScript Error if it cannot be told."""
        if self._owner is None:
            self._owner = self._make_remote(self._own_worker, lock.entry)
        if not self._owner.is_connected and lock.holder() is None:
            from pywrangler.runtime.channels.failures import lost

            raise lost()  # it has just begun, or just ended
        return self._owner

    def _to(self, worker: str) -> RemoteChannel:
        channel = self._remote.get(worker)
        if channel is None:
            find = self._find_successor if worker == self._own_worker and self._successor else None
            channel = self._remote[worker] = self._make_remote(worker, find)
        return channel

    def _make_remote(self, worker: str, find: Callable[[], Entry | None] | None) -> RemoteChannel:
        from pywrangler.runtime.channels.remote import RemoteChannel

        return RemoteChannel(
            worker,
            self._directory,
            own_worker=self._own_worker,
            router=self,
            error_text=self._how_errors_read(),
            on_connection=self._on_connection if worker != self._own_worker else _ignore,
            wire=self._wire,
            find=find,
        )

    def _find_successor(self) -> Entry:
        return Entry(name=self._own_worker, pid=os.getpid(), started=0.0, instance="", address=self._successor, url="")

    def _make_local(self) -> LocalChannel:
        from pywrangler.runtime.channels.local import LocalChannel

        self._local = LocalChannel(self._receiver, self, self._how_errors_read())
        return self._local

    def _how_errors_read(self) -> ErrorText:
        from pywrangler.runtime.channels.failures import python_traceback

        face = getattr(self._receiver, "face", None)
        return self._error_text or (python_traceback if face is None else face.error_text)

    def _wire(self, fd: int, state: bytes) -> Link | None:
        return None if self._adopt_wire is None else self._adopt_wire(asyncio.get_running_loop(), fd, state)

    def retire(self, address: str = "") -> None:
        """A successor has taken over this Worker: calls of it go there from now on, but for objects that stay here.

        `address` is where it listens; without it the registry tells, which may know another session by that name.
        """
        self._is_retired = True
        self._successor = address

    def close(self) -> None:
        """End every connection; the next call makes another."""
        for channel in self._remote.values():
            channel.close()
        self._remote.clear()
        if self._owner is not None:
            self._owner.close()


class _Retired:
    """The way to the own Worker once a successor runs: objects that still run here are called here.

    They may be waiting for the very caller; sent to the successor, the call would wait for them in turn.
    """

    __slots__ = ("_local", "_receiver", "_successor")

    def __init__(self, local: Channel, successor: Channel, receiver: Receiver) -> None:
        self._local = local
        self._successor = successor
        self._receiver = receiver

    def _way(self, target: Target) -> Channel:
        return self._local if self._receiver.holds(target) else self._successor

    def fetch(self, target: Target, request: JsProxy) -> Awaitable[JsProxy]:
        return self._way(target).fetch(target, request)

    def call(self, target: Target, path: Sequence[str], arguments: Sequence[Any], face: FaceName) -> Awaitable[Any]:
        return self._way(target).call(target, path, arguments, face)

    def deliver(self, target: Target, event: Event) -> Awaitable[Any]:
        return self._way(target).deliver(target, event)


def _ignore(_worker: str, _connected: bool) -> None:
    """Take no notice: a host's connection to its own successor concerns nobody."""
