"""Signatures that production refuses, and what the config names."""

from __future__ import annotations

import pytest

from pywrangler.config.model import (
    DurableObjectBinding,
    OtherBinding,
    QueueConsumer,
    Rule,
    ServiceBinding,
)
from pywrangler.errors import Place
from pywrangler.fidelity import check_all

FROM = "from workers import WorkerEntrypoint, DurableObject, WorkflowEntrypoint\n"


def entrypoint(signature: str, body: str = "pass") -> str:
    return f"{FROM}class Default(WorkerEntrypoint):\n    async def {signature}:\n        {body}\n"


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("fetch(self)", []),
        ("fetch(self, request)", []),
        ("fetch(self, request, env=None, ctx=None)", []),
        ("fetch(self, request, *rest)", []),
        ("fetch(self, request, env)", ["signature"]),
        ("fetch(self, request, env, ctx)", ["signature"]),
        ("fetch(self, request, *, env)", ["signature"]),
        ("scheduled(self, controller, env, ctx)", []),
        ("scheduled(self, *args)", []),
        ("scheduled(self, controller)", ["signature"]),
        ("scheduled(self)", ["signature"]),
        ("scheduled(self, controller, env, ctx, more)", ["signature"]),
        ("scheduled(self, controller, env=None, ctx=None)", []),
        ("queue(self, batch)", ["signature"]),
        ("queue(self, batch, env, ctx)", []),
        ("email(self, message)", ["signature"]),
        ("tail(self, events)", ["signature"]),
        ("helper(self, a, b, c, d)", []),
    ],
)
def test_signatures_of_an_entrypoint(workshop, signature, expected):
    assert [problem.code for problem in workshop.report(entrypoint(signature)).findings] == expected


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("fetch(self, request)", []),
        ("fetch(self, request, env)", ["signature"]),
        ("alarm(self)", []),
        ("alarm(self, info)", []),
        ("alarm(self, info, more)", ["signature"]),
        ("webSocketMessage(self, ws, message)", []),
        ("webSocketClose(self, ws)", []),
        ("webSocketClose(self, ws, code, reason, clean)", []),
        ("webSocketError(self, ws, error, more)", ["signature"]),
        ("scheduled(self)", []),
    ],
)
def test_signatures_of_a_durable_object(workshop, signature, expected):
    code = f"{FROM}class Room(DurableObject):\n    async def {signature}:\n        pass\n"
    assert [problem.code for problem in workshop.report(code).findings] == expected


@pytest.mark.parametrize(("name", "instead"), [("env", "self.env"), ("ctx", "self.ctx")])
def test_arguments_that_are_none_in_production_are_named_where_they_are_used(workshop, name, instead):
    report = workshop.report(entrypoint("scheduled(self, controller, env, ctx)", f"print({name}.x)"))
    (finding,) = report.findings
    assert finding.code == "none-argument"
    assert finding.place.line == 4
    assert instead in finding.remedy


def test_a_base_class_in_another_module_counts(workshop):
    workshop.write("src/shared/__init__.py", "from .base import Base as Common\n")
    workshop.write(
        "src/shared/base.py",
        f"{FROM}class Base(WorkerEntrypoint):\n    async def scheduled(self, controller):\n        pass\n",
    )
    report = workshop.report("from shared import Common\nclass Default(Common):\n    pass\n")
    (finding,) = report.findings
    assert finding.code == "signature"
    assert finding.place.path.name == "base.py"


@pytest.mark.parametrize(
    ("code", "date", "severities"),
    [
        ("async def on_fetch(request, env): ...", "2026-06-01", ["error"]),
        ("async def on_fetch(request, env): ...", "2025-08-13", []),
        ("async def on_email(message): ...", "2025-08-13", ["error"]),
        (entrypoint("on_fetch(self)") + "async def on_fetch(request): ...", "2025-08-13", ["warning"]),
        (entrypoint("fetch(self)") + "async def on_scheduled(controller): ...", "2026-06-01", ["warning"]),
    ],
)
def test_handlers_at_module_level_count_at_old_dates_only(workshop, code, date, severities):
    findings = workshop.report(code, date=date).findings
    assert [(problem.code, problem.severity) for problem in findings] == [("legacy-handlers", it) for it in severities]


def test_a_module_without_an_entrypoint_is_found(workshop):
    assert [problem.code for problem in workshop.report("x = 1\n").findings] == ["no-entrypoint"]
    assert workshop.report("from elsewhere import *\n").findings[0].code == "unresolved-import"


# ---- what the config names


def objects(*names: str, script: str | None = None) -> tuple[DurableObjectBinding, ...]:
    place = Place(__import__("pathlib").Path("wrangler.jsonc"), 7, 3)
    return tuple(DurableObjectBinding(name.upper(), name, script, place) for name in names)


ROOM = entrypoint("fetch(self)") + "class Room(DurableObject):\n    pass\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (ROOM, []),
        (ROOM.replace("Room", "Lobby"), ["class-not-exported"]),
        (ROOM.replace("Room(DurableObject)", "Room(WorkerEntrypoint)"), ["class-kind"]),
        (ROOM + "__all__ = ['Default']\n", ["class-not-exported"]),
        (ROOM + "__all__ = ['Default', 'Room']\n", []),
        (entrypoint("fetch(self)") + "from room import Room\n", []),
        (entrypoint("fetch(self)") + "Room = make()\n", []),
        (entrypoint("fetch(self)") + "from parts import *\n", []),
    ],
)
def test_a_binding_needs_its_class(workshop, code, expected):
    workshop.write("src/room.py", f"{FROM}class Room(DurableObject):\n    pass\n")
    workshop.write("src/parts.py", "")
    assert [item.code for item in workshop.report(code, durable_objects=objects("Room")).findings] == expected


def test_the_finding_stands_at_the_binding(workshop):
    (finding,) = workshop.report(entrypoint("fetch(self)"), durable_objects=objects("Room")).findings
    assert (finding.place.line, finding.place.column) == (7, 3)
    assert "it exports: none" in finding.what


def test_workflows_and_entrypoints_are_looked_up_too(workshop):
    flow = OtherBinding("workflows", "FLOW", {"name": "flow", "class_name": "Flow"})
    service = ServiceBinding("API", "worker", "Api")
    code = entrypoint("fetch(self)")
    more = {"others": (flow,), "services": (service,)}
    assert [item.code for item in workshop.report(code, **more).findings] == ["class-not-exported"] * 2
    code += "class Flow(WorkflowEntrypoint):\n    async def run(self, event, step): ...\n"
    code += "class Api(WorkerEntrypoint):\n    async def add(self, a, b): ...\n"
    assert workshop.report(code, **more).findings == ()


def test_bindings_to_other_workers_at_hand_are_looked_up_there(workshop):
    workshop.write("src/entry.py", entrypoint("fetch(self)"))
    workshop.write("src/other.py", ROOM)
    other = workshop.worker(name="other", main=workshop.directory / "src" / "other.py")
    for name, expected in (("Room", []), ("Lobby", ["class-not-exported"])):
        front = workshop.worker(name="front", durable_objects=objects(name, script="other"))
        report = check_all([(front, ()), (other, ())])[0]
        assert [item.code for item in report.findings] == expected
    alone = workshop.worker(name="front", durable_objects=objects("Room", script="nobody"))
    assert check_all([(alone, ())])[0].findings == ()


@pytest.mark.parametrize(
    ("signature", "more", "expected"),
    [
        ("fetch(self)", {"crons": ("* * * * *",)}, ["no-handler"]),
        ("scheduled(self, controller, env, ctx)", {"crons": ("* * * * *",)}, []),
        ("fetch(self)", {"queue_consumers": (QueueConsumer("q"),)}, ["no-handler"]),
        ("queue(self, batch, env, ctx)", {"queue_consumers": (QueueConsumer("q"),)}, []),
    ],
)
def test_events_of_the_config_need_a_handler(workshop, signature, more, expected):
    assert [item.code for item in workshop.report(entrypoint(signature), **more).findings] == expected


def test_rules_do_not_matter_to_handlers(workshop):
    assert workshop.report(entrypoint("fetch(self)"), rules=(Rule("Text", ("*.md",)),)).findings == ()
