"""Calling a Worker by the host name of its config (`dev.host`, or the first route), whatever its client calls it.

The Worker sees URL and `Host` as they will be in production. Headers that name the host which the client asked, as
`Origin` and `Referer` do, are renamed too, so that comparisons with the URL hold. What the response says of the
Worker's own host, in `Location` or the domain of a cookie, is renamed back, so that a browser stays here. The rules
were measured with wrangler 4.164.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pywrangler.host.heads import origin

if TYPE_CHECKING:
    from pywrangler.runtime.js.headers import Pairs
    from pywrangler.runtime.js.request import Request
    from pywrangler.runtime.js.response import Response

_URL = re.compile(r"(https?://[^/?#\s,;\"']+)", re.IGNORECASE)


class Renaming:
    """One request and its response."""

    def __init__(self, request: Request, host: str) -> None:
        """Rename `request`; ValueError if `host` is no host name."""
        scheme, _, rest = request.url.partition("://")
        at = rest.index("/")
        self._asked = f"{scheme}://{rest[:at]}"
        self._told = origin(scheme, host)
        request._url = self._told + rest[at:]
        name = _host_of(self._told)
        request._pairs = [
            pair if pair[0] != "host" else ("host", name) for pair in _renamed(request.pairs(), self._asked, self._told)
        ]

    def undo(self, response: Response) -> Response:
        """Rename the response back."""
        pairs = response.pairs()
        host = _host_of(self._told).partition(":")[0]
        if any(host in value for _, value in pairs):
            response._pairs = _renamed(pairs, self._told, self._asked)
        return response


def _renamed(pairs: Pairs, old: str, new: str) -> Pairs:
    host = _host_of(old)
    domain = re.compile(rf"(Domain=){re.escape(host.partition(':')[0])}(?=$|[;,])", re.IGNORECASE)
    new_domain = _host_of(new).partition(":")[0]

    def replaced(match: re.Match[str]) -> str:
        return new if _host_of(match[0]).lower() == host else match[0]

    return [
        (name, domain.sub(rf"\g<1>{new_domain}", value) if name == "set-cookie" else _URL.sub(replaced, value))
        for name, value in pairs
    ]


def _host_of(origin: str) -> str:
    return origin.partition("://")[2]
