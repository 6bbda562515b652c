"""Where objects live, for tests that shall not notice: in the caller's host, in another one, in another session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes.dev import Project

FILES = Path(__file__).with_name("everywhere")
PLACES = ("same host", "other host", "other session")
MIGRATIONS: list[dict[str, Any]] = [{"tag": "v1", "new_sqlite_classes": ["Thing"], "new_classes": ["Old"]}]
ASKER = {"name": "ASKER", "class_name": "Asker"}


@dataclass
class World:
    """Running sessions, and the port of the caller."""

    project: Project
    port: int


def write(place: str, project: Project) -> list[Path]:
    """Write the Workers of a placement; returns their directories, the caller's first."""
    if place == "same host":
        migrations = [*MIGRATIONS, {"tag": "v2", "new_classes": ["Asker"]}]
        return [_worker(project, "whole", "worker", "whole", migrations)]
    caller = _worker(project, "caller", "caller", "owner", [{"tag": "v1", "new_classes": ["Asker"]}])
    return [caller, _worker(project, "owner", "owner", None, MIGRATIONS)]


def start(place: str, root: Path) -> World:
    """Start the sessions of a placement."""
    project = Project(root)
    directories = write(place, project)
    if place == "other session":
        for directory in reversed(directories):
            project.dev(cwd=directory).ready()
    else:
        project.dev(*(text for path in directories for text in ("-c", str(path / "wrangler.jsonc")))).ready()
    return World(project, project.port(directories[0].name))


def _worker(project: Project, name: str, entry: str, objects: str | None, migrations: Any) -> Path:
    bindings = [] if objects is None else [ASKER]
    for binding, class_name in (("THING", "Thing"), ("OLD", "Old")):
        script = {} if objects in (None, name) else {"script_name": objects}
        bindings.append({"name": binding, "class_name": class_name, **script})
    service = {"binding": "SVC", "service": objects, "entrypoint": "Named", "props": {"given": "by the config"}}
    directory = project.worker(
        name,
        "",
        main=f"src/{entry}.py",
        migrations=migrations,
        compatibility_flags=["python_workers", "enable_request_signal"],
        durable_objects={"bindings": bindings},
        services=[] if objects is None else [service],
    )
    for path in FILES.glob("*.py"):
        (directory / "src" / path.name).write_text(path.read_text())
    return directory
