"""Workflow bindings: they ask the engine of the Worker that defines the class (spec/bindings.md, section 5).

That Worker may be this one, another one of the session, or one of another session: the request goes over its channel
as an event. Who binds a class without `script_name` defines it, so its host gets the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.operations import operation
from pywrangler.runtime.clone import deserialize, serialize, to_script
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.convert import options, to_py
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.values import JsArray, plain
from pywrangler.runtime.ports import Event, Target
from pywrangler.runtime.workflows import texts
from pywrangler.runtime.workflows.engine import KIND, Engine
from pywrangler.runtime.workflows.ledger import TABLES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.bindings.stores import Store
    from pywrangler.config.model import OtherBinding
    from pywrangler.runtime.ports import Router

PLUGIN = "workflows"
CLAIMS = "unfinished"
"""The directory below `v3/workflows` that says which instances have not ended."""


class Workflow:
    """A workflow of some Worker, as its bindings reach it."""

    __slots__ = ("_name", "_router", "_worker")

    def __init__(self, router: Router, worker: str, name: str) -> None:
        self._router = router
        self._worker = worker
        self._name = name

    def ask(self, operation: str, **details: Any) -> Awaitable[Any]:
        """Ask the engine; the answer is plain data."""
        payload = {"workflow": self._name, "operation": operation, **details}
        return self._router.channel(self._worker).deliver(Target(self._worker, "entrypoint"), Event(KIND, payload))


class WorkflowInstance(JsProxy, js_name="InstanceImpl"):
    """One instance."""

    __slots__ = ("_workflow",)

    def __init__(self, workflow: Workflow, instance_id: str) -> None:
        self._workflow = workflow
        self.id = instance_id

    def _command(self, name: str, **details: Any) -> JsPromise:
        return operation(lambda: self._workflow.ask(name, id=self.id, **details))

    def status(self) -> JsPromise:
        """Return the state: `status`, `output`, and `error` with name and message."""

        async def ask() -> Any:
            return status_object(await self._workflow.ask("status", id=self.id))

        return operation(ask)

    def pause(self) -> JsPromise:
        """Pause it; a step that runs ends first."""
        return self._command("pause")

    def resume(self) -> JsPromise:
        """Go on after a pause."""
        return self._command("resume")

    def terminate(self, *_options: Any, **_named: Any) -> JsPromise:
        """End it."""
        return self._command("terminate")

    def delete(self) -> JsPromise:
        """Forget it."""
        return self._command("delete")

    def restart(self, init: Any = None, **named: Any) -> JsPromise:
        """Run it anew; `from` may name a step with `name` and `count`, before which results are kept."""

        def ask() -> Awaitable[Any]:
            start = options(init, named).get("from")
            if start is None or start is jsnull:
                return self._workflow.ask("restart", **{"id": self.id, "from": None})
            step = options(start)
            name, count = step.get("name"), step.get("count")
            if not isinstance(name, str):
                raise type_error("restart: `from` needs the name of a step.")
            number = 1 if count is None or count is jsnull else int(count)
            return self._workflow.ask("restart", **{"id": self.id, "from": [name, number]})

        return operation(ask)

    def sendEvent(self, init: Any = None, **named: Any) -> JsPromise:
        """Give it an event: `type` and `payload`."""
        frozen: list[Any] = []

        def ask() -> Awaitable[Any]:
            return self._workflow.ask("sendEvent", id=self.id, type=frozen[0], payload=frozen[1])

        def read() -> None:
            if init is None and not named:
                raise type_error("sendEvent needs an event: an object with `type` and `payload`.")
            given = options(init, named)
            frozen.extend((to_string(given.get("type")), _clone(given.get("payload"))))

        return _after(read, ask)


class WorkflowBinding(JsProxy, js_name="WorkflowImpl"):
    """What `env` holds."""

    __slots__ = ("_workflow",)

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow

    def create(self, init: Any = None, **named: Any) -> JsPromise:
        """Create an instance and begin it: `id` and `params`, either may be absent."""
        pairs: list[tuple[Any, bytes | None]] = []

        async def ask() -> Any:
            instance_id, params = pairs[0]
            return self._instance(await self._workflow.ask("create", id=instance_id, params=params))

        return _after(lambda: pairs.append(_pair(options(init, named))), ask)

    def createBatch(self, batch: Any = None) -> JsPromise:
        """Create up to 100 instances; those whose id is taken are left out."""
        pairs: list[tuple[Any, bytes | None]] = []

        def read() -> None:
            if not isinstance(batch, (JsArray, list)):
                raise texts.workflow_error(texts.NO_BATCH)
            pairs.extend(_pair(options(item)) for item in batch)

        async def ask() -> Any:
            created = await self._workflow.ask("createBatch", instances=[list(pair) for pair in pairs])
            return array(self._instance(instance_id) for instance_id in created)

        return _after(read, ask)

    def get(self, instance_id: Any = None) -> JsPromise:
        """Return an instance that exists."""

        async def ask() -> Any:
            await self._workflow.ask("get", id=to_py(instance_id) if isinstance(instance_id, str) else None)
            return self._instance(instance_id)

        return operation(ask)

    def _instance(self, instance_id: str) -> WorkflowInstance:
        instance: WorkflowInstance = WorkflowInstance.new(self._workflow, instance_id)
        return instance


def _after(read: Callable[[], None], ask: Callable[[], Any]) -> JsPromise:
    """Copy the arguments now, whatever the caller does with them later; what is wrong with them rejects the promise."""
    try:
        read()
    except Exception as problem:
        # The border to the caller: it gets the exception from the promise.
        return JsPromise.rejected(problem)
    return operation(ask)


def _pair(given: Mapping[str, Any]) -> tuple[Any, bytes | None]:
    instance_id = given.get("id")
    known = instance_id is None or isinstance(instance_id, str)
    return instance_id if known else "", _clone(given.get("params"))  # an empty id is an invalid one


def _clone(value: Any) -> bytes | None:
    return None if value is None else serialize(value)


def status_object(found: Mapping[str, Any]) -> Any:
    """Return the answer of an engine as `status()` gives it."""
    output = deserialize(found["output"], "js").value
    status = {
        "status": found["status"],
        "__LOCAL_DEV_STEP_OUTPUTS": to_script(found["outputs"]),
        "output": jsnull if output is None else output,
    }
    if found["error"] is not None:
        status["error"] = plain(dict(found["error"]))
    return plain(status)


def engine_of(parts: Parts) -> Engine:
    """Return the engine of this host's Worker; there is one."""
    for companion in parts.worker.companions:
        if isinstance(companion, Engine):
            return companion

    def open_store(workflow: str, instance_id: str) -> Store:
        return parts.stores.store(PLUGIN, f"workflows-{workflow}", instance_id, TABLES)

    engine = Engine(parts.worker, parts.router, parts.clock, parts.state_root / PLUGIN / CLAIMS, open_store)
    parts.worker.companions.append(engine)
    return engine


def make(binding: OtherBinding, parts: Parts) -> WorkflowBinding:
    """Return the binding of an entry of the config."""
    name, script = str(binding.data["name"]), binding.data.get("script_name") or parts.config.name
    if script == parts.config.name:
        engine_of(parts).define(name, str(binding.data["class_name"]))
    made: WorkflowBinding = WorkflowBinding.new(Workflow(parts.router, script, name))
    return made
