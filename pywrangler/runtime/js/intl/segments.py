"""`Intl.Segmenter` (https://tc39.es/ecma402/#segmenter-objects): texts in graphemes, words or sentences.

The rules are those of Unicode (https://unicode.org/reports/tr29/) as the package `regex` has them. Languages without
spaces between words (Chinese, Japanese, Thai and their kin) need a dictionary: their words are an Error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.builtins.string_object import units_of
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.intl.locales import Given, choose, supported
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

_ENDS = ".!?\u2026\u3002\uff01\uff1f"
_SENTENCE = re.compile(
    rf".*?(?:[{_ENDS}]+[)\]}}'\"\u201d\u2019\u00bb]*(?:\s+(?=[^\sa-z])|\s*\Z|(?<=[\u3002\uff01\uff1f]))|\n+|\Z)",
    re.DOTALL,
)
_DICTIONARY = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class Segmenter(JsProxy):
    """Cuts texts: `Intl.Segmenter.new("en", granularity="word").segment("Hello world")`."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        given = Given("Intl.Segmenter", init, named)
        self._choice = choose(locales)
        self._granularity = given.text("granularity", ("grapheme", "word", "sentence"), "grapheme")

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    def segment(self, text: Any = None) -> Segments:
        """Return the segments of a text, to be iterated over."""
        return Segments.of(to_string(text), self._granularity)

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        return plain({"locale": str(self._choice.tag), "granularity": self._granularity})


class Segments(JsProxy, js_name="Segments"):
    """The segments of a text: `{segment, index, input}`, for words `isWordLike` too."""

    _found: list[JsObject]

    @classmethod
    def of(cls, text: str, granularity: str) -> Segments:
        """Return the segments of a text."""
        made = object.__new__(cls)
        made._found = []
        position = 0
        for piece in _pieces(text, granularity):
            described: dict[str, Any] = {"segment": piece, "index": position, "input": text}
            if granularity == "word":
                described["isWordLike"] = any(character.isalnum() for character in piece)
            made._found.append(plain(described))
            position += len(units_of(piece))
        return made

    def __iter__(self) -> Iterator[JsObject]:
        return iter(self._found)

    def containing(self, index: Any = 0) -> Any:
        """Return the segment at a position; undefined outside."""
        at = to_integer(index)
        for found in self._found:
            if found.index <= at < found.index + len(units_of(found.segment)):
                return found
        return None


def _pieces(text: str, granularity: str) -> Iterator[str]:
    import regex

    engine: Any = regex
    if granularity == "grapheme":
        yield from engine.findall(r"\X", text)
    elif granularity == "sentence":
        yield from (match[0] for match in _SENTENCE.finditer(text) if match[0])
    else:
        if _DICTIONARY.search(text):
            raise error(
                "Intl.Segmenter: words of scripts without spaces need a dictionary, which is not available locally. "
                'Use granularity="grapheme".'
            )
        edges = [match.start() for match in engine.finditer(r"(?w)\b", text)]
        for start, end in zip([0, *edges], [*edges, len(text)], strict=True):
            if start < end:
                yield text[start:end]
