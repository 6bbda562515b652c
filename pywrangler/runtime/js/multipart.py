r"""`multipart/form-data` as workerd reads and writes it, which is neither RFC 7578 nor the HTML standard. Pure.

    --boundary CRLF headers CRLF CRLF content CRLF ... --boundary--

- A line may end in LF alone. Text before the first boundary and behind the last is ignored.
- Parameters are quoted and not empty. Reading stops at the first that is not, so that the empty `filename=""` of a file
  input without a file makes the part a string.
- In quotes `\x` stands for `x`. Percent escapes, which browsers write for quotes and line ends, stay as they are.

Measured with wrangler 4.164; the source is workerd's `api/form-data.c++`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pywrangler.errors import ProtocolError

PART_LIMIT = 10_000
HEADER_LIMIT_BYTES = 8 * 1024

_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_HEADER = re.compile(rb"""([^\x00-\x20()<>@,;:\\"/\[\]?={}\x7f]+):[ \t]*([^\x00]*)""")
_DISPOSITION = re.compile(rb"\s*([\w-]+)\s*")
_PARAMETER = re.compile(rb';\s*([\w-]+)\s*=\s*"((?:[^"\n\\]|\\[^\n])+)"\s*')
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """One field; `filename` is None for plain text."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str = ""


def _quoted(text: str) -> str:
    if text.endswith("\\"):
        raise ProtocolError("Name or filename can't end with backslash")
    return text.replace('"', "%22").replace("\n", "%0A").replace("\\", "\\\\")


def encode(parts: list[Part], boundary: str) -> bytes:
    """Return the body for a boundary that occurs in none of the parts; ProtocolError for a name that cannot be sent."""
    pieces = []
    for part in parts:
        header = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(part.name)}"'
        if part.filename is not None:
            header += f'; filename="{_quoted(part.filename)}"\r\nContent-Type: '
            header += part.content_type or "application/octet-stream"
        pieces += [header.encode(), b"\r\n\r\n", part.content, b"\r\n"]
    pieces.append(f"--{boundary}--".encode())
    return b"".join(pieces)


def decode(body: bytes, boundary: str) -> list[Part]:
    """Return the parts; ProtocolError with workerd's message if the body is not what the boundary says."""
    # A file begins and ends behind a line feed, the very first boundary may stand anywhere.
    delimiter = b"\n--" + boundary.encode("utf-8", "surrogateescape")
    position = body.find(delimiter[1:])
    position = len(body) if position < 0 else position + len(delimiter) - 1
    if position >= len(body):
        raise ProtocolError("No initial boundary string (or you have a truncated message).")
    parts: list[Part] = []
    while not body.startswith(b"--", position):
        line_end = next((end for end in (b"\n", b"\r\n") if body.startswith(end, position)), None)
        if line_end is None:
            raise ProtocolError("Boundary string was not succeeded by CRLF, LF, or '--'.")
        position += len(line_end)
        headers_end = _HEADERS_END.search(body, position)
        if headers_end is None:
            raise ProtocolError("No multipart message header termination found.")
        if headers_end.start() - position > HEADER_LIMIT_BYTES:
            raise ProtocolError("multipart header too large")
        if len(parts) >= PART_LIMIT:
            raise ProtocolError("multipart body with too many parts")
        end = body.find(delimiter, headers_end.end())
        if end < 0 or end + len(delimiter) >= len(body):
            _part(body[position : headers_end.start()], b"")  # What is wrong with its headers is said first.
            raise ProtocolError("No subsequent boundary string after multipart message.")
        content = body[headers_end.end() : end]
        parts.append(_part(body[position : headers_end.start()], content.removesuffix(b"\r")))
        position = end + len(delimiter)
    return parts


def _part(head: bytes, content: bytes) -> Part:
    headers: dict[bytes, bytes] = {}
    for line in _LINE_END.split(head):
        header = _HEADER.fullmatch(line)
        if header is None:
            raise ProtocolError("FormData part had invalid headers.")
        name = header[1].lower()
        headers[name] = headers[name] + b", " + header[2] if name in headers else header[2]
    found = _parameters(headers.get(b"content-disposition", b""))
    if b"name" not in found:
        raise ProtocolError("Content-Disposition header in FormData part is missing a name.")
    filename = found.get(b"filename")
    return Part(
        _text(found[b"name"]),
        content,
        None if filename is None else _text(filename),
        _text(headers.get(b"content-type", b"")),
    )


def _parameters(disposition: bytes) -> dict[bytes, bytes]:
    """Return the parameters in front of the first that cannot be read; the last of a name counts."""
    if not disposition:
        raise ProtocolError("No valid Content-Disposition header found in FormData part.")
    kind = _DISPOSITION.match(disposition)
    if kind is None:
        raise ProtocolError("Invalid Content-Disposition header found in FormData part.")
    if kind[1] != b"form-data":
        raise ProtocolError(
            'Content-Disposition header for FormData part must have the value "form-data", '
            f'possibly followed by parameters. Got: "{_text(kind[1])}"'
        )
    found: dict[bytes, bytes] = {}
    at = kind.end()
    while parameter := _PARAMETER.match(disposition, at):
        found[parameter[1]] = _ESCAPE.sub(rb"\1", parameter[2])
        at = parameter.end()
    return found


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
