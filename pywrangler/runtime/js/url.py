"""URL (https://url.spec.whatwg.org/#url-class). An assignment that makes no sense is ignored, as in browsers."""

from __future__ import annotations

import re
from typing import Any

from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.search_params import URLSearchParams
from pywrangler.runtime.js.url_host import parse_host
from pywrangler.runtime.js.url_parser import (
    DEFAULT_PORTS,
    FRAGMENT_SET,
    SCHEME,
    USERINFO_SET,
    ParsedUrl,
    append_path,
    parse,
    percent_encode,
    set_port,
    set_query,
    split_port,
)
from pywrangler.runtime.js.webidl import usv_string

__all__ = ["URL", "URLSearchParams", "parse"]

_DIGITS = re.compile(r"[0-9]+")
_NEWLINES = re.compile(r"[\t\n\r]")


def _resolve(url: Any, base: Any) -> ParsedUrl | None:
    if base is None:
        return parse(usv_string(url))
    parsed_base = parse(usv_string(base))
    return None if parsed_base is None else parse(usv_string(url), parsed_base)


class URL(JsProxy):
    """A parsed URL with assignable parts."""

    __slots__ = ("_parameters", "_url")

    def __init__(self, url: Any, base: Any = None) -> None:
        parsed = _resolve(url, base)
        if parsed is None:
            raise type_error("Invalid URL string.")
        self._url = parsed
        self._parameters: URLSearchParams | None = None

    @staticmethod
    def canParse(url: Any, base: Any = None) -> bool:
        """Whether `URL.new(url, base)` would work."""
        return _resolve(url, base) is not None

    @staticmethod
    def parse(url: Any, base: Any = None) -> Any:
        """Return a URL, or null if it is invalid."""
        return URL.new(url, base) if URL.canParse(url, base) else jsnull

    @staticmethod
    def createObjectURL(*_arguments: Any) -> str:
        """An Error: Workers do not implement it."""
        raise error("URL.createObjectURL() is not implemented")

    @staticmethod
    def revokeObjectURL(*_arguments: Any) -> None:
        """An Error: Workers do not implement it."""
        raise error("URL.revokeObjectURL() is not implemented")

    def toString(self) -> str:
        """Return the whole URL."""
        return self._url.href

    def toJSON(self) -> str:
        """Return the whole URL."""
        return self._url.href

    @property
    def href(self) -> str:
        """The whole URL."""
        return self._url.href

    @href.setter
    def href(self, value: Any) -> None:
        parsed = parse(usv_string(value))
        if parsed is None:
            raise type_error("Invalid URL string.")
        self._url = parsed
        self._refresh_parameters()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self._url.origin

    @property
    def protocol(self) -> str:
        """The scheme and a colon."""
        return self._url.scheme + ":"

    @protocol.setter
    def protocol(self, value: Any) -> None:
        url = self._url
        match = SCHEME.match(usv_string(value) + ":")
        if match is None:
            return
        scheme = match[0][:-1].lower()
        if (scheme in DEFAULT_PORTS) != url.is_special:
            return
        if scheme == "file" and (url.username or url.password or url.port is not None):
            return
        if url.scheme == "file" and not url.host:
            return
        url.scheme = scheme
        if url.port == DEFAULT_PORTS.get(scheme):
            url.port = None

    @property
    def _takes_authority(self) -> bool:
        return bool(self._url.host) and self._url.scheme != "file"

    @property
    def username(self) -> str:
        """The user name, percent-encoded."""
        return self._url.username

    @username.setter
    def username(self, value: Any) -> None:
        if self._takes_authority:
            self._url.username = percent_encode(usv_string(value), USERINFO_SET)

    @property
    def password(self) -> str:
        """The password, percent-encoded."""
        return self._url.password

    @password.setter
    def password(self, value: Any) -> None:
        if self._takes_authority:
            self._url.password = percent_encode(usv_string(value), USERINFO_SET)

    @property
    def host(self) -> str:
        """Host and port."""
        return self._url.authority

    @host.setter
    def host(self, value: Any) -> None:
        self._set_host(usv_string(value), with_port=True)

    @property
    def hostname(self) -> str:
        """The host."""
        return self._url.host or ""

    @hostname.setter
    def hostname(self, value: Any) -> None:
        self._set_host(usv_string(value), with_port=False)

    def _set_host(self, text: str, *, with_port: bool) -> None:
        url = self._url
        if isinstance(url.path, str):
            return
        location = re.split(r"[/\\?#]" if url.is_special else r"[/?#]", _NEWLINES.sub("", text), maxsplit=1)[0]
        host, port = (location, None) if url.scheme == "file" else split_port(location)
        if port is not None and (not host or not with_port):
            return
        needs_host = (url.is_special and url.scheme != "file") or url.username or url.password or url.port is not None
        if not host and needs_host:
            return
        parsed = parse_host(host, opaque=not url.is_special)
        if parsed is None and host:
            return
        url.host = "" if url.scheme == "file" and parsed == "localhost" else parsed or ""
        digits = _DIGITS.match(port) if port else None
        if digits is not None:
            set_port(url, digits[0])

    @property
    def port(self) -> str:
        """The port, empty if it is the scheme's own."""
        return "" if self._url.port is None else str(self._url.port)

    @port.setter
    def port(self, value: Any) -> None:
        if not self._takes_authority:
            return
        text = _NEWLINES.sub("", usv_string(value))
        if not text:
            self._url.port = None
            return
        digits = _DIGITS.match(text)
        if digits is not None:
            set_port(self._url, digits[0])

    @property
    def pathname(self) -> str:
        """The path."""
        return self._url.pathname

    @pathname.setter
    def pathname(self, value: Any) -> None:
        url = self._url
        if isinstance(url.path, str):
            return
        text = _NEWLINES.sub("", usv_string(value))
        url.path = []
        if not text and not url.is_special:
            return
        slashes = "/\\" if url.is_special else "/"
        append_path(url, text[1:] if text[:1] and text[0] in slashes else text)

    @property
    def search(self) -> str:
        """The query with its question mark, empty if there is none."""
        return "?" + self._url.query if self._url.query else ""

    @search.setter
    def search(self, value: Any) -> None:
        text = _NEWLINES.sub("", usv_string(value))
        if text:
            set_query(self._url, text.removeprefix("?"))
        else:
            self._url.query = None
        self._refresh_parameters()

    @property
    def hash(self) -> str:
        """The fragment with its hash mark, empty if there is none."""
        return "#" + self._url.fragment if self._url.fragment else ""

    @hash.setter
    def hash(self, value: Any) -> None:
        text = _NEWLINES.sub("", usv_string(value))
        self._url.fragment = percent_encode(text.removeprefix("#"), FRAGMENT_SET) if text else None

    @property
    def searchParams(self) -> URLSearchParams:
        """The query's parameters; changing them changes the URL."""
        if self._parameters is None:
            self._parameters = URLSearchParams.of_url(self._url.query or "", self._set_query)
        return self._parameters

    def _set_query(self, query: str) -> None:
        self._url.query = query or None

    def _refresh_parameters(self) -> None:
        if self._parameters is not None:
            self._parameters.replace(self._url.query or "")
