"""Who may use the platform's own URLs, which run handlers: the developer, not the web pages that he visits.

Programs may, because whatever runs on this machine could do as much without us. A browser is another matter. It sends
what any page tells it to, but it says in headers that no page can change where a request comes from, and a page that
was loaded under a name that leads here (DNS rebinding) still has that name. So a request is refused if

- `Host`, as it was sent, is not this machine. What the Worker is told instead (`dev.host`, the first route) counts for
  nothing, either way;
- `Origin` is there and is not this machine;
- `Sec-Fetch-Site` is `cross-site`: an image, a link or a form of a page from elsewhere, which have no `Origin`. Only a
  page whose `Origin` is this machine passes, because `127.0.0.1` and `localhost` are two sites to a browser.

`Sec-Fetch-Site: none` is the developer himself, at the address bar. `same-site` passes: that is a page which another
port of `localhost` serves, and one has to run a program here to serve it.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pywrangler.runtime.js.headers import Pairs


def refusal(url: str, pairs: Pairs) -> str | None:
    """Say why a request is refused, None if it is not; `url` has the host as it was sent."""
    host = _name(url)
    if not _is_local(host):
        return f"Invalid Host header: what lies below /cdn-cgi/ answers on localhost only, not on {host}"
    origins = [value for name, value in pairs if name == "origin"]
    for origin in origins:
        if not _is_local(_name(origin)):
            return f"Invalid Origin header: what lies below /cdn-cgi/ does not answer pages of {origin}"
    is_cross_site = any(name == "sec-fetch-site" and "cross-site" in value.lower() for name, value in pairs)
    if is_cross_site and not origins:
        return "Invalid Sec-Fetch-Site header: what lies below /cdn-cgi/ does not answer pages of other sites"
    return None


def _name(url: str) -> str:
    """Return the host name in a URL or an origin, empty if there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_local(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
