# ruff: noqa: RUF001 - letters of many languages
"""Where the data of a newer CLDR differ from those that workerd has.

`babel` takes over each CLDR as it appears; workerd stays with the one of its ICU for months. A line here holds for its
language and for all that inherit from it, as long as `babel` has the newer value, so that what a Worker prints does
not depend on the version of `babel`. Found by printing a grid of formats of 46 locales with babel 2.18 and 2.19 and
with workerd (wrangler 4.164), and by looking for the data that make the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

CORRECTIONS: dict[str, tuple[tuple[str, str | None, str | None], ...]] = {
    "ar": (
        ("unit_patterns/angle-degree/narrow/many", "{0} °\u200f", "{0} درجة"),
        ("unit_patterns/angle-degree/narrow/one", "{0} °\u200f", "{0} درجة"),
        ("unit_patterns/angle-degree/narrow/other", "{0} °\u200f", "{0} درجة"),
        ("unit_patterns/angle-degree/narrow/zero", "\u200f{0} °", "{0} درجة"),
        ("currency_names/LBP", "ليرة لبنانية", "جنيه لبناني"),
        ("currency_names/XCG", "غيلدر كاريبي", None),
        ("currency_names/ZWG", "ذهب زيمبابوي", None),
    ),
    "cs": (
        ("currency_names/XCG", "karibský gulden", None),
        ("currency_names/ZWG", "zimbabwský zlatý", None),
        ("languages/cic", "čikasavština", None),
    ),
    "da": (
        ("unit_patterns/length-inch/narrow/one", "{0}″", '{0}"'),
        ("unit_patterns/length-inch/narrow/other", "{0}″", '{0}"'),
        ("currency_symbols/CAD", "CAD", "CA$"),
        ("currency_symbols/USD", "USD", "US$"),
        ("currency_names/XCG", "caribiske gylden", None),
        ("currency_names/ZWG", "Zimbabwe Gold", None),
    ),
    "de": (
        ("currency_names/XCG", "Karibischer Gulden", None),
        ("currency_names/ZWG", "Simbabwe-Gold", None),
    ),
    "el": (
        ("currency_names/XCG", "γκίλντα Καραϊβικής", None),
        ("currency_names/ZWG", "Χρυσός της Ζιμπάμπουε", None),
    ),
    "en": (
        ("territories/HM", "Heard Island & McDonald Islands", "Heard & McDonald Islands"),
        ("territories/SH", "St. Helena, Ascension & Tristan da Cunha", "St. Helena"),
        ("territories/TF", "French Southern and Antarctic Lands", "French Southern Territories"),
        ("languages/mid", "Mandaic", None),
        ("languages/sjd", "Kildin Sami", None),
        ("languages/sju", "Ume Sami", None),
    ),
    "es": (
        ("ordinal_form", "one: n mod 10 in 1,3 and n mod 100 not in 11", ""),
        ("currency_names/ZWG", "oro zimbabuense", None),
    ),
    "fi": (
        ("datetime_skeletons/GyMd", "d.M.y G", "M.d.y G"),
        ("territories/SH", "Saint Helena, Ascension ja Tristan da Cunha", "Saint Helena"),
        ("currency_names/XCG", "Karibian guldeni", None),
        ("currency_names/ZWG", "Zimbabwen kulta", None),
        ("languages/sjd", "kiltinänsaame", None),
        ("languages/sju", "uumajansaame", None),
    ),
    "fr": (
        ("datetime_skeletons/H", "HH", "HH 'h'"),
        ("currency_names/ZWG", "or du Zimbabwe", None),
    ),
    "he": (
        ("currency_names/XCG", "גילדר של הקריביים", None),
        ("currency_names/ZWG", "זהב של זימבבואה", None),
        ("list_patterns/unit/end", None, "{0} ו-{1}"),
    ),
    "hi": (
        ("unit_patterns/length-yard/long/one", "{0} गज़", "{0} यार्ड"),
        ("unit_patterns/length-yard/narrow/one", "{0} गज़", None),
        ("unit_patterns/length-yard/narrow/other", "{0} गज़", None),
        ("unit_patterns/length-yard/short/one", "{0} गज़", "{0} यार्ड"),
        ("unit_patterns/length-yard/short/other", "{0} गज़", "{0} यार्ड"),
        ("datetime_skeletons/yMMMMEd", "E, d MMMM, y", None),
        ("datetime_skeletons/yMMMMd", "d MMMM, y", None),
        ("list_patterns/standard/end", "{0} और {1}", "{0}, और {1}"),
        ("list_patterns/unit/end", "{0} और {1}", "{0}, और {1}"),
        ("currency_names/AED", "संयुक्त अरब अमीरात दिरहम", "संयुक्त अरब अमीरात दिरहाम"),
        ("currency_names/XCG", "कैरीबियन गिल्डर", None),
        ("currency_names/ZWG", "ज़िंबाब्वियन गोल्ड", None),
        ("languages/bn", "बांग्ला", "बंगाली"),
    ),
    "hu": (
        ("currency_names/CRC", "Costa Rica-i colón", "Costa Rica-i colon"),
        ("currency_names/XCG", "karibi forint", None),
        ("currency_names/ZWG", "zimbabwei arany", None),
    ),
    "id": (
        ("territories/BN", "Brunei Darussalam", "Brunei"),
        ("date_formats/short", "d/M/yy", "dd/MM/yy"),
        ("currency_names/XCG", "Guilder Karibia", None),
        ("currency_names/ZWG", "Emas Zimbabwe", None),
    ),
    "it": (
        ("currency_names/XCG", "fiorino caraibico", None),
        ("currency_names/ZWG", "Zimbabwe Gold", None),
    ),
    "ja": (
        ("currency_names/XCG", "カリブ ギルダー", None),
        ("currency_names/ZWG", "ジンバブエ ゴールド", None),
    ),
    "ko": (
        ("datetime_skeletons/yM", "y/M", "y. M."),
        ("datetime_skeletons/yMd", "y/M/d", "y. M. d."),
        ("currency_names/XCG", "카리브 길더", None),
        ("currency_names/ZWG", "짐바브웨 골드", None),
    ),
    "nb": (
        ("currency_names/XCG", "karibiske gylden", None),
        ("currency_names/ZWG", "zimbabwiske gull", None),
        ("languages/cic", "chickasaw", None),
    ),
    "nl": (
        ("datetime_skeletons/GyMd", "d-M-y G", "d/M/y GGGGG"),
        ("date_fields/second-narrow/future/one", "over {0} s", None),
        ("date_fields/second-narrow/future/other", "over {0} s", None),
        ("date_fields/second-narrow/past/one", "{0} s geleden", None),
        ("date_fields/second-narrow/past/other", "{0} s geleden", None),
        ("currency_names/ZWG", "Zimbabwe Gold", None),
        ("languages/blt", "Tai Dam", None),
        ("languages/cic", "Chickasaw", None),
    ),
    "pl": (
        ("currency_names/XCG", "gulden karaibski", None),
        ("currency_names/ZWG", "złoto Zimbabwe", None),
    ),
    "pt": (
        ("unit_patterns/speed-kilometer-per-hour/narrow/other", "{0} km/h", "{0}km/h"),
        ("unit_patterns/volume-liter/narrow/other", "{0} l", "{0}l"),
        ("currency_names/XCG", "Florim do Caribe", None),
        ("currency_names/ZWG", "Ouro zimbabueano", None),
    ),
    "ro": (
        ("currency_names/XCG", "gulden caraib", None),
        ("currency_names/ZWG", "Zimbabwe Gold", None),
        ("languages/en_GB", "engleză (UK)", None),
    ),
    "ru": (
        ("currency_names/XCG", "карибский гульден", None),
        ("currency_names/ZWG", "зимбабвийский золотой", None),
    ),
    "sv": (
        ("currency_names/XCG", "karibisk gulden", None),
        ("currency_names/ZWG", "zimbabwiskt guld", None),
    ),
    "th": (
        ("currency_names/XAF", "ฟรังก์ซีเอฟเอแอฟริกาตะวันตก", "ฟรังก์เซฟาธนาคารรัฐแอฟริกากลาง"),
        ("currency_names/XCG", "กิลเดอร์แคริบเบียน", None),
        ("currency_names/ZWG", "ทองซิมบับเว", None),
    ),
    "tr": (
        ("datetime_skeletons/GyMd", "G d.M.y", "GGGGG dd.MM.y"),
        ("datetime_skeletons/yMd", "d.M.y", "dd.MM.y"),
        ("currency_names/XCG", "Karayip guldeni", None),
        ("currency_names/ZWG", "Zimbabve altını", None),
    ),
    "uk": (
        ("datetime_skeletons/GyMd", "dd.MM.y GGGGG", "dd-MM-y GGGGG"),
        ("territories/VG", "Британські Віргінські Острови", "Британські Віргінські острови"),
        ("currency_names/XCG", "карибський гульден", None),
        ("currency_names/ZWG", "зімбабвійський золотий", None),
    ),
    "vi": (
        ("plural_form", "one: i in 0 or n in 1", ""),
        ("unit_patterns/duration-hour/long/other", "{0} tiếng", None),
        ("unit_patterns/duration-hour/long/per", "{0}/giờ", None),
        ("unit_patterns/duration-hour/narrow/other", "{0} tiếng", None),
        ("unit_patterns/duration-hour/narrow/per", "{0}/giờ", None),
        ("unit_patterns/duration-hour/short/other", "{0} tiếng", "{0} giờ"),
        ("datetime_skeletons/yMMMMEd", "E, d MMMM y", None),
        ("datetime_skeletons/yMMMMd", "d MMMM y", None),
        ("currency_names_plural/AUD/other", "đô la Australia", None),
        ("currency_names_plural/INR/other", "rupee Ấn Độ", None),
        ("currency_names/XCG", "Guilder Caribe", None),
        ("currency_names/ZWG", "Zimbabwe Gold", None),
    ),
    "zh": (
        ("currency_names/XCG", "加勒比盾", None),
        ("currency_names/ZWG", "津巴布韦金元", None),
    ),
    "en_AU": (
        ("territories/SH", "St Helena, Ascension and Tristan da Cunha", "St Helena"),
        ("months/format/abbreviated/6", "Jun", "June"),
        ("months/format/abbreviated/7", "Jul", "July"),
    ),
    "en_CA": (("territories/SH", "Saint Helena, Ascension & Tristan da Cunha", "Saint Helena"),),
    "en_GB": (
        ("territories/SH", "St Helena, Ascension & Tristan da Cunha", "St Helena"),
        ("currency_names_plural/TRY/other", "Turkish lira", "Turkish Lira"),
        ("currency_names/SLL", "Sierra Leonean Leone (1964–2022)", "Sierra Leonean Leone (1964—2022)"),
    ),
    "en_IN": (
        ("day_periods/format/abbreviated/am", "AM", "am"),
        ("day_periods/format/abbreviated/pm", "PM", "pm"),
        ("datetime_skeletons/Md", "d/M", "dd/MM"),
        ("list_patterns/standard-narrow/end", "{0}, {1}", "{0}, and {1}"),
        ("currency_names_plural/TRY/other", "Turkish lira", "Turkish Lira"),
        ("currency_names/SLL", "Sierra Leonean Leone (1964–2022)", "Sierra Leonean Leone (1964—2022)"),
    ),
    "es_MX": (
        ("territories/CG", "Congo", "República del Congo"),
        ("territories/VI", "Islas Vírgenes de EE.UU.", "Islas Vírgenes de EE. UU."),
        ("meta_zones/India/long/standard", "hora estándar de la India", "hora de India"),
        ("currency_names/MWK", "kuacha malauí", "kwacha malauí"),
        ("languages/sd", "sindi", "sindhi"),
    ),
    "es_US": (
        ("territories/CG", "Congo", "República del Congo"),
        ("territories/VI", "Islas Vírgenes de EE.UU.", "Islas Vírgenes de EE. UU."),
        ("meta_zones/India/long/standard", "hora estándar de la India", "hora de India"),
        ("months/format/abbreviated/9", "sep", "sept"),
        ("months/stand-alone/abbreviated/9", "sep", "sept"),
        ("currency_names/MWK", "kuacha malauí", "kwacha malauí"),
        ("currency_names/ZWG", "oro de Zimbabue", None),
        ("languages/sd", "sindi", "sindhi"),
    ),
    "fr_CA": (
        ("unit_patterns/concentr-percent/narrow/one", "{0}%", None),
        ("unit_patterns/concentr-percent/narrow/other", "{0}%", None),
    ),
    "fr_CH": (("number_symbols/latn/group", "'", "\u202f"),),
    "pt_PT": (
        ("datetime_skeletons/yMMM", "MMM 'de' y", "MM/y"),
        ("currency_names/XCG", "florim caribenho", None),
        ("currency_names/ZWG", "ouro zimbabuense", None),
    ),
    "zh_Hant_TW": (("currency_names/ZWG", "辛巴威金", None),),
}
"""Language -> (path in babel's data, the value of the newer CLDR, workerd's); None where there is none."""


def correct(locale: Locale) -> None:
    """Give a locale of its own, which nobody else holds, the data of workerd."""
    name = str(locale)
    found = [line for language in _line_of_descent(name) for line in CORRECTIONS.get(language, ())]
    if not found:
        return
    data: Any = locale._data.copy()
    for path, newer, right in found:
        _replace(data, path.split("/"), newer, right)
    locale._Locale__data = data  # type: ignore[attr-defined]


def _line_of_descent(name: str) -> Iterator[str]:
    from babel.core import get_global

    exceptions: Any = get_global("parent_exceptions")
    parent = exceptions.get(name) or name.rpartition("_")[0]
    if parent:
        yield from _line_of_descent(parent)
    yield name


def _replace(data: Any, path: list[str], newer: str | None, right: str | None) -> None:
    """Put a value in place of another; what is shared on the way there is copied."""
    for name in path[:-1]:
        key = _key(data, name)
        data[key] = data[key].copy() if key in data else {}
        data = data[key]
    key = _key(data, path[-1])
    present = data.get(key)
    if _text_of(present) != newer:
        return
    if right is None:
        del data[key]
    else:
        data[key] = _like(present, right)


def _key(data: Any, name: str) -> Any:
    """Return a name as the key it is: months and days are numbers."""
    return int(name) if name.isdecimal() and int(name) in data else name


def _text_of(value: Any) -> str | None:
    """Return how a value of babel's data is written here."""
    if value is None:
        return None
    rules = getattr(value, "rules", None)
    if rules is not None:
        return "; ".join(f"{name}: {rule}" for name, rule in rules.items())
    return str(getattr(value, "pattern", value))


def _like(present: Any, text: str) -> Any:
    """Return a value of the same kind as `present` that is written `text`."""
    from babel import dates, numbers
    from babel.plural import PluralRule

    if isinstance(present, dates.DateTimePattern):
        return dates.parse_pattern(text)
    if isinstance(present, numbers.NumberPattern):
        return numbers.parse_pattern(text)
    if isinstance(present, PluralRule):
        return PluralRule(dict(rule.split(": ", 1) for rule in text.split("; ") if rule))
    return text
