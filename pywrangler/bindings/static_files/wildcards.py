"""Regular expressions of globs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def between_wildcards(chunks: Sequence[str]) -> str:
    """Return an expression that matches `chunks`, themselves expressions without repetition, with anything in between.

    A chunk is taken where it comes first and never tried again: that finds a match if there is one, and takes no longer
    for many wildcards.
    """
    if len(chunks) == 1:
        return chunks[0]
    first, *middle, last = chunks
    return first + "".join(f"(?>.*?{chunk})" for chunk in middle if chunk) + ".*" + last
