"""One Worker: receives every event for its entrypoints and objects, and calls user code.

Every event takes the same path: find the target, open a context, call user code through the SDK's face, report what
went wrong. A stateless entrypoint gets a new instance per invocation (spec/workers-module.md, section 6).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.config.handlers import method_name
from pywrangler.runtime import context
from pywrangler.runtime.execution import ExecutionContext, ScheduledController
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.methods import call_method
from pywrangler.runtime.sync_bridge import run_in_greenlet
from pywrangler.runtime.tasks import as_failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from pywrangler.config.model import WorkerConfig
    from pywrangler.runtime.exports import Exports
    from pywrangler.runtime.js.errors import JsException
    from pywrangler.runtime.objects import ObjectHost
    from pywrangler.runtime.ports import Channel, Companion, Event, Face, Router, Target
    from pywrangler.runtime.state_lock import StateLock

    Take = Callable[[Target, Mapping[str, Any]], Awaitable[Any]]


OF_STATE = frozenset(("workflow", "queueMessages"))
"""Events for what exists once, as objects do."""


class WorkerRuntime:
    """The Worker of this host; a `Receiver` for channels."""

    def __init__(
        self,
        config: WorkerConfig,
        exports: Exports,
        face: Face,
        make_objects: Callable[[], ObjectHost],
        *,
        report: Callable[[BaseException], None],
    ) -> None:
        self.config = config
        self.exports = exports
        self.face = face
        self.report = report
        self._make_objects = make_objects
        self._objects: ObjectHost | None = None
        self.env: Any = None
        self.router: Router | None = None
        self.pending: set[asyncio.Future[Any]] = set()
        """Everything that goes on outside objects: invocations from channels and what `waitUntil` was given."""
        self.driven: set[asyncio.Future[Any]] = set()
        """What companions have begun because its time had come: who moves the clock waits for it."""
        self.is_ending = False
        """The host is to end without a successor: companions begin nothing more."""
        self.leaves_at: float | None = None
        """Once a successor runs: when what still runs here is cancelled, in the loop's time."""
        self.companions: list[Companion] = []
        self.assets: Callable[[Any], Any] | None = None
        """What stands in front of the default entrypoint: answers a request, or gives None to have the Worker do it."""
        self.when_sole: list[Callable[[], None]] = []
        """Called after the companions have begun, once no predecessor runs any more."""
        self.state_lock: StateLock | None = None
        """None where nobody else can have the Worker's state."""
        self._takers: dict[str, Take] = {}

    def bind(self, env: Any, router: Router) -> None:
        """Give user code its bindings; they refer to the router, which refers to this Worker."""
        self.env = env
        self.router = router

    @property
    def objects(self) -> ObjectHost:
        """The Durable Objects; made on first use, for many Workers have none."""
        if self._objects is None:
            self._objects = self._make_objects()
            self._objects.worker = self
            self._objects.env = self.env
        return self._objects

    @property
    def has_objects(self) -> bool:
        """Whether anybody asked for objects yet."""
        return self._objects is not None

    def handler_name(self, name: str) -> str:
        """Return what a handler is called in this Worker's layout: `fetch`, or `on_fetch` in the old one."""
        return method_name(name, self.config.compat)

    # ---- Receiver -----------------------------------------------------------------------------------------

    def fetch(self, target: Target, request: Any) -> Awaitable[Any]:
        """Deliver a fetch event."""
        if target.kind == "object":
            owner = self.owner_elsewhere()
            return self.objects.fetch(target, request) if owner is None else owner.fetch(target, request)
        if target.name == "default":
            return self._start(self.answer(target, request))
        return self._start(self.fetch_entrypoint(target, request))

    def call(self, target: Target, path: Sequence[str], arguments: Sequence[Any]) -> Awaitable[Any]:
        """Deliver an RPC call."""
        if target.kind == "object":
            owner = self.owner_elsewhere()
            if owner is not None:
                return owner.call(target, path, arguments, "python")
            return self.objects.call(target, path, arguments)
        return self._start(self._call_entrypoint(target, path, arguments))

    def deliver(self, target: Target, event: Event) -> Awaitable[Any]:
        """Deliver another event: `scheduled` with cron and time, else the handler of that name with the payload."""
        taker = self._takers.get(event.kind)
        if taker is not None:
            owner = self.owner_elsewhere() if event.kind in OF_STATE else None
            if owner is not None:
                return owner.deliver(target, event)
            return self._start(taker(target, event.payload))
        if event.kind == "workflow":  # the engine would have taken it, but the config defines no workflow
            from pywrangler.runtime.workflows.texts import no_such_workflow

            raise no_such_workflow(str(event.payload["workflow"]), self.config.name, ())
        if event.kind == "scheduled":
            return self._start(self._scheduled(target, str(event.payload["cron"]), float(event.payload["time"])))
        return self._start(self.handle(target, event.kind, tuple(event.payload.values())))

    def owner_elsewhere(self) -> Channel | None:
        """Return the way to the session that keeps this Worker's state; None if that is this one."""
        lock = self.state_lock
        if lock is None or lock.take():
            return None
        assert self.router is not None
        return self.router.owner(lock)

    def take(self, kind: str, taker: Take) -> None:
        """Have events of a kind delivered to `taker(target, payload)`, which may call `handle`."""
        self._takers[kind] = taker

    def holds(self, target: Target) -> bool:
        """Say whether the target is an object that lives here now."""
        return self._objects is not None and (target.name, target.object_id) in self._objects.actors

    # ---- entrypoints --------------------------------------------------------------------------------------

    async def answer(self, target: Target, request: Any) -> Any:
        """Answer a request to the default entrypoint, as `fetch_entrypoint` does, unless the assets do."""
        reply = None if self.assets is None else self.assets(request)
        return await self.fetch_entrypoint(target, request) if reply is None else reply

    async def fetch_entrypoint(self, target: Target, request: Any) -> Any:
        """Run a fetch handler; takes and gives the raw Request and Response, raises what user code raised."""
        ctx = ExecutionContext.new(self, target.props)
        token = context.enter(context.EventContext(self, self.env, ctx, waited=ctx._waited))
        self.watch_client(request)
        try:
            return self.face.response(await run_in_greenlet(lambda: self._fetch(target, request, ctx)))
        except (SystemExit, KeyboardInterrupt) as problem:
            raise as_failure(problem) from problem
        finally:
            context.leave(token)

    def watch_client(self, request: Any) -> None:
        """Let the signal of an incoming request tell when its client leaves, if the Worker wants that."""
        compat = self.config.compat
        if compat.request_signal:
            request.watch_client(is_passed_on=compat.request_signal_passthrough)

    def _fetch(self, target: Target, request: Any, ctx: ExecutionContext) -> Any:
        handler = self.exports.handlers.get("fetch") if target.name == "default" else None
        if handler is not None:
            return self.face.call(handler, (request, self.env, ctx), relaxed=True)
        instance = self._entrypoint(target.name, "fetch")(ctx, self.env)
        method = getattr(instance, self.handler_name("fetch"), None)
        if method is None:
            raise self.no_handler(type(instance), "fetch")
        return self.face.call(method, (self.face.request(request),), relaxed=True)

    async def _call_entrypoint(self, target: Target, path: Sequence[str], arguments: Sequence[Any]) -> Any:
        ctx = ExecutionContext.new(self, target.props)
        token = context.enter(context.EventContext(self, self.env, ctx))
        try:
            entrypoint = self._entrypoint(target.name)
            return await run_in_greenlet(lambda: call_method(self.face, entrypoint(ctx, self.env), path, arguments))
        except (SystemExit, KeyboardInterrupt) as problem:
            raise as_failure(problem) from problem
        finally:
            context.leave(token)

    async def _scheduled(self, target: Target, cron: str, milliseconds: float) -> dict[str, Any]:
        time = int(milliseconds) if milliseconds.is_integer() else milliseconds
        controller = ScheduledController.new(cron, time)
        await self.handle(target, "scheduled", (controller,))
        return {"outcome": "ok", "noRetry": controller.no_retry}

    async def handle(
        self,
        target: Target,
        kind: str,
        arguments: Sequence[Any],
        waited: list[asyncio.Future[Any]] | None = None,
    ) -> Any:
        """Run the handler of an event other than fetch; raises what user code raised.

        What the handler gives to `waitUntil` is added to `waited`, for events that end with it.
        """
        return await self.invoke(lambda ctx: self._call_handler(target, kind, arguments, ctx), target.props, waited)

    async def invoke(
        self,
        call: Callable[[ExecutionContext], Any],
        props: Mapping[str, Any],
        waited: list[asyncio.Future[Any]] | None = None,
    ) -> Any:
        """Run `call(ctx)`, which calls user code, as an event of its own; raises what user code raised."""
        ctx = ExecutionContext.new(self, props, waited)
        token = context.enter(context.EventContext(self, self.env, ctx))
        try:
            return await run_in_greenlet(lambda: call(ctx))
        except (SystemExit, KeyboardInterrupt) as problem:
            raise as_failure(problem) from problem
        finally:
            context.leave(token)

    def _call_handler(self, target: Target, kind: str, arguments: Sequence[Any], ctx: ExecutionContext) -> Any:
        legacy = self.exports.handlers.get(kind) if target.name == "default" else None
        if legacy is not None:
            return self.face.call(legacy, (*arguments, self.env, ctx), relaxed=True)
        instance = self._entrypoint(target.name, kind)(ctx, self.env)
        method = getattr(instance, self.handler_name(kind), None)
        if method is None:
            raise self.no_handler(type(instance), kind)
        # The platform leaves the `env` and `ctx` arguments of these handlers undefined.
        return self.face.call(method, (*arguments, None, None), relaxed=False)

    def no_handler(self, kind: type, event: str) -> JsException:
        """Return the error for an event that finds no handler in a class, with what the platform looks for."""
        name = self.handler_name(event)
        text = f"Handler does not export {'an' if name.startswith('on_') else 'a'} {name}() function."
        return type_error(f"{text} {self.exports.advice(kind, event)}".rstrip())

    def _entrypoint(self, name: str, event: str = "") -> type:
        entrypoint = self.exports.entrypoints.get(name)
        if entrypoint is None:
            if name == "default":
                text = f'Worker "{self.config.name}" does not export a default entrypoint.'
                raise error(f"{text} {self.exports.advice(None, event)}".rstrip())
            raise error(f'Worker "{self.config.name}" does not export an entrypoint named "{name}".')
        return entrypoint

    # ---- what outlives a handler --------------------------------------------------------------------------

    def _start(self, coroutine: Any) -> asyncio.Future[Any]:
        task: asyncio.Future[Any] = asyncio.get_running_loop().create_task(coroutine)
        self.pending.add(task)
        task.add_done_callback(self.pending.discard)
        return task

    def wait_until(self, future: asyncio.Future[Any]) -> None:
        """Let `future` go on after its handler; log its failure."""
        self.pending.add(future)
        future.add_done_callback(self._waited)

    def _waited(self, future: asyncio.Future[Any]) -> None:
        self.pending.discard(future)
        if not future.cancelled() and (problem := future.exception()) is not None:
            self.report(problem)

    # ---- what contexts offer ------------------------------------------------------------------------------

    def to_js(self, value: Any) -> Any:
        """Return plain data as JavaScript values."""
        from pywrangler.runtime.environment import to_js_value

        return to_js_value(value)

    def loopbacks(self) -> Any:
        """Return `ctx.exports`: a binding to each export of this Worker, made on first use."""
        return self._loopbacks() if self._loopbacks is not None else self.to_js({})

    _loopbacks: Callable[[], Any] | None = None

    def offer_loopbacks(self, make: Callable[[], Any]) -> None:
        """Say how `ctx.exports` is made; bindings know, this part does not."""
        self._loopbacks = make
