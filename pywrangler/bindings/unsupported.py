"""A binding of a kind that is not simulated: it exists, and says so when it is used."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, NoReturn

from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.proxy import JsProxy

if TYPE_CHECKING:
    from pywrangler.bindings.catalogue import Parts
    from pywrangler.config.model import OtherBinding

PRODUCTS = {
    "ai": "Workers AI",
    "vectorize": "Vectorize index",
    "browser": "Browser Run",
    "images": "Images",
    "stream": "Stream",
    "media": "Media",
    "pipelines": "Pipeline",
    "worker_loaders": "Worker Loader",
    "dispatch_namespaces": "Dispatch Namespace",
    "mtls_certificates": "mTLS Certificate",
    "vpc_services": "VPC Service",
}

CLASSES = {
    "ai": "Ai",
    "vectorize": "VectorizeIndexImpl",
    "images": "ImagesBindingImpl",
    "analytics_engine_datasets": "AnalyticsEngineDataset",
    "browser": "Fetcher",
    "mtls_certificates": "Fetcher",
    "vpc_services": "Fetcher",
    "vpc_networks": "Fetcher",
}
"""What the class of a product is called; the SDK wraps bindings by that name, and leaves others raw."""


class Unsupported(JsProxy):
    """The binding object; every member raises an error that names binding and product."""

    __slots__ = ("_kind", "_name")

    def __init__(self, name: str, kind: str) -> None:
        self._name = name
        self._kind = kind

    def __getattr__(self, member: str) -> NoReturn:
        if member.startswith("_"):
            raise AttributeError(member)
        product = PRODUCTS.get(self._kind, self._kind)
        raise error(
            f"Binding {self._name} ({product}) is not supported locally: "
            f"`{member}` does not work under `pywrangler dev`. A Python file can stand for it: --mock {self._name}=FILE"
        )

    def fetch(self, *_arguments: Any) -> NoReturn:
        """Raise like every other member."""
        self.__getattr__("fetch")


def make(binding: OtherBinding, _parts: Parts) -> Unsupported:
    """Return the binding of an entry of the config."""
    name = CLASSES.get(binding.kind)
    kind = Unsupported if name is None else types.new_class("Unsupported", (Unsupported,), {"js_name": name})
    stand_in: Unsupported = kind.new(binding.name, binding.kind)  # type: ignore[attr-defined]
    return stand_in
