"""What a config says, resolved for one Worker and one environment: frozen data, no behaviour.

`config.parse` makes these, everything else only reads them. All paths are absolute. They cross the
process border to hosts as MessagePack (see `protocol.control`), so they hold plain data only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from pywrangler.errors import Place


class Compat(msgspec.Struct, frozen=True):
    """Behaviour switches derived from the compatibility date and flags (`config.compat`).

    Source of the dates: https://developers.cloudflare.com/workers/configuration/compatibility-flags/
    and the files in spec/.
    """

    date: str
    flags: tuple[str, ...] = ()
    module_handlers: bool = False
    """`on_fetch` and friends at module level (before 2025-08-14, or `disable_python_no_global_handlers`)."""
    legacy_vendor: bool = False
    """Packages in `vendor` beside the main module count (before 2025-08-11)."""
    process_pth_files: bool = True
    """The `.pth` files in `python_modules` count (from 2026-05-26)."""
    external_sdk: bool = True
    """The vendored SDK with wrapped bindings (from 2026-04-21, or `enable_python_external_sdk`)."""
    headers_preserve_commas: bool = True
    """Repeated request headers combine, Set-Cookie stays apart (from 2026-02-17)."""
    request_signal: bool = False
    """`request.signal` aborts when the client leaves (`enable_request_signal`)."""
    request_signal_passthrough: bool = False
    """That also aborts requests that are made with it (`request_signal_passthrough`)."""
    websocket_blob: bool = True
    """Binary messages arrive as Blob by default (from 2026-03-17)."""
    websocket_auto_close: bool = True
    """A plain accepted socket answers a Close by itself (from 2026-04-07)."""
    websocket_reason_limit: bool = True
    """Close reasons are limited to 123 bytes (from 2026-03-03)."""
    delete_all_deletes_alarm: bool = True
    """`deleteAll()` removes the alarm too (from 2026-02-24)."""
    workflow_implicit_dependencies: bool = True
    """Steps take their dependencies from parameter names (from 2026-02-25)."""
    spa_navigation: bool = True
    """Navigation requests prefer the single-page application over the Worker (from 2025-04-01)."""
    queues_json: bool = True
    """Messages of queues are JSON unless they say otherwise (from 2024-03-18), else structured clones."""
    ctx_exports: bool = True
    """`ctx.exports` holds loopback bindings (from 2025-11-17)."""
    jsnull: bool = True
    """JavaScript null is `jsnull`, not None (Pyodide 0.28, from 2025-09-29)."""


class DurableObjectBinding(msgspec.Struct, frozen=True):
    """`durable_objects.bindings[]`: `script_name` None means a class of this Worker."""

    name: str
    class_name: str
    script_name: str | None = None
    place: Place | None = None


class ServiceBinding(msgspec.Struct, frozen=True):
    """`services[]`."""

    binding: str
    service: str
    entrypoint: str | None = None
    props: dict[str, Any] = msgspec.field(default_factory=dict)
    place: Place | None = None


class DurableObjectClass(msgspec.Struct, frozen=True):
    """A class of this Worker that migrations, `exports` or bindings name; `sqlite` decides whether SQL is enabled."""

    class_name: str
    sqlite: bool
    declared: bool = True
    """False if a binding names the class but no migration does (the config then carries a warning)."""


class Assets(msgspec.Struct, frozen=True):
    """`assets`: static files."""

    directory: Path
    binding: str | None = None
    html_handling: str = "auto-trailing-slash"
    not_found_handling: str = "none"
    run_worker_first: bool | tuple[str, ...] = False


class QueueConsumer(msgspec.Struct, frozen=True):
    """`queues.consumers[]`; times in seconds."""

    queue: str
    max_batch_size: int = 5
    max_batch_timeout: float = 1
    max_retries: int = 2
    dead_letter_queue: str | None = None
    retry_delay: float = 0
    max_concurrency: int | None = None
    """Batches at once; None means one after another, as wrangler does locally."""


LOCAL_DATA = {
    "kv_namespaces": ("kv", ("preview_id", "id")),
    "d1_databases": ("d1", ("preview_database_id", "database_id")),
    "r2_buckets": ("r2", ("preview_bucket_name", "bucket_name")),
    "secrets_store_secrets": ("secrets-store", ("store_id",)),
    "ratelimits": ("ratelimit", ("namespace_id",)),
}
"""Where kinds of bindings keep data that several Workers may share, and the fields that name it."""


class OtherBinding(msgspec.Struct, frozen=True):
    """A binding of a kind that has no dataclass of its own: `kind` is the config key, `data` the validated entry."""

    kind: str
    name: str
    data: dict[str, Any]
    place: Place | None = None
    mock: Path | None = None
    """A Python file whose functions are the binding's methods (`--mock`)."""

    @property
    def local_data(self) -> tuple[str, str] | None:
        """What names the local data, as wrangler does: the kind's directory and a name. None if it has none to share.

        Bindings with the same name have the same data.
        """
        known = LOCAL_DATA.get(self.kind)
        if known is None:
            return None
        directory, fields = known
        given = (self.data.get(field) for field in fields)
        return directory, next((str(value) for value in given if value is not None), self.name)

    @property
    def data_name(self) -> str:
        """The name of the local data."""
        return self.name if self.local_data is None else self.local_data[1]


class Rule(msgspec.Struct, frozen=True):
    """`rules[]`: which files beside `main` are modules of which type."""

    type: str
    globs: tuple[str, ...]
    fallthrough: bool = False


class Dev(msgspec.Struct, frozen=True):
    """`dev`: `port` None means 8787 or the next free one; 0 means any."""

    ip: str = "localhost"
    port: int | None = None
    local_protocol: Literal["http", "https"] = "http"
    host: str | None = None
    port_place: Place | None = None
    generate_types: bool = False
    """Whether sessions keep the file of `pywrangler types` up to date."""


class Build(msgspec.Struct, frozen=True):
    """`build`: a shell command to run before the start and when a watched directory changes."""

    command: str
    cwd: Path
    watch_directories: tuple[Path, ...] = ()


class WorkerConfig(msgspec.Struct, frozen=True):
    """One Worker of one environment, resolved and validated."""

    name: str
    """The effective name (registry and deploy name): `<name>-<env>` for an environment without a name of its own."""
    config_path: Path
    main: Path | None
    compat: Compat
    environment: str | None = None
    vars: dict[str, Any] = msgspec.field(default_factory=dict)
    """JSON values as configured; files and flags are merged by `config.vars`."""
    var_places: dict[str, Place] = msgspec.field(default_factory=dict)
    secrets_required: tuple[str, ...] | None = None
    """`secrets.required`; None without a `secrets` object."""
    durable_objects: tuple[DurableObjectBinding, ...] = ()
    durable_object_classes: tuple[DurableObjectClass, ...] = ()
    services: tuple[ServiceBinding, ...] = ()
    assets: Assets | None = None
    queue_consumers: tuple[QueueConsumer, ...] = ()
    tail_consumers: tuple[str, ...] = ()
    crons: tuple[str, ...] = ()
    others: tuple[OtherBinding, ...] = ()
    rules: tuple[Rule, ...] = ()
    dev: Dev = Dev()
    build: Build | None = None
    first_route_host: str | None = None
    zone_name: str | None = None
    """The `zone_name` of the first route."""
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    """Further keys as configured, effective for the environment: what deploys and other tools read."""
    named: bool = True
    """False if the config gives no name (then `name` is generated and nobody can bind to it)."""
    main_place: Place | None = None
    name_place: Place | None = None

    @property
    def root(self) -> Path:
        """The directory of the config: where `.dev.vars`, `.wrangler` and relative paths start."""
        return self.config_path.parent

    @property
    def zone(self) -> str:
        """The zone that requests of the Worker name as their origin."""
        return self.zone_name or self.dev.host or self.first_route_host or f"{self.name}.example.com"


class Variable(msgspec.Struct, frozen=True):
    """One name of the Worker's `env` that is a plain value, and where it came from."""

    name: str
    value: Any
    kind: Literal["text", "json", "secret"]
    source: str
    """`vars`, a file name relative to the config, `process.env`, or `--var`."""
    place: Place | None = None
    shadows: tuple[str, ...] = ()
    """Earlier sources of the same name, as `source` or `source:line`, nearest first. Never values."""


class Resolved(msgspec.Struct, frozen=True):
    """Everything that a session needs to know about one Worker, with the warnings found on the way."""

    worker: WorkerConfig
    variables: tuple[Variable, ...]
    files_read: tuple[Path, ...]
    """Variable files that were used, in the order of reading."""
    files_watched: tuple[Path, ...]
    """Config and candidate variable files, existing or not: a change of any of them re-resolves."""
    used_process_environment: bool = False
    """The variables of the process were among the sources."""
