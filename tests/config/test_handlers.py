"""Which handlers the platform looks for; recorded from workerd's src/pyodide/python-entrypoint-helper.ts."""

from __future__ import annotations

import re

import pytest

from pywrangler.config.compat import derive
from pywrangler.config.handlers import (
    CLASSES_FLAG,
    FUNCTIONS_FLAG,
    cause,
    explain_function,
    explain_misnamed,
    method_name,
    misnamed,
    way_to_classes,
    way_to_functions,
)

OLD, NEW = "2025-08-13", "2025-08-14"


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("fetch", "on_fetch"),
        ("connect", "on_connect"),
        ("alarm", "on_alarm"),
        ("webSocketMessage", "on_webSocketMessage"),
        ("webSocketClose", "on_webSocketClose"),
        ("webSocketError", "on_webSocketError"),
        ("scheduled", "scheduled"),
        ("queue", "queue"),
        ("email", "email"),
        ("tail", "tail"),
        ("trace", "trace"),
        ("anything", "anything"),
    ],
)
def test_names_of_methods(name, old):
    assert method_name(name, derive(OLD)) == old
    assert method_name(name, derive(NEW, [FUNCTIONS_FLAG])) == old
    assert method_name(name, derive(NEW)) == method_name(name, derive(OLD, [CLASSES_FLAG])) == name


def followed(text, date, flags):
    """Return the compatibility that a config has after its owner did what the text says."""
    if found := re.search(r"set compatibility_date to (\S+) or later", text):
        date = max(date, found[1])
    for flag in re.findall(r'remove the compatibility flag "(\w+)"', text):
        flags = [other for other in flags if other != flag]
    return derive(date, [*flags, *re.findall(r'add (?:the compatibility flag )?"(\w+)"', text)])


@pytest.mark.parametrize(
    ("date", "flags", "because"),
    [
        (OLD, [], f"at compatibility date {OLD}"),
        (NEW, [FUNCTIONS_FLAG], f'with the compatibility flag "{FUNCTIONS_FLAG}"'),
        (OLD, [FUNCTIONS_FLAG], f'with the compatibility flag "{FUNCTIONS_FLAG}"'),
        (OLD, [CLASSES_FLAG, FUNCTIONS_FLAG], f'with the compatibility flag "{FUNCTIONS_FLAG}"'),
    ],
)
def test_each_way_to_classes_works_when_it_is_followed(date, flags, because):
    compat = derive(date, flags)
    assert compat.module_handlers
    assert cause(compat) == because
    for way in way_to_classes(compat).split(", or "):
        assert not followed(way, date, flags).module_handlers, way


@pytest.mark.parametrize(
    ("date", "flags", "because"),
    [
        (NEW, [], f"at compatibility date {NEW}"),
        (OLD, [CLASSES_FLAG], f'with the compatibility flag "{CLASSES_FLAG}"'),
        (NEW, [CLASSES_FLAG], f'with the compatibility flag "{CLASSES_FLAG}"'),
    ],
)
def test_each_way_to_functions_works_when_it_is_followed(date, flags, because):
    compat = derive(date, flags)
    assert not compat.module_handlers
    assert cause(compat) == because
    assert followed(way_to_functions(compat), date, flags).module_handlers


@pytest.mark.parametrize(
    ("methods", "date", "is_object", "expected"),
    [
        ({"fetch"}, OLD, False, [("fetch", "on_fetch")]),
        ({"on_fetch"}, OLD, False, []),
        ({"on_fetch", "fetch"}, OLD, False, []),
        ({"on_fetch"}, NEW, False, [("on_fetch", "fetch")]),
        ({"fetch"}, NEW, False, []),
        ({"on_scheduled"}, OLD, False, [("on_scheduled", "scheduled")]),
        ({"on_scheduled", "on_queue"}, NEW, False, [("on_scheduled", "scheduled"), ("on_queue", "queue")]),
        ({"scheduled", "queue", "email", "tail", "trace"}, OLD, False, []),
        (
            {"alarm", "webSocketMessage"},
            OLD,
            True,
            [("alarm", "on_alarm"), ("webSocketMessage", "on_webSocketMessage")],
        ),
        ({"on_alarm", "on_webSocketClose"}, OLD, True, []),
        ({"on_webSocketError"}, NEW, True, [("on_webSocketError", "webSocketError")]),
        ({"alarm"}, OLD, False, []),
        ({"on_scheduled"}, NEW, True, []),
    ],
)
def test_methods_that_have_the_name_of_another_date(methods, date, is_object, expected):
    assert list(misnamed(methods, derive(date), is_object=is_object)) == expected


SAID = [
    (
        explain_misnamed("Default", "fetch", "on_fetch", derive(OLD)),
        """
        Default defines fetch(), but at compatibility date 2025-08-13 the platform calls on_fetch().
        Rename it to on_fetch, or set compatibility_date to 2025-08-14 or later, or add the compatibility flag
        "python_no_global_handlers".
        """,
    ),
    (
        explain_misnamed("Default", "on_queue", "queue", derive(OLD)),
        "Default defines on_queue(), but the platform calls queue(). Rename it to queue.",
    ),
    (
        explain_function("on_fetch", derive(NEW), has_class=False),
        """
        on_fetch() at module level is ignored at compatibility date 2025-08-14: the platform calls fetch() of class
        Default. Move it into `class Default(WorkerEntrypoint)` as `async def fetch(self, request)`; there env is
        self.env, and ctx is self.ctx; or add the compatibility flag "disable_python_no_global_handlers".
        """,
    ),
    (
        explain_function("on_fetch", derive(OLD), has_class=True),
        """
        on_fetch() at module level is ignored because there is a class Default. Move it into class Default as `async
        def on_fetch(self, request)`; there env is self.env, and ctx is self.ctx.
        """,
    ),
    (
        explain_function("on_email", derive(OLD), has_class=False),
        """
        on_email() at module level is no handler at any date. Move it into `class Default(WorkerEntrypoint)` as
        `async def email(self, message, env, ctx)`; there env is self.env, and ctx is self.ctx.
        """,
    ),
]


@pytest.mark.parametrize(("said", "text"), SAID)
def test_what_is_said(said, text):
    assert " ".join(said) == " ".join(text.split())
