"""Analytics Engine datasets: `analytics_engine_datasets` of the config. Nothing is kept, and nothing is checked.

As in the local mode of wrangler (spec/bindings.md, section 8); in production a dataset can only be read through an API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.proxy import JsProxy

if TYPE_CHECKING:
    from pywrangler.bindings.catalogue import Parts
    from pywrangler.config.model import OtherBinding


class AnalyticsEngineDataset(JsProxy, js_name="AnalyticsEngineDataset"):
    """A dataset as a Worker has it."""

    __slots__ = ()

    def writeDataPoint(self, *_point: Any, **_fields: Any) -> None:
        """Forget a data point: blobs, doubles and indexes."""


def make(_binding: OtherBinding, _parts: Parts) -> AnalyticsEngineDataset:
    """Return the binding of an entry of the config."""
    dataset: AnalyticsEngineDataset = AnalyticsEngineDataset.new()
    return dataset
