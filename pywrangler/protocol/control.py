"""Messages between a session, its nurseries and its hosts.

Every pair is connected by a Unix stream socket. A message is a 4-byte big-endian length and that many
bytes of MessagePack, tagged by the type's name. Descriptors, if any, travel as SCM_RIGHTS with the first
byte of the message; the order is given with each type. End of file means that the other side is gone:
a nursery and a host exit then, a session restarts what it lost.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from pywrangler.config.model import WorkerConfig
from pywrangler.errors import Problem, ProtocolError
from pywrangler.protocol.malformed import MALFORMED

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024
DESCRIPTORS_PER_MESSAGE = 200  # Linux takes at most 253 in one message (SCM_MAX_FD)
HEADER = struct.Struct("!I")


class Message(msgspec.Struct, tag=True, frozen=True):
    """Base of all messages."""


class Packages(msgspec.Struct, frozen=True):
    """Where the packages of a Worker are, in the order in which they are searched."""

    vendored: tuple[tuple[Path, tuple[str, ...]], ...] = ()
    """Directories with vendored packages that exist, each with the patterns of files that do not count."""
    site_packages: tuple[Path, ...] = ()
    """Of the project's environment; () if that is the one that runs pywrangler."""
    process_pth_files: bool = True
    """The `.pth` files in vendored directories count; those of the environment always do."""


NO_PACKAGES = Packages()


class HostSettings(msgspec.Struct, frozen=True):
    """All that a host needs to know; resolved by the session before anything starts."""

    worker: WorkerConfig
    variables: dict[str, Any]
    """Final plain values of `env` by name."""
    state_root: Path
    """`<persist-to>/v3`; created on first use."""
    registry_directory: Path
    """Where entries of other Workers are found."""
    public_url: str
    """What the Worker is reached at, e.g. http://localhost:8787."""
    packages: Packages = NO_PACKAGES
    """The project's own packages, to come before ours on `sys.path`."""
    strict_limits: bool = False
    test_scheduled: bool = False
    """`/__scheduled` runs the scheduled handler."""
    generation: int = 0
    """Counts the starts of this Worker in this session."""
    shared_data: tuple[tuple[str, str, Path], ...] = ()
    """Directory of a kind, name and root of the local data that lies with another Worker of the session."""
    testing: bool = False
    """Only then the host takes `Ask`, and `fetch` goes to the session (see `protocol.testing`)."""


# ---- session -> nursery ---------------------------------------------------------------------------------


class Fork(Message, frozen=True):
    """Start a host. Descriptors: control socket, private listener, public listeners (one or two)."""

    host: int
    settings: HostSettings


class Preload(Message, frozen=True):
    """Import these third-party modules now, so that later forks have them."""

    modules: tuple[str, ...]
    packages: Packages


# ---- nursery -> session ---------------------------------------------------------------------------------


class Forked(Message, frozen=True):
    """A host process exists."""

    host: int
    pid: int


class Exited(Message, frozen=True):
    """A host process ended: `status` is the exit code, or minus the signal number."""

    host: int
    pid: int
    status: int


class Unsafe(Message, frozen=True):
    """Forking is no longer safe (a preloaded module started a thread); replace this nursery, without `modules`."""

    modules: tuple[str, ...]


# ---- session -> host ------------------------------------------------------------------------------------


class Serve(Message, frozen=True):
    """Begin to accept. `heir` says that a predecessor will hand over, `locked` that the Worker has a state lock.

    Descriptors: the handover socket, if heir; the lock, if locked.
    """

    heir: bool = False
    locked: bool = False


class Retire(Message, frozen=True):
    """Stop accepting, hand over, finish within the grace and exit. Descriptor: the handover socket."""

    grace_seconds: float


class Stop(Message, frozen=True):
    """Finish within the grace, close every socket with 1001, exit 0."""

    grace_seconds: float


# ---- between tests and the hosts that they started --------------------------------------------------------


class Ask(Message, frozen=True):
    """Do what a test wants: a task of `protocol.testing`; answered by `Answer` with the same number."""

    number: int
    task: bytes


class Answer(Message, frozen=True):
    """What came of a task: a value, or a `protocol.testing.Failure`."""

    number: int
    value: bytes
    failed: bool = False


class Fetching(Message, frozen=True):
    """User code sends a request to the world: a `protocol.testing.Outgoing`; answered by `Fetched`."""

    number: int
    request: bytes


class Fetched(Message, frozen=True):
    """What the test answers to `Fetching`: a `protocol.testing.Incoming`."""

    number: int
    response: bytes


# ---- host -> session ------------------------------------------------------------------------------------


class Loaded(Message, frozen=True):
    """User code is imported; the host waits for `Serve`."""

    classes: tuple[str, ...]
    """Exported Durable Object classes."""
    entrypoints: tuple[str, ...]
    """Exported WorkerEntrypoint classes, `default` for the default export."""
    handlers: tuple[str, ...]
    """Event handlers of the default export: fetch, scheduled, queue, ..."""
    modules: tuple[str, ...]
    """Third-party modules that the nursery did not have, to preload next time."""
    files: tuple[Path, ...]
    """Source files of the Worker that were imported."""
    problems: tuple[Problem, ...] = ()
    """Warnings."""


class Missing(msgspec.Struct, frozen=True):
    """A module that user code imports and that is not there."""

    module: str
    foreign: str = ""
    """The vendored distribution of the module, if it is there, but built for another machine."""


class Failed(Message, frozen=True):
    """User code cannot be loaded; the host exits after this."""

    problem: Problem
    files: tuple[Path, ...] = ()
    """The user's own that were imported until then, and those that would help."""
    missing: Missing | None = None
    """The module whose lack is the reason."""


class Serving(Message, frozen=True):
    """The host accepts requests."""


class Imported(Message, frozen=True):
    """What `Loaded` says of modules and files, when there are more: some are imported on first use."""

    modules: tuple[str, ...]
    files: tuple[Path, ...] = ()


class Log(Message, frozen=True):
    """Output of user code: one `print`, `console` call, logging record or traceback."""

    level: Literal["debug", "log", "info", "warn", "error", "stderr"]
    """`stderr` is what user code wrote there itself; the others are console levels."""
    text: str


class Request(Message, frozen=True):
    """One line of the request log."""

    method: str
    path: str
    status: int
    reason: str
    milliseconds: float


class QueueBatch(Message, frozen=True):
    """One batch of messages was delivered."""

    queue: str
    acknowledged: int
    total: int
    milliseconds: float


class Lacks(Message, frozen=True):
    """A module was missing while the Worker ran; the error has been told. Once for each module."""

    missing: Missing


class Connection(Message, frozen=True):
    """A channel to another Worker came up or went away, as this host noticed."""

    worker: str
    connected: bool


class Debugger(Message, frozen=True):
    """User code has taken the terminal for a debugger (`breakpoint()`), or has given it back."""

    active: bool


class Notice(Message, frozen=True):
    """A problem that the user should see but that stops nothing (a corrupt file set aside, a limit passed)."""

    problem: Problem


type_union = (
    Fork | Preload | Forked | Exited | Unsafe | Serve | Retire | Stop | Ask | Answer | Fetching | Fetched | Loaded
    | Failed | Serving | Imported | Log | Request | QueueBatch | Lacks | Connection | Debugger | Notice
)  # fmt: skip


def _encode_hook(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot travel in a control message")


def _decode_hook(kind: type, value: object) -> object:
    if issubclass(kind, Path):
        return Path(str(value))
    raise TypeError(f"{kind.__name__} cannot travel in a control message")


_encoder = msgspec.msgpack.Encoder(enc_hook=_encode_hook)
_decoder = msgspec.msgpack.Decoder(type_union, dec_hook=_decode_hook)


def pack(message: Message) -> bytes:
    """Return the message as bytes, length first."""
    body = _encoder.encode(message)
    return HEADER.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    """Return the message in `body` (without the length); ProtocolError if it is none."""
    try:
        return _decoder.decode(body)
    except (*MALFORMED, TypeError, ValueError) as error:
        raise ProtocolError(f"control message: {error}") from error


class Unpacker:
    """Splits a byte stream into messages; `feed` returns those that are complete."""

    def __init__(self, decode: Callable[[bytes], Any] | None = None) -> None:
        self._buffer = bytearray()
        self._decode = decode or unpack

    def feed(self, data: bytes) -> list[Any]:
        """Take what arrived, return complete messages in order; ProtocolError if one is oversized or malformed."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= HEADER.size:
            (size,) = HEADER.unpack_from(self._buffer)
            if size > MESSAGE_LIMIT_BYTES:
                raise ProtocolError(f"control message of {size} bytes")
            if len(self._buffer) < HEADER.size + size:
                break
            messages.append(self._decode(bytes(self._buffer[HEADER.size : HEADER.size + size])))
            del self._buffer[: HEADER.size + size]
        return messages
