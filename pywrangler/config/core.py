"""The keys of a config that are not bindings: compatibility, rules, build, dev, routes, vars, secrets, assets.

Each reader takes the node of its key (which may be missing) and returns what the model holds.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any

from pywrangler.config.crons import check_expression
from pywrangler.config.diagnostics import show
from pywrangler.config.document import SAFE_INTEGER
from pywrangler.config.model import Assets, Build, Dev, Rule
from pywrangler.config.paths import absolute
from pywrangler.config.settings import EVENT
from pywrangler.config.shapes import Check, Record, any_of, flag, is_nothing, not_both, text
from pywrangler.config.suggest import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.config.diagnostics import Node

NAME = re.compile(r"[a-z0-9_][a-z0-9-_]*")
ENVIRONMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
MODULE_TYPES = (
    "ESModule", "CommonJS", "CompiledWasm", "Text", "Data", "PythonModule", "PythonRequirement",
)  # fmt: skip
HTML_HANDLING = ("auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none")
NOT_FOUND_HANDLING = ("none", "404-page", "single-page-application")

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
RULE_LIMIT = 100
RULE_LENGTH_LIMIT = 100


def name_fault(name: str) -> str:
    """Return what is wrong with a Worker's name, or an empty string."""
    if NAME.fullmatch(name):
        return ""
    return f'Expected "name" to be alphanumeric and lowercase with dashes only but got {show(name)}.'


def date_fault(date: str) -> tuple[str, str]:
    """Return what is wrong with a compatibility date and what to do, or two empty strings."""
    try:
        if _DATE.fullmatch(date):
            dt.date.fromisoformat(date)
            return "", ""
    except ValueError:
        pass
    plain = date.replace("\u2013", "-").replace("\u2014", "-")
    if plain != date and _DATE.fullmatch(plain):
        return f"The compatibility date {show(date)} is written with en or em dashes.", f'Use hyphens: "{plain}".'
    what = f'"compatibility_date" should be a valid date (YYYY-MM-DD) but got {show(date)}.'
    return what, ""


def read_rules(node: Node) -> tuple[Rule, ...]:
    """Read `rules`; warn about a rule that an earlier one of its type shadows."""
    rules: list[Rule] = []
    closed: set[str] = set()
    for item in () if is_nothing(node.value) else node.objects():
        for key in ("type", "globs"):
            if not item.has(key):
                item.require(key, ("type", "globs", "fallthrough"))
        kind = item.choice("type", MODULE_TYPES)
        globs = item.child("globs").strings()
        fallthrough = item.flag("fallthrough")
        if kind is None:
            continue
        if kind in closed:
            what = f'An earlier rule of type "{kind}" without "fallthrough" hides "{item.label}".'
            item.warning("shadowed-rule", what, 'Set "fallthrough": true on the earlier one.')
            continue
        if not fallthrough:
            closed.add(kind)
        rules.append(Rule(kind, globs, bool(fallthrough)))
    return tuple(rules)


def read_dev(node: Node) -> Dev:
    """Read `dev`."""
    if not node.exists or node.value is None or not node.is_object():
        return Dev()
    node.known((
        "ip", "port", "inspector_port", "inspector_ip", "local_protocol", "upstream_protocol", "host",
        "enable_containers", "container_engine", "generate_types",
    ))  # fmt: skip
    node.whole("inspector_port", 0, 65535)
    node.text("inspector_ip")
    node.choice("upstream_protocol", ("http", "https"))
    node.flag("enable_containers")
    node.text("container_engine")
    port = node.whole("port", 0, 65535)
    return Dev(
        ip=node.text("ip") or "localhost",
        port=port,
        local_protocol=node.choice("local_protocol", ("http", "https")) or "http",
        host=node.text("host") or None,
        port_place=node.report.document.place(node.child("port").trail) if port is not None else None,
        generate_types=bool(node.flag("generate_types")),
    )


def read_build(node: Node, base: Path) -> Build | None:
    """Read `build`; None without a command."""
    if not node.exists or node.value is None or not node.is_object():
        return None
    node.known(("command", "cwd", "watch_dir"))
    command, cwd = node.text("command"), node.text("cwd")
    watched = node.child("watch_dir")
    is_array = isinstance(watched.value, list)
    directories = watched.strings() if is_array else (node.text("watch_dir") or "./src",)
    if not command:
        return None
    return Build(
        command,
        absolute(base, cwd) if cwd else base,
        tuple(absolute(base, directory) for directory in directories),
    )


def read_routes(route: Node, routes: Node) -> str | None:
    """Read `route` and `routes`; return the host of the first."""
    if route.exists and route.value == "":
        route.warning("empty", f'"{route.label}" is empty and ignored.')
        route = route.gone()
    # An environment may have one and inherit the other.
    if route.exists and routes.exists and route.trail[:-1] == routes.trail[:-1]:
        routes.error("not-allowed", 'The configuration has both "route" and "routes".', "Keep one of them.", key=True)
    hosts = [_route_host(item) for item in ([route] if route.exists else routes.items())]
    return next((host for host in hosts if host), None)


_ROUTE_FIELDS: dict[str, Check] = {
    "zone_id": text,
    "zone_name": text,
    "custom_domain": flag,
    "enabled": flag,
    "previews_enabled": flag,
}


def _route_host(item: Node) -> str | None:
    if not isinstance(item.value, dict):
        if item.expect(str, "a route: a pattern or an object with one") and not item.value:
            item.error("empty", f'"{item.label}" must not be empty.')
        return route_host(item.value) if isinstance(item.value, str) else None
    ROUTE(item)
    pattern = item.value.get("pattern")
    return route_host(pattern) if isinstance(pattern, str) else None


def _known_fields_only(item: Node) -> None:
    """Elsewhere a field too many is a warning, here it makes the route useless."""
    for key in item.value:
        if key != "pattern" and key not in _ROUTE_FIELDS:
            what = f'"{item.label}" has the field "{key}", which routes do not have.'
            item.child(key).error("not-allowed", what, did_you_mean(key, _ROUTE_FIELDS), key=True)


def _flags_need_a_domain(item: Node) -> None:
    for key in ("enabled", "previews_enabled"):
        if item.has(key) and not item.has("custom_domain"):
            what = f'"{item.label}.{key}" needs the field "custom_domain".'
            item.child(key).error("not-allowed", what, key=True)


ROUTE = Record(
    {"pattern": text},
    _ROUTE_FIELDS,
    is_open=True,
    rules=(
        any_of("zone_id", "zone_name", "custom_domain"),
        not_both("zone_id", "zone_name"),
        _flags_need_a_domain,
        _known_fields_only,
    ),
)


def route_host(pattern: str) -> str | None:
    """Return the host name in a route pattern such as `*.example.com/api/*`, None if it has none."""
    scheme = _SCHEME.match(pattern)
    host = pattern[scheme.end() if scheme else 0 :].split("/", 1)[0]
    host = host.removeprefix("*.").removeprefix("*")
    return host if host and "*" not in host and " " not in host else None


def zone_name(route: Node, routes: Node) -> str | None:
    """Return the `zone_name` of the first route, which `read_routes` has checked."""
    first = route.value if route.exists else next(iter(routes.value), None) if isinstance(routes.value, list) else None
    name = first.get("zone_name") if isinstance(first, dict) else None
    return name if isinstance(name, str) and name else None


def read_crons(node: Node) -> tuple[str, ...]:
    """Read `triggers`; return the cron expressions as written."""
    if not node.exists or node.value is None or not node.is_object():
        return ()
    node.known(("crons", "events"))
    for event in node.child("events").items():
        EVENT(event)
    crons = node.child("crons")
    for item in crons.items():
        check_expression(item)
    return tuple(item.value for item in crons.items() if isinstance(item.value, str))


def read_tails(node: Node) -> tuple[str, ...]:
    """Read `tail_consumers`; return the names of the Workers."""
    if not node.exists or is_nothing(node.value):
        return ()
    for item in node.items():
        TAIL(item)
    services = [item.value.get("service") for item in node.items() if isinstance(item.value, dict)]
    return tuple(service for service in services if isinstance(service, str))


TAIL = Record({"service": text}, {"environment": text}, is_open=True)


def read_vars(node: Node) -> dict[str, Any]:
    """Read `vars`: any JSON values, which TOML's `nan` and `inf` are not."""
    found = dict(node.entries())
    for item in found.values():
        if not _is_finite(item.value):
            what = f'"{item.label}" holds a number that JSON does not have: {show(item.value)}.'
            item.error("wrong-type", what, "Write a string instead.")
    return {name: item.value for name, item in found.items()}


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def as_javascript(value: Any) -> Any:
    """Return JSON data with its numbers as Python gets them from JavaScript: up to 2^53, what is whole is an int."""
    if isinstance(value, dict):
        return {key: as_javascript(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_javascript(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= SAFE_INTEGER:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > SAFE_INTEGER:
        return float(value) if value.bit_length() < 1024 else (math.inf if value > 0 else -math.inf)
    return value


def read_secrets(node: Node) -> tuple[str, ...] | None:
    """Read `secrets`; return the required names, None without the object."""
    if not node.exists or not node.is_object():
        return None
    node.known(("required",))
    return tuple(dict.fromkeys(node.child("required").strings()))


def read_assets(node: Node, base: Path) -> tuple[Assets | None, Node]:
    """Read `assets`; `directory` is empty (the base) if missing. Also return the node of the directory."""
    directory_node = node.child("directory")
    if not node.exists or not node.is_object():
        return None, directory_node
    node.known(("directory", "binding", "html_handling", "not_found_handling", "base_path", "run_worker_first"))
    node.text("base_path")
    directory = node.text("directory")
    return Assets(
        absolute(base, directory) if directory else base,
        node.text("binding") or None,
        node.choice("html_handling", HTML_HANDLING) or "auto-trailing-slash",
        node.choice("not_found_handling", NOT_FOUND_HANDLING) or "none",
        _read_worker_first(node.child("run_worker_first")),
    ), directory_node


def _read_worker_first(node: Node) -> bool | tuple[str, ...]:
    if not node.exists or isinstance(node.value, bool):
        return node.value is True
    rules = []
    for item in node.items():
        if not item.expect(str, "a string"):
            continue
        if not item.value.removeprefix("!").startswith("/"):
            item.error("asset-rule", f'The rule {show(item.value)} has to begin with "/" or "!/".')
        elif len(item.value) > RULE_LENGTH_LIMIT:
            item.error("asset-rule", f"The rule {show(item.value)} is longer than {RULE_LENGTH_LIMIT} characters.")
        else:
            rules.append(item.value)
    if len(rules) > RULE_LIMIT:
        node.error("asset-rule", f'"{node.label}" has {len(rules)} rules; at most {RULE_LIMIT} are allowed.')
    if rules and all(rule.startswith("!") for rule in rules):
        node.error("asset-rule", f'"{node.label}" has exceptions only.', 'Add a rule without "!", such as "/*".')
    return tuple(rules)
