"""What the platform gives to the package `workers`, for code that takes it from here."""

from collections.abc import Awaitable, Generator
from typing import Any

cloudflareWorkersModule: Any
cloudflareSocketsModule: Any
workerEntrypoint: Any

def doAnImport(name: str) -> Awaitable[Any]:
    """Load a JavaScript module."""

def patchWaitUntil(ctx: Any) -> None:
    """Do nothing: `ctx.waitUntil` takes Python's awaitables."""

def patch_env_helper(patch: Any) -> Generator[None]:
    """Put `patch` in the place of `env` until the generator goes on."""
