"""What the command line says about one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Overrides:
    """Flags of the command line; None or empty means that the config decides. Relative paths start at `cwd`."""

    name: str | None = None
    script: Path | None = None
    """The positional argument of `dev`: used instead of `main`; the search for a config starts in its directory."""
    compatibility_date: str | None = None
    compatibility_flags: tuple[str, ...] | None = None
    assets: Path | None = None
    vars: tuple[str, ...] = ()
    """`NAME:VALUE` as typed."""
    mocks: tuple[str, ...] = ()
    """`BINDING=FILE` as typed."""
    port: int | None = None
    ip: str | None = None
    host: str | None = None
    routes: tuple[str, ...] | None = None
    infer_origin: bool = True
    """The Worker sees the host of the first route."""
    local_protocol: Literal["http", "https"] | None = None
    env_files: tuple[str, ...] = ()
    persist_to: Path | None = None


NO_OVERRIDES = Overrides()
