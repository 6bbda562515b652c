"""The releases of the `workers` SDK, and what each has.

Which one a Worker runs with is decided in `pywrangler.packages.sdk`. The tables were taken from the releases 1.5.4 to
1.9.5 on the package index, and from workerd's `src/pyodide/internal/workers-api`, which is the built-in SDK.
"""

from __future__ import annotations

Version = tuple[int, int, int]

BUILT_IN: Version = (0, 0, 0)
"""The SDK of the platform itself: bindings are raw there."""
FIRST: Version = (1, 5, 4)
NEWEST: Version = (1, 9, 5)

DISTRIBUTION = "workers-runtime-sdk"

SINCE: dict[str, Version] = {
    "workers.wait_until": FIRST,
    "workers.blob": FIRST,
    "workers.fetch": FIRST,
    "workers.formdata": FIRST,
    "workers.request": FIRST,
    "workers.response": FIRST,
    "workers.rpc": FIRST,
    "workers.types": FIRST,
    "workers.utils": FIRST,
    "workers.wsgi": (1, 6, 0),
    "workers.entrypoints": (1, 6, 4),
    "workers.asgi": (1, 6, 14),
    "workers.asgi.entrypoint": (1, 7, 0),
    "workers.wsgi.entrypoint": (1, 8, 0),
    "workers.gateway": (1, 9, 5),
    "workers.gateway.options": (1, 9, 5),
    "workers.asgi.DEFAULT_OPTIONS": (1, 9, 5),
    "workers.asgi.Options": (1, 9, 5),
    "workers.wsgi.DEFAULT_OPTIONS": (1, 9, 5),
    "workers.wsgi.Options": (1, 9, 5),
}
"""Modules and names that came with a release."""

UNTIL: dict[str, Version] = {"workers._workers": (1, 6, 4)}
"""Modules that a release no longer has."""


def has(name: str, version: Version) -> bool:
    """Say whether a release has a module or a name, given with its module: `workers.wsgi`."""
    return version >= SINCE.get(name, BUILT_IN) and not (name in UNTIL and version >= UNTIL[name])


def spell(version: Version) -> str:
    """Return a release as messages name it."""
    return "built-in SDK" if version == BUILT_IN else f"{DISTRIBUTION} {'.'.join(map(str, version))}"


def explain(name: str, version: Version, compat_date: str) -> str:
    """Say why a module or name is missing, and what to do."""
    if name in UNTIL and version >= UNTIL[name]:
        return f"{spell(version)} no longer has {name}; import it from workers."
    here = f"The built-in SDK of compatibility date {compat_date}" if version == BUILT_IN else f"{spell(version)}"
    since = ".".join(map(str, SINCE[name]))
    remedy = f'add "{DISTRIBUTION}>={since}" to the dependencies in pyproject.toml and run `pywrangler sync`'
    if version == BUILT_IN:
        remedy += ", or set compatibility_date to 2026-04-21 or later"
    return f"{here} has no {name}, which came with {DISTRIBUTION} {since}: {remedy}."
