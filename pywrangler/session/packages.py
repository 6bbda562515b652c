"""Where the packages of a Worker are, as its host is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.packages.vendored import directories
from pywrangler.protocol.control import Packages
from pywrangler.session.venv import find_site_packages

if TYPE_CHECKING:
    from pywrangler.config.model import WorkerConfig


def packages_of(worker: WorkerConfig) -> Packages:
    """Return the places as they are now; StartError if the project's environment cannot be used."""
    vendored = tuple((directory, excluded) for directory, excluded in directories(worker) if directory.is_dir())
    return Packages(vendored, find_site_packages(worker.root), worker.compat.process_pth_files)
