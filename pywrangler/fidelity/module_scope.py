"""What runs when a module is imported, where Cloudflare allows no I/O, no randomness and no clock.

The import happens once, before the deployment; its memory is kept as a snapshot, from which Workers start. Randomness
raises there, I/O needs a request, and a time read there is that of the snapshot for ever. Importing `random` is fine;
using it is not, except for generators with a seed of their own.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pywrangler.fidelity.walk import is_main_guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.errors import Problem
    from pywrangler.fidelity.walk import Visit

CODE = "module-scope"
_IN_A_FUNCTION = "Do it in a function that a request calls, and keep the result in a global if it is wanted again."
_SEEDED = frozenset(("random.Random", "numpy.random.default_rng"))
_HARMLESS = frozenset(("random.SystemRandom", "secrets.SystemRandom", "secrets.compare_digest"))
_RANDOM_MODULES = ("random.", "secrets.", "numpy.random.")
_RANDOM = frozenset(
    (
        *("uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "os.urandom", "os.getrandom"),
        *("ssl.create_default_context", "js.Math.random", "js.crypto.randomUUID", "js.crypto.getRandomValues"),
        *("cryptography.fernet.Fernet.generate_key",),
    )
)
_CLOCKS = frozenset(
    (
        *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.localtime"),
        *("time.gmtime", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
        *("datetime.date.today", "js.Date.now", "js.Date.new", "js.performance.now"),
    )
)
_INPUT_OUTPUT = frozenset(
    (
        *("js.fetch", "workers.fetch", "pyodide.http.pyfetch", "urllib.request.urlopen", "js.setTimeout"),
        *("js.setInterval", "js.scheduler.wait", "js.WebSocket.new"),
        *(
            f"{package}.{verb}"
            for package in ("requests", "httpx")
            for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream")
        ),
    )
)


def check(visit: Visit) -> Iterator[Problem]:
    """Yield a finding if the node does at import what only a request may do."""
    if not visit.at_import:
        return
    if is_main_guard(visit.node):
        what = 'The code below `if __name__ == "__main__":` never runs in a Worker.'
        remedy = "Events call the methods of your entrypoint class; move what is needed there."
        yield visit.source.problem("main-guard", visit.node, what, remedy, "warning")
    if not isinstance(visit.node, ast.Call):
        return
    name = visit.name(visit.node.func)
    if name is None:
        return
    shown = f"{name}()"
    if name in _RANDOM or _is_random(name, visit.node):
        what = f"{shown} needs randomness while the module is imported, where Cloudflare has none."
        yield visit.source.problem(CODE, visit.node, what, _IN_A_FUNCTION)
    elif name in _INPUT_OUTPUT or (name.startswith("workers.env.") and name.count(".") > 2):
        what = f"{shown} does I/O while the module is imported; Cloudflare allows it during events only."
        yield visit.source.problem(CODE, visit.node, what, _IN_A_FUNCTION)
    elif name in _CLOCKS:
        what = f"{shown} is read while the module is imported; on Cloudflare that is when the Worker was deployed."
        yield visit.source.problem(CODE, visit.node, what, _IN_A_FUNCTION, "warning")


def _is_random(name: str, call: ast.Call) -> bool:
    if name in _SEEDED:
        return not call.args and not call.keywords
    if name in _HARMLESS or "()" in name:
        return False
    return any(name.startswith(module) and name.count(".") == module.count(".") for module in _RANDOM_MODULES)
