"""Workflows as their `run` method sees them (contract: spec/workers-module.md, section 10).

`step.do` decorates a function into an awaitable step. A step's parameters name the steps it depends on (or, on older
compatibility dates, `depends` lists them); awaiting a step runs its dependencies first, each once per run.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import from_entries, to_js
from pywrangler.runtime.js.errors import ConversionError, JsException
from pywrangler.runtime.refusals import returned_by
from workers._mode import MODE
from workers.conversion import python_from_rpc, python_to_rpc

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

DEFAULT_EVENT_TIMEOUT = "24 hours"


class NonRetryableError(Exception):
    """Raised in a step, ends it without another attempt."""


_RECREATED: dict[str, type[Exception]] = {
    "TypeError": TypeError,
    "ValueError": ValueError,
    "NonRetryableError": NonRetryableError,
}
_LAST_LINE = re.compile(r"(?:^|\n)(?:[\w.]+\.)?(\w+): ([^\n]*)\s*\Z")


class Step:
    """A decorated function: awaiting its call runs what it depends on, then itself."""

    def __init__(
        self,
        steps: WorkflowStep,
        function: Callable[..., Any],
        name: str,
        parameters: Sequence[str],
        depends: Sequence[Step] | None,
        *,
        concurrent: bool,
        config: dict[str, Any] | None,
    ) -> None:
        functools.update_wrapper(self, function)
        self._steps = steps
        self._function = function
        self._parameters = parameters
        self._depends = depends
        self._concurrent = concurrent
        self._config = config
        self.step_name = name

    async def __call__(self) -> Any:
        """Run the step, also if it ran before; its dependencies only if they did not."""
        steps = self._steps
        names = [name for name in self._parameters if name != "ctx"]
        dependencies = self._depends if self._depends is not None else [steps.named(name) for name in names]
        if self._concurrent:
            values = await asyncio.gather(*(steps.result_of(step) for step in dependencies))
        else:
            values = [await steps.result_of(step) for step in dependencies]
        return await steps.run(self, dict(zip(names, values, strict=True)))

    async def attempt(self, arguments: dict[str, Any], context: Any) -> Any:
        """Call the function once, as the platform asks; the result is a JavaScript value."""
        if "ctx" in self._parameters:
            arguments = {**arguments, "ctx": python_from_rpc(context)}
        result = self._function(**arguments)
        if inspect.isawaitable(result):
            result = await result
        return _sendable(result, self._function)

    @property
    def config(self) -> dict[str, Any] | None:
        """Retries and timeout, as given."""
        return self._config


class WorkflowStep:
    """`step`: what a run may ask of the platform."""

    def __init__(self, js_step: Any) -> None:
        self._js = js_step
        self._steps: dict[str, Step] = {}
        self._results: dict[str, asyncio.Future[Any]] = {}

    @property
    def js_object(self) -> Any:
        """The raw step object."""
        return self._js

    def do(
        self,
        name: str | None = None,
        *,
        depends: Sequence[Step] | None = None,
        concurrent: bool = False,
        config: dict[str, Any] | None = None,
    ) -> Callable[[Callable[..., Any]], Step]:
        """Decorate a function into a step; TypeError for parameters that are no steps.

        `depends` belongs to compatibility dates before 2026-02-25, where it takes as many steps as the function has
        parameters beside `ctx`.
        """
        if MODE.implicit_dependencies and depends is not None:
            raise TypeError("WorkflowStep.do() got an unexpected keyword argument 'depends'")

        def decorate(function: Callable[..., Any]) -> Step:
            parameters = list(inspect.signature(function).parameters)
            step_name = name if name is not None else function.__name__
            given: list[Step] | None = None
            expected = [parameter for parameter in parameters if parameter != "ctx"]
            if MODE.implicit_dependencies:
                for parameter in expected:
                    if parameter not in self._steps:
                        raise TypeError(f"Received unexpected parameter {parameter}")
            else:
                given = list(depends or ())
                if len(given) != len(expected):
                    raise TypeError(f"Step {step_name} has {len(expected)} parameters but {len(given)} dependencies")
            step = Step(self, function, step_name, parameters, given, concurrent=concurrent, config=config)
            self._steps[step_name] = step
            return step

        return decorate

    def named(self, name: str) -> Step:
        """Return the step that was declared under a name."""
        return self._steps[name]

    async def result_of(self, step: Step) -> Any:
        """Return the result of a step that another one depends on; it runs once, however many ask."""
        running = self._results.get(step.step_name)
        if running is None:
            running = self._results[step.step_name] = asyncio.ensure_future(step())
        return await running

    async def run(self, step: Step, arguments: dict[str, Any]) -> Any:
        """Have the platform perform a step, with its retries."""

        def callback(context: Any = None) -> Awaitable[Any]:
            return step.attempt(arguments, context)

        options = () if step.config is None else (_options(step.config),)
        try:
            result = python_from_rpc(await self._js.do(step.step_name, *options, callback))
        except JsException as error:
            raise recreated(error) from None
        settled: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        settled.set_result(result)
        self._results[step.step_name] = settled
        return result

    async def sleep(self, name: str, duration: float | str) -> None:
        """Pause for milliseconds or a text such as "1 second"."""
        await self._js.sleep(name, duration)

    async def sleep_until(self, name: str, timestamp: datetime | str) -> None:
        """Pause until a time; a text is in ISO format."""
        when = datetime.fromisoformat(timestamp) if isinstance(timestamp, str) else timestamp
        await self._js.sleepUntil(name, python_to_rpc(when))

    async def wait_for_event(self, name: str, event_type: str, /, timeout: float | str = DEFAULT_EVENT_TIMEOUT) -> Any:
        """Wait for an event; returns its `payload`, `type` and `timestamp`."""
        options = _options({"type": event_type, "timeout": timeout})
        return python_from_rpc(await self._js.waitForEvent(name, options))


def _options(given: dict[str, Any]) -> Any:
    """Return options as JavaScript reads them: a plain object, whatever dicts become elsewhere under this SDK."""
    return to_js(given, dict_converter=from_entries)


def recreated(error: JsException) -> Exception:
    """Return the Python error that a step raised, read from the traceback in the message, where it is a known one."""
    match = _LAST_LINE.search(error.message)
    name, message = (error.name, error.message) if match is None else match.groups()
    kind = _RECREATED.get(name)
    return error if kind is None else kind(message)


def _sendable(result: Any, function: Callable[..., Any]) -> Any:
    """Return what a function of user code returned, for the platform; its error says where that was."""
    try:
        return python_to_rpc(result)
    except (TypeError, ConversionError) as problem:
        raise returned_by(problem, function) from None


def wrapping_run(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a workflow's `run` as the platform calls it: raw event and step in, JavaScript value out."""

    @functools.wraps(run)
    async def call(self: Any, event: Any = None, step: Any = None, *rest: Any) -> Any:
        if not isinstance(step, WorkflowStep):
            step = WorkflowStep(step)
            result = run(self, python_from_rpc(event), step, *rest)
            return _sendable(await result if inspect.isawaitable(result) else result, run)
        result = run(self, event, step, *rest)  # `super().run(event, step)`
        return await result if inspect.isawaitable(result) else result

    return call
