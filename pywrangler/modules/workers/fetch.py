"""`fetch`: requests to anywhere, or to a binding (contract: spec/workers-module.md, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.request import Request as JsRequest
from pywrangler.runtime.js.response import Response as JsResponse
from workers._javascript import python_error
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
    from pyodide.http import AbortError

    from pywrangler.runtime.js.fetch import fetch as js_fetch

    given: dict[str, Any] = dict(options)
    fetcher = given.pop("fetcher", None)
    if fetcher is not None:
        return await fetch_through(getattr(fetcher, "js_object", fetcher), resource, given)
    try:
        return Response(await js_fetch(_js_request(resource, given)))
    except JsException as error:
        if error.name == "AbortError":
            raise AbortError(error) from None
        raise OSError(error.message) from error


def fetch_through(fetcher: Any, resource: Any, options: dict[str, Any]) -> Awaitable[Response]:
    """Start a request to a binding now; the result is its response.

    Errors of the other side keep their kind: they are not failures of the network.
    """
    try:
        request = _js_request(resource, options)
    except (JsException, TypeError, ValueError) as error:
        return Failed(error)
    return Started(fetcher._fetch(request), _response)


def _response(response: JsResponse) -> Response:
    return Response(response)


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
    try:
        request: JsRequest = JsRequest.new(source, **given)
    except JsException as error:
        raise python_error(error) from None
    return request
