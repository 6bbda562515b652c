"""The `workers` module of Cloudflare's Python Workers, natively (contract: spec/workers-module.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workers.blob import Blob, BlobEnding, BlobValue, File
from workers.entrypoints import DurableObject, WorkerEntrypoint, WorkflowEntrypoint
from workers.fetch import FetchKwargs, fetch
from workers.formdata import FormData, FormDataValue
from workers.handlers import handler
from workers.importing import import_from_javascript
from workers.patching import patch_env
from workers.request import Request, RequestInitCfProperties
from workers.response import Body, FetchResponse, Headers, JSBody, Response
from workers.rpc import _EnvWrapper as _EnvWrapper
from workers.rpc import python_from_rpc, python_to_rpc

if TYPE_CHECKING:
    from workers.entrypoints import Context

__all__ = [
    "Blob",
    "BlobEnding",
    "BlobValue",
    "Body",
    "Context",
    "DurableObject",
    "FetchKwargs",
    "FetchResponse",
    "File",
    "FormData",
    "FormDataValue",
    "Headers",
    "JSBody",
    "Request",
    "RequestInitCfProperties",
    "Response",
    "WorkerEntrypoint",
    "WorkflowEntrypoint",
    "env",
    "fetch",
    "handler",
    "import_from_javascript",
    "patch_env",
    "python_from_rpc",
    "python_to_rpc",
    "waitUntil",
    "wait_until",
]


def __getattr__(name: str) -> Any:
    # Late, because what they name depends on the event that runs.
    if name == "env":
        from workers.patching import ENV

        return ENV
    if name in ("wait_until", "waitUntil"):
        from workers.lifetime import wait_until

        return wait_until
    if name == "Context":
        from workers.entrypoints import Context

        return Context
    raise AttributeError(f"module 'workers' has no attribute {name!r}")
