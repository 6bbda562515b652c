"""Local connection strings of Hyperdrive bindings: `postgresql://user:password@host:port/database?options`.

The variable CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_<BINDING> outranks the config, so that a password need not be
written there; no message shows any of it. What a Worker sees has no percent escapes, as in workerd (spec/bindings.md,
section 8), unless a driver could not take the string apart without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from pywrangler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pywrangler.config.model import OtherBinding

PORTS = {"postgres": 5432, "postgresql": 5432, "mysql": 3306}
KEY = "localConnectionString"
VARIABLE = "CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_"
OLD_VARIABLE = "WRANGLER_HYPERDRIVE_LOCAL_CONNECTION_STRING_"
EXAMPLE = "postgresql://user:password@localhost:5432/database"


def with_connection(binding: OtherBinding, switches: Mapping[str, str], problems: list[Problem]) -> OtherBinding:
    """Return a Hyperdrive binding with its connection string and, as `connection`, the parts of it."""
    names = (f"{VARIABLE}{binding.name}", f"{OLD_VARIABLE}{binding.name}")
    variable = next((name for name in names if switches.get(name)), None)
    text = switches[variable] if variable is not None else binding.data.get(KEY)
    if not text:
        what = f'The Hyperdrive binding "{binding.name}" has no local connection string.'
        problems.append(Problem("hyperdrive", what, f'Set {names[0]}, or add "{KEY}".', binding.place))
        return binding
    try:
        connection = take_apart(text)
    except ValueError as problem:
        what = f'The local connection string in {variable or KEY} of the Hyperdrive binding "{binding.name}" {problem}.'
        problems.append(Problem("hyperdrive", what, f"It looks like {EXAMPLE}.", binding.place))
        return binding
    return replace(binding, data={**binding.data, KEY: text, "connection": connection})


def take_apart(text: str) -> dict[str, Any]:
    """Return what the binding shows: connectionString, host, port, user, password, database.

    ValueError with the end of a sentence if something is missing or malformed.
    """
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError:
        raise ValueError("is malformed") from None
    if split.scheme not in PORTS:
        raise ValueError(f"does not begin with {', '.join(f'{scheme}://' for scheme in PORTS)}")
    for part, value in (("host", split.hostname), ("user", split.username), ("database", split.path.strip("/"))):
        if not value:
            raise ValueError(f"has no {part}")
    shown = {
        "host": split.hostname,
        "port": PORTS[split.scheme] if port is None else port,
        "user": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "database": unquote(split.path[1:]),
    }
    return {"connectionString": _whole(split.scheme, shown, split.query) or text, **shown}


def _whole(scheme: str, parts: dict[str, Any], query: str) -> str | None:
    """Return the string without percent escapes, None if it would mean something else."""
    host = f"[{parts['host']}]" if ":" in parts["host"] else parts["host"]
    server = f"{parts['user']}:{parts['password']}@{host}:{parts['port']}"
    text = f"{scheme}://{server}/{parts['database']}" + (f"?{query}" if query else "")
    try:
        again = urlsplit(text)
        found = (again.hostname, again.port, again.username, again.password or "", again.path[1:], again.query)
    except ValueError:
        return None
    wanted = (*parts.values(), query)
    plain = not any("%" in str(value) for value in parts.values())
    return text if plain and found == wanted else None
