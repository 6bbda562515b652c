"""Requests to the API and what can go wrong with them (spec/deploy-api.md, section 2).

Of an answer, `success` decides, not the status. Errors are CloudError, worded as upstream words them. A proxy that
returns the request in its error page must not put a secret on the screen: from texts of the server, everything secret
that this side sent is taken out, and a page that answers a request with a body is not shown at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from pywrangler.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from types import TracebackType

    from aiohttp import ClientSession, FormData

    from pywrangler.cloud.credentials import Access

TIMEOUT_SECONDS = 60
ANSWER_LIMIT_BYTES = 32 * 1024 * 1024
SHOWN_CHARACTERS = 300
LINE_CHARACTERS = 8
"""From this length on, each line of a secret is one."""
HIDDEN = "(hidden)"
AUTHENTICATION = 10000
_ADVICE = (
    "The token may be wrong, expired, or without the permission for this. Check it at\n"
    "https://dash.cloudflare.com/profile/api-tokens: it needs Account > Workers Scripts > Edit, and the account that "
    "is used."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a successful request."""

    result: Any
    info: Mapping[str, Any]
    """`result_info`: paging."""


class Client:
    """Talks to one address with one token; use as an asynchronous context manager."""

    def __init__(self, access: Access, hidden: Collection[str] = ()) -> None:
        self._access = access
        tokens = [text.removeprefix("Bearer ") for text in access.headers.values()]
        lines = [line for text in hidden for line in text.splitlines() if len(line) >= LINE_CHARACTERS]
        self._hidden = {text for text in (*tokens, *hidden, *lines) if text}
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        from aiohttp import ClientSession, ClientTimeout, DummyCookieJar

        self._session = ClientSession(
            headers={**self._access.headers, "User-Agent": "pywrangler", "Accept": "*/*"},
            timeout=ClientTimeout(total=TIMEOUT_SECONDS),
            cookie_jar=DummyCookieJar(),
            trust_env=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: Any = None,
        form: FormData | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send a request, `body` as JSON, and return the result; CloudError for everything else than success.

        `path` begins with a slash and is encoded already (see `segment`).
        """
        from aiohttp import ClientError
        from yarl import URL

        if self._session is None:
            raise RuntimeError("the client is used outside of its context")
        url = URL(f"{self._access.address}{path}{query and '?'}{query}", encoded=True)
        headers = {} if body is None else {"Content-Type": content_type}
        data: Any = form if body is None else json.dumps(body).encode()
        try:
            # A redirect could carry the token somewhere else.
            async with self._session.request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as response:
                content = await response.content.read(ANSWER_LIMIT_BYTES)
                while part := await response.content.read(ANSWER_LIMIT_BYTES - len(content)):
                    content += part
                status, reason = response.status, response.reason or ""
                retry_after = response.headers.get("Retry-After", "")
        except (ClientError, OSError) as error:
            raise CloudError(self._clean(f"The Cloudflare API cannot be reached: {_why(error)}")) from None
        except TimeoutError:
            raise CloudError(f"The Cloudflare API did not answer within {TIMEOUT_SECONDS} seconds.") from None
        wait = (
            f"Too many requests: try again in {retry_after} seconds." if status == 429 and retry_after.isdigit() else ""
        )
        if body is not None or form is not None:
            page = ""
        else:
            page = self._clean(content[: 4 * SHOWN_CHARACTERS].decode(errors="replace"))
        return self._answer(f"{method} {path}", content, page, f"{status} {reason}".rstrip(), wait)

    def _answer(self, request: str, content: bytes, page: str, status: str, wait: str) -> Answer:
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("success"), bool):
            cut = page[:SHOWN_CHARACTERS] + ("..." if len(page) > SHOWN_CHARACTERS else "")
            lines = ["Received a malformed response from the API", cut, f"{request} -> {status}", wait]
            raise CloudError("\n".join(line for line in lines if line))
        if found["success"]:
            info = found.get("result_info")
            return Answer(found.get("result"), info if isinstance(info, dict) else {})
        errors = [error for error in found.get("errors") or () if isinstance(error, dict)]
        codes = tuple(error["code"] for error in errors if isinstance(error.get("code"), int))
        path = request.partition(" ")[2]
        lines = [f"A request to the Cloudflare API ({path}) failed.", *self._described(errors, ""), wait]
        if not errors:
            lines.append(f"It gave no reason ({status}).")
        if AUTHENTICATION in codes:
            lines += ["", _ADVICE]
        raise CloudError("\n".join(line for line in lines if line or line == "").rstrip(), codes)

    def _described(self, errors: Sequence[Mapping[str, Any]], indent: str) -> list[str]:
        lines = []
        for error in errors[:20]:
            code = f" [code: {error['code']}]" if isinstance(error.get("code"), int) else ""
            lines.append(f"{indent}{self._clean(str(error.get('message', '')))}{code}")
            chain = error.get("error_chain")
            if isinstance(chain, list) and len(indent) < 8:
                lines += self._described([item for item in chain if isinstance(item, dict)], indent + "  ")
        return lines

    def _clean(self, text: str) -> str:
        """Return the text without control characters, and without anything hidden in whatever spelling."""
        for hidden in sorted(self._hidden, key=len, reverse=True):
            for spelling in {
                hidden,
                json.dumps(hidden)[1:-1],
                json.dumps(hidden, ensure_ascii=False)[1:-1],
                quote(hidden),
            }:
                text = text.replace(spelling, HIDDEN)
        return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


def segment(text: str) -> str:
    """Return one part of a path."""
    return quote(text, safe="")


def _why(error: Exception) -> str:
    reason = getattr(error, "os_error", None) or error
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__)
