"""Every name that the newest released SDK has, with the parameters that callers may use."""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path

import pytest

RELEASED = json.loads(Path(__file__).with_name("released_names.json").read_text())

PRIVATE = {
    # What public code and Cloudflare's own tests import although it is private; other private names are left out.
    "workers.rpc": {name for name in RELEASED["workers.rpc"] if name.startswith("_")} - {"_idempotent_new"},
    "workers.utils": {name for name in RELEASED["workers.utils"] if name.startswith("_")}
    - {"_SDK_JS_MODULE_PREFIX", "_NON_RETRYABLE_ERROR_NAME", "_cloudflare_compat_flags"},
}

MORE = {
    # These take what the released ones take and more besides, or name what nobody passes by name.
    "workers.entrypoints.DurableObjectContext.abort",
    "workers.types.Context.waitUntil",
    "workers.rpc._FetcherWrapper.fetch",
}


def public():
    for module, names in RELEASED.items():
        for name, shape in names.items():
            if not name.startswith("_") or name in PRIVATE.get(module, ()):
                yield module, name, shape


def named_parameters(function):
    kinds = inspect.Parameter
    names = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is kinds.VAR_KEYWORD:
            names.append("**")
            continue
        if parameter.kind in (kinds.VAR_POSITIONAL, kinds.KEYWORD_ONLY) and "*" not in names:
            names.append("*")
        if parameter.kind is not kinds.VAR_POSITIONAL:
            names.append(parameter.name.lstrip("_"))
    return names


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, name, _ in public()])
def test_every_module_has_the_names_of_the_released_one(module, name):
    assert hasattr(importlib.import_module(module), name)


FUNCTIONS = [(f"{module}.{name}", shape) for module, name, shape in public() if isinstance(shape, list)]
METHODS = [
    (f"{module}.{name}.{method}", shape)
    for module, name, methods in public()
    if isinstance(methods, dict)
    for method, shape in methods.items()
    if not method.startswith("_") or method == "__init__"
]


@pytest.mark.parametrize(
    ("path", "expected"),
    [(path, shape) for path, shape in (*FUNCTIONS, *METHODS) if path not in MORE and "._" not in path],
)
def test_callers_may_name_the_same_parameters(path, expected):
    module, _, rest = path.removeprefix("workers.").partition(".")
    found = importlib.import_module(f"workers.{module}")
    for part in rest.split("."):
        found = inspect.getattr_static(found, part)
    if isinstance(found, property):
        return
    function = getattr(found, "__func__", found)
    assert named_parameters(function) == expected
