"""From the command line's wishes to everything a session needs to know: `resolve`.

Several configs make one session; the first is the primary. Overrides (flags) apply to the primary only, the
environment to all (spec/registry.md, section 6). Every problem of every config is reported at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.config.model import Resolved
    from pywrangler.errors import Problem


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
    port: int | None = None
    ip: str | None = None
    host: str | None = None
    routes: tuple[str, ...] | None = None
    local_protocol: Literal["http", "https"] | None = None
    env_files: tuple[str, ...] = ()
    persist_to: Path | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The Workers of a session, primary first, and what the user should hear about them."""

    workers: tuple[Resolved, ...]
    warnings: tuple[Problem, ...]
    state_roots: tuple[Path, ...]
    """Where local data of each Worker lies (`.../v3`), in the order of `workers`."""


def resolve(
    config_paths: Sequence[Path] | None,
    *,
    cwd: Path,
    environment: str | None,
    overrides: Overrides = Overrides(),
    process_environment: Mapping[str, str],
) -> Resolution:
    """Return the resolved Workers; ConfigError with all problems of all configs.

    `config_paths` None searches (see `discover`). `environment` None means CLOUDFLARE_ENV, "" the top level.
    `process_environment` is the real one; the `.env` files that the command line reads for itself are added here.
    """
    raise NotImplementedError
