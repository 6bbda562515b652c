"""What each kind of binding is called in Python and in TypeScript, in the order in which stubs list them."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """Types of one key of the config; Python's is a name of `workers.types`, `Any` for what has no type."""

    python: str
    typescript: str


KINDS: dict[str, Kind] = {
    "kv_namespaces": Kind("KVNamespace", "KVNamespace"),
    "r2_buckets": Kind("R2Bucket", "R2Bucket"),
    "d1_databases": Kind("D1Database", "D1Database"),
    "queues.producers": Kind("Queue", "Queue"),
    "ratelimits": Kind("RateLimit", "RateLimit"),
    "analytics_engine_datasets": Kind("AnalyticsEngineDataset", "AnalyticsEngineDataset"),
    "vectorize": Kind("VectorizeIndex", "VectorizeIndex"),
    "hyperdrive": Kind("Hyperdrive", "Hyperdrive"),
    "send_email": Kind("SendEmail", "SendEmail"),
    "dispatch_namespaces": Kind("DispatchNamespace", "DispatchNamespace"),
    "mtls_certificates": Kind("Fetcher", "Fetcher"),
    "secrets_store_secrets": Kind("SecretsStoreSecret", "SecretsStoreSecret"),
    "worker_loaders": Kind("WorkerLoader", "WorkerLoader"),
    "browser": Kind("Fetcher", "BrowserRun"),
    "ai": Kind("Ai", "Ai"),
    "images": Kind("ImagesBinding", "ImagesBinding"),
    "version_metadata": Kind("WorkerVersionMetadata", "WorkerVersionMetadata"),
    "stream": Kind("Any", "StreamBinding"),
    "media": Kind("Any", "MediaBinding"),
    "vpc_services": Kind("Fetcher", "Fetcher"),
    "vpc_networks": Kind("Fetcher", "Fetcher"),
    "text_blobs": Kind("str", "string"),
    "data_blobs": Kind("Any", "ArrayBuffer"),
    "wasm_modules": Kind("Any", "WebAssembly.Module"),
    "pipelines": Kind(
        "Pipeline", 'import("cloudflare:pipelines").Pipeline<import("cloudflare:pipelines").PipelineRecord>'
    ),
}
"""By the `kind` of an `OtherBinding`. Workflows have rules of their own; what is not here is `Any`."""
