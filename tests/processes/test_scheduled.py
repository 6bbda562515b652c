"""The URLs that run the scheduled handler (spec/cli.md, "Special URLs")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import eventually, free_port

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

SOURCE = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("fetch " + request.url.partition("//")[2].partition("/")[2])

    async def scheduled(self, controller, env, ctx):
        print(f"ran {controller.cron!r} {controller.scheduledTime} {env} {ctx}")
        if controller.cron == "bad":
            raise ValueError("on purpose")
        if controller.cron == "once":
            controller.noRetry()
"""
PATHS = ["/cdn-cgi/local/scheduled", "/cdn-cgi/handler/scheduled", "/cdn-cgi/mf/scheduled"]


def test_every_spelling_runs_the_handler_and_says_how_it_went(project: Project) -> None:
    session = project.dev(cwd=project.worker("timed", SOURCE)).ready()
    for path in PATHS:
        assert project.get("timed", f"{path}?cron=*+*+*+*+*&time=1700000000000") == (200, "ok")
    session.expect("ran '* * * * *' 1700000000000 None None")
    assert project.get("timed", f"{PATHS[0]}?cron=bad") == (500, "exception")
    session.expect("ValueError: on purpose")
    assert project.get("timed", f"{PATHS[0]}?time=soon")[0] == 400
    status, text = project.get("timed", f"{PATHS[0]}?cron=once&format=json")
    assert (status, json.loads(text)) == (200, {"outcome": "ok", "noRetry": True})
    assert project.get("timed", "/__scheduled") == (200, "fetch __scheduled")


@pytest.mark.parametrize("config", [{"route": "shop.example.org/api/*"}, {"dev": {"host": "dev.example.com"}}])
def test_the_host_that_was_sent_decides_and_not_the_one_that_the_worker_sees(
    project: Project, config: dict[str, Any]
) -> None:
    port = free_port()
    config["dev"] = {"port": port, **config.get("dev", {})}
    session = project.dev(cwd=project.worker("timed", SOURCE, **config)).ready()
    host = config["dev"].get("host", "shop.example.org")
    for path in PATHS:
        assert project.get("timed", path) == (200, "ok")
        assert project.get("timed", path, Host=host)[0] == 403
        assert project.get("timed", path, Host="evil.com")[0] == 403
        assert project.get("timed", path, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    eventually(lambda: session.output.count("ran ''") >= len(PATHS))
    assert session.output.count("ran ''") == len(PATHS)


def test_the_short_url_is_there_when_asked_for(project: Project) -> None:
    session = project.dev("--test-scheduled", cwd=project.worker("timed", SOURCE)).ready()
    assert project.get("timed", "/__scheduled?cron=x") == (200, "Ran scheduled event")
    session.expect("ran 'x'")
