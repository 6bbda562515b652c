"""What a command does to an instance in a state, as a table (spec/bindings.md, section 5; states observed).

    queued ──> running <──> paused          pause while a step runs: waitingForPause, paused when it has ended
                  │
                  └──> complete, errored, terminated     restart begins anew from any state

What sleeps or waits for an event is running.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.workflows.texts import CANNOT_TERMINATE, workflow_error


class Status(IntEnum):
    """States by the numbers under which they are stored."""

    QUEUED = 0
    RUNNING = 1
    PAUSED = 2
    ERRORED = 3
    TERMINATED = 4
    COMPLETE = 5
    WAITING_FOR_PAUSE = 6

    @property
    def text(self) -> str:
        """What `status()` says."""
        return _TEXTS[self]

    @property
    def is_final(self) -> bool:
        """Whether nothing happens any more, unless it is restarted."""
        return self in (Status.ERRORED, Status.TERMINATED, Status.COMPLETE)


_TEXTS = {
    Status.QUEUED: "queued",
    Status.RUNNING: "running",
    Status.PAUSED: "paused",
    Status.ERRORED: "errored",
    Status.TERMINATED: "terminated",
    Status.COMPLETE: "complete",
    Status.WAITING_FOR_PAUSE: "waitingForPause",
}


class Effect(Enum):
    """What has to be done about the run."""

    NONE = "none"
    GO_ON = "go on"
    END = "end"
    BEGIN_ANEW = "begin anew"


@dataclass(frozen=True, slots=True)
class Decision:
    """The state after a command, and what has to be done."""

    status: Status
    effect: Effect = Effect.NONE


def pause(status: Status, *, executing: bool) -> Decision:
    """Pause: at once between two steps, else after the steps that run."""
    if status.is_final or status is Status.PAUSED:
        return Decision(status)
    return Decision(Status.WAITING_FOR_PAUSE if executing else Status.PAUSED)


def settle(status: Status) -> Decision:
    """Return what comes of it that the last running step has ended."""
    return Decision(Status.PAUSED if status is Status.WAITING_FOR_PAUSE else status)


def resume(status: Status) -> Decision:
    """Go on after a pause; anything else stays as it is."""
    if status in (Status.PAUSED, Status.WAITING_FOR_PAUSE):
        return Decision(Status.RUNNING, Effect.GO_ON)
    return Decision(status)


def terminate(status: Status) -> Decision:
    """End the instance; the platform's error if it has ended."""
    if status.is_final:
        raise cannot_terminate()
    return Decision(Status.TERMINATED, Effect.END)


def restart(_status: Status) -> Decision:
    """Begin anew."""
    return Decision(Status.QUEUED, Effect.BEGIN_ANEW)


def awake(status: Status) -> Decision:
    """Return what comes of it that a host begins to look after the instance: no step of it runs."""
    if status is Status.WAITING_FOR_PAUSE:
        return Decision(Status.PAUSED)
    if status in (Status.QUEUED, Status.RUNNING):
        return Decision(Status.RUNNING, Effect.GO_ON)
    return Decision(status)


def cannot_terminate() -> JsException:
    """Return the error for `terminate` of what has ended."""
    return workflow_error(CANNOT_TERMINATE)
