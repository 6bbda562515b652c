"""Who may connect: a session cookie that the page sets, signed with SESSION_KEY, or the key itself as bearer token."""

import hashlib
import hmac
import secrets
import time
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from workers import Request

__all__ = ["cookie", "is_authorized", "quote"]

LIFETIME_SECONDS = 24 * 3600


def _sign(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def cookie(key: str, secure: bool) -> str:
    """Return a Set-Cookie value: random id, expiry and signature."""
    text = f"{secrets.token_hex(8)}.{int(time.time()) + LIFETIME_SECONDS}"
    flags = "; Secure" if secure else ""
    return f"session={text}.{_sign(key, text)}; Path=/; Max-Age={LIFETIME_SECONDS}; HttpOnly; SameSite=Strict{flags}"


def is_authorized(request: Request, key: str) -> bool:
    """Check origin first, then bearer token or cookie; all comparisons take constant time."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        return False
    authorization = request.headers.get("authorization") or ""
    if authorization.startswith("Bearer "):
        return hmac.compare_digest(authorization.removeprefix("Bearer ").encode(), key.encode())
    try:
        morsel = SimpleCookie(request.headers.get("cookie") or "").get("session")
    except CookieError:
        return False
    if morsel is None:
        return False
    text, _, signature = morsel.value.rpartition(".")
    expiry = text.rpartition(".")[2]
    if not hmac.compare_digest(_sign(key, text).encode(), signature.encode()):
        return False
    return expiry.isdigit() and int(expiry) > time.time()
