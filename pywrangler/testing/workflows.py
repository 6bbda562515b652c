"""Workflows as tests use them: create an instance, look at it, send it events, wait until it has ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pywrangler.protocol import testing as protocol
from pywrangler.testing import values

if TYPE_CHECKING:
    from pywrangler.testing.session import TestSession

WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.1


class WorkflowStatus(NamedTuple):
    """What an instance has come to."""

    status: str
    """`queued`, `running` (also while it sleeps or waits), `paused`, `waitingForPause`, `errored`, `terminated`,
    `complete`."""
    output: Any
    """What `run` returned."""
    error: dict[str, str] | None
    """`name` and `message` of what `run` raised; the message is the traceback."""
    steps: list[Any]
    """What the steps have given so far, in the order in which they ended."""
    waits: str
    """What it waits for, in words; empty while code of it runs, and after its end."""


class Workflow:
    """A workflow behind a binding."""

    def __init__(self, session: TestSession, worker: str, name: str) -> None:
        self._session = session
        self._worker = worker
        self.name = name

    def ask(self, operation: str, **details: Any) -> protocol.WorkflowAnswer:
        """Ask the engine; RemoteError as the binding would raise it."""
        task = protocol.Workflow({"workflow": self.name, "operation": operation, **details})
        answer: protocol.WorkflowAnswer = protocol.unpack(
            self._session.ask(self._worker, task), protocol.WorkflowAnswer
        )
        return answer

    def create(self, params: Any = None, *, id: str | None = None) -> WorkflowInstance:
        """Create an instance and begin it."""
        return WorkflowInstance(self, self.ask("create", id=id, params=values.encode(params)).result)

    def create_batch(self, params: Sequence[Any]) -> list[WorkflowInstance]:
        """Create an instance for each of `params`."""
        given = [[None, values.encode(item)] for item in params]
        return [WorkflowInstance(self, name) for name in self.ask("createBatch", instances=given).result]

    def get(self, id: str) -> WorkflowInstance:
        """Return an instance that exists."""
        self.ask("get", id=id)
        return WorkflowInstance(self, id)

    def __repr__(self) -> str:
        return f"<Workflow {self.name} of {self._worker}>"


class WorkflowInstance:
    """One instance."""

    def __init__(self, workflow: Workflow, id: str) -> None:
        self._workflow = workflow
        self.id = id

    def status(self) -> WorkflowStatus:
        """Return what it has come to by now."""
        return _status(self._workflow.ask("status", id=self.id).result)

    def wait(self, timeout: float = WAIT_SECONDS) -> WorkflowStatus:
        """Wait until it has ended and return what it has come to.

        TimeoutError after so many seconds of real time; at once if it waits for a clock that stands still.
        """
        deadline = time.monotonic() + timeout
        while True:
            answer = self._workflow.ask("wait", id=self.id, seconds=_LOOK_SECONDS)
            found = _status(answer.result)
            if answer.result["final"]:
                return found
            if found.waits and answer.is_clock_stopped:
                raise TimeoutError(f"{self} {found.waits}, and the clock stands still: move it with clock.advance.")
            if time.monotonic() > deadline:
                doing = found.waits or f"is {found.status}"
                raise TimeoutError(f"{self} has not ended within {timeout:g} s: it {doing}.")

    def send_event(self, type: str, payload: Any = None) -> None:
        """Give it an event."""
        self._workflow.ask("sendEvent", id=self.id, type=type, payload=values.encode(payload))

    def pause(self) -> None:
        """Pause it; a step that runs ends first."""
        self._workflow.ask("pause", id=self.id)

    def resume(self) -> None:
        """Go on after a pause."""
        self._workflow.ask("resume", id=self.id)

    def restart(self) -> None:
        """Run it anew."""
        self._workflow.ask("restart", **{"id": self.id, "from": None})

    def terminate(self) -> None:
        """End it."""
        self._workflow.ask("terminate", id=self.id)

    def delete(self) -> None:
        """Forget it."""
        self._workflow.ask("delete", id=self.id)

    def __repr__(self) -> str:
        return f"<instance {self.id} of {self._workflow.name}>"


def _status(found: dict[str, Any]) -> WorkflowStatus:
    output = values.decode(found["output"])["value"]
    return WorkflowStatus(found["status"], output, found["error"], found["outputs"], found["waits"])
