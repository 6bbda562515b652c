"""Secrets of a deployed Worker (spec/deploy-api.md, section 4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.cloud.client import segment
from pywrangler.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pywrangler.cloud.client import Client

UNKNOWN_WORKER = frozenset((10007, 10090, 10092))
NOT_DEPLOYED = 10215
_KIND = "secret_text"
_EMPTY_MODULE = "noop.js"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one Worker. A Worker that does not exist gives CloudError with a code of UNKNOWN_WORKER."""

    client: Client
    account_id: str
    worker: str

    @property
    def _path(self) -> str:
        return f"/accounts/{segment(self.account_id)}/workers/scripts/{segment(self.worker)}"

    async def put(self, name: str, value: str) -> None:
        """Create or replace one secret."""
        await self._edit("PUT", "/secrets", body={"name": name, "text": value, "type": _KIND})

    async def names(self) -> list[tuple[str, str]]:
        """Return name and type of each secret."""
        answer = await self.client.call("GET", f"{self._path}/secrets")
        found = answer.result if isinstance(answer.result, list) else []
        return [
            (str(item["name"]), str(item.get("type", _KIND)))
            for item in found
            if isinstance(item, dict) and "name" in item
        ]

    async def delete(self, name: str) -> None:
        """Remove one secret."""
        await self._edit("DELETE", f"/secrets/{segment(name)}", query="url_encoded=true")

    async def change(self, changes: Mapping[str, str | None]) -> None:
        """Create, replace and (with None) remove secrets, all in one request."""
        body = {
            name: None if value is None else {"name": name, "text": value, "type": _KIND}
            for name, value in changes.items()
        }
        await self._edit("PATCH", "/secrets-bulk", body={"secrets": body}, content_type="application/merge-patch+json")

    async def create_worker(self) -> None:
        """Upload an empty Worker that can hold secrets."""
        from aiohttp import FormData

        form = FormData()
        form.add_field("metadata", json.dumps({"main_module": _EMPTY_MODULE, "bindings": []}))
        form.add_field(
            _EMPTY_MODULE,
            b"export default { fetch() {} }",
            filename=_EMPTY_MODULE,
            content_type="application/javascript+module",
        )
        await self.client.call("PUT", self._path, form=form)

    async def _edit(self, method: str, path: str, **request: Any) -> None:
        try:
            await self.client.call(method, f"{self._path}{path}", **request)
        except CloudError as error:
            if NOT_DEPLOYED not in error.codes:
                raise
            raise CloudError(
                "Secret edit failed: the latest version of the Worker is not the one that is deployed.\n"
                "Deploy the latest version first, then set the secret.",
                error.codes,
            ) from None
