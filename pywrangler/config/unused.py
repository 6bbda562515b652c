"""Settings that do something under `wrangler dev` and nothing here: each is named once, with what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.config.diagnostics import Node
    from pywrangler.config.environments import Layers


class Unused(NamedTuple):
    """A setting by its path, `*` for any key or element; why it is without effect, and what to do."""

    path: str
    what: str
    remedy: str


_DEBUGGER = "Write `breakpoint()` in the Worker: Python's debugger opens in the terminal."
UNUSED = (
    Unused("site", "Workers Sites is not simulated", 'Use "assets".'),
    Unused("containers", "containers are not started", "Start the image yourself, and let the Worker fetch from it."),
    Unused("access.dev", "requests carry no identity of Access", "Send the header Cf-Access-Jwt-Assertion yourself."),
    Unused("cache", "responses of the Worker are not cached", "Use `caches`, or try it on Cloudflare."),
    Unused("exports.*.cache", "responses of the Worker are not cached", "Use `caches`, or try it on Cloudflare."),
    Unused("streaming_tail_consumers", "traces are not streamed", 'Use "tail_consumers" to see traces locally.'),
    Unused("connect", "there are no raw connections into a Worker", "Try it on Cloudflare."),
    Unused("assets.base_path", "files are served from `/`", "Put the files into a directory of that name."),
    Unused("r2_buckets.*.local_dev", "no S3 endpoint is served", "Use the binding, or `pywrangler r2 object`."),
    Unused("services.*.dev", "plugins of miniflare are not run", "Run the Worker in a session of its own."),
    Unused("workflows.*.limits", "steps are not counted", "Count them in a test."),
    Unused("triggers.events", "there are no events of Artifacts", "Create instances with the binding of the Workflow."),
    Unused("dev.inspector_port", "there is no inspector of JavaScript", _DEBUGGER),
    Unused("dev.inspector_ip", "there is no inspector of JavaScript", _DEBUGGER),
)


def warn_unused(layers: Layers) -> None:
    """Warn about each of these settings that is there for the selected environment."""
    for setting in UNUSED:
        first, *rest = setting.path.split(".")
        for node in _matches(layers.effective(first), rest):
            node.warning("no-effect", f'"{node.label}" has no effect here: {setting.what}.', setting.remedy, key=True)
    exports = layers.inherited("exports")
    for name in exports.value if isinstance(exports.value, dict) else ():
        item = exports.child(name)
        if isinstance(item.value, dict) and item.value.get("type") == "workflow":
            what = f'"{item.label}" has no effect here: Workflows are found by their bindings.'
            remedy = f'Add to "workflows": {{"binding": "{name.upper()}", "name": ..., "class_name": "{name}"}}.'
            item.warning("no-effect", what, remedy, key=True)


def _matches(node: Node, path: list[str]) -> Iterator[Node]:
    if not node.exists or not node.value:
        return
    if not path:
        yield node
        return
    keys: list[str | int] = [path[0]]
    if path[0] == "*":
        keys = list(node.value) if isinstance(node.value, dict) else []
        keys = list(range(len(node.value))) if isinstance(node.value, list) else keys
    for key in keys:
        yield from _matches(node.child(key), path[1:])
