"""Workflows outlive processes: kills, reloads, restarts; and they are reached from another session."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

# Each step writes a line; the file `go` lets the slow one end.
SOURCE = """
import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from workers import Response, WorkerEntrypoint, WorkflowEntrypoint

ROOT = Path(__file__).parents[1]
VERSION = "one"

def note(line):
    with (ROOT / "steps.txt").open("a") as file:
        file.write(line + "\\n")

class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("first")
        async def first():
            note("first")
            return "1"
        @step.do("slow")
        async def slow():
            note("slow begins")
            while not (ROOT / "go").exists():
                await asyncio.sleep(0.01)
            note("slow ends")
            return "2"
        @step.do("last")
        async def last():
            note(f"last in {VERSION}")
            return "3"
        steps = [await first(), await slow()]
        await step.sleep("nap", event.payload["nap"])
        steps.append(await last())
        steps.append((await step.wait_for_event("w", "go")).payload)
        return steps

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/create":
            params = {"nap": query.get("nap", "0 seconds")}
            return Response((await self.env.FLOW.create(id=query["id"], params=params)).id)
        instance = await self.env.FLOW.get(query["id"])
        if url.path == "/event":
            await instance.send_event(type="go", payload="4")
        return Response.from_json(await instance.status())
"""
WORKFLOWS = [{"binding": "FLOW", "name": "flow", "class_name": "Flow"}]


class Flows:
    """The Worker `flows` of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.directory = project.worker("flows", SOURCE, workflows=WORKFLOWS)

    def status(self, instance_id: str) -> dict[str, Any]:
        status, text = self.project.get("flows", f"/status?id={instance_id}")
        assert status == 200, text
        found: dict[str, Any] = json.loads(text)
        return found

    def create(self, instance_id: str, nap: str = "0%20seconds") -> None:
        assert self.project.get("flows", f"/create?id={instance_id}&nap={nap}") == (200, instance_id)

    def steps(self) -> list[str]:
        path: Path = self.directory / "steps.txt"
        return path.read_text().splitlines() if path.exists() else []

    def let_go(self) -> None:
        (self.directory / "go").touch()

    def finish(self, instance_id: str) -> list[str]:
        self.project.get("flows", f"/event?id={instance_id}")
        eventually(lambda: self.status(instance_id)["status"] == "complete")
        output: list[str] = self.status(instance_id)["output"]
        return output


@pytest.fixture
def flows(project: Project) -> Flows:
    return Flows(project)


def test_a_killed_host_loses_no_step_and_repeats_only_the_one_that_ran(flows: Flows) -> None:
    session = flows.project.dev(cwd=flows.directory).ready()
    flows.create("a")
    eventually(lambda: flows.steps() == ["first", "slow begins"])
    (host,) = session.hosts()
    os.kill(host, signal.SIGKILL)
    eventually(lambda: flows.steps() == ["first", "slow begins", "slow begins"])
    flows.let_go()
    assert flows.finish("a") == ["1", "2", "3", "4"]
    assert flows.steps() == ["first", "slow begins", "slow begins", "slow ends", "last in one"]


def test_a_killed_session_goes_on_with_the_next_one(flows: Flows) -> None:
    session = flows.project.dev(cwd=flows.directory).ready()
    flows.let_go()
    flows.create("a", nap="1%20second")
    eventually(lambda: "slow ends" in flows.steps())
    session.stop(signal.SIGKILL)
    flows.project.dev(cwd=flows.directory).ready()
    assert flows.finish("a") == ["1", "2", "3", "4"]
    assert flows.steps() == ["first", "slow begins", "slow ends", "last in one"]


def test_a_reload_lets_the_step_end_and_goes_on_in_the_new_code(flows: Flows) -> None:
    session = flows.project.dev(cwd=flows.directory).ready()
    flows.create("a")
    eventually(lambda: flows.steps() == ["first", "slow begins"])
    mark = session.mark()
    entry = flows.directory / "src" / "entry.py"
    entry.write_text(entry.read_text().replace('VERSION = "one"', 'VERSION = "two"'))
    session.expect("updated and ready", after=mark)
    assert flows.status("a")["status"] == "running"
    assert flows.steps() == ["first", "slow begins"]
    flows.let_go()
    assert flows.finish("a") == ["1", "2", "3", "4"]
    assert flows.steps() == ["first", "slow begins", "slow ends", "last in two"]


def test_a_second_session_leaves_what_the_first_one_runs(flows: Flows) -> None:
    flows.project.dev(cwd=flows.directory).ready()
    flows.create("a")
    eventually(lambda: flows.steps() == ["first", "slow begins"])
    flows.project.dev("--port", "0", cwd=flows.directory).ready()
    flows.let_go()
    assert flows.finish("a") == ["1", "2", "3", "4"]
    assert flows.steps() == ["first", "slow begins", "slow ends", "last in one"]


def test_another_session_defines_the_class(project: Project, flows: Flows) -> None:
    project.worker(
        "caller",
        """
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                try:
                    instance = await self.env.FLOW.create(id="far", params={"nap": "0 seconds"})
                    return Response((await instance.status())["status"])
                except Exception as problem:
                    return Response(str(problem), status=500)
        """,
        workflows=[{**WORKFLOWS[0], "script_name": "flows"}],
    )
    project.dev(cwd=project.root / "caller").ready()
    status, text = project.get("caller")
    assert (status, 'Worker "flows" not found. Make sure it is running locally.' in text) == (500, True)
    project.dev(cwd=flows.directory).ready()
    flows.let_go()
    assert project.get("caller") == (200, "running")
    assert flows.finish("far") == ["1", "2", "3", "4"]
