r"""One instance on disk, in wrangler's layout (read off the files of wrangler 4.164).

The values are `INSTANCE_METADATA` with the event, `ENGINE_STATUS`, `WORKFLOW_OUTPUT`, `EVENT_MAP\n<type>\n<number>` for
each event that nobody has taken, and of each step by its key `-config`, `-metadata` (attempts begun), `-value` or
`-error`. The history has a row for everything that happened (`CREATED` and so on).

The key of a step is a hash of its name and the number of its turn among those of that name; sleeps and waits are
counted apart. What belongs together is one transaction: a step has an outcome, or it does not.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.workflows.ledger import RETRY, SLEEP, TIMEOUT, Ledger, StepId
from pywrangler.runtime.workflows.lifecycle import Status
from pywrangler.runtime.workflows.progress import Facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.workflows.ledger import Store
    from pywrangler.runtime.workflows.policy import Policy

(
    CREATED, STARTED, SUCCEEDED, FAILED, TERMINATED, STEP_STARTED, STEP_SUCCEEDED, STEP_FAILED, SLEEP_STARTED,
    SLEEP_ENDED, ATTEMPT_STARTED, ATTEMPT_SUCCEEDED, ATTEMPT_FAILED,
) = range(13)  # fmt: skip
WAIT_STARTED, WAIT_ENDED, WAIT_TIMED_OUT = 14, 15, 16
RUNNING, PAUSED, WAITING_FOR_PAUSE = 26, 27, 28
_OF_STATUS = {
    Status.RUNNING: RUNNING,
    Status.PAUSED: PAUSED,
    Status.WAITING_FOR_PAUSE: WAITING_FOR_PAUSE,
    Status.TERMINATED: TERMINATED,
}
_METADATA, _STATUS, _OUTPUT, _EVENTS = "INSTANCE_METADATA", "ENGINE_STATUS", "WORKFLOW_OUTPUT", "EVENT_MAP"
_TRIGGER = {"source": 0}


def step_id(name: str, count: int) -> StepId:
    """Return the id of the `count`th step of that name."""
    return StepId(f"{_hash(name)}-{count}", f"{name}-{count}")


def sleep_id(name: str, count: int) -> StepId:
    """Return the id of a sleep; its time is none of it, so code that computes the time does not sleep twice."""
    return StepId(f"{_hash(f'{name}-sleep')}-{count}", f"{name}-{count}")


def wait_id(name: str, count: int) -> StepId:
    """Return the id of a wait for an event."""
    return StepId(f"{_hash(f'{name}-{count}')}-{count}", f"{name}-{count}")


def _hash(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: a JavaScript value, or an error."""

    value: Any = None
    error: JsException | None = None

    def unwrap(self) -> Any:
        """Return the value or raise the error, which comes from elsewhere."""
        if self.error is not None:
            raise self.error.copy().mark(remote=True)
        return self.value


class Journal:
    """What is stored of one instance. Times are seconds since the epoch."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._ledger = Ledger(store, now)
        self._now = now

    # ---- the file -----------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether there is such an instance."""
        return self._ledger.has(_METADATA)

    def rest(self) -> None:
        """Close the file until it is needed again."""
        self._ledger.rest()

    def delete(self) -> None:
        """Forget the instance."""
        self._ledger.delete()

    # ---- the instance -------------------------------------------------------------------------------------

    def create(self, instance_id: str, workflow: str, params: bytes | None) -> None:
        """Store a new instance; `params` is a clone."""
        now = self._now()
        moment = JsDate.new(round(now * 1000)).toISOString()
        instance = {"id": instance_id, "created_on": moment, "modified_on": moment, "workflow_id": "",
                    "version_id": "", "status": 0, "started_on": moment, "ended_on": jsnull}  # fmt: skip
        payload = None if params is None else deserialize(params, "js")
        event = {"timestamp": JsDate.new(round(now * 1000)), "payload": payload, "instanceId": instance_id,
                 "workflowName": workflow}  # fmt: skip
        metadata = {"accountId": 0, "workflow": plain({}), "version": plain({}), "instance": plain(instance),
                    "event": plain(event)}  # fmt: skip
        with self._ledger.together:
            self._ledger.put(_METADATA, plain(metadata))
            self._begin_anew(payload)

    def _begin_anew(self, payload: Any) -> None:
        self._ledger.put(_STATUS, int(Status.QUEUED))
        self._ledger.log(CREATED, _json({"params": payload, "trigger": plain(_TRIGGER)}))
        self._ledger.log(STARTED)

    def event(self) -> Any:
        """Return the event that `run` gets, as a JavaScript value; a fresh copy each time."""
        return self._ledger.get(_METADATA).event

    def clear(self) -> None:
        """Forget everything but the event: the instance begins anew."""
        payload = getattr(self.event(), "payload", None)
        with self._ledger.together:
            self._ledger.forget_all_but(_METADATA)
            self._begin_anew(payload)

    def forget_from(self, name: str, count: int) -> bool:
        """Forget a step and everything that began after it; False if there is no such step."""
        begun = (STEP_STARTED, SLEEP_STARTED, WAIT_STARTED)
        ledger = self._ledger
        first = ledger.execute(
            "SELECT min(id) FROM states WHERE target = ? AND event IN (?, ?, ?)", (f"{name}-{count}", *begun)
        ).get
        if first is None:
            return False
        keys = "SELECT groupKey FROM states WHERE id >= ? AND event IN (?, ?, ?)"
        with ledger.together:
            for key in [row[0] for row in ledger.execute(keys, (first, *begun))]:
                ledger.forget_step(key)
            ledger.execute("DELETE FROM states WHERE id >= ? AND groupKey IS NULL", (first,))
            ledger.remove(_OUTPUT)
            ledger.put(_STATUS, int(Status.QUEUED))
        return True

    @property
    def status(self) -> Status:
        """The state."""
        found = self._ledger.get(_STATUS)
        return Status.QUEUED if found is None else Status(int(found))

    def set_status(self, status: Status) -> None:
        """Change the state."""
        with self._ledger.together:
            self._ledger.put(_STATUS, int(status))
            event = _OF_STATUS.get(status)
            if event is not None:
                self._ledger.log(event, _json({"trigger": plain(_TRIGGER)}) if status is Status.TERMINATED else "{}")

    def complete(self, result: bytes, shown: Any) -> None:
        """Store that `run` returned: a clone of {value}, and the value for the history."""
        with self._ledger.together:
            self._ledger.put(_STATUS, int(Status.COMPLETE))
            self._ledger.put_data(_OUTPUT, result)
            self._ledger.log(SUCCEEDED, _json({"result": jsnull if shown is None else shown}))

    def fail(self, problem: JsException) -> None:
        """Store that `run` raised."""
        with self._ledger.together:
            self._ledger.put(_STATUS, int(Status.ERRORED))
            self._ledger.log(FAILED, _json({"error": _shown(problem)}))

    def output(self) -> bytes:
        """Return a clone of {value}: what `run` returned, or null."""
        data = self._ledger.data(_OUTPUT)
        return serialize(plain({"value": jsnull})) if data is None else data

    def error(self) -> dict[str, str] | None:
        """Return name and message of what `run` raised, if it did."""
        query = "SELECT metadata FROM states WHERE event = ? ORDER BY id DESC LIMIT 1"
        data = self._ledger.execute(query, (FAILED,)).get
        error: dict[str, str] | None = None if data is None else json.loads(data)["error"]
        return error

    def step_outputs(self) -> list[Any]:
        """Return what steps and waits have given so far, as plain data in the order in which they ended."""
        query = "SELECT event, metadata FROM states WHERE event IN (?, ?) ORDER BY id"
        rows = self._ledger.execute(query, (STEP_SUCCEEDED, WAIT_ENDED))
        return [json.loads(data).get("result" if event == STEP_SUCCEEDED else "payload") for event, data in rows]

    # ---- steps --------------------------------------------------------------------------------------------

    def outcome(self, step: StepId) -> Outcome | None:
        """Return what came of a step, if it has ended."""
        found = self._ended(step)
        return found if found is None or found.error is not None else Outcome(getattr(found.value, "value", None))

    def event_taken(self, step: StepId) -> Outcome | None:
        """Return what came of a wait, if it has ended."""
        return self._ended(step)

    def _ended(self, step: StepId) -> Outcome | None:
        if self._ledger.has(f"{step.key}-error"):
            return Outcome(error=self._ledger.get(f"{step.key}-error"))
        return Outcome(self._ledger.get(f"{step.key}-value")) if self._ledger.has(f"{step.key}-value") else None

    def facts(self, step: StepId) -> Facts:
        """Return what is stored of a step that has not ended."""
        query = "SELECT count(*) FROM states WHERE groupKey = ? AND event = ?"
        failures = self._ledger.execute(query, (step.key, ATTEMPT_FAILED)).get
        return Facts(failures, self._ledger.due(RETRY, f"{step.key}-{failures}") if failures else None)

    def begin_attempt(self, step: StepId, number: int, policy: Policy, until: float) -> None:
        """Store that an attempt begins; it may take until then."""
        config = policy.as_data()
        with self._ledger.together:
            if number == 1 and not self._ledger.has(f"{step.key}-config"):
                self._ledger.put(f"{step.key}-config", config)
                self._ledger.log(STEP_STARTED, json.dumps({"config": config}, separators=(",", ":")), step)
            self._ledger.cross_out(RETRY, f"{step.key}-{number - 1}")
            self._ledger.put(f"{step.key}-metadata", {"attemptedCount": number})
            self._ledger.schedule(TIMEOUT, f"{step.key}-{number}", until)
            self._ledger.log(ATTEMPT_STARTED, _attempt(number), step)

    def succeed(self, step: StepId, number: int, result: bytes, shown: Any) -> None:
        """Store what a step gave: a clone of {value}, and the value for the history."""
        with self._ledger.together:
            self._ledger.put_data(f"{step.key}-value", result)
            self._ledger.cross_out(TIMEOUT, f"{step.key}-{number}")
            self._ledger.log(ATTEMPT_SUCCEEDED, _attempt(number), step)
            self._ledger.log(STEP_SUCCEEDED, _json({"result": jsnull if shown is None else shown}), step)

    def fail_attempt(self, step: StepId, number: int, problem: JsException, retry_at: float | None) -> None:
        """Store that an attempt failed; without another one the failure is final."""
        data = {"attempt": number, "error": _shown(problem)}
        with self._ledger.together:
            self._ledger.cross_out(TIMEOUT, f"{step.key}-{number}")
            if retry_at is None:
                self._ledger.put(f"{step.key}-error", JsException(problem.name, problem.message))
                self._ledger.log(ATTEMPT_FAILED, _json(data), step)
                self._ledger.log(STEP_FAILED, "{}", step)
            else:
                self._ledger.schedule(RETRY, f"{step.key}-{number}", retry_at)
                delay = max(0, round((retry_at - self._now()) * 1000))
                self._ledger.log(ATTEMPT_FAILED, _json({**data, "retryDelayMs": delay}), step)

    # ---- sleeps and waits ---------------------------------------------------------------------------------

    def sleep(self, step: StepId) -> float | None:
        """Return until when a sleep lasts that has begun."""
        return self._ledger.due(SLEEP, step.key)

    def has_slept(self, step: StepId) -> bool:
        """Whether a sleep has ended."""
        return self._ledger.is_crossed_out(SLEEP, step.key)

    def begin_sleep(self, step: StepId, until: float) -> None:
        """Store that a sleep begins."""
        with self._ledger.together:
            self._ledger.put(f"{step.key}-value", True)
            self._ledger.schedule(SLEEP, step.key, until)
            self._ledger.log(SLEEP_STARTED, _json({"durationMs": max(0, round((until - self._now()) * 1000))}), step)

    def end_sleep(self, step: StepId) -> None:
        """Store that a sleep has ended."""
        with self._ledger.together:
            self._ledger.cross_out(SLEEP, step.key)
            self._ledger.log(SLEEP_ENDED, "{}", step)

    def wait(self, step: StepId) -> float | None:
        """Return until when a wait lasts that has begun."""
        return self._ledger.due(TIMEOUT, step.key)

    def begin_wait(self, step: StepId, kind: str, until: float) -> None:
        """Store that a wait for an event begins."""
        with self._ledger.together:
            self._ledger.put(f"{step.key}-pending", True)
            self._ledger.schedule(TIMEOUT, step.key, until)
            self._ledger.log(WAIT_STARTED, _json({"event": kind}), step)

    def add_event(self, kind: str, payload: bytes | None) -> None:
        """Keep an event until somebody waits for it; `payload` is a clone."""
        event = {"payload": None if payload is None else deserialize(payload, "js"), "type": kind,
                 "timestamp": JsDate.new(round(self._now() * 1000))}  # fmt: skip
        numbers = self._numbers(kind)
        self._ledger.put(f"{_EVENTS}\n{kind}\n{numbers[-1] + 1 if numbers else 0}", plain(event))

    def _numbers(self, kind: str) -> list[int]:
        prefix = f"{_EVENTS}\n{kind}\n"
        query = "SELECT substr(key, ?) FROM _cf_KV WHERE substr(key, 1, ?) = ?"
        rows = self._ledger.execute(query, (len(prefix) + 1, len(prefix), prefix))
        return sorted(int(number) for (number,) in rows if number.isdecimal())

    def take_event(self, step: StepId, kind: str) -> Outcome | None:
        """End a wait with the oldest event of that type, if there is one."""
        numbers = self._numbers(kind)
        if not numbers:
            return None
        name = f"{_EVENTS}\n{kind}\n{numbers[0]}"
        event = self._ledger.get(name)
        with self._ledger.together:
            self._ledger.remove(name)
            self._ledger.put(f"{step.key}-value", event)
            self._ledger.cross_out(TIMEOUT, step.key)
            self._ledger.log(WAIT_ENDED, _json(event), step)
        return Outcome(event)

    def time_out(self, step: StepId, problem: JsException) -> None:
        """End a wait without an event."""
        with self._ledger.together:
            self._ledger.put(f"{step.key}-error", JsException(problem.name, problem.message))
            self._ledger.cross_out(TIMEOUT, step.key)
            self._ledger.log(WAIT_TIMED_OUT, _json({"name": "WorkflowTimeoutError", "isUserError": True}), step)


def _attempt(number: int) -> str:
    return f'{{"attempt":{number}}}'


def _shown(problem: JsException) -> Any:
    return plain({"name": problem.name, "message": problem.message})


def _json(value: Any) -> str:
    """Return the JSON of JavaScript values, for the history; null for what has none."""
    try:
        return stringify(plain(value) if isinstance(value, dict) else value) or "null"
    except JsException:  # a cycle or a BigInt, which a clone can hold
        return '{"result":null,"payload":null}'
