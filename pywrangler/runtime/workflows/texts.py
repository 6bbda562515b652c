"""What the errors of workflows say: the platform's words where it has some (spec/bindings.md, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.workflows.durations import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterable

ID_LIMIT = 100
NAME_LIMIT = 256
BATCH_LIMIT = 100
RESULT_LIMIT_BYTES = 1024 * 1024

NOT_FOUND = "instance.not_found"
INVALID_ID = "Workflow instance has invalid id"
EMPTY_BATCH = "batchCreate should have at least 1 instance"
LARGE_BATCH = f"batchCreate only supports {BATCH_LIMIT} instances at a time"
NO_BATCH = "(body) Provided argument is invalid"
CANNOT_TERMINATE = "(instance.cannot_terminate) Cannot terminate instance since its on a finite state"
IN_THE_PAST = "You can't sleep until a time in the past, time-traveler"
_CONFIG_PAGE = "https://developers.cloudflare.com/workflows/build/sleeping-and-retrying/"
_ENDED = "The execution of the Workflow instance was terminated, as"
UNHANDLED_NON_RETRYABLE = f"{_ENDED} a step threw an NonRetryableError and it was not handled"


def workflow_error(text: str) -> JsException:
    """Return an error of a binding."""
    return error(f"WorkflowError: {text}")


def not_found() -> JsException:
    """Return the error for an instance that does not exist."""
    return error(NOT_FOUND)


def already_exists(instance_id: str) -> JsException:
    """Return the error for an id that is taken."""
    return workflow_error(f'(instance.already_exists) Workflow instance with id "{instance_id}" already exists')


def elsewhere(instance_id: str) -> JsException:
    """Return the error for a command to an instance that another process keeps to itself."""
    return workflow_error(f'Workflow instance "{instance_id}" is run by another session of this Worker: ask there')


def no_such_step(name: str) -> JsException:
    """Return the error for a restart from a step that the instance has not reached."""
    return workflow_error(f'(instance.cannot_restart) Step "{name}" not found in execution history')


def no_such_workflow(name: str, worker: str, defined: Iterable[str]) -> JsException:
    """Return the error for a workflow that the config of its Worker does not define."""
    known = ", ".join(defined) or "none"
    return error(
        f'Workflow "{name}" is not defined by Worker "{worker}" (defines: {known}). '
        'Add it to "workflows" in the configuration of that Worker.'
    )


def no_such_class(class_name: str, worker: str, exported: Iterable[str]) -> JsException:
    """Return the error for a class that the Worker does not export."""
    known = ", ".join(exported) or "none"
    return error(f'Workflow class "{class_name}" is not exported by Worker "{worker}" (exports: {known})')


def step_error(text: str) -> JsException:
    """Return an error for a step that cannot be performed; user code may catch it."""
    return error(f"WorkflowFatalError: {text}", remote=True)


def bad_name(name: str) -> JsException:
    """Return the error for the name of a step."""
    return step_error(f'Step name "{name}" exceeds max length ({NAME_LIMIT} chars) or invalid characters found')


def no_callback(name: str) -> JsException:
    """Return the error for a step without a function."""
    return step_error(f'Step "{name}" requires a callback function')


def bad_config(name: str) -> JsException:
    """Return the error for the config of a step."""
    return step_error(f'Step config for "{name}" is in a invalid format. See {_CONFIG_PAGE}')


def bad_duration(name: str, given: object) -> JsException:
    """Return the error for the duration of a sleep or of a wait."""
    shown = f'"{given}"' if isinstance(given, str) else str(given)
    return step_error(f'The duration of step "{name}" is not valid: {shown}. Give {FORMS}.')


def bad_time(name: str) -> JsException:
    """Return the error for the time of a `sleepUntil`."""
    return step_error(f'The time of step "{name}" is not valid. Give a date, a text in ISO format or milliseconds.')


def bad_event_type(name: str) -> JsException:
    """Return the error for a `waitForEvent` that does not say what for."""
    return step_error(f'Step "{name}" waits for an event without a type. Give the type as a text.')


def timed_out(milliseconds: float) -> JsException:
    """Return the error for an attempt that took too long, and for an event that did not come."""
    return error(f"WorkflowTimeoutError: Execution timed out after {milliseconds:.15g}ms", remote=True)


def fatal(text: str) -> JsException:
    """Return the error that ends an instance, whatever user code catches."""
    return JsException("WorkflowFatalError", text)


def not_serialisable(name: str) -> JsException:
    """Return the error for the result of a step that cannot be stored."""
    return fatal(f'{_ENDED} the step "{name}" returned a value which is not serialisable')


def too_large(name: str, size: int) -> JsException:
    """Return the error for the result of a step that is too large to be stored."""
    return fatal(f'{_ENDED} the step "{name}" returned {size} bytes, and the limit is {RESULT_LIMIT_BYTES} (1 MiB)')
