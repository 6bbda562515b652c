"""Values and bindings across the border to JavaScript, under the names that code and tests import them by."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.proxy import jsnull
from workers.conversion import python_from_rpc, python_to_rpc
from workers.environment import _EnvWrapper
from workers.wrappers import (
    _BindingWrapper,
    _DurableObjectNamespaceWrapper,
    _FetcherWrapper,
    _RpcStubWrapper,
    _WorkflowWrapper,
)

__all__ = [
    "JsDict",
    "_BindingWrapper",
    "_DurableObjectNamespaceWrapper",
    "_EnvWrapper",
    "_FetcherWrapper",
    "_RpcStubWrapper",
    "_WorkflowBindingWrapper",
    "_WorkflowInstanceWrapper",
    "_WorkflowWrapper",
    "python_from_rpc",
    "python_to_rpc",
]

_WorkflowBindingWrapper = _WorkflowInstanceWrapper = _WorkflowWrapper


def _raise_on_disabled_type(value: Any) -> None:
    python_to_rpc(value)


# Converters for `to_js` and `to_py`, which hand them what they do not convert themselves.


def _python_to_rpc_default_converter(obj: Any, _convert: Any, _cache: Any) -> Any:
    return python_to_rpc(obj)


def _python_from_rpc_default_converter(value: Any, _convert: Any, _cache: Any) -> Any:
    return python_from_rpc(value)


def _replace_jsnull_with_none(obj: Any) -> Any:
    if isinstance(obj, dict):
        return JsDict({key: _replace_jsnull_with_none(value) for key, value in obj.items()})
    if isinstance(obj, list):
        return [_replace_jsnull_with_none(value) for value in obj]
    return None if obj is jsnull else obj


def _replace_none_with_jsnull(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replace_none_with_jsnull(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace_none_with_jsnull(item) for item in value]
    return jsnull if value is None else value
