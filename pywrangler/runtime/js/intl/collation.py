"""`Intl.Collator` (https://tc39.es/ecma402/#collator-objects): the order of texts in a language.

Texts are compared letter by letter (`base`), then by accents, then by capitals: the Unicode Collation Algorithm.
The order of Chinese characters in Chinese, Japanese and Korean is an Error: it goes by sound, which is not known here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.intl.collation_order import (
    CYRILLIC_FIRST,
    EXPANSIONS,
    LIKE,
    MARKS,
    ROOT,
    TAILORED,
)
from pywrangler.runtime.js.intl.locales import Given, choose, supported
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsFunction, JsObject, plain

Weight = tuple[tuple[float, int], int, int]
"""Letter (with the value of a number), accent, capital."""

_UNLISTED = 100_000.0


@dataclass(frozen=True, slots=True)
class Order:
    """The order of one language."""

    weights: dict[str, Weight]
    contractions: dict[str, Weight]
    longest: int
    marks: dict[str, int]
    symbols_from: float
    """The first letter that is not white space or punctuation."""
    digits_at: float


@cache
def order_of(name: str) -> Order:
    """Return the order of a language, or that of all."""
    weights: dict[str, Weight] = {}
    letter = accent = capital = 0
    step = ""
    for character in ROOT:
        if character in "\ue002\ue003\ue004":
            step = character
            continue
        if not step:
            letter, accent, capital = letter + 1, 0, 0
        elif step == "\ue002":
            accent, capital = accent + 1, 0
        elif step == "\ue003":
            capital += 1
        weights[character] = ((float(letter), 0), accent, capital)
        step = ""
    marks: dict[str, int] = {}
    for code in MARKS.split():
        value = len(set(marks.values())) + (0 if code[0] == "=" else 1)
        marks[chr(int(code.removeprefix("="), 16))] = 100 + value
    contractions: dict[str, Weight] = {}
    for rule in TAILORED.get(LIKE.get(name, name), ()):
        _tailor(rule, weights, contractions)
    if name in CYRILLIC_FIRST:
        latin, cyrillic = weights["a"][0][0], weights["а"][0][0]  # noqa: RUF001 - the Cyrillic letter
        for character, (at, second, third) in list(weights.items()):
            if cyrillic <= at[0] < cyrillic + 400 and 0x400 <= ord(character) <= 0x52F:
                weights[character] = ((latin - 1 + (at[0] - cyrillic + 1) / 1000, 0), second, third)
    longest = max(map(len, contractions), default=0)
    return Order(weights, contractions, longest, marks, weights["`"][0][0], weights["0"][0][0])


def _tailor(rule: str, weights: dict[str, Weight], contractions: dict[str, Weight]) -> None:
    """Put letters behind another one."""
    anchor = rule[0]
    letter, accent = weights[anchor][0][0], 0
    sign = ""
    item = ""
    for character in rule[1:] + "<":
        if character not in "<=":
            item += character
            continue
        if item:
            letter, accent = (letter + 0.01, 0) if sign == "<" else (letter, accent + 1)
            key = unicodedata.normalize("NFD", item)
            contractions[key] = ((letter, 0), accent, 0)
        sign, item = character, ""


class Collator(JsProxy):
    """Compares texts: `Intl.Collator.new("de").compare("a", "b")` is -1."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        given = Given("Intl.Collator", init, named)
        self._usage = given.text("usage", ("sort", "search"), "sort")
        self._choice = choose(locales, ("co", "kn", "kf"), given.values)
        keywords = self._choice.tag.keywords
        numeric = given.flag("numeric")
        self._numeric = keywords.get("kn") in {"true", ""} if numeric is None else numeric
        self._case_first = given.text("caseFirst", ("upper", "lower", "false"), keywords.get("kf", "false"))
        self._sensitivity = given.text("sensitivity", ("base", "accent", "case", "variant"), "variant")
        ignored = given.flag("ignorePunctuation")
        self._ignores = self._choice.language == "th" if ignored is None else ignored
        self._collation = given.text("collation") or keywords.get("co", "default")
        name = self._choice.tag.base if self._choice.tag.base in LIKE else self._choice.language
        self._name = f"{name}-{self._collation}" if f"{name}-{self._collation}" in TAILORED else name
        self._expands = self._collation == "phonebk"

    @classmethod
    def _call(cls, *arguments: Any) -> Collator:
        return cls.new(*arguments)  # type: ignore[no-any-return]

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    @property
    def compare(self) -> JsFunction:
        """The function that compares two texts: -1, 0 or 1. It can be given to `sort`."""
        return JsFunction.new(self._compare)  # type: ignore[no-any-return]

    def _compare(self, left: Any = None, right: Any = None) -> int:
        first, second = to_string(left), to_string(right)
        if first == second:
            return 0
        one, two = self._levels(first), self._levels(second)
        if one == two:
            return 0
        return -1 if one < two else 1

    def _levels(self, text: str) -> tuple[Any, ...]:
        weights = list(self._weights(text))
        letters = [weight[0] for weight in weights if weight[0][0]]
        accents = [weight[1] for weight in weights]
        capitals = [weight[2] for weight in weights]
        if self._sensitivity == "base":
            return (letters,)
        if self._sensitivity == "accent":
            return letters, accents
        if self._sensitivity == "case":
            return letters, [1 if capital % 2 else 0 for capital in capitals]
        return letters, accents, capitals

    def _weights(self, text: str) -> Iterator[Weight]:
        order = order_of(self._name)
        source = unicodedata.normalize("NFD", text)
        position = 0
        while position < len(source):
            found = None
            for length in range(min(order.longest, len(source) - position), 0, -1):
                piece = source[position : position + length]
                key = piece if piece in order.contractions else piece.lower()
                if key in order.contractions and not self._continues(source, position + length, piece, order):
                    letter, accent, _capital = order.contractions[key]
                    yield letter, accent, self._capital(piece[0], 1 if piece[0] != piece[0].lower() else 0)
                    found = length
                    break
            if found is not None:
                position += found
                continue
            character = source[position]
            if self._numeric and character.isdecimal():
                end = position
                while end < len(source) and source[end].isdecimal():
                    end += 1
                yield (order.digits_at, 1 + int(source[position:end])), 0, 0
                position = end
                continue
            yield from self._of_character(character, order, source, position)
            position += 1

    def _continues(self, source: str, position: int, piece: str, order: Order) -> bool:
        """Tell whether a mark follows that makes another letter of a single character."""
        return len(piece) == 1 and source[position : position + 1] in order.marks and piece in order.weights

    def _of_character(self, character: str, order: Order, source: str, position: int) -> Iterator[Weight]:
        if character in order.marks:
            if self._expands and character == "\u0308" and position and source[position - 1] in "aouAOU":
                yield order.weights["e"][0], 0, 0
            yield (0.0, 0), order.marks[character], 0
            return
        if character in EXPANSIONS:
            expanded = EXPANSIONS[character]
            for index, part in enumerate(expanded):
                weight = order.weights[part]
                yield weight[0], weight[1] + (50 if index == 0 else 0), self._capital(part, weight[2])
            return
        compatible = unicodedata.normalize("NFKD", character)
        found = order.weights.get(character)
        if found is not None and (len(compatible) == 1 or compatible[0] == " "):
            if self._ignores and found[0][0] < order.symbols_from:
                return
            yield found[0], found[1], self._capital(character, found[2])
            return
        if unicodedata.category(character) in {"Cc", "Cf", "Mn"}:
            return
        if "\u1100" <= character <= "\u11ff":  # the parts of Korean syllables come before the Japanese letters
            yield (order.weights["あ"][0][0] - 0.5 + ord(character) / 10**6, 0), 0, 0
            return
        if compatible != character:
            for part in compatible:
                for letter, accent, _capital in self._of_character(part, order, source, 0):
                    yield letter, accent, 10
            return
        if self._choice.language in {"zh", "ja", "ko"} and "CJK UNIFIED" in unicodedata.name(character, ""):
            raise error(
                f"Intl.Collator: the order of Chinese characters in {self._choice.tag.base!r} is not available "
                'locally. Compare in another language ("en"), or sort by a key of your own.'
            )
        yield (_UNLISTED + ord(character), 0), 0, 0

    def _capital(self, character: str, weight: int) -> int:
        if self._case_first == "upper" and character.isupper():
            return weight - 100
        return weight

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        return plain(
            {
                "locale": str(self._choice.tag),
                "usage": self._usage,
                "sensitivity": self._sensitivity,
                "ignorePunctuation": self._ignores,
                "collation": self._collation,
                "numeric": self._numeric,
                "caseFirst": self._case_first,
            }
        )
