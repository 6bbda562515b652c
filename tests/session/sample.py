"""Plain values for the tests of the session."""

from __future__ import annotations

from pathlib import Path

from pywrangler.config.model import (
    Compat,
    DurableObjectBinding,
    QueueConsumer,
    Resolved,
    ServiceBinding,
    Variable,
    WorkerConfig,
)
from pywrangler.protocol import control
from pywrangler.protocol.registry import Entry

ROOT = Path("/project")


def worker(name: str = "backend", root: Path = ROOT, **more) -> WorkerConfig:
    values = {"main": root / "src" / "entry.py", "compat": Compat("2026-05-01"), **more}
    return WorkerConfig(name=name, config_path=root / "wrangler.jsonc", **values)


def resolved(name: str = "backend", *, variables: dict[str, str] | None = None, root: Path = ROOT, **more) -> Resolved:
    found = tuple(Variable(key, value, "text", "vars") for key, value in (variables or {}).items())
    return Resolved(worker(name, root, **more), found, (), (root / "wrangler.jsonc", root / ".dev.vars"))


def loaded(**more) -> control.Loaded:
    values = {"classes": ("Counter",), "entrypoints": ("default",), "handlers": ("fetch",), "modules": (), "files": ()}
    return control.Loaded(**{**values, **more})


def entry(name: str, **more) -> Entry:
    values = {
        "pid": 1,
        "started": 1.0,
        "instance": f"instance-{name}",
        "address": "unix:/x",
        "url": "http://localhost:1",
    }
    return Entry(name=name, **{**values, **more})


def object_binding(name: str, class_name: str, script_name: str | None = None) -> DurableObjectBinding:
    return DurableObjectBinding(name, class_name, script_name)


def service(binding: str, name: str, entrypoint: str | None = None) -> ServiceBinding:
    return ServiceBinding(binding, name, entrypoint)


def consumer(queue: str) -> QueueConsumer:
    return QueueConsumer(queue)
