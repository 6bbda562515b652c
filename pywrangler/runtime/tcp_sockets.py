"""`connect` of `cloudflare:sockets`: TCP connections with streams for both directions.

https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.readable import ReadableStream, chunk_bytes
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.js.writable import WritableStream

if TYPE_CHECKING:
    from collections.abc import Coroutine

READ_BYTES = 65_536
SECURE = frozenset({"off", "on", "starttls"})

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def connect(address: Any, options: Any = None, **named: Any) -> Socket:
    """Begin to connect to `"host:port"` or `{hostname, port}`; option `secureTransport`: off, on or starttls.

    TypeError for an address that is none; failures to connect reject `opened` and break the streams.
    """
    host, port = _parse(address)
    secure = to_string(given_options(options, named).get("secureTransport") or "off")
    if secure not in SECURE:
        raise type_error(f"Unsupported value in secureTransport socket option: {secure}")
    opening: asyncio.Future[Streams] = asyncio.get_running_loop().create_future()
    socket: Socket = Socket.new(opening, host, secure)
    context.output(lambda: socket.begin(_open(opening, host, port, secure)))
    return socket


def _parse(address: Any) -> tuple[str, int]:
    if isinstance(address, str):
        host, _, port = address.rpartition(":")
    else:
        found = given_options(address)
        host, port = to_string(found.get("hostname")), to_string(found.get("port"))
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise type_error("Specified address could not be parsed.")
    return host.strip("[]"), int(port)


async def _open(opening: asyncio.Future[Streams], host: str, port: int, secure: str) -> None:
    try:
        streams = await asyncio.open_connection(host, port, ssl=True if secure == "on" else None)
    except OSError as problem:
        opening.set_exception(error(f"proxy request failed, cannot connect to the specified address: {problem}"))
        opening.exception()  # looked at by whoever uses the socket, if anybody does
    else:
        opening.set_result(streams)


class Socket(JsProxy):
    """A connection: `readable` and `writable` carry bytes; both wait for it to open."""

    __slots__ = ("_closed", "_host", "_opening", "_task", "readable", "secureTransport", "upgraded", "writable")

    def __init__(self, opening: asyncio.Future[Streams], host: str, secure: str) -> None:
        self._opening = opening
        self._host = host
        self._task: asyncio.Task[None] | None = None
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.readable = ReadableStream.from_source(_Inbound(self))
        self.writable = WritableStream.to_sink(_Outbound(self))
        self.secureTransport = secure
        self.upgraded = False

    def begin(self, opening: Coroutine[Any, Any, None]) -> None:
        """Open the connection; the socket owns the task."""
        self._task = asyncio.ensure_future(opening)

    async def streams(self) -> Streams:
        """Wait for the connection."""
        return await asyncio.shield(self._opening)

    def ended(self) -> None:
        """Nothing more goes in either direction."""
        if not self._closed.done():
            self._closed.set_result(None)

    @property
    def opened(self) -> JsPromise:
        """Promise of `{remoteAddress, localAddress}`."""
        return JsPromise.start(self._addresses())

    async def _addresses(self) -> Any:
        _, writer = await self.streams()
        names = {"remoteAddress": "peername", "localAddress": "sockname"}
        found = {name: writer.get_extra_info(key) for name, key in names.items()}
        return plain({name: f"{place[0]}:{place[1]}" for name, place in found.items()})

    @property
    def closed(self) -> JsPromise:
        """Promise that settles when the connection is closed."""
        promise: JsPromise = JsPromise.new(self._closed)
        return promise

    def close(self) -> JsPromise:
        """Close both directions."""
        return JsPromise.start(self.shut())

    async def shut(self) -> None:
        """Close the connection, once it is open."""
        _, writer = await self.streams()
        writer.close()
        self.ended()

    def startTls(self, _options: Any = None, **_named: Any) -> Socket:
        """Return a socket that speaks TLS on the same connection; needs `secureTransport: "starttls"`."""
        if self.secureTransport != "starttls" or self.upgraded:
            raise type_error("The `secureTransport` socket option must be set to 'starttls' for startTls to be used.")
        self.upgraded = True
        opening: asyncio.Future[Streams] = asyncio.get_running_loop().create_future()
        secure: Socket = Socket.new(opening, self._host, "on")
        secure.begin(self._upgrade(opening))
        return secure

    async def _upgrade(self, opening: asyncio.Future[Streams]) -> None:
        try:
            reader, writer = await self.streams()
            await writer.start_tls(ssl.create_default_context(), server_hostname=self._host)
        except (OSError, JsException) as problem:
            opening.set_exception(problem if isinstance(problem, JsException) else error(str(problem)))
            opening.exception()
        else:
            opening.set_result((reader, writer))


class _Inbound:
    """What the other side sends."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def pull(self) -> bytes | None:
        reader, _ = await self._socket.streams()
        try:
            data = await reader.read(READ_BYTES)
        except OSError as problem:
            raise error(f"Network connection lost: {problem}") from problem
        if not data:
            await self._socket.shut()
        return data or None

    def cancel(self, reason: Any) -> Any:  # noqa: ARG002 - the platform's signature
        return self._socket.shut()


class _Outbound:
    """What goes to the other side."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def write(self, chunk: Any) -> None:
        _, writer = await self._socket.streams()
        writer.write(chunk.encode() if isinstance(chunk, str) else chunk_bytes(chunk))
        try:
            await writer.drain()
        except OSError as problem:
            raise error(f"Network connection lost: {problem}") from problem

    async def close(self) -> None:
        await self._socket.shut()

    def abort(self, reason: BaseException, given: Any) -> Any:  # noqa: ARG002 - the platform's signature
        return self._socket.shut()
