"""What instances of user classes see: spec/workers-module.md, sections 6 and 14."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import pytest
from workers import DurableObject, WorkerEntrypoint, WorkflowEntrypoint
from workers.entrypoints import DurableObjectAbort, DurableObjectContext
from workers.rpc import _EnvWrapper
from workers.storage import DurableObjectStorage

from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import plain


class RawContext(JsProxy):
    """The raw `ctx` of an object."""

    def __init__(self) -> None:
        self._aborted: list[Any] = []
        self._storage = RawStorage.new()
        self.reads = 0

    @property
    def id(self):
        return "raw id"

    @property
    def storage(self):
        self.reads += 1
        return self._storage

    def abort(self, reason=None, *options):
        self._aborted.append((reason, *options))


class RawStorage(JsProxy):
    _native = None


@pytest.fixture
def ctx():
    return RawContext.new()


@pytest.fixture
def env():
    return plain({"NAME": "value"})


class Plain(DurableObject):
    pass


class Overriding(DurableObject):
    def __init__(self, state, bindings):
        self.seen = (state, bindings)
        super().__init__(state, bindings)


class Twice(Overriding):
    def __init__(self, ctx, env):
        self.outer = (ctx, env)
        super().__init__(ctx, env)


@pytest.mark.parametrize("cls", [Plain, Overriding, Twice])
def test_object_sees_wrapped_values(cls, ctx, env):
    instance = cls(ctx, env)
    assert type(instance.ctx) is DurableObjectContext
    assert type(instance.env) is _EnvWrapper
    assert instance.env.NAME == "value"
    assert instance.ctx.js_object is ctx


def test_own_init_sees_wrapped_values_under_any_name(ctx, env):
    instance = Overriding(ctx, env)
    assert instance.seen == (instance.ctx, instance.env)


def test_values_are_wrapped_once_along_a_chain(ctx, env):
    instance = Twice(ctx, env)
    assert instance.outer == instance.seen == (instance.ctx, instance.env)
    assert instance.ctx.js_object is ctx


def test_without_super_init_there_is_no_ctx(ctx, env):
    class Forgetful(DurableObject):
        def __init__(self, ctx, env):
            pass

    assert not hasattr(Forgetful(ctx, env), "ctx")


def test_super_init_with_keywords(ctx, env):
    class Keywords(DurableObject):
        def __init__(self, ctx, env):
            super().__init__(ctx=ctx, env=env)

    assert type(Keywords(ctx, env).ctx) is DurableObjectContext


def test_abstract_base_classes_can_be_mixed_in(ctx, env):
    class Base(DurableObject, ABC):
        @abstractmethod
        def work(self):
            """Do it."""

    class Concrete(Base):
        def work(self):
            return self.env.NAME

    assert Concrete(ctx, env).work() == "value"


def test_worker_entrypoint_has_raw_ctx_and_wrapped_env(ctx, env):
    class Default(WorkerEntrypoint):
        pass

    instance = Default(ctx, env)
    assert instance.ctx is ctx
    assert type(instance.env) is _EnvWrapper


def test_fakes_of_tests_are_left_alone():
    fake_ctx, fake_env = object(), object()
    instance = Plain(fake_ctx, fake_env)
    assert (instance.ctx, instance.env) == (fake_ctx, fake_env)


def test_kinds_tell_the_loader_what_a_class_is():
    kinds = [cls._pywrangler_kind for cls in (WorkerEntrypoint, DurableObject, WorkflowEntrypoint)]
    assert kinds == ["entrypoint", "object", "workflow"]


def test_signature_of_own_init_stays_visible():
    import inspect

    assert [*inspect.signature(Overriding).parameters] == ["state", "bindings"]


def test_context_passes_everything_through_but_storage(ctx, env):
    context = Plain(ctx, env).ctx
    assert context.id == "raw id"
    assert type(context.storage) is DurableObjectStorage
    assert context.storage is context.storage
    assert ctx.reads == 1
    with pytest.raises(AttributeError):
        _ = context.nope


def test_abort_cannot_be_swallowed_by_except_exception(ctx, env):
    def careless():
        try:
            Plain(ctx, env).ctx.abort("because")
        except Exception:
            pytest.fail("abort() was swallowed")

    with pytest.raises(DurableObjectAbort):
        careless()
    assert ctx._aborted == [("because",)]
