"""The units that numbers can have, and how a language writes them."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.intl.locales import Choice, choose

UNITS: dict[str, str] = {
    name: f"{kind}-{name}"
    for kind, names in {
        "area": "acre hectare",
        "digital": "bit byte gigabit gigabyte kilobit kilobyte megabit megabyte petabyte terabit terabyte",
        "temperature": "celsius fahrenheit",
        "length": "centimeter foot inch kilometer meter mile mile-scandinavian millimeter yard",
        "duration": "day hour microsecond millisecond minute month nanosecond second week year",
        "angle": "degree",
        "volume": "fluid-ounce gallon liter milliliter",
        "mass": "gram kilogram ounce pound stone",
        "concentr": "percent",
    }.items()
    for name in names.split()
}
"""Name of a unit -> its name in the data."""

_COMPOUND = {
    "kilometer-per-hour": "speed-kilometer-per-hour", "mile-per-hour": "speed-mile-per-hour",
    "meter-per-second": "speed-meter-per-second", "liter-per-kilometer": "consumption-liter-per-kilometer",
    "mile-per-gallon": "consumption-mile-per-gallon",
}  # fmt: skip

NARROW = {
    "AUD": "$", "BRL": "R$", "CAD": "$", "CNY": "¥", "EUR": "€", "GBP": "£", "HKD": "$", "ILS": "₪", "INR": "₹",
    "JPY": "¥", "KRW": "₩", "MXN": "$", "NZD": "$", "PHP": "₱", "TWD": "$", "USD": "$", "VND": "₫", "ARS": "$",
    "CLP": "$", "COP": "$", "CZK": "Kč", "DKK": "kr", "HUF": "Ft", "ISK": "kr", "NGN": "₦", "NOK": "kr", "PLN": "zł",
    "RON": "lei", "RUB": "₽", "SEK": "kr", "SGD": "$", "THB": "฿", "TRY": "₺", "UAH": "₴", "KZT": "₸", "GEL": "₾",
}  # fmt: skip
"""The shortest symbols of currencies."""


def unit_pattern(choice: Choice, unit: str, display: str, plural: str) -> str:
    """Return how a language writes a number with a unit, `{0}` for the number."""
    direct = _COMPOUND.get(unit) or UNITS.get(unit)
    if direct is not None and (found := _form(choice, direct, display, plural)):
        return found
    numerator, _, denominator = unit.partition("-per-")
    if not denominator:
        # A language without a form of its own has the international one.
        return unit_pattern(choose("en"), unit, "short", plural)
    above = _form(choice, UNITS[numerator], display, plural) or f"{{0}} {numerator}"
    per = _table(choice, UNITS[denominator], display).get("per")
    if per:
        return str(per).replace("{0}", above)
    below = (_form(choice, UNITS[denominator], display, "one") or denominator).replace("{0}", "").strip()
    compound = choice.table("compound_unit_patterns", "per", display) or choice.table(
        "compound_unit_patterns", "per", "short"
    )
    pattern = compound.get("compound") if hasattr(compound, "get") else None
    return str(pattern or "{0}/{1}").replace("{0}", above).replace("{1}", below)


def _table(choice: Choice, name: str, display: str) -> Any:
    for form in dict.fromkeys((display, "short")):
        if found := choice.table("unit_patterns", name, form):
            return found
    return {}


def _form(choice: Choice, name: str, display: str, plural: str) -> str:
    table = _table(choice, name, display)
    return str(table.get(plural) or table.get("other") or "")
