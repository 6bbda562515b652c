"""Hyperdrive: `hyperdrive` of the config, a database reached through a pool.

Here the Worker connects to the database itself: host and port are the real ones of the local connection string
(`localConnectionString`, or CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_<BINDING>), which `config.connections` takes
apart. There is no pool and no cache of queries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.tcp_sockets import connect

if TYPE_CHECKING:
    from pywrangler.bindings.catalogue import Parts
    from pywrangler.config.model import OtherBinding


class Hyperdrive(JsProxy, js_name="Hyperdrive"):
    """A database as a Worker has it: connection string, and its parts without percent escapes."""

    def __init__(self, connection: dict[str, Any]) -> None:
        self.connectionString: str = connection["connectionString"]
        self.host: str = connection["host"]
        self.port: int = connection["port"]
        self.user: str = connection["user"]
        self.password: str = connection["password"]
        self.database: str = connection["database"]

    def connect(self, *_rest: Any, **_named: Any) -> Any:
        """Open a connection to the database, as `connect` of `cloudflare:sockets` does."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return connect(f"{host}:{self.port}")


def make(binding: OtherBinding, _parts: Parts) -> Hyperdrive:
    """Return the binding of an entry of the config."""
    database: Hyperdrive = Hyperdrive.new(binding.data["connection"])
    return database
