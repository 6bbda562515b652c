"""`multipart/form-data` (RFC 7578, with the escapes of https://html.spec.whatwg.org/#multipart-form-data). Pure.

    --boundary CRLF headers CRLF CRLF content CRLF ... --boundary--

Names and file names have `"`, CR and LF percent-encoded. Text before the first and after the last boundary is ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pywrangler.errors import ProtocolError

PART_LIMIT = 10_000
HEADER_LIMIT_BYTES = 8 * 1024

# A quote ends a value where a semicolon or the end follows: a backslash is an ordinary character in file names that
# browsers send, while older clients write an inner quote as \".
_PARAMETER = re.compile(r';\s*([A-Za-z0-9!#$&+.^_`|~*-]+)\s*=\s*(?:"(.*?)"(?=\s*(?:;|$))|([^;"\s]*))', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """One field; `filename` is None for plain text."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str = ""


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split a header value such as `text/plain; charset=x` into its main value and parameters, names in lower case."""
    main = value.partition(";")[0].strip()
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value, len(value.partition(";")[0])):
        text = match[3] if match[2] is None else match[2].replace('\\"', '"')
        found.setdefault(match[1].lower(), text)
    return main, found


def _escape(text: str) -> str:
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _unescape(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%22", '"')


def encode(parts: list[Part], boundary: str) -> bytes:
    """Return the body for a boundary that occurs in none of the parts."""
    pieces = []
    for part in parts:
        header = f'--{boundary}\r\nContent-Disposition: form-data; name="{_escape(part.name)}"'
        if part.filename is not None:
            header += f'; filename="{_escape(part.filename)}"\r\nContent-Type: '
            header += part.content_type or "application/octet-stream"
        pieces += [header.encode(), b"\r\n\r\n", part.content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces)


def decode(body: bytes, boundary: str) -> list[Part]:
    """Return the parts; ProtocolError if the body is not what the boundary says."""
    delimiter = b"--" + boundary.encode("utf-8", "replace")
    position = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter)
    if position < 0:
        raise ProtocolError("multipart body without its boundary")
    position = body.index(delimiter, position) + len(delimiter)
    parts: list[Part] = []
    while True:
        if body.startswith(b"--", position):
            return parts
        line_end = body.find(b"\r\n", position)
        if line_end < 0 or body[position:line_end].strip(b" \t"):
            raise ProtocolError("multipart boundary without line end")
        end = body.find(b"\r\n" + delimiter, line_end)
        if end < 0:
            raise ProtocolError("multipart part without end")
        if len(parts) >= PART_LIMIT:
            raise ProtocolError("multipart body with too many parts")
        parts.append(_part(body[line_end:end]))
        position = end + 2 + len(delimiter)


def _part(data: bytes) -> Part:
    """Read `CRLF headers CRLF CRLF content`."""
    split = data.find(b"\r\n\r\n")
    if split < 0:
        raise ProtocolError("multipart part without header")
    if split > HEADER_LIMIT_BYTES:
        raise ProtocolError("multipart header too large")
    headers: dict[str, str] = {}
    for line in data[:split].decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    kind, found = parameters(headers.get("content-disposition", ""))
    if kind.lower() != "form-data" or "name" not in found:
        raise ProtocolError("multipart part without name")
    filename = found.get("filename")
    return Part(
        _unescape(found["name"]),
        data[split + 4 :],
        None if filename is None else _unescape(filename),
        headers.get("content-type", ""),
    )
