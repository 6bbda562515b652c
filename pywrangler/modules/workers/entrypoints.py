"""The base classes of user code (contract: spec/workers-module.md, section 6).

The runtime makes instances as `cls(ctx, env)` with raw JavaScript values. Who sees them wrapped follows from how the
SDK does it, so it is done in the same way here:

- A released SDK replaces `__init__` where the base classes and their subclasses define one, by one that wraps its first
  two positional arguments. An `__init__` that a class inherits from a mixin stays as it is and sees raw values.
- The built-in SDK replaces `cls.__init__` of each subclass, inherited or not, but only wraps `env`.

Values that are wrapped already pass unchanged, so a chain of `super().__init__(ctx, env)` wraps once. What is not a
JavaScript value (a fake in a test) is left alone.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, Self

from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.object_state import DurableObjectAbort
from workers._mode import MODE
from workers.environment import _EnvWrapper
from workers.handlers import handler as handler  # noqa: PLC0414 - imported from here, too

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Context(Protocol):
    """The type of `self.ctx` in a WorkerEntrypoint: a raw JavaScript ExecutionContext."""

    props: Any
    exports: Any

    def waitUntil(self, awaitable: Awaitable[Any], /) -> None:
        """Let `awaitable` go on after the response."""

    def passThroughOnException(self) -> None:
        """Without effect locally."""

    def abort(self, reason: Any = None, /) -> None:
        """Fail the invocation."""


class DurableObjectContext:
    """`self.ctx` of a Durable Object: the raw context, except that its storage speaks Python."""

    def __new__(cls, ctx: Any) -> Self:
        """Return `ctx` itself if it is wrapped already."""
        return ctx if isinstance(ctx, cls) else object.__new__(cls)

    def __init__(self, ctx: Any) -> None:
        if ctx is not self:
            self._ctx = ctx

    @functools.cached_property
    def storage(self) -> Any:
        """The storage, wrapped."""
        raw = self._ctx.storage
        if not isinstance(raw, JsProxy):
            return raw
        from workers.storage import DurableObjectStorage

        return DurableObjectStorage(raw)

    @property
    def js_object(self) -> Any:
        """The raw context."""
        return self._ctx

    def abort(self, reason: Any = None, *options: Any, **named: Any) -> NoReturn:
        """Reset the object: nothing after this call runs, uncommitted writes are lost."""
        self._ctx.abort(reason, *(plain(given) if type(given) is dict else given for given in options), **named)
        raise DurableObjectAbort(reason)

    def __getattr__(self, name: str) -> Any:
        if name == "_ctx":
            raise AttributeError(name)
        return getattr(self._ctx, name)


def _wrapping(init: Callable[..., None], cls: type[_Entrypoint]) -> Callable[..., None]:
    """Return `init` of a class with its first two arguments wrapped."""

    @functools.wraps(init)
    def wrapping_init(self: Any, *args: Any, **kwargs: Any) -> None:
        given = list(args)
        if given:
            given[0] = cls._wrap_context(given[0])
        if len(given) > 1 and isinstance(given[1], JsProxy):
            given[1] = _EnvWrapper(given[1])
        init(self, *given, **kwargs)

    return wrapping_init


class _Entrypoint:
    """What the three base classes share."""

    _pywrangler_kind: ClassVar[str]

    ctx: Any
    env: Any

    @staticmethod
    def _wrap_context(ctx: Any) -> Any:
        """Return `ctx` as instances see it."""
        return ctx

    def __class_getitem__(cls, _env: Any) -> type[Self]:
        """Return the class itself: `WorkerEntrypoint["Env"]` is for type checkers."""
        return cls

    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx, self.env = ctx, env
        if MODE.external_sdk:
            self.ctx = self._wrap_context(ctx)
            self.env = _EnvWrapper(env) if isinstance(env, JsProxy) else env

    # The platform's classes take any arguments here and pass nothing on, so a mixin behind them is not asked.
    def __init_subclass__(cls, **_arguments: Any) -> None:
        inherited = None if MODE.external_sdk else cls.__init__
        init: Any = cls.__dict__.get("__init__", inherited)
        if init is not None:
            cls.__init__ = _wrapping(init, cls)  # type: ignore[method-assign]


class WorkerEntrypoint(_Entrypoint):
    """Receives the events of a Worker; a new instance for each. `Default` is the default export."""

    _pywrangler_kind = "entrypoint"


class DurableObject(_Entrypoint):
    """A class of objects that each exist once and keep their data."""

    _pywrangler_kind = "object"

    ctx: DurableObjectContext

    @staticmethod
    def _wrap_context(ctx: Any) -> Any:
        return DurableObjectContext(ctx) if isinstance(ctx, JsProxy) and MODE.external_sdk else ctx


class WorkflowEntrypoint(_Entrypoint):
    """A workflow: `run(event, step)` is executed step by step."""

    _pywrangler_kind = "workflow"

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        run = cls.__dict__.get("run", None if MODE.external_sdk else getattr(cls, "run", None))
        if run is not None:
            from workers.workflows import wrapping_run

            cls.run = wrapping_run(run)  # type: ignore[attr-defined]
