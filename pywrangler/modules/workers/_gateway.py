"""What the bridges to ASGI and WSGI let a Worker choose; public as `workers.gateway`, in releases that have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

EncodeBody = Literal["automatic", "manual"]


@dataclass(frozen=True, kw_only=True)
class BaseOptions:
    """Options of `asgi.fetch` and `wsgi.fetch`; ValueError for a value that does not exist.

    `encode_body="manual"` says that the body is encoded already, as `Content-Encoding` tells.
    """

    encode_body: EncodeBody = "automatic"

    def __post_init__(self) -> None:
        if self.encode_body not in get_args(EncodeBody):
            raise ValueError(f"encode_body must be one of {get_args(EncodeBody)}, got {self.encode_body!r}")

    def response_init(self) -> dict[str, Any]:
        """Return the options of the JavaScript Response that follow."""
        return {} if self.encode_body == "automatic" else {"encodeBody": self.encode_body}
