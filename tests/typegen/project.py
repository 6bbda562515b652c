"""Projects for the tests of stubs: the gateway and the counter of spec/types.md, section 4, and smaller ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pywrangler.typegen.generate import generate_all
from pywrangler.typegen.header import Options

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.typegen.generate import Generated

BASE = {"compatibility_date": "2026-06-10", "compatibility_flags": ["python_workers"]}

GATEWAY = {
    "vars": {
        "GREETING": "hello",
        "COUNT": 5,
        "SETTINGS": {"theme": "dark", "limits": {"items": 3}, "tags": ["a", "b"], "rules": [{"path": "/"}]},
    },
    "kv_namespaces": [{"binding": "KV"}],
    "d1_databases": [{"binding": "DB"}],
    "r2_buckets": [{"binding": "BUCKET"}],
    "durable_objects": {
        "bindings": [
            {"name": "ROOMS", "class_name": "Room"},
            {"name": "COUNTER", "class_name": "Counter", "script_name": "counter"},
        ]
    },
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Room"]}],
    "services": [{"binding": "AUTH", "service": "auth"}],
    "queues": {"producers": [{"binding": "JOBS", "queue": "jobs"}]},
    "workflows": [{"binding": "PIPE", "name": "pipe", "class_name": "Orders"}],
}

GATEWAY_CODE = '''\
from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from workers import DurableObject, Request, Response, WorkerEntrypoint, WorkflowEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env
    from workers.workflows import WorkflowEvent, WorkflowStep


class Message(TypedDict):
    text: str


class OrderParams(TypedDict):
    number: int


class Orders(WorkflowEntrypoint):
    env: Env

    async def run(self, event: WorkflowEvent[OrderParams], step: WorkflowStep) -> int:
        @step.do()
        async def total() -> int:
            return event.payload["number"] * 2

        return await total()


class Room(DurableObject):
    env: Env

    async def join(self, user: str) -> list[str]:
        """Let somebody in."""
        self.ctx.storage.sql.exec("INSERT INTO users VALUES (?)", user)
        return [user]

    async def history(self, limit: int = 10) -> list[Message]:
        return [{"text": str(limit)}]


class Default(WorkerEntrypoint):
    env: Env

    async def fetch(self, request: Request) -> Response:
        namespace = self.env.COUNTER
        i = namespace.idFromName("main")
        count = await namespace.get(i).increment(1)
        messages = await self.env.ROOMS.getByName("lobby").history()
        value = await self.env.KV.get(messages[0]["text"])
        if not await self.env.AUTH.check(value or "", self.env.API_KEY):
            return Response("no", status=401)
        instance = await self.env.PIPE.create(params={"number": count})
        return Response.from_json({
            "count": count + self.env.COUNT,
            "greeting": self.env.GREETING,
            "theme": self.env.SETTINGS.theme,
            "limit": self.env.SETTINGS.to_py()["limits"]["items"],
            "id": instance.id,
        })
'''

COUNTER_CODE = """\
from typing import Any

from workers import DurableObject


class Counter(DurableObject):
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS counter (value INTEGER)")

    async def increment(self, by: int = 1) -> int:
        row = self.ctx.storage.sql.exec("UPDATE counter SET value = value + ? RETURNING value", by).one()
        value: int = row["value"]
        return value
"""

AUTH_CODE = """\
from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    def check(self, token: str, key: str) -> bool:
        return token == key
"""


def write_worker(directory: Path, name: str, code: str, **config: Any) -> Path:
    """Write a Worker; return its directory."""
    (directory / "src").mkdir(parents=True, exist_ok=True)
    document = {"name": name, "main": "src/entry.py", **BASE, **config}
    (directory / "wrangler.jsonc").write_text(json.dumps(document, indent=2), encoding="utf-8")
    (directory / "src" / "entry.py").write_text(code, encoding="utf-8")
    return directory


def write_gateway(root: Path) -> Path:
    """Write the gateway, and beside it the counter and the service; return the gateway's directory."""
    write_worker(
        root / "counter",
        "counter",
        COUNTER_CODE,
        durable_objects={"bindings": [{"name": "COUNTER", "class_name": "Counter"}]},
        migrations=[{"tag": "v1", "new_sqlite_classes": ["Counter"]}],
    )
    write_worker(root / "auth", "auth", AUTH_CODE)
    gateway = write_worker(root / "gateway", "gateway", GATEWAY_CODE, **GATEWAY)
    (gateway / ".dev.vars").write_text("API_KEY=do-not-show-me\n", encoding="utf-8")
    return gateway


def types_of(directory: Path, **options: Any) -> Generated:
    """Return the types of the Worker in a directory."""
    (generated,) = generate_all(Options(**options), directory=directory, process_environment={})
    return generated


def stub_of(directory: Path, code: str, *, others: dict[str, str] | None = None, **config: Any) -> str:
    """Write a Worker with a Durable Object `Thing` bound as THING, and return its stub."""
    bound = {
        "durable_objects": {"bindings": [{"name": "THING", "class_name": "Thing"}]},
        "migrations": [{"tag": "v1", "new_sqlite_classes": ["Thing"]}],
    }
    write_worker(directory, "one", code, **{**bound, **config})
    for name, text in (others or {}).items():
        path = directory / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return types_of(directory).text


def class_lines(text: str, name: str) -> list[str]:
    """Return the body of a class in a stub, docstrings and comments included, without indent."""
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith((f"class {name}(", f"class {name}:")))
    body = []
    for line in lines[start + 1 :]:
        if line and not line.startswith(" "):
            break
        body.append(line.removeprefix("    "))
    return [line for line in body if line.strip()]
