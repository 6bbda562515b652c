"""`Intl.Locale` (https://tc39.es/ecma402/#locale-objects) and `Intl.supportedValuesOf`."""

from __future__ import annotations

import re
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.intl.locales import DIGITS, Choice, Given, Tag, data_of, parse_tag
from pywrangler.runtime.js.intl.units import UNITS
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

_KEYWORDS = {
    "calendar": "ca", "caseFirst": "kf", "collation": "co", "hourCycle": "hc", "numeric": "kn", "numberingSystem": "nu",
    "firstDayOfWeek": "fw",
}  # fmt: skip
_RIGHT_TO_LEFT = {"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg"}
_CALENDARS = (
    "buddhist chinese coptic dangi ethioaa ethiopic gregory hebrew indian islamic islamic-civil islamic-rgsa "
    "islamic-tbla islamic-umalqura iso8601 japanese persian roc"
)
_COLLATIONS = "compat emoji eor phonebk pinyin searchjl stroke trad unihan zhuyin"


class Locale(JsProxy):
    """A language tag: `Intl.Locale.new("de-Latn-DE", hourCycle="h23")`."""

    tag: Tag

    def __init__(self, source: Any = None, init: Any = None, **named: Any) -> None:
        if not isinstance(source, (str, Locale)):
            raise type_error("First argument to Intl.Locale constructor can't be empty or missing")
        tag = source.tag if isinstance(source, Locale) else parse_tag(source)
        given = Given("Intl.Locale", init, named)
        parts = {name: given.text(name) for name in ("language", "script", "region")}
        named_parts = [parts[name] or getattr(tag, name) for name in ("language", "script", "region")]
        base = "-".join(filter(None, (*named_parts, *tag.variants)))
        keywords = dict(tag.keywords)
        for option, key in _KEYWORDS.items():
            value = given.flag(option) if option == "numeric" else given.text(option)
            if value is not None:
                keywords[key] = str(value).lower()
        checked = parse_tag(base)
        self.tag = Tag(checked.language, checked.script, checked.region, checked.variants, keywords, tag.others)

    @property
    def baseName(self) -> str:
        """The tag without extensions."""
        return self.tag.base

    @property
    def language(self) -> str:
        """The language."""
        return self.tag.language

    @property
    def script(self) -> str | None:
        """The script, if the tag names one."""
        return self.tag.script or None

    @property
    def region(self) -> str | None:
        """The region, if the tag names one."""
        return self.tag.region or None

    @property
    def numeric(self) -> bool:
        """Whether numbers in texts are compared by value."""
        return self.tag.keywords.get("kn") == "true"

    def toString(self) -> str:
        """The whole tag."""
        return str(self.tag)

    def maximize(self) -> Locale:
        """Return the tag with the likeliest script and region added."""
        return Locale.new(str(self._with(*_likely(self.tag))))  # type: ignore[no-any-return]

    def minimize(self) -> Locale:
        """Return the tag without what follows from the rest."""
        language, script, region = _likely(self.tag)
        for parts in ((language, "", ""), (language, "", region), (language, script, "")):
            if _likely(Tag(*parts)) == (language, script, region):
                return Locale.new(str(self._with(*parts)))  # type: ignore[no-any-return]
        return self

    def _with(self, language: str, script: str, region: str) -> Tag:
        return Tag(language, script, region, self.tag.variants, self.tag.keywords, self.tag.others)

    def _choice(self) -> Choice:
        data = data_of(self.tag.base) or data_of("en")
        assert data is not None
        return Choice(self.tag, data)

    def getCalendars(self) -> JsArray:
        """Return the calendars in use."""
        return array([self.tag.keywords.get("ca", "gregory")])

    def getCollations(self) -> JsArray:
        """Return the orders of texts in use."""
        return array([self.tag.keywords["co"]] if "co" in self.tag.keywords else ["emoji", "eor"])

    def getHourCycles(self) -> JsArray:
        """Return how hours are counted."""
        from pywrangler.runtime.js.intl.dates import DateTimeFormat

        usual = DateTimeFormat.new(self.tag.base, hour="numeric", calendar="gregory")._usual_cycle()
        return array([self.tag.keywords.get("hc", usual)])

    def getNumberingSystems(self) -> JsArray:
        """Return the digits in use."""
        usual = self._choice().table("default_numbering_system") or "latn"
        return array([self.tag.keywords.get("nu", str(usual))])

    def getTextInfo(self) -> JsObject:
        """Return `{direction}`."""
        return plain({"direction": "rtl" if _likely(self.tag)[1] in _RIGHT_TO_LEFT else "ltr"})

    def getTimeZones(self) -> Any:
        """Return the time zones of the region; undefined if the tag names none."""
        if not self.tag.region:
            return None
        from babel.core import get_global

        zones: Any = get_global("territory_zones")
        return array(sorted(zones.get(self.tag.region, ())))

    def getWeekInfo(self) -> JsObject:
        """Return `{firstDay, weekend}`; Monday is 1."""
        week = self._choice().data
        first = week.first_week_day + 1
        weekend = sorted({week.weekend_start + 1, week.weekend_end + 1})
        return plain({"firstDay": first, "weekend": array(weekend)})


def _keyword(option: str, key: str) -> property:
    return property(lambda self: self.tag.keywords.get(key), doc=f"The option `{option}`, if the tag has it.")


for _option, _key in _KEYWORDS.items():
    if _option != "numeric":
        setattr(Locale, _option, _keyword(_option, _key))
Locale.variants = property(lambda self: "-".join(self.tag.variants) or None)  # type: ignore[attr-defined]


def _likely(tag: Tag) -> tuple[str, str, str]:
    """Return language, script and region, the likeliest where the tag names none."""
    from babel.core import get_global

    likely: Any = get_global("likely_subtags")
    for parts in (
        (tag.language, tag.script, tag.region),
        (tag.language, tag.region),
        (tag.language, tag.script),
        (tag.language,),
    ):
        found = likely.get("_".join(filter(None, parts)))
        if found is not None and all(parts):
            language, script, region = [*found.split("_"), "", ""][:3]
            return language, tag.script or script, tag.region or region
    return tag.language, tag.script, tag.region


def supported_values(key: Any) -> list[str]:
    """Return the known values of a key; RangeError for another key."""
    name = to_string(key)
    if name == "calendar":
        return _CALENDARS.split()
    if name == "collation":
        return _COLLATIONS.split()
    if name == "unit":
        return sorted(UNITS)
    if name == "numberingSystem":
        return sorted(DIGITS)
    if name == "currency":
        from babel.core import get_global

        codes: Any = get_global("all_currencies")
        return sorted(code for code in codes if re.fullmatch(r"[A-Z]{3}", code))
    if name == "timeZone":
        import zoneinfo

        names = [name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")]
        return [*sorted(names), "UTC"]
    raise range_error(f"Invalid key : {name}")
