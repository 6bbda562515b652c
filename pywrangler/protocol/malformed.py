"""What a decoder of msgspec raises for bytes that nothing of ours wrote."""

from __future__ import annotations

import msgspec

MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""`ValidationError` is a `DecodeError`; text that is no UTF-8 and deep nesting have exceptions of their own."""
