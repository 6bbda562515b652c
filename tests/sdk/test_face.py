"""What the runtime asks of the SDK: pywrangler.runtime.ports.Face."""

from __future__ import annotations

import functools

import pytest
from workers import Blob, Request
from workers._face import FACE, positional_limit
from workers.rpc import _BindingWrapper

from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.request import Request as JsRequest


class Handlers:
    def none(self):
        return ()

    def one(self, a):
        return (a,)

    def optional(self, a, b="b"):
        return (a, b)

    def every(self, *args):
        return args

    def named(self, a, *, key="k"):
        return (a, key)

    @staticmethod
    def static(a):
        return (a,)

    @classmethod
    def of_class(cls, a):
        return (a,)

    def wrapped_inner(self, a):
        return (a,)

    @functools.wraps(wrapped_inner)
    def wrapped(self, *args):
        return args

    partial = functools.partialmethod(optional, 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none", ()),
        ("one", (1,)),
        ("optional", (1, 2)),
        ("every", (1, 2, 3)),
        ("named", (1, "k")),
        ("static", (1,)),
        ("of_class", (1,)),
        ("wrapped", (1,)),
        ("partial", (1, 1)),
    ],
)
def test_relaxed_call_drops_surplus_arguments(name, expected):
    for _ in range(2):
        assert FACE.call(getattr(Handlers(), name), (1, 2, 3), relaxed=True) == expected


def test_relaxed_call_takes_functions_and_callable_objects():
    class Callable:
        def __call__(self, a):
            return a

    assert FACE.call(lambda: 5, (1,), relaxed=True) == 5
    assert FACE.call(Callable(), (1, 2), relaxed=True) == 1
    assert FACE.call(functools.partial(lambda a, b: (a, b), 1), (2, 3), relaxed=True) == (1, 2)


def test_relaxed_call_with_too_few_arguments_is_pythons_error():
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        FACE.call(Handlers().one, (), relaxed=True)


def test_strict_call_passes_everything():
    assert FACE.call(Handlers().optional, (1, 2), relaxed=False) == (1, 2)
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        FACE.call(Handlers().one, (1, 2), relaxed=False)


def test_limit_of_builtins():
    assert positional_limit(len) == 1
    assert positional_limit(print) is None


def test_strict_call_wraps_what_came_along():
    raw = Blob("x").js_object
    blob, nested = FACE.call(lambda *args: args, (raw, JsDict(a=[raw])), relaxed=False)
    assert type(blob) is Blob
    assert type(nested.a[0]) is Blob


def test_strict_call_leaves_other_javascript_values_raw_except_queue_batches():
    class ScheduledController(JsProxy):
        pass

    class MessageBatch(JsProxy):
        pass

    controller, batch = ScheduledController.new(), MessageBatch.new()
    seen = FACE.call(lambda *args: args, (controller, batch, None), relaxed=False)
    assert seen[0] is controller
    assert type(seen[1]) is _BindingWrapper
    assert seen[2] is None


def test_request_is_wrapped_without_being_read():
    raw = JsRequest.from_wire("PROPFIND", "http://x/", [])
    request = FACE.request(raw)
    assert type(request) is Request
    assert request.js_object is raw


def test_error_text_is_a_python_traceback_of_user_code():
    def user_code():
        raise ValueError("text")

    try:
        FACE.call(user_code, (), relaxed=False)
    except ValueError as problem:
        text = FACE.error_text(problem)
    lines = text.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "ValueError: text"
    assert "in user_code" in text


def test_error_text_leaves_out_our_outermost_frames():
    namespace: dict = {"call": FACE.call}
    exec("def user_code():\n    1 / 0\n", namespace)
    try:
        FACE.call(namespace["user_code"], (), relaxed=True)
    except ZeroDivisionError as problem:
        inner = problem.with_traceback(problem.__traceback__.tb_next)  # what the runtime catches
        assert "_face.py" not in FACE.error_text(inner)


def test_error_text_of_javascript_errors_is_name_and_message():
    assert FACE.error_text(error("no")) == "Error: no"
