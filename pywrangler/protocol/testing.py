"""What tests ask of the hosts that they started: the content of `control.Ask`, `Answer`, `Fetching` and `Fetched`.

Only a host whose settings say `testing` listens to any of it. Nothing here is code: a function that runs inside an
object is named by file, line and name, and the host reads that file itself. Values travel as structured clones in V8's
format, everything else as MessagePack.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from pywrangler.errors import ProtocolError
from pywrangler.protocol.malformed import MALFORMED

Pairs = tuple[tuple[str, str], ...]


class Address(msgspec.Struct, frozen=True):
    """An entrypoint, or an object by id or name."""

    kind: Literal["entrypoint", "object"]
    name: str = "default"
    """Of the entrypoint or the class."""
    object_id: str | None = None
    object_name: str | None = None


# ---- functions of tests ---------------------------------------------------------------------------------


class Value(msgspec.Struct, tag=True, frozen=True):
    """A captured variable: a copy of plain data."""

    data: bytes


class Named(msgspec.Struct, tag=True, frozen=True):
    """A captured variable: a module (`name` is empty), or something that can be imported from it."""

    module: str
    name: str = ""


class Function(msgspec.Struct, tag=True, frozen=True):
    """A function, as the file has it; `captured` are the variables around it that it uses."""

    file: str
    line: int
    name: str
    """With everything that it is defined in: `test_it.<locals>.look`."""
    module: str
    needs_module: bool
    """Whether it uses names of its module, which has to be imported then."""
    captured: dict[str, Captured] = msgspec.field(default_factory=dict)
    defaults: tuple[Captured, ...] = ()
    keyword_defaults: dict[str, Captured] = msgspec.field(default_factory=dict)


Captured = Value | Named | Function


# ---- tasks ----------------------------------------------------------------------------------------------


class Task(msgspec.Struct, tag=True, frozen=True):
    """Base of all tasks; unless something else is said, the answer is an empty value."""


class Call(Task, frozen=True):
    """Call a method; the arguments are a clone of a list, the answer is a clone of the result."""

    to: Address
    path: tuple[str, ...]
    arguments: bytes


class Fetch(Task, frozen=True):
    """Send a request; the answer is a `Reply`."""

    to: Address
    method: str
    url: str
    headers: Pairs
    body: bytes | None


class Scheduled(Task, frozen=True):
    """Run the scheduled handler, as at a time in milliseconds or now.

    The answer is MessagePack: `outcome`, `noRetry`.
    """

    cron: str
    time: float | None = None


class Message(msgspec.Struct, frozen=True):
    """A message of a queue; the body is a clone, the time in milliseconds."""

    id: str
    body: bytes
    attempts: int = 1
    time: float | None = None


class Queue(Task, frozen=True):
    """Run the queue handler on one batch; the answer is a `BatchOutcome`."""

    queue: str
    messages: tuple[Message, ...]


class Workflow(Task, frozen=True):
    """Ask the engine of workflows; the answer is a `WorkflowAnswer`."""

    request: dict[str, Any]
    """As bindings ask: plain data, with values as clones."""


class Email(Task, frozen=True):
    """Run the email handler on a mail; the answer is an `EmailOutcome`."""

    sender: str
    recipient: str
    raw: bytes


class Tail(Task, frozen=True):
    """Run the tail handler; `events` is a clone of a list of items."""

    events: bytes


class ExecuteSql(Task, frozen=True):
    """Run statements on a D1 database, with a clone of a list of values; the answer is a clone of the last's rows."""

    binding: str
    sql: str
    values: bytes


class MigrateDatabase(Task, frozen=True):
    """Run the migrations of a D1 database; the answer is MessagePack: the names of those that ran."""

    binding: str


class Run(Task, frozen=True):
    """Call a function with the instance and its state, inside the object; the answer is a clone of the result."""

    to: Address
    function: Function
    arguments: bytes
    search: tuple[str, ...] = ()
    """Where the test imports from; comes last on `sys.path`."""


class RunAlarm(Task, frozen=True):
    """Run the alarm of an object now; the answer is MessagePack: whether there was one."""

    to: Address


class ListObjects(Task, frozen=True):
    """The answer is MessagePack: the ids of all objects of a class that exist."""

    class_name: str


class Freeze(Task, frozen=True):
    """Stop the clock at a time (seconds since the epoch)."""

    at: float


class Advance(Task, frozen=True):
    """Move the stopped clock to a time, run what is due and wait for it.

    The answer is MessagePack: when the next thing is due, or None.
    """

    to: float


class HoldSleeps(Task, frozen=True):
    """From now on `asyncio.sleep` and the timers of JavaScript wait for the stopped clock, too."""


class SetVariables(Task, frozen=True):
    """Overlay values of `env` until the next reset: a clone of an object."""

    values: bytes


class Variables(Task, frozen=True):
    """The answer is a clone of an object: all plain values of `env`."""


class Flush(Task, frozen=True):
    """Do nothing: once it is answered, all that was logged before has arrived."""


class Quiesce(Task, frozen=True):
    """End everything that runs, drop all objects and connections."""


class Reset(Task, frozen=True):
    """Quiesce again and forget: stored data, alarms, caches, overlays; the clock runs again."""


Tasks = (
    Call | Fetch | Scheduled | Queue | Workflow | Run | RunAlarm | ListObjects | Freeze | Advance | HoldSleeps
    | SetVariables | Variables | Flush | Quiesce | Reset | Email | Tail | ExecuteSql | MigrateDatabase
)  # fmt: skip


# ---- answers --------------------------------------------------------------------------------------------


class Reply(msgspec.Struct, frozen=True):
    """A response."""

    status: int
    reason: str
    headers: Pairs
    body: bytes


class BatchOutcome(msgspec.Struct, frozen=True):
    """What the queue handler decided, by the ids of messages; delays in seconds."""

    acked: tuple[str, ...]
    retried: dict[str, float]


class WorkflowAnswer(msgspec.Struct, frozen=True):
    """What the engine says, and whether the clock stands still, so that nothing goes on by itself."""

    result: Any
    is_clock_stopped: bool


class Forward(msgspec.Struct, frozen=True):
    """A mail that was sent on."""

    recipient: str
    headers: Pairs
    message_id: str


class MailReply(msgspec.Struct, frozen=True):
    """An answer to a mail."""

    message_id: str
    sender: str
    raw: bytes


class EmailOutcome(msgspec.Struct, frozen=True):
    """What the email handler did with a mail."""

    rejection: str | None
    forwards: tuple[Forward, ...]
    replies: tuple[MailReply, ...]


class Failure(msgspec.Struct, frozen=True):
    """An exception: the name of its class, its text, and its traceback as the terminal shows it."""

    kind: str
    message: str
    traceback: str


# ---- requests to the world ------------------------------------------------------------------------------


class Outgoing(msgspec.Struct, frozen=True):
    """A request that user code sends."""

    method: str
    url: str
    headers: Pairs
    body: bytes


class Incoming(msgspec.Struct, frozen=True):
    """What comes of it: a reply, `refused` (an error with this text), or neither: let it go out."""

    reply: Reply | None = None
    refused: str = ""


_encoder = msgspec.msgpack.Encoder()


def pack(value: Any) -> bytes:
    """Return a task, an answer or a request as bytes."""
    return _encoder.encode(value)


_task_decoder: msgspec.msgpack.Decoder[Tasks] = msgspec.msgpack.Decoder(Tasks)


def unpack_task(data: bytes) -> Tasks:
    """Return the task; ProtocolError if the bytes are none."""
    task: Tasks = _checked(_task_decoder, data)
    return task


def unpack(data: bytes, kind: Any) -> Any:
    """Return what was packed, of a known kind; ProtocolError if the bytes are something else."""
    return _checked(msgspec.msgpack.Decoder(kind), data)


def _checked(decoder: Any, data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except MALFORMED as error:
        raise ProtocolError(f"message of a test: {error}") from error
