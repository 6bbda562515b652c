"""Packages that do not work on Cloudflare, and what does the same.

Two kinds of knowledge: a table of well-known packages, and what is installed in the project's environment, where files
that are compiled for this machine show that a package has to exist for WebAssembly, too (`pyodide_packages`).
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distributions
from typing import TYPE_CHECKING, NamedTuple

from pywrangler.fidelity import dependencies
from pywrangler.fidelity.dependencies import canonical
from pywrangler.fidelity.modules import VENDORED, Import, Project, unresolved
from pywrangler.fidelity.pyodide_packages import AS_OF, COMPILED, NEWER, PURE_FALLBACK
from pywrangler.fidelity.standard import has_sockets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.errors import Problem

CODE = "package"
_COMPILED_SUFFIX = re.compile(r"\.(?:so|pyd|dylib)$")
_FOR_PYODIDE = re.compile(r"(?:emscripten|pyodide|wasm32)")


class Unavailable(NamedTuple):
    """Why a package does not work, and what to use."""

    why: str
    instead: str
    needs_sockets_only: bool = False
    """It works at compatibility dates that have sockets."""


_NO_WASM = "is compiled code that Pyodide does not have"
_HYPERDRIVE = "Use Hyperdrive with asyncpg or pg8000 (PostgreSQL), aiomysql or PyMySQL (MySQL), or D1."
_AI = "Call a model with `env.AI.run(...)`, or over HTTP."
_SOCKETS = "needs TCP sockets, which Workers have from the compatibility date 2026-09-08 on"

UNAVAILABLE: dict[str, Unavailable] = {
    **dict.fromkeys(("torch", "torchvision", "torchaudio", "tensorflow", "keras", "jax"), Unavailable(_NO_WASM, _AI)),
    **dict.fromkeys(("onnxruntime", "transformers", "sentence_transformers", "vllm"), Unavailable(_NO_WASM, _AI)),
    **dict.fromkeys(("psycopg2", "MySQLdb", "pyodbc", "cx_Oracle", "pymssql"), Unavailable(_NO_WASM, _HYPERDRIVE)),
    **dict.fromkeys(
        ("asyncpg", "psycopg", "pg8000", "pymysql", "aiomysql"),
        Unavailable(_SOCKETS, "Raise compatibility_date and use Hyperdrive, or use D1.", needs_sockets_only=True),
    ),
    **dict.fromkeys(
        ("redis", "aioredis", "valkey"),
        Unavailable(_SOCKETS, "Raise compatibility_date, or use a Redis with an HTTP interface.", True),
    ),
    **dict.fromkeys(
        ("cassandra", "neo4j", "ldap3"),
        Unavailable(_SOCKETS, "Raise compatibility_date, or use the HTTP interface of the database.", True),
    ),
    **dict.fromkeys(
        ("pymongo", "motor"), Unavailable("watches its servers from threads", "Use D1, or an HTTP interface.")
    ),
    **dict.fromkeys(
        ("pika", "aio_pika", "kafka", "aiokafka", "paho", "stomp", "nats"),
        Unavailable(_SOCKETS, "Raise compatibility_date, or use Queues.", True),
    ),
    **dict.fromkeys(
        ("paramiko", "asyncssh", "aiosmtplib", "dns"),
        Unavailable(_SOCKETS, "Raise compatibility_date, or use an HTTP service.", True),
    ),
    "confluent_kafka": Unavailable(_NO_WASM, "Use Queues, or a Kafka with an HTTP interface."),
    **dict.fromkeys(
        ("uvloop", "gevent", "eventlet", "trio"),
        Unavailable("brings an event loop of its own; on Cloudflare the loop is the platform's", "Use asyncio."),
    ),
    "greenlet": Unavailable(_NO_WASM, "Use async functions; pyodide.ffi.run_sync waits inside sync code."),
    **dict.fromkeys(
        ("celery", "rq", "dramatiq", "huey", "apscheduler"),
        Unavailable("runs jobs in processes or threads of its own", "Use Queues, Workflows, cron triggers or alarms."),
    ),
    **dict.fromkeys(
        ("grpc", "grpc_tools"), Unavailable(_NO_WASM, "Use the JSON or gRPC-Web interface of the service.")
    ),
    **dict.fromkeys(
        ("selenium", "playwright", "pyppeteer"),
        Unavailable("starts a browser in a process of its own", "Use Browser Rendering."),
    ),
    **dict.fromkeys(("weasyprint", "pdfkit", "wkhtmltopdf"), Unavailable(_NO_WASM, "Use fpdf2, or Browser Rendering.")),
    **dict.fromkeys(
        ("psutil", "docker", "pexpect", "sh", "plumbum", "git"),
        Unavailable("works with processes, which Workers have none of", "Use a service over HTTP."),
    ),
    **dict.fromkeys(("polars", "dask", "ray", "numba", "faiss"), Unavailable(_NO_WASM, "Use pandas or numpy.")),
    **dict.fromkeys(("spacy", "tokenizers", "sentencepiece"), Unavailable(_NO_WASM, "Use nltk, tiktoken or env.AI.")),
    "librosa": Unavailable(_NO_WASM, "Use scipy and soundfile."),
    "PyQt5": Unavailable("draws windows", "Answer with HTML."),
    "pygit2": Unavailable(_NO_WASM, "Use a service over HTTP."),
    "debugpy": Unavailable("opens a port for a debugger", "Attach to `pywrangler dev` instead."),
}
"""By the name that is imported."""


def check(project: Project) -> Iterator[Problem]:
    """Yield a finding for each imported package that will not be there, or not work."""
    installed = _installed(project) if project.third_party else []
    declared = dependencies.closure(project.worker.root, installed)
    for item in project.third_party.values():
        known = UNAVAILABLE.get(item.package)
        if known is not None:
            if not (known.needs_sockets_only and has_sockets(project.worker.compat)) and not item.visit.is_guarded:
                yield _finding(item, f"{item.package} {known.why}.", known.instead)
            continue
        found = _distribution_of(installed, item.package)
        if found is not None and not item.visit.is_guarded:
            yield from _installed_findings(item, found, declared)
        elif found is None and not item.visit.is_guarded and unresolved(project, item):
            remedy = "Add it to the dependencies in pyproject.toml and run `pywrangler sync`."
            yield item.visit.source.problem(
                "unresolved-import", item.node, f"No module {item.package} was found.", remedy, "warning"
            )
    yield from _vendored(project)


def present(project: Project) -> list[str]:
    """Return the imported packages, without those that are optional and missing."""
    return [
        item.package
        for item in project.third_party.values()
        if not (item.visit.is_guarded and unresolved(project, item))
    ]


def _installed_findings(item: Import, found: Distribution, declared: frozenset[str] | None) -> Iterator[Problem]:
    name = canonical(found.metadata["Name"])
    compiled = _compiled_file(found)
    if compiled and name not in COMPILED | NEWER | PURE_FALLBACK:
        what = f"{name} is compiled for this machine ({compiled}), and {AS_OF} does not have it."
        yield _finding(item, what, "Look for a wheel for WebAssembly, or use a package in pure Python.", "warning")
    if declared is None or name not in declared:
        where = "there is no pyproject.toml" if declared is None else "pyproject.toml does not ask for it"
        what = f"{item.package} is installed here, but {where}, so it is not part of the bundle."
        yield item.visit.source.problem(
            "undeclared-package", item.node, what, f'Add "{name}" to the dependencies.', "warning"
        )


def _finding(item: Import, what: str, remedy: str, severity: str = "error") -> Problem:
    return item.visit.source.problem(CODE, item.node, what, remedy, "warning" if severity == "warning" else "error")


def _vendored(project: Project) -> Iterator[Problem]:
    """Yield a finding for compiled files in `python_modules` that are for another machine than Cloudflare's."""
    from pywrangler.errors import Place, Problem

    directory = project.worker.root / VENDORED
    if not directory.is_dir():
        return
    for path in sorted(directory.rglob("*")):
        if _COMPILED_SUFFIX.search(path.name) and not _FOR_PYODIDE.search(path.name):
            package = path.relative_to(directory).parts[0]
            what = f"{VENDORED}/{package} holds code compiled for this machine ({path.name}); it will not load."
            yield Problem(CODE, what, "Vendor the package's wheel for WebAssembly.", Place(path))
            return


def _installed(project: Project) -> list[Distribution]:
    """Return what a host would find, the project's own environment first."""
    return list(distributions(path=[*map(str, project.site_packages), *sys.path]))


def _distribution_of(installed: list[Distribution], package: str) -> Distribution | None:
    """Return the distribution that has a top-level package, None if there is none or it is not known."""
    return next((found for found in installed if package in _top_level(found)), None)


def _top_level(distribution: Distribution) -> set[str]:
    text = distribution.read_text("top_level.txt")
    if text:
        return set(text.split())
    names = {file.parts[0].partition(".")[0] for file in distribution.files or () if file.suffix in {".py", ".so"}}
    return {name for name in names if name.isidentifier()}


def _compiled_file(distribution: Distribution) -> str:
    """Return a file of the distribution that is compiled for this machine, or nothing."""
    return next((file.name for file in distribution.files or () if _COMPILED_SUFFIX.search(file.name)), "")
