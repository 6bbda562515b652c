"""`fetch`: requests to anywhere, or to a binding (contract: spec/workers-module.md, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pywrangler.runtime.js.convert import from_entries, to_js
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.request import Request as JsRequest
from workers._started import Failed, Started
from workers.request import Request, js_options
from workers.response import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from workers.request import RequestInitCfProperties
    from workers.response import Body


class FetchKwargs(TypedDict, total=False):
    """Options of `fetch`."""

    headers: dict[str, str] | None
    body: Body | None
    method: str
    redirect: str | None
    cf: RequestInitCfProperties | None
    fetcher: Any
    signal: Any


async def fetch(resource: Any, **options: Unpack[FetchKwargs]) -> Response:
    """Send a request and return the response, whatever its status.

    `resource` is a URL, a Request, or a JavaScript Request. OSError where no response comes, AbortError after an abort.
    """
    given: dict[str, Any] = dict(options)
    fetcher = given.pop("fetcher", None)
    return await fetch_through(getattr(fetcher, "js_object", fetcher), resource, given)


def fetch_through(fetcher: Any, resource: Any, options: dict[str, Any]) -> Awaitable[Response]:
    """Start a request now, to a raw binding or, with None, to the network; fails as `fetch` does."""
    try:
        request = _js_request(resource, options)
        if fetcher is None:
            from pywrangler.runtime.js.fetch import fetch as js_fetch

            return Started(js_fetch(request), Response, _translated)
        return Started(fetcher._fetch(request), Response, _translated)
    except JsException as error:
        return Failed(_translated(error))


def _translated(error: JsException) -> Exception:
    """Return the error that `pyfetch` raises for a JavaScript one."""
    if error.name == "AbortError":
        from pyodide._http_errors import AbortError

        return AbortError(error)
    return OSError(error.message)


def _js_request(resource: Any, options: dict[str, Any]) -> JsRequest:
    source = resource.js_object if isinstance(resource, Request) else resource
    if not options and isinstance(source, JsRequest):
        return source
    headers = options.pop("headers", None)
    if headers is not None:
        from pywrangler.runtime.js.headers import Headers as JsHeaders

        if isinstance(headers, JsHeaders):
            options["headers"] = headers
        else:
            options["headers"] = JsHeaders.new([[name, str(value)] for name, value in dict(headers).items()])
    given = {name: value for name, value in js_options(options).items() if value is not None}
    if isinstance(given.get("body"), (dict, list, tuple)):
        # No JSON: as on the platform it arrives as what JavaScript makes a string of it.
        given["body"] = to_js(given["body"], dict_converter=from_entries)
    request: JsRequest = JsRequest.new(source, **given)
    return request
