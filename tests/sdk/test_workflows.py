"""spec/workers-module.md, section 10."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from workers import WorkflowEntrypoint, _mode
from workers.workflows import NonRetryableError, WorkflowStep, recreated

from pywrangler.runtime.js.errors import ConversionError, JsException
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.values import plain


class RawStep(JsProxy):
    """The platform's side: performs steps at once and remembers what it was asked."""

    def __init__(self) -> None:
        self._log: list = []

    def do(self, name, *rest):
        *config, callback = rest
        count = sum(1 for entry in self._log if entry[0] == name) + 1
        self._log.append((name, *config))
        return JsPromise.start(callback(plain({"step": plain({"name": name, "count": count}), "attempt": 1})))

    def sleep(self, name, duration):
        self._log.append(("sleep", name, duration))
        return JsPromise.resolved()

    def sleepUntil(self, name, when):
        self._log.append(("until", name, when.getTime()))
        return JsPromise.resolved()

    def waitForEvent(self, name, options):
        self._log.append(("event", name, options.type, options.timeout))
        return JsPromise.resolved(plain({"payload": plain({"a": 1}), "type": "go"}))


@pytest.fixture
def raw():
    return RawStep.new()


@pytest.fixture
def step(raw):
    return WorkflowStep(raw)


def test_run_receives_event_and_step_and_its_result_is_converted(raw, run_async):
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            assert type(event) is JsDict
            assert type(step) is WorkflowStep
            return {"got": event.payload.x, "name": self.env.NAME}

    async def use():
        flow = Flow(None, plain({"NAME": "n"}))
        return await flow.run(plain({"payload": plain({"x": 5})}), raw)

    result = run_async(use())
    assert (result.got, result.name) == (5, "n")


def test_run_without_result_gives_null_and_super_is_not_wrapped_twice(raw, run_async):
    class Base(WorkflowEntrypoint):
        async def run(self, event, step):
            self.seen = step

    class Flow(Base):
        async def run(self, event, step):
            assert await super().run(event, step) is None
            assert self.seen is step

    async def use():
        return await Flow(None, plain({})).run(plain({}), raw)

    assert run_async(use()) is jsnull


def test_function_name_is_the_default_step_name(step, raw, run_async):
    @step.do()
    async def first():
        return {"a": [1, None]}

    @step.do("named")
    def second():
        return 2

    async def use():
        return await first(), await second()

    assert run_async(use()) == ({"a": [1, None]}, 2)
    assert [entry[0] for entry in raw._log] == ["first", "named"]


def test_parameters_name_the_steps_they_depend_on(step, raw, run_async):
    @step.do()
    async def one():
        return 1

    @step.do()
    async def two(one):
        return one + 1

    @step.do()
    async def three(one, two, ctx):
        return [one, two, ctx["step"]["count"], ctx["attempt"]]

    async def use():
        return await three()

    assert run_async(use()) == [1, 2, 1, 1]
    assert [entry[0] for entry in raw._log] == ["one", "two", "three"]


def test_unknown_parameter_is_a_type_error(step):
    with pytest.raises(TypeError, match=r"^Received unexpected parameter p$"):

        @step.do()
        async def bad(p):
            pass


def test_result_of_a_dependency_is_remembered_but_direct_calls_run_again(step, raw, run_async):
    @step.do()
    async def one(ctx):
        return ctx["step"]["count"]

    @step.do()
    async def two(one):
        return one

    async def use():
        return [await one(), await two(), await one(), await two()]

    assert run_async(use()) == [1, 1, 2, 2]


def test_concurrent_dependencies_share_one_run(step, raw, run_async):
    started = []

    @step.do()
    async def root():
        await asyncio.sleep(0)
        return 0

    @step.do()
    async def left(root):
        started.append("left")
        await asyncio.sleep(0)
        started.append("left done")

    @step.do()
    async def right(root):
        started.append("right")
        await asyncio.sleep(0)

    @step.do(concurrent=True)
    async def both(left, right):
        return "both"

    async def use():
        return await both()

    assert run_async(use()) == "both"
    assert started.index("right") < started.index("left done")
    assert [entry[0] for entry in raw._log].count("root") == 1


def test_config_is_passed_on(step, raw, run_async):
    @step.do(config={"retries": {"limit": 1}, "timeout": "1 minute"})
    async def work():
        pass

    async def use():
        await work()

    run_async(use())
    (entry,) = raw._log
    assert entry[1].retries.limit == 1


def test_depends_belongs_to_older_dates(step, monkeypatch, run_async):
    with pytest.raises(TypeError):
        step.do("x", depends=[])
    monkeypatch.setattr(_mode.MODE, "implicit_dependencies", False)

    @step.do("a")
    async def a():
        return 1

    @step.do("b", depends=[a])
    async def b(value, ctx):
        return value + ctx["attempt"]

    async def use():
        return await b()

    assert run_async(use()) == 2
    with pytest.raises(TypeError):

        @step.do("c", depends=[a, b])
        async def c(value):
            pass


def test_sleeping_and_waiting(step, raw, run_async):
    async def use():
        await step.sleep("s", "1 second")
        await step.sleep_until("u", datetime(2026, 1, 2, tzinfo=UTC))
        await step.sleep_until("v", "2026-01-02T00:00:00+00:00")
        return await step.wait_for_event("e", "go")

    event = run_async(use())
    assert (event.payload.a, event.type) == (1, "go")
    moment = datetime(2026, 1, 2, tzinfo=UTC).timestamp() * 1000
    assert raw._log == [
        ("sleep", "s", "1 second"),
        ("until", "u", moment),
        ("until", "v", moment),
        ("event", "e", "go", "24 hours"),
    ]


def test_event_options_other_than_timeout_are_positional(step):
    with pytest.raises(TypeError):
        step.wait_for_event(name="e", event_type="go")


@pytest.mark.parametrize("kind", [TypeError, ValueError, NonRetryableError])
def test_known_errors_are_recreated_from_the_traceback(kind):
    name = f"{kind.__module__}.{kind.__name__}" if kind is NonRetryableError else kind.__name__
    text = f"Traceback (most recent call last):\n  File x, line 1\n{name}: the text\n"
    error = recreated(JsException("PythonError", text))
    assert type(error) is kind
    assert str(error) == "the text"


def test_other_errors_stay_javascript_errors():
    original = JsException("PythonError", "Traceback (most recent call last):\nKeyError: 'x'\n")
    assert recreated(original) is original
    assert type(recreated(JsException("TypeError", "direct"))) is TypeError


@pytest.mark.parametrize("result", [(1, 2), {"deep": [bytearray(b"x")]}, {(1, 2): 3}])
def test_a_result_that_cannot_be_sent_says_where_it_was_returned(result, raw, run_async):
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            if event == "step":

                @step.do("part")
                async def part():
                    return result

                return await part()
            return result

    for where, name in (("run", r"Flow\.run"), ("step", r"Flow\.run\.<locals>\.part")):
        with pytest.raises((TypeError, ConversionError), match=rf"\(returned at \S+\.py:\d+ in \S*{name}\)$"):
            run_async(Flow(None, plain({})).run(where, raw))
