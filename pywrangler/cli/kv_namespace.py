"""Which KV namespace a command means (spec/cli.md, section 6).

`dev` uses the namespace of `preview_id`. Upstream's commands read that of `id` unless told otherwise, and do not write
before they are told; so do these, and reading says that there is another one.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.cli.style import block, style_for
from pywrangler.cli.targets import choose_target, find_targets, own_environment
from pywrangler.config.suggest import did_you_mean
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace

    from pywrangler.cli.targets import Target
    from pywrangler.config.model import OtherBinding


@dataclass(frozen=True, slots=True)
class KvNamespace:
    """A namespace; as text it is what messages call it."""

    id: str
    directory: Path
    """That of the configuration: local data lies below it."""
    binding: str | None = None

    def __str__(self) -> str:
        if self.binding is None:
            return f'namespace id: "{self.id}"'
        return f'namespace binding: "{self.binding}" (id: "{self.id}")'


def find_namespace(options: Namespace, *, is_write: bool) -> KvNamespace:
    """Return the namespace that `--binding` or `--namespace-id` names; StartError if there is none."""
    environment = own_environment(options)
    targets = find_targets(options, environment)
    if options.namespace_id is not None:
        directory = choose_target(options, environment).worker.root if targets else Path.cwd()
        return KvNamespace(options.namespace_id, directory)
    holders = [target for target in targets if _binding(target, options.binding) is not None]
    chosen = holders[0] if len(holders) == 1 and options.name is None else choose_target(options, environment)
    binding = _binding(chosen, options.binding)
    if binding is None:
        names = [other.name for other in chosen.worker.others if other.kind == "kv_namespaces"]
        where = 'the "kv_namespaces" section of your wrangler config'
        what = f'No KV namespace with binding "{options.binding}" was found in {where}.'
        remedy = did_you_mean(options.binding, names) or "Check the binding name, or use `--namespace-id` instead."
        raise StartError(Problem("unknown-binding", what, remedy))
    return KvNamespace(_id(binding, options.preview, is_write=is_write), chosen.worker.root, binding.name)


def _binding(target: Target, name: str) -> OtherBinding | None:
    found = (other for other in target.worker.others if other.kind == "kv_namespaces" and other.name == name)
    return next(found, None)


def _id(binding: OtherBinding, preview: bool | None, *, is_write: bool) -> str:
    real, shown = (binding.data.get(key) for key in ("id", "preview_id"))
    if preview and not shown:
        what = f'No preview namespace ID is configured for binding "{binding.name}".'
        remedy = 'Add a "preview_id" to its entry in "kv_namespaces", or use `--namespace-id`.'
        raise StartError(Problem("no-preview", what, remedy, binding.place))
    if preview is None and real and shown and real != shown:
        if is_write:
            what = f'The binding "{binding.name}" has both an "id" and a "preview_id" configured.'
            remedy = (
                "Pass `--preview` to target the preview namespace, which is the one that `dev` uses, or "
                "`--preview false` to target the production namespace."
            )
            raise StartError(Problem("two-namespaces", what, remedy, binding.place))
        what = f'This is the namespace "{real}"; `dev` uses the preview namespace "{shown}".'
        sys.stderr.write(block(style_for(sys.stderr, os.environ), "warning", what, "Pass `--preview` for that one."))
    if preview or (preview is None and not real and shown):
        return str(shown)
    return str(real or binding.name)
