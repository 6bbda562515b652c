"""The same for coroutine tests that do several things at once: every call waits in a thread, and can be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from pywrangler.testing import workers as blocking
from pywrangler.testing.websocket import SocketClosedError
from pywrangler.testing.workflows import WorkflowInstance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from pywrangler.testing.databases import Database
    from pywrangler.testing.session import LogLine
    from pywrangler.testing.websocket import WebSocket
    from pywrangler.testing.workflows import Workflow

THREADS = 64
_threads = ThreadPoolExecutor(THREADS, "pywrangler test")


async def wait(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Make a call that blocks, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(call, *arguments, **options))


class AsyncStub:
    """A stub whose methods are awaited."""

    def __init__(self, stub: blocking.Stub) -> None:
        self._stub = stub

    async def fetch(self, *arguments: Any, **options: Any) -> blocking.Response:
        """As `Stub.fetch`."""
        response: blocking.Response = await wait(self._stub.fetch, *arguments, **options)
        return response

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        return partial(wait, getattr(self._stub, name))

    def __repr__(self) -> str:
        return repr(self._stub)


class AsyncWorkflow:
    """A workflow, and with an `id` one instance of it, whose methods are awaited."""

    def __init__(self, inner: Workflow | WorkflowInstance) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return partial(_wait_wrapped, found) if callable(found) else found

    def __repr__(self) -> str:
        return repr(self._inner)


async def _wait_wrapped(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    result = await wait(call, *arguments, **options)
    if isinstance(result, list):
        return [AsyncWorkflow(item) for item in result]
    return AsyncWorkflow(result) if isinstance(result, WorkflowInstance) else result


class AsyncDatabase:
    """A database whose methods are awaited."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        return partial(wait, getattr(self._database, name))

    def __repr__(self) -> str:
        return repr(self._database)


class AsyncWebSocket:
    """A socket whose methods are awaited."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._socket, name)
        return partial(wait, found) if callable(found) else found

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            try:
                yield await wait(self._socket.receive)
            except SocketClosedError:
                return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await wait(self._socket.close)


class AsyncWorker:
    """A Worker whose methods are awaited; what asks nobody (`object`, `entrypoint`, `url`, `name`) is as it was."""

    def __init__(self, worker: blocking.Worker) -> None:
        self._worker = worker
        self.name = worker.name
        self.url = worker.url

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        return partial(wait, getattr(self._worker, name))

    async def ws(self, *arguments: Any, **options: Any) -> AsyncWebSocket:
        """As `Worker.ws`."""
        return AsyncWebSocket(await wait(self._worker.ws, *arguments, **options))

    def object(self, binding: str, name: str | None = None, *, id: str | None = None) -> AsyncStub:
        """As `Worker.object`."""
        return AsyncStub(self._worker.object(binding, name, id=id))

    def workflow(self, binding: str) -> AsyncWorkflow:
        """As `Worker.workflow`."""
        return AsyncWorkflow(self._worker.workflow(binding))

    def d1(self, binding: str) -> AsyncDatabase:
        """As `Worker.d1`."""
        return AsyncDatabase(self._worker.d1(binding))

    def entrypoint(self, name: str = "default") -> AsyncStub:
        """As `Worker.entrypoint`."""
        return AsyncStub(self._worker.entrypoint(name))

    @property
    def logs(self) -> list[LogLine]:
        """As `Worker.logs`; asks, but takes no time worth awaiting."""
        return self._worker.logs

    @property
    def env(self) -> blocking.Variables:
        """As `Worker.env`."""
        return self._worker.env

    def __repr__(self) -> str:
        return repr(self._worker)


class AsyncWorkers(Mapping[str, AsyncWorker]):
    """The Workers of the session by name."""

    def __init__(self, workers: blocking.Workers) -> None:
        self._workers = {name: AsyncWorker(worker) for name, worker in workers.items()}
        self._blocking = workers

    def __getitem__(self, name: str) -> AsyncWorker:
        return self._workers[self._blocking[name].name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._workers)

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def first(self) -> AsyncWorker:
        """The first one."""
        return next(iter(self._workers.values()))
