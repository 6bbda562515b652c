"""Values and bindings across the border to JavaScript, under the names that code and tests import them by."""

from __future__ import annotations

from pywrangler.runtime.js.jsdict import JsDict
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
    "_WorkflowWrapper",
    "python_from_rpc",
    "python_to_rpc",
]
