"""What a main module exports by date (workerd's python-entrypoint-helper.ts), and advice that works when followed."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from pywrangler.config.compat import derive
from pywrangler.config.handlers import CLASSES_FLAG, FUNCTIONS_FLAG
from pywrangler.runtime.exports import scan

OLD, NEW = "2025-08-13", "2026-05-01"
EVENTS = ("fetch", "scheduled", "queue", "email", "tail")

HEAD = "from workers import DurableObject, WorkerEntrypoint\n"


def exported(code, date, flags=()):
    module = ModuleType("main")
    exec(HEAD + code, vars(module))
    return scan(module, derive(date, flags))


def functions(*names):
    return "".join(f"def on_{name}(*arguments): ...\n" for name in names)


def class_of(*methods, name="Default", base="WorkerEntrypoint"):
    return f"class {name}({base}):\n" + "".join(f"    def {method}(self, *arguments): ...\n" for method in methods)


@pytest.mark.parametrize(
    ("code", "date", "handled", "ignored"),
    [
        (functions(*EVENTS, "trace"), OLD, {"fetch", "scheduled", "queue", "trace"}, {"on_email", "on_tail"}),
        (functions("fetch", "alarm", "pubsub"), OLD, {"fetch", "alarm", "pubsub"}, set()),
        (functions("fetch", "queue"), NEW, set(), {"on_fetch", "on_queue"}),
        (class_of(*EVENTS), NEW, set(EVENTS), set()),
        (class_of(*EVENTS), OLD, set(EVENTS) - {"fetch"}, set()),
        (class_of("on_fetch", "queue"), OLD, {"fetch", "queue"}, set()),
        (class_of("on_fetch", "on_queue"), NEW, set(), set()),
        (class_of("on_fetch") + functions("fetch", "queue"), OLD, {"fetch"}, {"on_fetch", "on_queue"}),
        (class_of("fetch") + functions("fetch", "queue"), NEW, {"fetch"}, {"on_fetch", "on_queue"}),
        (class_of("on_fetch", name="Other") + functions("fetch"), OLD, {"fetch"}, set()),
    ],
)
def test_who_handles_events(code, date, handled, ignored):
    found = exported(code, date)
    assert set(found.default_handlers) == handled
    assert set(found.ignored) == ignored


def follow(code, date, flags, advice):
    """Yield code, date and flags after each of the ways out that the advice names."""
    for old, new in re.findall(r"defines (\w+)\(\), but .*?Rename it to (\w+)", advice):
        yield code.replace(f"def {old}(", f"def {new}("), date, flags
    for since in re.findall(r"set compatibility_date to (\S+) or later", advice):
        yield code, max(date, since), flags
    for flag in re.findall(r'add the compatibility flag "(\w+)"', advice):
        yield code, date, [*flags, flag]
    for flag in re.findall(r'remove the compatibility flag "(\w+)"', advice):
        yield code, date, [other for other in flags if other != flag]
    for name in re.findall(r"(on_\w+)\(\) at module level", advice):
        method = re.search(r"as `async def (\w+)\(self", advice)[1]
        without = code.replace(f"def {name}(*arguments): ...\n", "")
        if "class Default" in code:
            yield without.replace("class Default(WorkerEntrypoint):\n", class_of(method)), date, flags
        else:
            yield without + class_of(method), date, flags


@pytest.mark.parametrize(
    ("code", "date", "flags", "event", "ways"),
    [
        (class_of("fetch"), OLD, [], "fetch", 3),
        (class_of("fetch"), NEW, [FUNCTIONS_FLAG], "fetch", 2),
        (class_of("on_fetch"), NEW, [], "fetch", 2),
        (class_of("on_fetch"), OLD, [CLASSES_FLAG], "fetch", 2),
        (class_of("on_fetch", "on_scheduled"), OLD, [], "scheduled", 1),
        (class_of("on_queue"), NEW, [], "queue", 1),
        (class_of("on_email"), NEW, [], "email", 1),
        (class_of("on_tail"), OLD, [], "tail", 1),
        (functions("fetch"), NEW, [], "fetch", 2),
        (functions("scheduled"), NEW, [], "scheduled", 2),
        (functions("queue"), OLD, [CLASSES_FLAG], "queue", 2),
        (functions("email"), NEW, [], "email", 1),
        (functions("tail"), OLD, [], "tail", 1),
        (class_of("scheduled") + functions("fetch"), OLD, [], "fetch", 1),
        (class_of("scheduled") + functions("fetch"), NEW, [], "fetch", 1),
    ],
)
def test_each_way_out_works_when_it_is_followed(code, date, flags, event, ways):
    found = exported(code, date, flags)
    assert event not in found.default_handlers
    advice = found.advice(found.entrypoints.get("default"), event)
    followed = list(follow(code, date, flags, advice))
    assert len(followed) == ways, advice
    for attempt in followed:
        assert event in exported(*attempt).default_handlers, attempt


@pytest.mark.parametrize("method", ["fetch", "alarm", "webSocketMessage", "webSocketClose", "webSocketError"])
def test_objects_are_told_as_well(method):
    for date, written, called in ((OLD, method, f"on_{method}"), (NEW, f"on_{method}", method)):
        found = exported(class_of(written, name="Room", base="DurableObject"), date)
        room = found.objects["Room"]
        assert [(kind, old, new) for kind, old, new in found.misnamed()] == [(room, written, called)]
        assert f"Room defines {written}()" in found.advice(room, method)


def test_nothing_is_advised_where_nothing_is_known():
    assert exported(class_of("fetch"), NEW).advice(None, "fetch") == ""
    assert exported(class_of("other"), OLD).advice(None, "scheduled") == ""
