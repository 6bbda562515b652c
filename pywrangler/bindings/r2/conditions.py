"""`onlyIf`: conditions on the object that is there (https://developers.cloudflare.com/r2/api/workers/ and RFC 9110).

- `etagMatches` and `uploadedBefore` belong together, as do `etagDoesNotMatch` and `uploadedAfter`: a date no longer
  counts when the etag beside it decides.
- A weak etag never matches for `etagMatches`, and matches like a strong one for `etagDoesNotMatch`.
- Without an object, nothing matches and nothing was uploaded after anything; everything else holds.
- Headers (If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since) compare dates in whole seconds.

The grammar of etags in headers is the platform's, which stops at what it does not know, once it has found something.
"""

from __future__ import annotations

from dataclasses import dataclass

from pywrangler.runtime.js.errors import error

_UNEXPECTED = {
    "*": "Encountered a wildcard character '*' instead.",
    '"': "Encountered a double quote character '\"' instead. "
    "This would otherwise indicate the start of a new strong etag.",
    "W": "Encountered a weak quotation character 'W' instead. "
    "This would otherwise indicate the start of a new weak etag.",
}


@dataclass(frozen=True, slots=True)
class Etag:
    """One etag of a condition; `value` None matches any."""

    value: str | None
    is_weak: bool = False


ANY = Etag(None)


@dataclass(frozen=True, slots=True)
class Condition:
    """What has to hold; None does not count. Dates are milliseconds since the epoch."""

    matches: tuple[Etag, ...] | None = None
    differs: tuple[Etag, ...] | None = None
    before: int | None = None
    after: int | None = None
    whole_seconds: bool = False

    def holds(self, etag: str, uploaded: int) -> bool:
        """Tell whether it holds for an object."""
        unit = 1000 if self.whole_seconds else 1
        moment = uploaded // unit
        fits = self.matches is None or any(item.value in (None, etag) and not item.is_weak for item in self.matches)
        differs = self.differs is None or not any(item.value in (None, etag) for item in self.differs)
        if not fits or not differs:
            return False
        is_after = self.after is None or self.differs is not None or self.after // unit < moment
        is_before = self.before is None or self.matches is not None or moment < self.before // unit
        return is_after and is_before

    def holds_without_object(self) -> bool:
        """Tell whether it holds where there is no object."""
        return self.matches is None and self.after is None


def parse_etags(text: str, header: str) -> tuple[Etag, ...]:
    """Return the etags of a header (`if-match`, `if-none-match`); the platform's Error for a malformed list."""
    found: list[Etag] = []
    position = 0
    needs_comma = False
    while position < len(text):
        character = text[position]
        if character in " \t":
            position += 1
            continue
        if character == ",":
            needs_comma = False
            position += 1
            continue
        if character not in _UNEXPECTED:
            break
        if needs_comma:
            raise error(f"Comma was expected to separate etags. {_UNEXPECTED[character]}")
        if character == "*":
            return (ANY,)
        is_weak = character == "W"
        if is_weak and text[position + 1 : position + 3] != '/"':
            raise error("Weak etags must start with W/ and their value must be quoted")
        start = position + (3 if is_weak else 1)
        end = text.find('"', start)
        if end < 0:
            raise error("Unclosed double quote for Etag")
        found.append(Etag(text[start:end], is_weak))
        position = end + 1
        needs_comma = True
    if not found:
        raise error(f"Invalid ETag in {header} header")
    return tuple(found)
