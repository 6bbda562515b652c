"""Builds `env`: plain values as they are, one binding object per configured binding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.js.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.bindings.assets import AssetStore
    from pywrangler.bindings.catalogue import Parts
    from pywrangler.config.model import WorkerConfig
    from pywrangler.protocol.control import HostSettings
    from pywrangler.runtime.exports import Exports
    from pywrangler.runtime.ports import Router


def build_environment(
    settings: HostSettings, router: Router, parts: Callable[[], Parts]
) -> tuple[Any, AssetStore | None]:
    """Return the raw `env` and the store of the Worker's assets, if it has any."""
    # Each kind is imported when a config has it: a start shall not pay for what it does not use.
    config = settings.worker
    values = {name: to_js_value(value) for name, value in settings.variables.items()}
    if config.durable_objects:
        from pywrangler.bindings.durable_objects import DurableObjectNamespace

        for item in config.durable_objects:
            script = item.script_name or config.name
            values[item.name] = DurableObjectNamespace.new(router, script, item.class_name)
    if config.services:
        from pywrangler.bindings.services import Fetcher

        for service in config.services:
            entrypoint = service.entrypoint or "default"
            values[service.binding] = Fetcher.new(router, service.service, entrypoint, props=service.props)
    if config.others:
        from pywrangler.bindings.catalogue import make

        for other in config.others:
            values[other.name] = make(other, parts())
    store = None
    if config.assets is not None:
        from pywrangler.bindings.assets import AssetsFetcher, AssetStore

        store = AssetStore(config.assets, config.compat)
        if config.assets.binding is not None:
            values[config.assets.binding] = AssetsFetcher.new(store)
    return plain(values), store


def loopbacks(config: WorkerConfig, exports: Exports, router: Router) -> Any:
    """Return `ctx.exports`: a binding to each entrypoint and each Durable Object class of this Worker."""
    from pywrangler.bindings.durable_objects import DurableObjectNamespace
    from pywrangler.bindings.services import LoopbackFetcher

    values: dict[str, Any] = {name: LoopbackFetcher.new(router, config.name, name) for name in exports.entrypoints}
    values.update(
        {name: DurableObjectNamespace.new(router, config.name, name) for name in exports.objects},
    )
    return plain(values)
