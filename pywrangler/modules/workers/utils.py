"""Small things that code imports from here by habit; each lives in the module of its subject."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.py_buffers import has_buffer as _supports_buffer_protocol
from workers._headers import message_class
from workers._headers import to_js_headers as _to_js_headers
from workers._headers import to_message as _js_headers_to_http_message
from workers._javascript import BODY_CLASSES, js_name
from workers._javascript import python_error as _to_python_exception
from workers.importing import import_from_javascript
from workers.patching import patch_env
from workers.workflows import recreated as _from_js_error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "RESPONSE_ACCEPTED_TYPES",
    "HTTPMessageMapping",
    "_from_js_error",
    "_js_headers_to_http_message",
    "_supports_buffer_protocol",
    "_to_js_headers",
    "_to_python_exception",
    "get_compat_flag",
    "import_from_javascript",
    "import_sdk_javascript_module_async",
    "jsnull",
    "patch_env",
]

RESPONSE_ACCEPTED_TYPES = (set(BODY_CLASSES) - {"File"}) | {"Response", "TypedArray"}
_JS_PASSTHROUGH_TYPES = RESPONSE_ACCEPTED_TYPES | {"Headers"}

HTTPMessageMapping = message_class()


def get_compat_flag(flag: str) -> bool:
    """Say whether a compatibility flag is on; one that does not exist is not."""
    import _cloudflare_compat_flags

    return bool(getattr(_cloudflare_compat_flags, flag, False))


async def import_sdk_javascript_module_async(name: str) -> Any:
    """Return a JavaScript module of the SDK; ImportError, because those do not run here."""
    return import_from_javascript(f"python_modules/workers/{name}")


def _jsnull_to_none(x: Any) -> Any:
    return None if x is jsnull else x


def _is_js_instance(val: Any, js_cls_names: str | set[str]) -> bool:
    names = {js_cls_names} if isinstance(js_cls_names, str) else js_cls_names
    return js_name(val) in names


def _get_js_constructor_name(obj: Any) -> str | None:
    return js_name(obj) if isinstance(obj, JsProxy) else None


def _is_iterable(obj: Any) -> bool:
    return hasattr(obj, "__iter__") and not isinstance(obj, (str, bytes))


@contextmanager
def _get_js_body(body: Any) -> Iterator[Any]:
    yield getattr(body, "js_object", body)


@contextmanager
def _manage_pyproxies() -> Iterator[Any]:
    proxies = array(())
    try:
        yield proxies
    finally:
        for proxy in proxies:
            proxy.destroy()
