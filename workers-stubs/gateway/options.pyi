"""What the bridges to ASGI and WSGI let a Worker choose."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

EncodeBody: TypeAlias = Literal["automatic", "manual"]

@dataclass(frozen=True, kw_only=True)
class BaseOptions:
    """Options of `asgi.fetch` and `wsgi.fetch`; "manual" says that the body is encoded already."""

    encode_body: EncodeBody = "automatic"
    def response_init(self) -> dict[str, Any]:
        """Return the options of the JavaScript Response that follow."""
