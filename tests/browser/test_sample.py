"""The sample, as a person sees it: two Workers, a page, a countdown (sample-project/)."""

from __future__ import annotations

import json
import re
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import Dev, Project, eventually, free_port, request

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SAMPLE = Path(__file__).parents[2] / "sample-project"
pytestmark = [pytest.mark.browser, pytest.mark.processes]
STATUS = "#status"
UPGRADE = {"connection": "upgrade", "upgrade": "websocket"}


class Sample:
    """A copy of the sample on ports of its own."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.back, self.front = free_port(), free_port()
        ignored = shutil.ignore_patterns(".wrangler", ".dev.vars", "page_settings.py", "__pycache__")
        shutil.copytree(SAMPLE, project.root, dirs_exist_ok=True, ignore=ignored)
        for name, port in (("backend", self.back), ("frontend", self.front)):
            directory = project.root / name
            shutil.copy(directory / ".dev.vars.example", directory / ".dev.vars")
            config = directory / "wrangler.jsonc"
            config.write_text(re.sub(r'"port": \d+', f'"port": {port}', config.read_text()))
        self.environment = {"VITE_WS_HOST": f"localhost:{self.back}"}

    def start(self, *names: str) -> list[Dev]:
        root = self.project.root
        return [self.project.dev(cwd=root / name, **self.environment).ready() for name in names]

    def post(self, action: str, **fields: Any) -> tuple[int, Any]:
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        status, text = request(self.front, f"/?/{action}", method="POST", body=body, headers=headers)
        return status, json.loads(text)

    def open(self, browser: Browser) -> Page:
        page = browser.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"http://localhost:{self.front}/")
        return page


@pytest.fixture
def sample(project: Project) -> Sample:
    return Sample(project)


def wait_for_state(page: Page, state: str) -> None:
    page.wait_for_selector(f'{STATUS}[data-state="{state}"]')


def wait_for_value(page: Page, pattern: str) -> None:
    page.wait_for_function(f"/{pattern}/.test(document.getElementById('value').textContent)")


@pytest.mark.parametrize("order", [("backend", "frontend"), ("frontend", "backend")])
def test_two_terminals_in_either_order_run_the_countdown_in_every_window(
    sample: Sample, browser: Browser, order: tuple[str, str]
) -> None:
    sample.start(*order)
    one, two = sample.open(browser), sample.open(browser)
    for page in (one, two):
        wait_for_state(page, "connected")
    assert one.inner_text("h1") == "Hello, visitor!"
    one.fill("#from", "3")
    one.click("#countdown button")
    for page in (one, two):
        wait_for_value(page, "^3$")
    for page in (one, two):
        wait_for_value(page, "^0$")
        page.wait_for_function("document.getElementById('log').textContent.includes('over')")
    one.fill("#text", "from one to <b>two</b>")
    one.click("#message button")
    two.wait_for_function("document.getElementById('log').textContent.includes('from one to <b>two</b>')")
    one.close()
    two.close()


def test_one_terminal_at_the_root_runs_both(sample: Sample, browser: Browser) -> None:
    session = sample.project.dev(cwd=sample.project.root, **sample.environment).ready()
    eventually(lambda: session.output.count("Ready on http") == 2)
    page = sample.open(browser)
    wait_for_state(page, "connected")
    page.close()
    session.expect("[backend]")
    session.expect("[frontend]")


def test_the_page_goes_red_with_the_backend_and_green_again_by_itself(sample: Sample, browser: Browser) -> None:
    backend, _frontend = sample.start("backend", "frontend")
    page = sample.open(browser)
    wait_for_state(page, "connected")
    backend.stop(signal.SIGINT)
    page.wait_for_selector(f'{STATUS}:not([data-state="connected"])')
    status, answer = sample.post("countdown", **{"from": 3})
    assert status == 503
    assert "backend" in answer["error"]
    assert 'Worker "backend" not found' in request(sample.front)[1].replace("&quot;", '"')
    sample.start("backend")
    wait_for_state(page, "connected")
    page.close()


def test_production_mode_closes_the_direct_door_and_uses_the_guarded_one(sample: Sample, browser: Browser) -> None:
    root = sample.project.root
    (root / "backend/.dev.vars").write_text("NODE_ENV=production\n")
    (root / "frontend/.dev.vars").write_text("NODE_ENV=production\nSESSION_KEY=of-the-test\n")
    sample.start("backend", "frontend")
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "authorization": "Bearer of-the-test"}
    assert request(sample.back, "/ws/connect", headers=upgrade) == (401, "Unauthorized")
    assert request(sample.front, "/api/ws/connect", headers=UPGRADE)[0] == 401
    page = sample.open(browser)
    assert page.get_attribute("#app", "data-path") == "/api/ws/connect"
    wait_for_state(page, "connected")
    page.fill("#from", "1")
    page.click("#countdown button")
    wait_for_value(page, "^0$")
    page.close()


def test_without_a_session_key_production_lets_nobody_in_and_says_why(sample: Sample) -> None:
    (sample.project.root / "frontend/.dev.vars").write_text("NODE_ENV=production\n")
    sample.start("frontend")
    status, text = request(sample.front, "/api/ws/connect", headers=UPGRADE)
    assert status == 401
    assert "SESSION_KEY" in text


def test_editing_the_coordinator_during_a_countdown_keeps_sockets_and_count(sample: Sample, browser: Browser) -> None:
    backend, _frontend = sample.start("backend", "frontend")
    page = sample.open(browser)
    wait_for_state(page, "connected")
    page.evaluate(
        "window.states = []; new MutationObserver(() => states.push(document.getElementById('status').dataset.state))"
        ".observe(document.getElementById('status'), {attributes: true})"
    )
    page.fill("#from", "5")
    page.click("#countdown button")
    wait_for_value(page, "^4$")
    source = sample.project.root / "backend/src/message_coordinator.py"
    seen = backend.mark()
    source.write_text(
        source.read_text().replace('"type": "done"', '"type": "message", "text": "new code", "from": "x"')
    )
    backend.expect("updated and ready", after=seen)
    wait_for_value(page, "^0$")
    page.wait_for_function("document.getElementById('log').textContent.includes('new code')")
    assert page.evaluate("window.states") == []
    page.close()


def test_the_form_works_without_javascript(sample: Sample, browser: Browser) -> None:
    sample.start("backend", "frontend")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://localhost:{sample.front}/")
    page.fill("#from", "2")
    page.click("#countdown button")
    page.wait_for_load_state()
    assert page.url == f"http://localhost:{sample.front}/"
    stats = request(sample.back, "/")
    assert json.loads(stats[1]) == {"name": "backend", "NODE_ENV": "development"}
    context.close()


@pytest.mark.parametrize("value", ["-1", "1e3", "x", "", "99999999999999999999", "1.5"])
def test_bad_countdowns_are_refused_with_a_reason(sample: Sample, value: str) -> None:
    sample.start("backend", "frontend")
    status, answer = sample.post("countdown", **{"from": value})
    assert status == 400
    assert "from" in answer["error"]
