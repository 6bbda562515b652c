"""Content types by file name: those of npm's `mime` 4.0.7, which wrangler bundles and Cloudflare goes by.

`mimetypes` of the standard library would differ from machine to machine. `media_types.txt` has a line per type with its
extensions.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _types() -> dict[str, str]:
    text = Path(__file__).with_suffix(".txt").read_text(encoding="ascii")
    return {extension: kind for kind, *extensions in map(str.split, text.splitlines()) for extension in extensions}


def media_type(path: str) -> str | None:
    """Return the value of Content-Type for a file, None for one that is sent without; text says that it is UTF-8."""
    stem, dot, extension = path.rpartition("/")[2].lower().rpartition(".")
    kind = _types().get(extension) if stem and dot else None
    return f"{kind}; charset=utf-8" if kind is not None and kind.startswith("text/") else kind
