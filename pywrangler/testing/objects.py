"""What tests do inside Durable Objects. With a stub of `async_workers` the result is to be awaited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pywrangler.protocol import testing as protocol
from pywrangler.testing import functions, values
from pywrangler.testing.asynchronous import AsyncStub, wait
from pywrangler.testing.workers import Namespace, ObjectStub


def run_in_durable_object(stub: ObjectStub | AsyncStub, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run `function(instance, state, *arguments)` inside the live object and return a copy of its result.

    The function, plain or a coroutine function, belongs to the test's file, which the Worker's process reads (and
    imports, if the function uses names of the module). Variables around it are copied, so it cannot change them.
    """
    if isinstance(stub, AsyncStub):
        return wait(run_in_durable_object, stub._stub, function, *arguments)
    task = protocol.Run(
        stub._address, functions.reference(function), values.encode(list(arguments)), functions.search_path()
    )
    return values.decode(stub._session.ask(stub._worker, task))


def run_durable_object_alarm(stub: ObjectStub | AsyncStub) -> Any:
    """Run the object's alarm now, whenever it is due; return whether it had one. RemoteError if the handler fails."""
    if isinstance(stub, AsyncStub):
        return wait(run_durable_object_alarm, stub._stub)
    return protocol.unpack(stub._session.ask(stub._worker, protocol.RunAlarm(stub._address)), bool)


def list_durable_object_ids(namespace: Namespace) -> list[str]:
    """Return the ids of the objects of a class that live or have stored something."""
    return namespace.ids()
