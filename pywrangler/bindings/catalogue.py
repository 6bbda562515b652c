"""Which module makes which kind of binding, and what it is given.

One module per kind, all of one shape: `make(binding, parts)` takes an entry of the config and returns the object that
user code finds in `env`. A module is imported when a config has its kind, so a Worker does not pay for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.bindings.stores import Stores
    from pywrangler.config.model import OtherBinding, WorkerConfig
    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.ports import Router
    from pywrangler.runtime.worker import WorkerRuntime

MODULES: dict[str, str] = {
    "queues.producers": "queues",
    "kv_namespaces": "kv.binding",
    "workflows": "workflows",
    "r2_buckets": "r2.bucket",
    "d1_databases": "d1.binding",
    "ratelimits": "rate_limits",
    "analytics_engine_datasets": "analytics_engine",
    "version_metadata": "version_metadata",
    "hyperdrive": "hyperdrive",
    "secrets_store_secrets": "secrets_store",
    "send_email": "email.sender",
    "text_blobs": "files",
    "data_blobs": "files",
    "wasm_modules": "files",
}
"""By the key of the config, below `pywrangler.bindings`. What is not here is `unsupported`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What bindings are made of."""

    config: WorkerConfig
    router: Router
    worker: WorkerRuntime
    clock: Clock
    """Asked for the time of day: tests move it."""
    stores: Stores
    state_root: Path
    """`<persist-to>/v3`; created on first use."""


def make(binding: OtherBinding, parts: Parts) -> Any:
    """Return the binding of an entry of the config."""
    if binding.mock is not None:
        from pywrangler.bindings import mock

        return mock.make(binding)
    name = MODULES.get(binding.kind, "unsupported")
    return import_module(f"pywrangler.bindings.{name}").make(binding, parts)
