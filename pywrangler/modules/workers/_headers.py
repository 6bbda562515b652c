"""Headers on their way between Python and JavaScript.

Python has no Headers class: user code gives a dict, a list of pairs or a JavaScript Headers, and reads
`http.client.HTTPMessage` (spec/workers-module.md, sections 1 to 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.headers import Headers as JsHeaders

if TYPE_CHECKING:
    from http.client import HTTPMessage


@cache
def message_class() -> type[HTTPMessage]:
    """Return the class of headers as Python reads them; made on first use, because its base takes long to import."""
    from http.client import HTTPMessage

    class Headers(HTTPMessage):
        """An HTTPMessage that says that it is a mapping, which web frameworks ask before they take headers."""

    Mapping.register(Headers)
    return Headers


def to_js_headers(headers: Any) -> JsHeaders:
    """Return JavaScript Headers; TypeError for anything but a dict, a list of pairs, or JavaScript Headers."""
    if isinstance(headers, JsHeaders):
        return headers
    if isinstance(headers, dict):
        pairs = list(headers.items())
    elif isinstance(headers, list):
        pairs = headers
    else:
        raise TypeError("Received unexpected type for headers argument")
    result: JsHeaders = JsHeaders.new(pairs)
    return result


def to_message(headers: JsHeaders) -> HTTPMessage:
    """Return a copy as Python reads it: names in lower case, found in any case, Set-Cookie values apart."""
    message: HTTPMessage = message_class()()
    # Straight into the list: item assignment would parse every value by the rules of mail.
    message.__dict__["_headers"] = headers.combined()
    return message
