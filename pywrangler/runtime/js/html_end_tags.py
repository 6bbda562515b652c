"""Finds end tags in the output of the HTML engine, by marks that it was asked to put around them.

    … content <mark n open> </div> <mark n close> …

The marks carry a secret per document, so nothing in the document can look like one. Output passes through unchanged
up to what may be the beginning of a mark.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.html_tokens import EndTag

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"</([^\s/>]+)")


class EndTags:
    """Appends output to `output`; `call(handler, end_tag)` runs a handler."""

    def __init__(self, output: bytearray, call: Callable[[Callable[[Any], Any], Any], None]) -> None:
        self._output = output
        self._call = call
        self._secret = secrets.token_hex(8)
        self._start = f"<!--{self._secret}-".encode()
        self._mark = re.compile(re.escape(self._start) + rb"(\d+)-(open|close)-->")
        self._handlers: list[Callable[[Any], Any]] = []
        self._held = b""
        self._opened: list[tuple[int, int]] = []
        """Marks that are open: number, and where their end tag begins in the output."""

    def expect(self, handler: Callable[[Any], Any]) -> tuple[str, str]:
        """Return the marks to put before and behind an end tag."""
        number = len(self._handlers)
        self._handlers.append(handler)
        return f"<!--{self._secret}-{number}-open-->", f"<!--{self._secret}-{number}-close-->"

    def feed(self, data: bytes) -> None:
        """Take output of the engine."""
        if not self._handlers:
            self._output += data
            return
        data = self._held + data
        position = 0
        for match in self._mark.finditer(data):
            self._output += data[position : match.start()]
            position = match.end()
            self._on_mark(int(match[1]), match[2] == b"open")
        rest = data[position:]
        keep = self._possible_mark(rest)
        self._output += rest[: len(rest) - keep]
        self._held = rest[len(rest) - keep :]

    def _possible_mark(self, data: bytes) -> int:
        """How many bytes at the end may be the beginning of a mark, or belong to an end tag that is not complete."""
        found = data.rfind(self._start)
        if found >= 0:
            return len(data) - found
        sizes = range(min(len(self._start) - 1, len(data)), 0, -1)
        return next((size for size in sizes if data.endswith(self._start[:size])), 0)

    def _on_mark(self, number: int, is_open: bool) -> None:
        if is_open:
            self._opened.append((number, len(self._output)))
            return
        while self._opened:
            known, start = self._opened.pop()
            if known == number:
                self._handle(number, start)
                return

    def _handle(self, number: int, start: int) -> None:
        original = self._output[start:].decode("utf-8", "replace")
        match = _NAME.match(original)
        if match is None:
            return  # no end tag in the source: the element was closed by its parent
        name = match[1].lower()
        tag: EndTag = EndTag.new(name)
        try:
            self._call(self._handlers[number], tag)
        finally:
            tag.expire()
        self._output[start:] = tag.written(original, name).encode("utf-8", "replace")

    def end(self) -> None:
        """Nothing more comes."""
        self._output += self._held
        self._held = b""
