"""`node:url`: URLs and paths of files; the older `url.parse` is not here, `URL` does what it did."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.node.arguments import need_string, wrong_type
from pywrangler.runtime.js.node.path import resolve as resolve_path
from pywrangler.runtime.js.primitives import truthy
from pywrangler.runtime.js.search_params import URLSearchParams
from pywrangler.runtime.js.url import URL
from pywrangler.runtime.js.values import JsObject, plain

_ESCAPED_IN_PATHS = {ord(sign): f"%{ord(sign):02X}" for sign in "%\\\n\r\t?#"}


def domainToASCII(domain: Any = None) -> str:
    """Return a domain in ASCII; empty if it is not valid."""
    try:
        return str(URL.new(f"ws://{need_string('domain', domain)}").hostname)
    except JsException as problem:
        if problem.properties.get("code"):
            raise
        return ""


def domainToUnicode(domain: Any = None) -> str:
    """Return a domain as people write it; empty if it is not valid."""
    from pywrangler.runtime.js.node.punycode import toUnicode

    return toUnicode(domainToASCII(domain))


def fileURLToPath(url: Any = None, _options: Any = None) -> str:
    """Return the path of a `file:` URL."""
    if isinstance(url, str):
        url = URL.new(url)
    if not isinstance(url, URL):
        raise wrong_type("path", "of type string or an instance of URL", url)
    if url.protocol != "file:":
        raise error("The URL must be of scheme file", code="ERR_INVALID_URL_SCHEME")
    if url.hostname:
        raise error('File URL host must be "localhost" or empty on linux', code="ERR_INVALID_FILE_URL_HOST")
    if "%2f" in url.pathname.lower():
        raise error("File URL path must not include encoded / characters", code="ERR_INVALID_FILE_URL_PATH")
    return unquote(url.pathname)


def pathToFileURL(path: Any = None, _options: Any = None) -> URL:
    """Return the `file:` URL of a path."""
    text = need_string("path", path)
    found = resolve_path(text)
    if text.endswith("/") and found != "/":
        found += "/"
    return URL.new(f"file://{found.translate(_ESCAPED_IN_PATHS)}")  # type: ignore[no-any-return]


def urlToHttpOptions(url: Any = None) -> JsObject:
    """Return the parts of a URL as the options of an older request."""
    if not isinstance(url, URL):
        raise wrong_type("url", "of type object", url)
    found: dict[str, Any] = {
        "protocol": url.protocol,
        "hostname": url.hostname.strip("[]"),
        "hash": url.hash,
        "search": url.search,
        "pathname": url.pathname,
        "path": f"{url.pathname}{url.search}",
        "href": url.href,
    }
    if url.port:
        found["port"] = int(url.port)
    if url.username or url.password:
        found["auth"] = f"{unquote(url.username)}:{unquote(url.password)}"
    return plain(found)


def format(url: Any = None, options: Any = None, **named: Any) -> str:
    """Return a URL as text. Options: auth, fragment, search, unicode."""
    if not isinstance(url, URL):
        raise type_error("node:url format() takes a URL here; for older objects, set the parts of a URL")
    given = given_options(options, named)
    shown = URL.new(url.href)
    if not truthy(given.get("auth", True)):
        shown.username = shown.password = ""
    if not truthy(given.get("fragment", True)):
        shown.hash = ""
    if not truthy(given.get("search", True)):
        shown.search = ""
    text = str(shown.href)
    if truthy(given.get("unicode", False)):
        text = text.replace(shown.hostname, domainToUnicode(shown.hostname), 1)
    return text


_OLDER = "use js.URL, or urllib.parse in Python"
EXPORTS: dict[str, Any] = {
    "URL": URL,
    "URLSearchParams": URLSearchParams,
    "domainToASCII": domainToASCII,
    "domainToUnicode": domainToUnicode,
    "fileURLToPath": fileURLToPath,
    "format": format,
    "pathToFileURL": pathToFileURL,
    "urlToHttpOptions": urlToHttpOptions,
}
MISSING = dict.fromkeys(("Url", "parse", "resolve", "resolveObject", "toPathIfFileURL"), _OLDER)
