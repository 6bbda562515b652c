"""`--mock BINDING=FILE`: a Python file whose functions are the methods of a binding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pywrangler.config.paths import absolute, is_file
from pywrangler.config.suggest import did_you_mean
from pywrangler.errors import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pywrangler.config.model import WorkerConfig

ACCOUNT_ONLY = "account-only"


def with_mocks(worker: WorkerConfig, given: Sequence[str], cwd: Path, problems: list[Problem]) -> WorkerConfig:
    """Return the Worker with its mocks; relative paths start at `cwd`.

    What is wrong is added to `problems`; the warning that a binding is not simulated is taken out for those mocked.
    """
    files: dict[str, Path] = {}
    names = [binding.name for binding in worker.others]
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            what = f'--mock "{text}" is not BINDING=FILE.'
            problems.append(Problem("mock", what, "Write for instance --mock AI=mocks/ai.py."))
        elif name not in names:
            what = f'--mock names the binding "{name}", which {worker.name} does not have.'
            known = f"It has: {', '.join(names)}." if names else "It has none that can be mocked."
            problems.append(Problem("mock", what, did_you_mean(name, names) or known, Place(worker.config_path)))
        elif not is_file(absolute(cwd, path)):
            what = f'The mock of "{name}" is not there: {absolute(cwd, path)}.'
            problems.append(Problem("mock", what, "Paths start at the directory in which the command runs."))
        else:
            files[name] = absolute(cwd, path)
    mocked = [replace(item, mock=files[item.name]) if item.name in files else item for item in worker.others]
    places = [item.place for item in mocked if item.mock is not None]
    problems[:] = [item for item in problems if item.code != ACCOUNT_ONLY or item.place not in places]
    return replace(worker, others=tuple(mocked))
