"""Well-known packages that do not work on Cloudflare, and what does the same (for all others see `installed`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pywrangler.fidelity.standard import has_sockets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.errors import Problem
    from pywrangler.fidelity.modules import Project

CODE = "package"


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
    """Yield a finding for each imported package of the table."""
    for item in project.third_party.values():
        known = UNAVAILABLE.get(item.package)
        if known is None or item.visit.is_guarded:
            continue
        if not (known.needs_sockets_only and has_sockets(project.worker.compat)):
            yield item.visit.source.problem(CODE, item.node, f"{item.package} {known.why}.", known.instead)
