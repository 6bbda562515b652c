"""The base classes of user code (contract: spec/workers-module.md, section 6).

The runtime makes instances as `cls(ctx, env)` with raw JavaScript values. Every `__init__` of a subclass is made to
see wrapped ones, whatever it calls its parameters; values that are wrapped already pass unchanged, so a chain of
`super().__init__(ctx, env)` wraps once. What is not a JavaScript value (a fake in a test) is left alone.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, Self

from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import plain
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


class DurableObjectAbort(BaseException):
    """Ends the code that called `ctx.abort()`; no `except Exception` stops it."""


class DurableObjectContext:
    """`self.ctx` of a Durable Object: the raw context, except that its storage speaks Python."""

    def __init__(self, ctx: Any) -> None:
        self._ctx = ctx

    @functools.cached_property
    def storage(self) -> Any:
        """The storage, wrapped; raw under the SDK of older compatibility dates."""
        raw = self._ctx.storage
        if not MODE.external_sdk or not isinstance(raw, JsProxy):
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


def _wrap_env(env: Any) -> Any:
    return _EnvWrapper(env) if isinstance(env, JsProxy) else env


def _wrapping(init: Callable[..., None], wrap_context: Callable[[Any], Any]) -> Callable[..., None]:
    """Return `init` with its first two arguments wrapped."""

    @functools.wraps(init)
    def wrapping_init(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) > 1:
            args = (wrap_context(args[0]), _wrap_env(args[1]), *args[2:])
        init(self, *args, **kwargs)

    wrapping_init._pywrangler_wraps = True  # type: ignore[attr-defined]
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
        self.ctx = type(self)._wrap_context(ctx)
        self.env = _wrap_env(env)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Not only `__init__` of this class: one inherited from a mixin has to be wrapped as well.
        init: Any = cls.__init__
        if init is not _Entrypoint.__init__ and not hasattr(init, "_pywrangler_wraps"):
            cls.__init__ = _wrapping(init, cls._wrap_context)  # type: ignore[method-assign]


class WorkerEntrypoint(_Entrypoint):
    """Receives the events of a Worker; a new instance for each. `Default` is the default export."""

    _pywrangler_kind = "entrypoint"


class DurableObject(_Entrypoint):
    """A class of objects that each exist once and keep their data."""

    _pywrangler_kind = "object"

    ctx: DurableObjectContext

    @staticmethod
    def _wrap_context(ctx: Any) -> Any:
        return DurableObjectContext(ctx) if isinstance(ctx, JsProxy) else ctx


class WorkflowEntrypoint(_Entrypoint):
    """A workflow: `run(event, step)` is executed step by step."""

    _pywrangler_kind = "workflow"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "run" in cls.__dict__:
            from workers.workflows import wrapping_run

            cls.run = wrapping_run(cls.__dict__["run"])  # type: ignore[attr-defined]
