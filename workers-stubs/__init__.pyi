"""The `workers` module of Cloudflare's Python Workers."""

from collections.abc import Awaitable
from typing import Any

from workers.blob import Blob as Blob
from workers.blob import BlobEnding as BlobEnding
from workers.blob import BlobValue as BlobValue
from workers.blob import File as File
from workers.entrypoints import DurableObject as DurableObject
from workers.entrypoints import WorkerEntrypoint as WorkerEntrypoint
from workers.entrypoints import WorkflowEntrypoint as WorkflowEntrypoint
from workers.entrypoints import handler as handler
from workers.formdata import FormData as FormData
from workers.formdata import FormDataValue as FormDataValue
from workers.request import Request as Request
from workers.response import FetchResponse as FetchResponse
from workers.response import Response as Response
from workers.response import fetch as fetch
from workers.rpc import python_from_rpc as python_from_rpc
from workers.rpc import python_to_rpc as python_to_rpc
from workers.types import Body as Body
from workers.types import Context as Context
from workers.types import FetchKwargs as FetchKwargs
from workers.types import Headers as Headers
from workers.types import JSBody as JSBody
from workers.types import RequestInitCfProperties as RequestInitCfProperties
from workers.utils import import_from_javascript as import_from_javascript
from workers.utils import patch_env as patch_env

env: Any
"""The environment, also at module level; binding calls work while an event is handled."""

def wait_until(awaitable: Awaitable[Any]) -> None:
    """Let `awaitable` go on after the response of the running event."""

def waitUntil(awaitable: Awaitable[Any]) -> None:
    """Let `awaitable` go on after the response of the running event."""
