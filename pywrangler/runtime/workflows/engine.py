"""The engine of a Worker's workflows: a companion of the host that defines the classes.

What bindings ask comes as an event of kind `workflow`, from this host or another one: the name of the workflow, the
operation, and what it needs (values as clones). The answer is plain data.

Instances that have not ended go on when the Worker begins to serve: after a reload, a restart, or a crash. A host that
retires gives its instances away between two steps; who comes next waits for each of them (`claims`).
"""

from __future__ import annotations

import asyncio
import re
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context, ids
from pywrangler.runtime.execution import ExecutionContext
from pywrangler.runtime.ports import Event
from pywrangler.runtime.workflows import texts
from pywrangler.runtime.workflows.claims import Claim, unfinished
from pywrangler.runtime.workflows.instances import Instance
from pywrangler.runtime.workflows.journal import Journal
from pywrangler.runtime.workflows.step import WorkflowStep
from pywrangler.runtime.workflows.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.ports import Router, Target
    from pywrangler.runtime.worker import WorkerRuntime
    from pywrangler.runtime.workflows.ledger import Store
    from pywrangler.runtime.workflows.run import Run

KIND = "workflow"
ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow that the Worker defines."""

    name: str
    class_name: str


class Engine:
    """All instances; a `runtime.ports.Companion`. `open_store(workflow, id)` gives the file of an instance."""

    def __init__(
        self,
        worker: WorkerRuntime,
        router: Router,
        clock: Clock,
        claims_directory: Path,
        open_store: Callable[[str, str], Store],
    ) -> None:
        self._worker = worker
        self._router = router
        self._claims_directory = claims_directory
        self._open_store = open_store
        self._timers = Timers(clock)
        self._workflows: dict[str, Workflow] = {}
        self._instances: dict[tuple[str, str], Instance] = {}
        self._touched: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_begun = False
        self._is_retired = False
        worker.take(KIND, self.take)

    def define(self, name: str, class_name: str) -> None:
        """Take a workflow of the config."""
        self._workflows[name] = Workflow(name, class_name)

    # ---- Companion ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Go on with every instance that has not ended."""
        self._has_begun = True
        for workflow in self._workflows.values():
            for instance_id in unfinished(self._claims_directory / workflow.name):
                self._go_on(self._instance(workflow, instance_id))

    def _go_on(self, instance: Instance) -> None:
        task = asyncio.get_running_loop().create_task(self._awake(instance))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _awake(self, instance: Instance) -> None:
        try:
            await instance.awake()
        except Exception as problem:
            # Of this instance: the class may be gone. The others go on, and this one with the next reload.
            context.report(problem, f"{instance.label} cannot go on: ")

    def retire(self) -> None:
        """Give every instance away, between two steps."""
        self._is_retired = True
        for instance in self._instances.values():
            ending = instance.retire()
            if ending is not None:
                self._worker.pending.add(ending)
                ending.add_done_callback(self._worker.pending.discard)

    def reset(self) -> None:
        """Forget all instances."""
        self._cancel()
        for instance in self._instances.values():
            instance.forget()
        self._instances.clear()
        for workflow in self._workflows.values():
            shutil.rmtree(self._claims_directory / workflow.name, ignore_errors=True)

    def close(self) -> None:
        """Stop everything; what was not finished goes on with the next start."""
        self._cancel()
        for instance in self._instances.values():
            instance.close()

    def _cancel(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    def _busy(self, until: asyncio.Future[None]) -> None:
        """Have a clock that tests move wait for code that runs now."""
        self._worker.driven.add(until)
        until.add_done_callback(self._worker.driven.discard)

    # ---- instances ----------------------------------------------------------------------------------------

    def _instance(self, workflow: Workflow, instance_id: str) -> Instance:
        key = (workflow.name, instance_id)
        found = self._instances.get(key)
        if found is None:
            digits = ids.id_from_name("miniflare", f"workflows-{workflow.name}", instance_id)
            found = self._instances[key] = Instance(
                workflow.name,
                instance_id,
                Journal(self._open_store(workflow.name, instance_id), self._timers.clock.now),
                Claim(self._claims_directory / workflow.name / digits),
                self._timers,
                perform=lambda run, event: self._perform(workflow, run, event),
                check=lambda: self._check(workflow),
                error_text=self._worker.face.error_text,
                busy=self._busy,
                ended=lambda: self._tidy_soon(key),
            )
        self._touched.add(key)
        return found

    def _tidy(self) -> None:
        """Forget the instances that were used and that nothing is going on with; they are in their files."""
        touched, self._touched = self._touched, set()
        for key in touched:
            instance = self._instances.get(key)
            if instance is not None and instance.is_idle:
                del self._instances[key]

    def _tidy_soon(self, key: tuple[str, str]) -> None:
        self._touched.add(key)
        asyncio.get_running_loop().call_soon(self._tidy)

    def _check(self, workflow: Workflow) -> None:
        exported = self._worker.exports.workflows
        if workflow.class_name not in exported:
            raise texts.no_such_class(workflow.class_name, self._worker.config.name, exported)

    async def _perform(self, workflow: Workflow, run: Run, event: Any) -> Any:
        """Call `run` of a fresh instance of the class."""
        worker = self._worker
        kind = worker.exports.workflows[workflow.class_name]
        step = WorkflowStep.new(run)

        def call(ctx: ExecutionContext) -> Any:
            instance = kind(ctx, worker.env)
            return worker.face.call(instance.run, (event, step), relaxed=False)

        return await worker.invoke(call, {})

    # ---- what bindings ask --------------------------------------------------------------------------------

    async def take(self, target: Target, payload: Mapping[str, Any]) -> Any:
        """Answer an event; the platform's errors are raised."""
        if self._is_retired:
            return await self._router.channel(target.worker).deliver(target, Event(KIND, payload))
        name = str(payload["workflow"])
        workflow = self._workflows.get(name)
        if workflow is None:
            raise texts.no_such_workflow(name, self._worker.config.name, self._workflows)
        try:
            return await self._answer(workflow, str(payload["operation"]), payload)
        finally:
            self._tidy()

    async def _answer(self, workflow: Workflow, operation: str, payload: Mapping[str, Any]) -> Any:
        if operation == "create":
            return self._create(workflow, payload["id"], payload["params"])
        if operation == "createBatch":
            return self._create_batch(workflow, payload["instances"])
        instance_id = payload["id"]
        if not isinstance(instance_id, str) or not ID.fullmatch(instance_id):
            raise texts.not_found()
        instance = self._instance(workflow, instance_id)
        match operation:
            case "get":
                instance.check_exists()
            case "status":
                return instance.status()
            case "wait":
                return await instance.wait(float(payload["seconds"]))
            case "sendEvent":
                instance.send_event(str(payload["type"]), payload["payload"])
            case "restart":
                start = payload["from"]
                await instance.command("restart", None if start is None else (str(start[0]), int(start[1])))
            case _:
                await instance.command(operation)
        return None

    def _create(self, workflow: Workflow, instance_id: Any, params: bytes | None) -> str:
        chosen = _chosen(instance_id)
        self._instance(workflow, chosen).create(params, begin=self._has_begun)
        return chosen

    def _create_batch(self, workflow: Workflow, given: Sequence[Sequence[Any]]) -> list[str]:
        """Create what does not exist yet, of pairs of id and params; return the ids of those."""
        if not given:
            raise texts.workflow_error(texts.EMPTY_BATCH)
        if len(given) > texts.BATCH_LIMIT:
            raise texts.workflow_error(texts.LARGE_BATCH)
        self._check(workflow)
        created = []
        for chosen, params in [(_chosen(item[0]), item[1]) for item in given]:
            instance = self._instance(workflow, chosen)
            if not instance.exists():
                instance.create(params, begin=self._has_begun)
                created.append(chosen)
        return created


def _chosen(instance_id: Any) -> str:
    """Return an id for a new instance; the platform's error for one that is malformed."""
    if instance_id is None:
        return str(uuid.uuid4())
    if not isinstance(instance_id, str) or not ID.fullmatch(instance_id):
        raise texts.workflow_error(texts.INVALID_ID)
    return instance_id
