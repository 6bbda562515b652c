"""Which `__init__` of which class sees wrapped values, by release of the SDK.

The right values follow from `_wrap_class` in `workers/entrypoints.py` of workers-runtime-sdk 1.9.5 (it wraps the
`__init__` that a class defines itself, and that of the base classes) and from `_wrap_subclass` in workerd's
`src/pyodide/internal/workers-api/src/workers/_workers.py` (it wraps `cls.__init__`, inherited or not, but only `env`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from workers import DurableObject, WorkerEntrypoint, WorkflowEntrypoint, _mode
from workers.entrypoints import DurableObjectContext
from workers.rpc import _EnvWrapper

from pywrangler.config.sdk import BUILT_IN, NEWEST
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable

BASES = {"object": DurableObject, "entrypoint": WorkerEntrypoint, "workflow": WorkflowEntrypoint}


class Keeps:
    """A mixin that does not go on."""

    def __init__(self, ctx, env):
        self.ctx, self.env = ctx, env


class GoesOn:
    def __init__(self, ctx, env):
        self.mixed = ctx, env
        super().__init__(ctx, env)


class OtherNames:
    def __init__(self, state, bindings):
        self.mixed = state, bindings
        super().__init__(state, bindings)


def nothing_of_its_own(base):
    return type("Made", (base,), {})


def own(base):
    class Made(base):
        def __init__(self, ctx, env):
            self.ctx, self.env = ctx, env

    return Made


def own_and_on(base):
    class Made(base):
        def __init__(self, ctx, env):
            self.mixed = ctx, env
            super().__init__(ctx, env)

    return Made


def own_and_on_with_keywords(base):
    class Made(base):
        def __init__(self, ctx, env):
            super().__init__(ctx=ctx, env=env)

    return Made


def two_levels(base):
    class Made(own_and_on(base)):
        def __init__(self, ctx, env):
            super().__init__(ctx, env)

    return Made


def second_level_without_own(base):
    return type("Made", (own(base),), {})


def mixin_first(base):
    return type("Made", (Keeps, base), {})


def mixin_first_and_own(base):
    class Made(Keeps, base):
        def __init__(self, ctx, env):
            super().__init__(ctx, env)

    return Made


def mixin_that_goes_on(base):
    return type("Made", (GoesOn, base), {})


def mixin_with_other_names(base):
    return type("Made", (OtherNames, base), {})


def mixin_last(base):
    return type("Made", (base, Keeps), {})


def mixin_at_the_second_level(base):
    return type("Made", (Keeps, own(base)), {})


def dataclass_of_both(base):
    return dataclass(type("Made", (base,), {"__annotations__": {"ctx": Any, "env": Any}}))


def assigned_later(base):
    made = type("Made", (base,), {})
    made.__init__ = Keeps.__init__
    return made


WRAPPED, RAW = True, False

SHAPES: list[tuple[Callable[[type], type], bool, bool]] = [
    # shape, what self.ctx and self.env are under a released SDK, what self.env is under the built-in one
    (nothing_of_its_own, WRAPPED, WRAPPED),
    (own, WRAPPED, WRAPPED),
    (own_and_on, WRAPPED, WRAPPED),
    (own_and_on_with_keywords, WRAPPED, WRAPPED),
    (two_levels, WRAPPED, WRAPPED),
    (second_level_without_own, WRAPPED, WRAPPED),
    (mixin_first, RAW, WRAPPED),
    (mixin_first_and_own, WRAPPED, WRAPPED),
    (mixin_that_goes_on, WRAPPED, WRAPPED),
    (mixin_with_other_names, WRAPPED, WRAPPED),
    (mixin_last, WRAPPED, WRAPPED),
    (mixin_at_the_second_level, RAW, WRAPPED),
    (dataclass_of_both, RAW, WRAPPED),
    (assigned_later, RAW, RAW),
]


class RawContext(JsProxy):
    """The raw `ctx`."""


@pytest.fixture(params=BASES)
def base(request):
    return BASES[request.param]


@pytest.mark.parametrize(("shape", "wrapped", "_built_in"), SHAPES)
def test_who_sees_wrapped_values_under_a_released_sdk(shape, wrapped, _built_in, base, monkeypatch):
    monkeypatch.setattr(_mode.MODE, "sdk", NEWEST)
    ctx, env = RawContext.new(), plain({"NAME": "value"})
    made = shape(base)(ctx, env)
    assert type(made.env) is (_EnvWrapper if wrapped else type(env))
    assert type(made.ctx) is (DurableObjectContext if wrapped and base is DurableObject else RawContext)
    assert made.env.NAME == "value"


@pytest.mark.parametrize(("shape", "_released", "wrapped"), SHAPES)
def test_who_sees_wrapped_values_under_the_built_in_sdk(shape, _released, wrapped, base, monkeypatch):
    monkeypatch.setattr(_mode.MODE, "sdk", BUILT_IN)
    ctx, env = RawContext.new(), plain({"NAME": "value"})
    made = shape(base)(ctx, env)
    assert type(made.env) is (_EnvWrapper if wrapped else type(env))
    assert made.ctx is ctx


@pytest.mark.parametrize("shape", [mixin_that_goes_on, mixin_with_other_names])
def test_a_mixin_that_goes_on_saw_raw_values_itself(shape, base):
    ctx, env = RawContext.new(), plain({})
    made = shape(base)(ctx, env)
    assert made.mixed == (ctx, env)


def test_values_are_wrapped_once_along_a_chain(base):
    made = two_levels(base)(RawContext.new(), plain({}))
    assert made.mixed == (made.ctx, made.env)


def test_wrapping_what_is_wrapped_gives_it_back():
    env, ctx = _EnvWrapper(plain({"NAME": 1})), DurableObjectContext(RawContext.new())
    assert _EnvWrapper(env) is env
    assert DurableObjectContext(ctx) is ctx
    assert env.NAME == 1


def test_classes_take_any_arguments_and_ask_no_mixin_behind_them(base):
    asked = []

    class Asks:
        def __init_subclass__(cls, **arguments):
            asked.append(arguments)

    class Behind(base, Asks, table="ignored"):
        pass

    assert asked == []

    class Before(Asks, base, table="taken"):
        pass

    assert asked == [{"table": "taken"}]


class Runs:
    async def run(self, event, step):
        return event, step


@pytest.mark.parametrize(("release", "is_raw"), [(NEWEST, True), (BUILT_IN, False)])
def test_run_of_a_mixin_is_wrapped_by_the_built_in_sdk_only(release, is_raw, monkeypatch):
    monkeypatch.setattr(_mode.MODE, "sdk", release)
    made = type("Made", (Runs, WorkflowEntrypoint), {})
    assert (made.run is Runs.run) is is_raw
