"""What type checkers say about user code: nothing about what is right, an error where something is wrong.

Each test runs a checker once over all its files: that is what takes time.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pywrangler.typegen.generate import write_if_changed
from tests.typegen.checkers import CHECKERS, ROOT, mypy, pyright
from tests.typegen.project import types_of, write_gateway, write_worker

pytestmark = [pytest.mark.timeout(300), pytest.mark.parametrize("checker", CHECKERS)]

WRONG = re.compile(r"# wrong: (.*)$")


def complaints(text: str) -> dict[int, str]:
    """Return the lines that are marked as wrong, with a part of the expected message."""
    found = {number: WRONG.search(line) for number, line in enumerate(text.splitlines(), 1)}
    return {number: match[1] for number, match in found.items() if match}


def expect(checker: str, directory: Path, files: list[str], texts: dict[str, str]) -> None:
    """Check the files: errors exactly where they are marked."""
    found = CHECKERS[checker](directory, files)
    expected = {(name, line) for name, text in texts.items() for line in complaints(text)}
    assert {(finding.file, finding.line) for finding in found} == expected, found
    for name, line, message in found:
        # What both say about it: the name that is wrong.
        assert complaints(texts[name])[line] in message, message


ACCEPTANCE = """\
from __future__ import annotations

from typing import TYPE_CHECKING

from workers import Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env


class Other(WorkerEntrypoint["Env"]):
    async def fetch(self, request: Request) -> Response:
        env = self.env
        i = env.COUNTER.idFromName("main")
        right: int = await env.COUNTER.get(i).increment()
        right = await env.COUNTER.get(i).increment(2)
        await env.COUNTER.get(i).incrment()  # wrong: incrment
        await env.COUNTER.get(i).increment("x")  # wrong: increment
        await env.COUNTER.get(i).increment(by=1)  # wrong: by
        text: str = await env.COUNTER.get(i).increment(1)  # wrong: int
        await env.ROOMS.getByName("a").join("me", "red")  # wrong: arg
        await env.AUTH.check("token")  # wrong: arg
        await env.KV.put("a", "b", expirationTtl=60)
        await env.KV.putt("a", "b")  # wrong: putt
        env.NOTHING  # wrong: NOTHING
        env.SETTINGS.theem  # wrong: theem
        await env.DB.prepare("SELECT 1").first("a")
        await env.PIPE.create(params={"number": "x"})  # wrong: str
        return Response.from_json({"right": right, "text": text})
"""


def test_the_acceptance_of_the_specification(tmp_path, checker):
    gateway = write_gateway(tmp_path)
    write_if_changed(types_of(gateway))
    (gateway / "src" / "other.py").write_text(ACCEPTANCE, encoding="utf-8")
    files = ["entry.py", "other.py", "worker_configuration.pyi"]
    expect(checker, gateway / "src", files, {"other.py": ACCEPTANCE})


PLATFORM = '''\
"""The names that Workers use most, and what must not pass (spec/js-and-ffi.md, section 1)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import asgi
import js
from js import Headers, Object, Uint8Array, WebSocketPair, WebSocketRequestResponsePair, console, crypto
from js import Response as JsResponse
from js import Respons  # wrong: Respons
from pyodide.ffi import JsException, JsProxy, create_proxy, jsnull, to_js
from workers import Blob, DurableObject, FormData, Request, Response, WorkerEntrypoint, WorkflowEntrypoint, fetch

if TYPE_CHECKING:
    from workers.types import MessageBatch, ScheduledController, WorkflowEvent, WorkflowStep


async def app(scope: Any, receive: Any, send: Any) -> None: ...


class Room(DurableObject):
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.sql = self.ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS t (a INTEGER, b TEXT)")
        self.ctx.setWebSocketAutoResponse(WebSocketRequestResponsePair.new("ping", "pong"))

    async def fetch(self, request: Request) -> Response:
        client, server = WebSocketPair.new().object_values()
        first, second = WebSocketPair.new()
        self.ctx.acceptWebSocket(server, to_js(["a"]))
        self.ctx.storage.sql.exce("SELECT 1")  # wrong: exce
        self.ctx.storage.put("started", True)
        await self.ctx.storage.put({"a": 1, "b": 2})
        value = await self.ctx.storage.get("a", allowConcurrency=True)
        both = await self.ctx.storage.get(["a", "b"])
        both.keys()
        for row in self.sql.exec("SELECT * FROM t WHERE a = ?", 1):
            console.log(row.a, row["b"])
        await self.ctx.storage.list(prefix="a", limit=10)
        await self.ctx.storage.list(prefxi="a")  # wrong: prefxi
        await self.ctx.storage.setAlarm(12.5)
        await self.ctx.storage.transaction(self.work)
        server.serializeAttachment("x")
        first.sendd("x")  # wrong: sendd
        if (request.headers.get("upgrade") or "").lower() != "websocket":
            return Response("no", status=426, headers={"Upgrade": "websocket"})
        return Response(None, status=101, web_socket=client)

    async def work(self, txn: Any) -> int:
        return 1

    async def webSocketMessage(self, ws: js.WebSocket, message: str | js.ArrayBuffer) -> None:
        text = message if isinstance(message, str) else message.to_bytes().decode()
        for socket in self.ctx.getWebSockets():
            socket.send(text)

    async def webSocketClose(self, ws: js.WebSocket, code: int, reason: str, was_clean: bool) -> None:
        ws.close(code, reason)

    async def alarm(self) -> None:
        await self.ctx.blockConcurrencyWhile(self.alarm)


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response | js.Response:
        if request.method == "POST":
            form = await request.form_data()
            return Response.json({"a": form["a"], "all": form.get_all("b")}, status=201)
        if request.url.endswith("/app"):
            return await asgi.fetch(app, request, self.env, self.ctx)
        digest = await crypto.subtle.digest("SHA-256", to_js(b"data"))
        options = to_js({"method": "POST"}, dict_converter=Object.fromEntries)
        raw = await js.fetch("https://example.com", options)
        data = await raw.json()
        answer = await fetch("https://example.com", method="POST", headers={"a": "b"}, body=json.dumps(data.to_py()))
        answer.raise_for_status()
        headers = Headers.new([["a", "b"]])
        name: str = headers.get("a") or ""
        Headers()  # wrong: use_new_instead
        numbers = Uint8Array.new(4)
        crypto.getRandomValues(numbers)
        url = js.URL.new(request.url)
        url.searchParams.get("q")
        js.setTimeout(create_proxy(print), 10)
        self.ctx.waitUntil(answer.text())
        value = js.JSON.parse("{}")
        if value is not jsnull and isinstance(value, JsProxy):
            console.log(value.anything.at.all)
        try:
            js.URL.new("nonsense")
        except JsException as error:
            console.error(error.name, error.message)
        Blob(["a", b"b"], content_type="text/plain").size
        FormData({"a": "b"}).append("c", "d")
        return JsResponse.new(name, status=200, headers=headers) if digest.byteLength else Response.redirect("https://a")

    async def scheduled(self, controller: ScheduledController, env: None, ctx: None) -> None:
        console.log(controller.cron)

    async def queue(self, batch: MessageBatch[dict[str, int]], env: None, ctx: None) -> None:
        for message in batch.messages:
            message.body["a"].bit_length()
            message.ack()


class Flow(WorkflowEntrypoint):
    async def run(self, event: WorkflowEvent[dict[str, int]], step: WorkflowStep) -> str:
        @step.do("first", config={"retries": {"limit": 3, "delay": "1 second"}})
        async def first() -> int:
            return event.payload["a"]

        @step.do()
        def second(first: int) -> str:
            return str(first)

        await step.sleep("nap", "1 second")
        number: str = await first()  # wrong: int
        return await second() + number
'''

BARE = """\
# Code without annotations: what an editor knows by itself.
from workers import DurableObject, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = request.headers.get("x-name")
        return Response(name or "nobody")


class Thing(DurableObject):
    async def alarm(self, alarm_info=None):
        return None

    async def webSocketClose(self, ws, code, reason, was_clean):
        ws.close(code, reason)
"""


def test_code_with_the_platform_modules(tmp_path, checker):
    (tmp_path / "platform_use.py").write_text(PLATFORM, encoding="utf-8")
    files = ["platform_use.py"]
    if checker == "pyright":  # `mypy --strict` asks for annotations.
        (tmp_path / "bare.py").write_text(BARE, encoding="utf-8")
        files.append("bare.py")
    expect(checker, tmp_path, files, {"platform_use.py": PLATFORM})


AWKWARD = '''\
from __future__ import annotations

import datetime as dt
from typing import Literal, NewType, TypedDict, overload

from workers import DurableObject

UserId = NewType("UserId", int)
Colour = Literal["red", "green"]


class Entry(TypedDict, total=False):
    at: dt.datetime
    by: UserId
    next: list[Entry]


class Thing(DurableObject):
    def list(self, colour: Colour = "red") -> list[Entry]:
        """With "quotes" and a \\\\ in it."""
        return []

    @overload
    def over(self, x: int) -> int: ...
    @overload
    def over(self, x: str) -> str: ...
    def over(self, x: int | str) -> int | str:
        return x

    def lost(self, x: Nowhere) -> dict[str, Nowhere]: ...  # type: ignore
'''


def test_awkward_stubs_are_valid(tmp_path, checker):
    """Of another Worker and of the same, with variables that have every shape and name."""
    values = {
        "str": "x",
        "SETTINGS": {"list": [{"a": 1}, {"b": None}], "max": {"int": 1.5}, "a-b": [[1], ["x"]], "to_py": {"z": True}},
        "EMPTY": [],
        "NULL": None,
        "MULTI-DASH": "x",
        "Env": 'q"uote\n',
    }
    own = [{"name": "THING", "class_name": "Thing"}]
    far = [
        {"name": "FAR", "class_name": "Thing", "script_name": "far"},
        {"name": "GONE", "class_name": "G", "script_name": "gone"},
    ]
    write_worker(tmp_path / "far", "far", AWKWARD, durable_objects={"bindings": own})
    near = write_worker(
        tmp_path / "near",
        "near",
        AWKWARD,
        vars=values,
        durable_objects={"bindings": [*own, *far]},
        env={"staging": {"vars": {"SETTINGS": {"other": 1}, "Env": "s"}, "durable_objects": {"bindings": own}}},
        services=[{"binding": "SELF", "service": "near"}, {"binding": "AWAY", "service": "away"}],
    )  # fmt: skip
    write_if_changed(types_of(near))
    expect(checker, near / "src", ["worker_configuration.pyi"], {})


@pytest.mark.parametrize("worker", ["backend", "frontend"])
def test_the_sample_is_clean_and_its_stubs_are_up_to_date(tmp_path, checker, worker):
    skipped = shutil.ignore_patterns(".wrangler", "__pycache__", ".dev.vars", "page_settings.py")
    shutil.copytree(ROOT / "sample-project", tmp_path / "sample", ignore=skipped)
    directory = tmp_path / "sample" / worker
    generated = types_of(directory)
    assert generated.path.read_text(encoding="utf-8") == generated.text, "run `pywrangler types` in sample-project"
    files = sorted(str(path.relative_to(directory / "src")) for path in (directory / "src").glob("*.py*"))
    expect(checker, directory / "src", files, {})


def test_the_stubs_themselves_are_valid(tmp_path, checker):
    names = ("workers", "js", "pyodide", "asgi")
    if checker == "mypy":
        # Not from the root, where the packages of these names would be others.
        assert mypy(tmp_path, [word for name in names for word in ("-p", name)]) == []
    else:
        assert pyright(ROOT, [f"{name}-stubs" for name in names]) == []
