"""Language tags and what is known of their languages (https://tc39.es/ecma402/#sec-internationalization-terms).

The data are those of the Unicode CLDR as the package `babel` holds them, imported when `Intl` is first used. Workers
run with the data of ICU: the same source, of another year perhaps. What `babel` lacks is an Error that says so.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import options as read_options
from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.intl.corrections import correct
from pywrangler.runtime.js.primitives import to_number, to_string, truthy
from pywrangler.runtime.js.proxy import JsProxy, jsnull

if TYPE_CHECKING:
    from babel import Locale as BabelLocale

DEFAULT = "en-US"

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3}|[a-z]{5,8})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<variants>(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*)(?P<extensions>(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*)"
    r"(?P<private>-x(?:-[a-z\d]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A language tag, taken apart."""

    language: str
    script: str = ""
    region: str = ""
    variants: tuple[str, ...] = ()
    keywords: Mapping[str, str] = field(default_factory=dict)
    """Of the Unicode extension: `ca`, `hc`, `nu`, ..."""
    others: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """The tag without extensions."""
        return "-".join(filter(None, (self.language, self.script, self.region, *self.variants)))

    def __str__(self) -> str:
        extension = ["u"] if self.keywords else []
        for key in sorted(self.keywords):
            extension += [key, *filter(None, [self.keywords[key] if self.keywords[key] != "true" else ""])]
        return "-".join([self.base, *extension, *self.others])


def parse_tag(text: str) -> Tag:
    """Return a tag in its canonical form; RangeError if it is malformed."""
    match = _TAG.fullmatch(text)
    if match is None:
        raise range_error(f"Invalid language tag: {text}")
    keywords: dict[str, str] = {}
    others: list[str] = []
    for part in re.findall(r"-([a-wyz\d](?:-[a-z\d]{2,8})+)", (match["extensions"] or "").lower()):
        if part[0] != "u":
            others.append(part)
            continue
        key = ""
        for piece in part.split("-")[1:]:
            if len(piece) == 2:
                key = piece
                keywords.setdefault(key, "true")
            elif key:
                keywords[key] = piece if keywords[key] == "true" else f"{keywords[key]}-{piece}"
    if match["private"]:
        others.append(match["private"][1:].lower())
    return Tag(
        match["language"].lower(),
        (match["script"] or "").title(),
        (match["region"] or "").upper(),
        tuple(sorted(match["variants"].lower().split("-")[1:])),
        keywords,
        tuple(others),
    )


def canonical(locales: Any) -> list[Tag]:
    """Return the tags that a caller asked for: none, one, or a list; each once."""
    if locales is None:
        return []
    if locales is jsnull:
        raise type_error("Cannot convert undefined or null to object")
    given = [locales] if isinstance(locales, (str, JsProxy)) and not _is_list(locales) else list(locales)
    found: dict[str, Tag] = {}
    for item in given:
        if not isinstance(item, (str, JsProxy)):
            raise type_error("Language ID should be string or object.")
        tag = item.tag if hasattr(item, "tag") and isinstance(item.tag, Tag) else parse_tag(to_string(item))
        found.setdefault(str(tag), tag)
    return list(found.values())


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


@functools.cache
def data_of(base: str) -> BabelLocale | None:
    """Return what is known of a language tag without extensions, or of what comes nearest; None if nothing is."""
    from babel import Locale
    from babel.core import get_global
    from babel.localedata import exists

    tag = parse_tag(base)
    aliases: Any = get_global("language_aliases")
    language = aliases.get(tag.language, tag.language)
    likely: Any = get_global("likely_subtags")
    expanded = likely.get("_".join(filter(None, (language, tag.region))), "") or likely.get(language, "")
    script = tag.script or (expanded.split("_")[1] if expanded.count("_") == 2 else "")
    for parts in (
        (language, tag.script, tag.region), (language, script, tag.region), (language, tag.region),
        (language, tag.script), (language, script), (language,),
    ):  # fmt: skip
        name = "_".join(filter(None, parts))
        if exists(name):
            found: BabelLocale = Locale.parse(name)
            correct(found)
            return found
    return None


@dataclass(frozen=True, slots=True)
class Choice:
    """The locale that a request was resolved to."""

    tag: Tag
    data: BabelLocale

    def table(self, *path: Any) -> Any:
        """Return a part of the data, empty if it is not there."""
        found: Any = self.data._data
        for name in path:
            found = found.get(name) if hasattr(found, "get") else None
            if found is None:
                return {}
        return found

    @property
    def language(self) -> str:
        """The language alone, for rules that go by it."""
        return self.tag.language


def choose(locales: Any, relevant: Iterable[str] = (), given: Mapping[str, Any] | None = None) -> Choice:
    """Return the first tag that is known, or the default; of its keywords only the relevant ones stay."""
    wanted = [*canonical(locales), parse_tag(DEFAULT)]
    tag = next(tag for tag in wanted if data_of(tag.base) is not None)
    data = data_of(tag.base)
    assert data is not None
    names = {"ca": "calendar", "nu": "numberingSystem", "hc": "hourCycle", "kn": "numeric", "kf": "caseFirst"}
    keywords = {
        key: value
        for key, value in tag.keywords.items()
        if key in relevant and (given or {}).get(names.get(key, "")) in {None, value}
    }
    return Choice(Tag(tag.language, tag.script, tag.region, tag.variants, keywords), data)


def supported(locales: Any) -> list[str]:
    """Return those of the tags that are known."""
    return [str(tag) for tag in canonical(locales) if data_of(tag.base) is not None]


# ---- options --------------------------------------------------------------------------------------------


class Given:
    """Options of an `Intl` constructor, read as the specification reads them."""

    def __init__(self, service: str, init: Any, named: Mapping[str, Any]) -> None:
        if init is jsnull:
            raise type_error("Cannot convert undefined or null to object")
        self.service = service
        self.values = read_options(init, named)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, allowed: Iterable[str] = (), default: Any = None) -> Any:
        """Return an option that is one of several texts; RangeError for any other."""
        value = self.values.get(name)
        if value is None:
            return default
        found = to_string(value)
        if allowed and found not in allowed:
            raise range_error(f"Value {found} out of range for {self.service} options property {name}")
        return found

    def flag(self, name: str) -> bool | None:
        """Return an option that is true or false."""
        value = self.values.get(name)
        return None if value is None else truthy(value)

    def number(self, name: str, least: int, most: int, default: Any = None) -> Any:
        """Return an option that is a number of a range; RangeError outside."""
        value = self.values.get(name)
        if value is None:
            return default
        found = to_number(value)
        if not least <= found <= most:
            raise range_error(f"{name} value is out of range.")
        return int(found)


def symbols_of(choice: Choice, system: str) -> Mapping[str, str]:
    """Return the symbols of numbers in a numbering system."""
    found = choice.table("number_symbols", system) or choice.table("number_symbols", "latn")
    return {"decimal": ".", "group": ",", "minusSign": "-", "plusSign": "+", "percentSign": "%"} | dict(found)


def numbering_system(choice: Choice, given: Given | None) -> str:
    """Return the numbering system: of the options, of the tag, or the usual one of the locale."""
    wanted = None if given is None else given.text("numberingSystem")
    if wanted is not None and not re.fullmatch(r"[a-z\d]{3,8}(-[a-z\d]{3,8})*", wanted, re.IGNORECASE):
        raise range_error(f"Invalid numberingSystem : {wanted}")
    for name in (wanted, choice.tag.keywords.get("nu")):
        if name in DIGITS:
            return str(name)
    return str(choice.table("default_numbering_system") or "latn")


DIGITS = {
    name: "".join(chr(first + i) for i in range(10))
    for name, first in {
        "latn": 0x30, "arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "deva": 0x966, "gujr": 0xAE6, "guru": 0xA66,
        "khmr": 0x17E0, "knda": 0xCE6, "laoo": 0xED0, "mlym": 0xD66, "mymr": 0x1040, "orya": 0xB66, "tamldec": 0xBE6,
        "telu": 0xC66, "thai": 0xE50, "tibt": 0xF20, "fullwide": 0xFF10, "cakm": 0x11136, "adlm": 0x1E950,
        "olck": 0x1C50, "nkoo": 0x7C0, "mtei": 0xABF0,
    }.items()
} | {"hanidec": "〇一二三四五六七八九"}  # fmt: skip
"""The digits of each numbering system."""


def in_digits(text: str, system: str) -> str:
    """Return a text of ASCII digits in a numbering system."""
    return text if system == "latn" else text.translate({48 + i: digit for i, digit in enumerate(DIGITS[system])})
