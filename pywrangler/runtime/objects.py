"""All Durable Objects of one host: finds or makes the actor for an id, delivers events, evicts the idle.

Hibernatable sockets belong to the host, per object id; actors come and go. After a reload, objects that the
predecessor still runs are awaited one by one (`expect` and `freed`), so that one id never has two instances.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from pywrangler.protocol import descriptors
from pywrangler.runtime.actor import Actor
from pywrangler.runtime.alarms import AlarmIndex, AlarmOutcome, AlarmScheduler, forget_stored_alarm
from pywrangler.runtime.cancellation import Limit
from pywrangler.runtime.ids import HEX_DIGITS, carried_name
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.methods import call_method
from pywrangler.runtime.sockets import HibernationSet
from pywrangler.runtime.storage import ObjectStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from pywrangler.config.model import WorkerConfig
    from pywrangler.errors import Problem
    from pywrangler.runtime.alarms import AlarmEntry
    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.exports import Exports
    from pywrangler.runtime.ports import Face, Target

IDLE_SECONDS = 10.0
SWEEP_SECONDS = 1.0

MOST_OPEN_FILES = 2_000
FEWEST_OPEN_FILES = 2
DESCRIPTORS_PER_FILE = 3
"""A database with its journal and index."""
SHARE_OF_FILES = 0.75
"""Of the descriptors that are left, as connections need some, too."""

Key = tuple[str, str]
"""Class name and object id."""


def most_open_files(is_open: int = 0) -> int:
    """Return how many objects may have their files open at once, as memory and the limit on descriptors allow.

    `is_open` are open now.
    """
    free = descriptors.limit() - descriptors.in_use() - descriptors.RESERVE + is_open * DESCRIPTORS_PER_FILE
    return max(FEWEST_OPEN_FILES, min(MOST_OPEN_FILES, int(free * SHARE_OF_FILES) // DESCRIPTORS_PER_FILE))


class ObjectHost:
    """The objects of one Worker."""

    actor_class: type[Actor] = Actor

    def __init__(
        self,
        config: WorkerConfig,
        exports: Exports,
        face: Face,
        *,
        state_root: Path,
        clock: Clock,
        notice: Callable[[Problem], None],
        report: Callable[[BaseException], None],
        strict_limits: bool = False,
    ) -> None:
        self.config = config
        self.exports = exports
        self.face = face
        self.clock = clock
        self.notice = notice
        self.report = report
        self.strict_limits = strict_limits
        self.worker: Any = None
        self.env: Any = None
        self.actors: dict[Key, Actor] = {}
        self.sockets: dict[Key, HibernationSet] = {}
        self._root = state_root / "do"
        self._sqlite = {item.class_name: item.sqlite for item in config.durable_object_classes}
        self._indexes: dict[str, AlarmIndex] = {}
        self._schedulers: dict[str, AlarmScheduler] = {}
        self._elsewhere: dict[Key, asyncio.Event] = {}
        self._announcement: asyncio.Event | None = None
        self._sweep: Any = None
        self._stopped = False
        self._files = 0
        """Files of objects that are open, or a few less."""
        self._files_limit = most_open_files()

    # ---- finding ------------------------------------------------------------------------------------------

    def actor(self, class_name: str, object_id: str, name: str | None = None) -> Actor:
        """Return the live actor for an id, made now if there is none; constructs nothing yet."""
        key = (class_name, object_id)
        actor = self.actors.get(key)
        if actor is not None:
            return actor
        if class_name not in self.exports.objects:
            raise error(self.no_such_class(class_name))
        sockets = self.socket_set(key)
        actor = self.actor_class(self, class_name, object_id, carried_name(name), sockets)
        self.actors[key] = actor
        if self._announcement is not None or key in self._elsewhere:
            actor.await_predecessor(self._cleared(key))
        if self._sweep is None and not self._stopped:
            self._sweep = self.clock.call_at(self.clock.now() + SWEEP_SECONDS, self._sweep_idle)
        return actor

    def no_such_class(self, class_name: str) -> str:
        """Say that a class is not exported, and which are."""
        known = ", ".join(self.exports.objects) or "none"
        return f'Durable Object class "{class_name}" is not exported by Worker "{self.config.name}" (exports: {known})'

    def socket_set(self, key: Key) -> HibernationSet:
        """Return the hibernatable sockets of an object."""
        sockets = self.sockets.get(key)
        if sockets is None:
            sockets = self.sockets[key] = HibernationSet(
                lambda *event: self._deliver_socket_event(key, *event), self.clock.now
            )
        return sockets

    def storage_for(self, actor: Actor) -> ObjectStorage:
        """Return the (still closed) storage of an object."""
        name = self.config.name
        storage = ObjectStorage(
            self._directory(actor.class_name) / f"{actor.object_id}.sqlite",
            worker=name,
            class_name=actor.class_name,
            object_id=actor.object_id,
            object_name=actor.name,
            sqlite=self._sqlite.get(actor.class_name, True),
            compat=self.config.compat,
            clock=self.clock,
            outputs=actor,
            alarms=self._index(actor.class_name),
            strict_limits=self.strict_limits,
        )
        storage.on_opened = partial(self._file_opened, storage)
        storage.database.make_room = self._make_room
        return storage

    def _file_opened(self, opened: ObjectStorage) -> None:
        """Let the files of idle objects rest when very many are open, those first that were idle longest."""
        self._files += 1
        if self._files < self._files_limit:
            return
        is_open = self._open_storages()
        most = most_open_files(len(is_open))
        self._files = len(is_open)
        is_scarce = most < MOST_OPEN_FILES
        for actor in is_open[: max(0, len(is_open) - most + most // 8)]:
            if actor.storage is not opened and (is_scarce or not actor.is_running):
                self._files -= actor.storage.database.rest()
        self._files_limit = max(most, self._files + max(1, most // 8))

    def _open_storages(self) -> list[Actor]:
        """Return the objects whose files are open, those first that were idle longest, those that run at last."""
        found = [actor for actor in self.actors.values() if actor.storage.database.run is not None]
        return sorted(found, key=lambda actor: (actor.is_running, actor.last_active))

    def _make_room(self) -> bool:
        """Let files rest until there is room for others, also of objects that run; says whether there is."""
        for actor in self._open_storages():
            if descriptors.in_use() + descriptors.RESERVE + DESCRIPTORS_PER_FILE <= descriptors.limit():
                break
            self._files -= actor.storage.database.rest()
        return descriptors.in_use() + DESCRIPTORS_PER_FILE < descriptors.limit()

    def _directory(self, class_name: str) -> Path:
        return self._root / f"{self.config.name}-{class_name}"

    def _index(self, class_name: str) -> AlarmIndex:
        index = self._indexes.get(class_name)
        if index is None:
            index = self._indexes[class_name] = AlarmIndex(self._directory(class_name), self.notice)
        return index

    def forget(self, actor: Actor) -> None:
        """Remove an actor that was reset or evicted."""
        key = (actor.class_name, actor.object_id)
        if self.actors.get(key) is actor:
            del self.actors[key]
        sockets = self.sockets.get(key)
        if sockets is not None and sockets.is_empty:
            del self.sockets[key]

    # ---- user code ----------------------------------------------------------------------------------------

    def construct(self, class_name: str, state: Any) -> Any:
        """Make an instance of the user's class."""
        return self.exports.objects[class_name](state, self.env)

    def handler_name(self, name: str) -> str:
        """Return what a handler is called in this Worker's layout: `alarm`, or `on_alarm` in the old one."""
        result: str = self.worker.handler_name(name)
        return result

    def has_method(self, class_name: str, name: str) -> bool:
        """Whether the class has the handler `name`."""
        return callable(getattr(self.exports.objects[class_name], self.handler_name(name), None))

    def error_text(self, problem: BaseException) -> str:
        """Return the traceback as a caller in JavaScript would read it."""
        return self.face.error_text(problem)

    # ---- events -------------------------------------------------------------------------------------------

    def fetch(self, target: Target, request: Any) -> asyncio.Future[Any]:
        """Deliver a fetch event."""
        actor = self.actor(target.name, target.object_id, target.object_name)
        return actor.submit(lambda instance: self._fetch(instance, request))

    async def _fetch(self, instance: Any, request: Any) -> Any:
        handler = getattr(instance, self.handler_name("fetch"), None)
        if handler is None:
            raise self.worker.no_handler(type(instance), "fetch")
        self.worker.watch_client(request)
        result = self.face.call(handler, (self.face.request(request),), relaxed=True)
        if hasattr(result, "__await__"):
            result = await result
        return self.face.response(result)

    def call(self, target: Target, path: Sequence[str], arguments: Sequence[Any]) -> asyncio.Future[Any]:
        """Deliver an RPC call."""
        actor = self.actor(target.name, target.object_id, target.object_name)
        return actor.submit(lambda instance: call_method(self.face, instance, path, arguments))

    def _deliver_socket_event(
        self, key: Key, socket: Any, kind: str, arguments: Sequence[Any]
    ) -> asyncio.Future[Any] | None:
        handler_name = self.handler_name(
            {"message": "webSocketMessage", "close": "webSocketClose", "error": "webSocketError"}[kind]
        )
        if not callable(getattr(self.exports.objects.get(key[0]), handler_name, None)):
            return None
        actor = self.actor(*key)

        def work(instance: Any) -> Any:
            current = actor.sockets.object_of(socket)
            return self.face.call(getattr(instance, handler_name), (current, *arguments), relaxed=True)

        limit = actor.sockets.event_timeout_ms
        task = actor.submit(work if not limit else lambda instance: _limited(work(instance), handler_name, limit))
        task.add_done_callback(self._log_failure)
        return task

    def _log_failure(self, task: asyncio.Future[Any]) -> None:
        if not task.cancelled() and (problem := task.exception()) is not None:
            self.report(problem)

    # ---- alarms -------------------------------------------------------------------------------------------

    def start_alarms(self) -> None:
        """Schedule every persisted alarm; overdue ones run at once."""
        for class_name in self.exports.objects:
            scheduler = AlarmScheduler(
                self._index(class_name),
                self.clock,
                self._alarm_of(class_name),
                drop=partial(self._drop_alarm, class_name),
            )
            self._schedulers[class_name] = scheduler
            scheduler.start()

    def _alarm_of(self, class_name: str) -> Callable[..., Any]:
        async def deliver(object_id: str, name: str | None, info: Any) -> Any:
            actor = self.actor(class_name, object_id, name)
            try:
                return await actor.run_alarm(info)
            except JsException:
                if actor.retries_alarm:
                    raise
                return AlarmOutcome.ABANDONED

        return deliver

    def _drop_alarm(self, class_name: str, object_id: str, time: int) -> None:
        """Remove an alarm that is not tried again from the object's storage."""
        actor = self.actors.get((class_name, object_id))
        if actor is None:
            forget_stored_alarm(self._directory(class_name) / f"{object_id}.sqlite", time)
        elif actor.storage.alarm.stored() == time:
            actor.storage.alarm.delete()

    def stop_alarms(self) -> None:
        """Stop scheduling; what is persisted stays."""
        for scheduler in self._schedulers.values():
            scheduler.stop()
        self._schedulers.clear()

    def alarms_running(self) -> set[asyncio.Future[None]]:
        """Return the deliveries of alarms that are not done yet."""
        return {task for scheduler in self._schedulers.values() for task in scheduler.running}

    def alarm_of(self, class_name: str, object_id: str) -> AlarmEntry | None:
        """Return when the alarm of an object is due; None without one."""
        return self._index(class_name).entry(object_id)

    # ---- idle eviction ------------------------------------------------------------------------------------

    def _sweep_idle(self) -> None:
        self._sweep = None
        limit = self.clock.now() - IDLE_SECONDS
        for actor in [actor for actor in self.actors.values() if actor.is_idle and actor.last_active <= limit]:
            actor.evict()
        if self.actors and not self._stopped:
            self._sweep = self.clock.call_at(self.clock.now() + SWEEP_SECONDS, self._sweep_idle)

    # ---- taking over and handing over ---------------------------------------------------------------------

    async def _cleared(self, key: Key) -> None:
        if self._announcement is not None:
            await self._announcement.wait()
        elsewhere = self._elsewhere.get(key)
        if elsewhere is not None:
            await elsewhere.wait()

    def expect_announcement(self) -> None:
        """Hold back all events until the predecessor has said which objects it still runs."""
        self._announcement = asyncio.Event()

    def expect(self, keys: Iterable[Key]) -> None:
        """Take the announcement: only events for these objects are held back from now on."""
        for key in keys:
            self._elsewhere[key] = asyncio.Event()
        if self._announcement is not None:
            self._announcement.set()
            self._announcement = None

    def freed(self, key: Key) -> None:
        """The predecessor let go of an object."""
        elsewhere = self._elsewhere.pop(key, None)
        if elsewhere is not None:
            elsewhere.set()
        scheduler = self._schedulers.get(key[0])
        if scheduler is not None:
            scheduler.refresh(key[1])  # the predecessor may have set an alarm since we looked

    def freed_all(self) -> None:
        """The predecessor is gone."""
        for key in list(self._elsewhere):
            self.freed(key)

    # ---- all of them ------------------------------------------------------------------------------------------

    def ids(self, class_name: str) -> list[str]:
        """Return the ids of the objects that live or have stored something."""
        stored = {path.stem for path in self._directory(class_name).glob("*.sqlite") if len(path.stem) == HEX_DIGITS}
        return sorted(stored | {object_id for name, object_id in self.actors if name == class_name})

    def drop_all(self, reason: JsException) -> set[asyncio.Future[Any]]:
        """Reset every object and drop every socket; return what still has to unwind."""
        self.stop()
        tasks: set[asyncio.Future[Any]] = set()
        for actor in list(self.actors.values()):
            tasks |= actor.tasks
            actor.reset(reason.copy())
        for sockets in list(self.sockets.values()):
            sockets.drop_all()
        self.actors.clear()
        self.sockets.clear()
        return tasks

    def forget_all(self) -> None:
        """Delete everything that is stored, after `drop_all`, and begin anew."""
        import shutil

        self.close()
        for class_name in {*self._sqlite, *self.exports.objects}:
            shutil.rmtree(self._directory(class_name), ignore_errors=True)
        self._stopped = False
        self.start_alarms()

    def stop(self) -> None:
        """Stop timers; actors are evicted or reset by the caller."""
        self._stopped = True
        self.stop_alarms()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def close(self) -> None:
        """Close the alarm indexes."""
        for index in self._indexes.values():
            index.close()
        self._indexes.clear()


async def _limited(result: Any, handler: str, milliseconds: int) -> None:
    """Await what a handler returned, but no longer than the object allowed."""
    if not hasattr(result, "__await__"):
        return
    try:
        with Limit.of(milliseconds / 1000) as limit:
            await result
    except TimeoutError:
        if not limit.is_over:
            raise
        allowed = f"setHibernatableWebSocketEventTimeout() allows it {milliseconds} ms"
        raise error(f"{handler} was ended: {allowed}.") from None
