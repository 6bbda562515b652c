"""Which files beside the modules go into the bundle, and so exist on Cloudflare.

Rules (spec/config.md section 5, spec/deploy-api.md; https://developers.cloudflare.com/workers/languages/python/examples/
for reading them): below the directory of `main`, `*.py` always; then what `rules` of the config name; then by default
Text `*.txt *.html *.sql`, Data `*.bin` and `*.wasm`, each unless a rule of the config has the same type and no
`fallthrough`. Of `python_modules` everything but what `python_modules.exclude` names. Bundled files lie beside the
modules and are only readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.config.globs import matches
from pywrangler.packages import vendored

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.config.model import WorkerConfig

DEFAULT_RULES = (
    ("Text", ("**/*.txt", "**/*.html", "**/*.sql")),
    ("Data", ("**/*.bin",)),
    ("CompiledWasm", ("**/*.wasm", "**/*.wasm?module")),
)
_MODULES = "**/*.py"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files that are uploaded with a Worker."""

    root: Path
    """Where `main` lies."""
    vendored: Path
    globs: tuple[str, ...]
    excluded: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    """Types whose default globs a rule of the config replaces."""

    def holds(self, path: Path) -> bool:
        """Whether the file exists on Cloudflare."""
        if path.is_relative_to(self.vendored):
            inner = path.relative_to(self.vendored).as_posix()
            return not any(matches(glob, inner) for glob in self.excluded)
        if not path.is_relative_to(self.root):
            return False
        inner = path.relative_to(self.root).as_posix()
        return any(matches(glob, inner) for glob in self.globs)

    def covers(self, path: Path) -> bool:
        """Whether the path lies where files of the bundle can lie."""
        return path.is_relative_to(self.root) or path.is_relative_to(self.vendored)


def bundle_of(worker: WorkerConfig) -> Bundle:
    """Return what is bundled with a Worker."""
    globs = [_MODULES]
    replaced = {rule.type for rule in worker.rules if not rule.fallthrough}
    for rule in worker.rules:
        globs += rule.globs
    for kind, defaults in DEFAULT_RULES:
        if kind not in replaced:
            globs += defaults
    hidden = tuple(kind for kind, _ in DEFAULT_RULES if kind in replaced)
    return Bundle(
        vendored.module_root(worker),
        worker.root / vendored.PYTHON_MODULES,
        tuple(globs),
        vendored.excluded(worker),
        hidden,
    )
