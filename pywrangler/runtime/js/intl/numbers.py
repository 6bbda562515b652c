"""`Intl.NumberFormat` (https://tc39.es/ecma402/#numberformat-objects)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.intl.locales import Choice, Given, choose, in_digits, numbering_system, supported, symbols_of
from pywrangler.runtime.js.intl.plurals import category
from pywrangler.runtime.js.intl.rounding import Digits, read_digits
from pywrangler.runtime.js.intl.units import UNITS, unit_pattern
from pywrangler.runtime.js.primitives import JsBigInt, to_number, to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsFunction, JsObject, plain

Parts = list[tuple[str, str]]

_PATTERN = re.compile(r"((?:[^'0-9#@.,¤%‰;]|'[^']*'|¤+|%|‰)*)([#0-9@.,E+]+)?(.*)", re.DOTALL)
_MIN2 = frozenset(("bg", "ca", "es", "es-ES", "et", "hu", "it", "lt", "lv", "pl", "pt-PT"))
"""Languages that write four digits without a separator."""


class NumberFormat(JsProxy):
    """Writes numbers: `Intl.NumberFormat.new("en-US", style="currency", currency="USD").format(5)`."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        given = Given("Intl.NumberFormat", init, named)
        self._choice = choose(locales, ("nu",), given.values)
        self._system = numbering_system(self._choice, given)
        self._style = given.text("style", ("decimal", "percent", "currency", "unit"), "decimal")
        self._currency, self._currency_display, self._accounting = self._read_currency(given)
        self._unit, self._unit_display = self._read_unit(given)
        self._notation = given.text("notation", ("standard", "scientific", "engineering", "compact"), "standard")
        self._digits = self._read_digits(given)
        self._compact = given.text("compactDisplay", ("short", "long"), "short")
        self._grouping = self._read_grouping(given)
        self._signs = given.text("signDisplay", ("auto", "always", "never", "exceptZero", "negative"), "auto")

    @classmethod
    def _call(cls, *arguments: Any) -> NumberFormat:
        return cls.new(*arguments)  # type: ignore[no-any-return]

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    # ---- options --------------------------------------------------------------------------------------

    def _read_currency(self, given: Given) -> tuple[str, str, bool]:
        code = given.text("currency")
        if code is not None and not re.fullmatch(r"[A-Za-z]{3}", code):
            raise range_error(f"Invalid currency code : {code}")
        display = given.text("currencyDisplay", ("code", "symbol", "narrowSymbol", "name"), "symbol")
        accounting = given.text("currencySign", ("standard", "accounting"), "standard") == "accounting"
        if self._style == "currency" and code is None:
            raise type_error("Currency code is required with currency style.")
        return (code or "").upper(), display, accounting

    def _read_unit(self, given: Given) -> tuple[str, str]:
        unit = given.text("unit")
        if self._style == "unit" and unit is None:
            raise type_error("Invalid unit argument for Intl.NumberFormat() ''")
        if unit is not None and not all(part in UNITS for part in unit.split("-per-")):
            raise range_error(f"Invalid unit argument for Intl.NumberFormat() '{unit}'")
        return unit or "", given.text("unitDisplay", ("short", "narrow", "long"), "short")

    def _read_digits(self, given: Given) -> Digits:
        least, most = 0, 0 if self._style == "percent" else 3
        if self._style == "currency" and self._notation == "standard":
            from babel.core import get_global

            fractions: Any = get_global("currency_fractions")
            least = most = fractions.get(self._currency, fractions["DEFAULT"])[0]
        return read_digits(given, least, most, compact=self._notation == "compact")

    def _read_grouping(self, given: Given) -> str:
        default = "min2" if self._notation == "compact" else "auto"
        value = given.values.get("useGrouping")
        if value is None or value in {"true", "false"}:
            return default
        if value is True:
            return "always"
        if value is False or value == "":
            return "false"
        return str(given.text("useGrouping", ("min2", "auto", "always"), default))

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        found: dict[str, Any] = {"locale": str(self._choice.tag), "numberingSystem": self._system, "style": self._style}
        if self._style == "currency":
            found |= {
                "currency": self._currency,
                "currencyDisplay": self._currency_display,
                "currencySign": "accounting" if self._accounting else "standard",
            }
        if self._style == "unit":
            found |= {"unit": self._unit, "unitDisplay": self._unit_display}
        found["minimumIntegerDigits"] = self._digits.integer
        if self._digits.kind in {"fraction", "more", "less"}:
            found |= dict(zip(("minimumFractionDigits", "maximumFractionDigits"), self._digits.fraction, strict=True))
        if self._digits.significant is not None:
            names = ("minimumSignificantDigits", "maximumSignificantDigits")
            found |= dict(zip(names, self._digits.significant, strict=True))
        found |= {"useGrouping": False if self._grouping == "false" else self._grouping, "notation": self._notation}
        if self._notation == "compact":
            found["compactDisplay"] = self._compact
        return plain(
            found
            | {
                "signDisplay": self._signs,
                "roundingIncrement": self._digits.increment,
                "roundingMode": self._digits.mode,
                "roundingPriority": self._digits.priority,
                "trailingZeroDisplay": self._digits.zeros,
            }
        )

    # ---- formatting -----------------------------------------------------------------------------------

    @property
    def format(self) -> JsFunction:
        """The function that writes a number."""
        return JsFunction.new(lambda value=None: "".join(text for _, text in self.parts(value)))  # type: ignore[no-any-return]

    def formatToParts(self, value: Any = None) -> JsArray:
        """Return the pieces that `format` writes, as `{type, value}`."""
        return array(plain({"type": kind, "value": text}) for kind, text in self.parts(value))

    def formatRange(self, start: Any = None, end: Any = None) -> str:
        """Write a range of numbers."""
        return "".join(text for _, text, _ in self._range(start, end))

    def formatRangeToParts(self, start: Any = None, end: Any = None) -> JsArray:
        """Return the pieces of a range, as `{type, value, source}`."""
        return array(plain({"type": k, "value": text, "source": source}) for k, text, source in self._range(start, end))

    def _range(self, start: Any, end: Any) -> list[tuple[str, str, str]]:
        low, high = exact(start), exact(end)
        if any(isinstance(value, float) and math.isnan(value) for value in (low, high)):
            raise range_error("Invalid argument for Intl.NumberFormat.prototype.formatRange")
        first, last = self.parts(start), self.parts(end)
        if first == last:
            sign = symbols_of(self._choice, self._system).get("approximatelySign", "~")
            return [("approximatelySign", sign, "shared"), *((*part, "shared") for part in first)]
        dash = " \u2013 " if self._style == "currency" else "\u2013"
        return [
            *((*part, "startRange") for part in first), ("literal", dash, "shared"),
            *((*part, "endRange") for part in last),
        ]  # fmt: skip

    def parts(self, value: Any) -> Parts:
        """Return the pieces of a number, each with its type."""
        number = exact(value)
        if self._style == "percent":
            number = number * 100
        negative = math.copysign(1, number) < 0 if isinstance(number, float) else number.is_signed()
        magnitude: Any = abs(number)
        compact_pattern, exponent = None, 0
        if isinstance(magnitude, float):
            symbols = symbols_of(self._choice, self._system)
            core: Parts = [
                ("nan", symbols.get("nan", "NaN"))
                if math.isnan(magnitude)
                else ("infinity", symbols.get("infinity", "∞"))
            ]
            is_zero = math.isnan(magnitude)
            if is_zero:
                negative = False
        else:
            directed = negative and self._digits.mode in {"ceil", "floor", "halfCeil", "halfFloor"}
            magnitude, compact_pattern, exponent = self._scaled(magnitude, sign=-1 if directed else 1)
            core = self._integer_and_fraction(magnitude)
            is_zero = not magnitude
        if self._notation in {"scientific", "engineering"} and isinstance(magnitude, Decimal):
            core += self._exponent(exponent)
        sign = self._sign(negative, is_zero)
        return self._assembled(core, sign, compact_pattern, magnitude)

    def _scaled(self, value: Decimal, sign: int) -> tuple[Decimal, str | None, int]:
        """Return the number as it is shown, with the pattern of its compact form or its exponent."""

        def rounded(found: Decimal) -> Decimal:
            return abs(self._digits.rounded(found * sign))

        if self._notation == "standard":
            return rounded(value), None, 0
        if self._notation in {"scientific", "engineering"}:
            step = 1 if self._notation == "scientific" else 3
            exponent = (value.adjusted() // step) * step if value else 0
            found = rounded(value.scaleb(-exponent))
            if found and found.adjusted() >= step:
                exponent += step
                found = rounded(value.scaleb(-exponent))
            return found, None, exponent
        power = self._compact_power(value)
        pattern, shift = self._compact_pattern(power, value)
        found = rounded(value.scaleb(-shift))
        if found and found.adjusted() + shift > power:
            pattern, shift = self._compact_pattern(power + 1, value)
            found = rounded(value.scaleb(-shift))
        if pattern is not None:
            pattern, shift = self._compact_pattern(found.adjusted() + shift if found else power, found)
        return found, pattern, 0

    def _compact_power(self, value: Decimal) -> int:
        return value.adjusted() if value else 0

    def _compact_pattern(self, power: int, value: Decimal) -> tuple[str | None, int]:
        """Return the compact pattern for a power of ten, and by how many powers the number is made smaller."""
        if power < 3:
            return None, 0
        kind = (
            "compact_currency_formats"
            if self._style == "currency" and self._currency_display != "name"
            else "compact_decimal_formats"
        )
        tables = self._choice.table(kind, "short" if kind == "compact_currency_formats" else self._compact)
        tables = tables or self._choice.table(kind, "short")
        known = max((len(key) - 1 for key in tables.get("other", {})), default=0)
        key = "1" + "0" * min(power, known)
        table = tables.get(category(self._choice, value), None) or tables.get("other", {})
        found = table.get(key) or tables.get("other", {}).get(key)
        if found is None:
            return None, 0
        text = found.pattern
        zeros = len(re.search(r"0+", text.split(";")[0])[0])  # type: ignore[index]
        if re.sub(r"'[^']*'", "x", text) == "0" * zeros:
            return None, 0
        return text, min(power, known) - zeros + 1

    def _integer_and_fraction(self, value: Decimal) -> Parts:
        symbols = symbols_of(self._choice, self._system)
        text = f"{value:f}"
        whole, _, fraction = text.partition(".")
        if self._digits.zeros == "stripIfInteger" and not fraction.strip("0"):
            fraction = ""
        whole = whole.zfill(self._digits.integer)
        parts: Parts = []
        for group in self._groups(whole):
            if parts:
                parts.append(("group", symbols["group"]))
            parts.append(("integer", in_digits(group, self._system)))
        if fraction:
            parts += [("decimal", symbols["decimal"]), ("fraction", in_digits(fraction, self._system))]
        return parts

    def _groups(self, whole: str) -> list[str]:
        if self._grouping == "false" or self._notation in {"scientific", "engineering"}:
            return [whole]
        data = self._choice.data
        formats = data.percent_formats if self._style == "percent" else data.decimal_formats
        primary, secondary = formats[None].grouping
        least = 2 if self._grouping == "min2" or (self._grouping == "auto" and _groups_late(self._choice)) else 1
        if len(whole) < primary + least:
            return [whole]
        head, groups = whole[:-primary], [whole[-primary:]]
        while head:
            groups.insert(0, head[-secondary:])
            head = head[:-secondary]
        return groups

    def _exponent(self, exponent: int) -> Parts:
        symbols = symbols_of(self._choice, self._system)
        parts: Parts = [("exponentSeparator", symbols.get("exponential", "E"))]
        if exponent < 0:
            parts.append(("exponentMinusSign", symbols["minusSign"]))
        return [*parts, ("exponentInteger", in_digits(str(abs(exponent)), self._system))]

    def _sign(self, negative: bool, is_zero: bool) -> str:
        if self._signs == "never":
            return ""
        if self._signs == "always":
            return "-" if negative else "+"
        if self._signs == "exceptZero":
            return "" if is_zero else "-" if negative else "+"
        if self._signs == "negative":
            return "-" if negative and not is_zero else ""
        return "-" if negative else ""

    # ---- what stands around the digits ----------------------------------------------------------------

    def _assembled(self, core: Parts, sign: str, compact: str | None, value: Any) -> Parts:
        plural = "other" if isinstance(value, float) else category(self._choice, value, shown=value)
        if self._style == "currency" and self._currency_display == "name":
            inner = self._with_affixes(core, sign, compact or self._standard_pattern("decimal"))
            return self._with_words(inner, self._currency_pattern(plural), "currency", self._currency_name(plural))
        if self._style == "unit":
            inner = self._with_affixes(core, sign, compact or self._standard_pattern("decimal"))
            words = unit_pattern(self._choice, self._unit, self._unit_display, plural)
            return self._around(inner, words, "unit")
        return self._with_affixes(core, sign, compact or self._standard_pattern(self._style))

    def _standard_pattern(self, style: str) -> str:
        data = self._choice.data
        if style == "percent":
            return str(data.percent_formats[None].pattern)
        if style == "currency":
            formats = data.currency_formats
            kind = "accounting" if self._accounting and "accounting" in formats else "standard"
            return str(formats[kind].pattern)
        return str(data.decimal_formats[None].pattern)

    def _with_affixes(self, core: Parts, sign: str, pattern: str) -> Parts:
        positive, _, negative = pattern.partition(";")
        explicit = sign == "-" and bool(negative)
        match = _PATTERN.fullmatch(negative if explicit else positive)
        assert match is not None
        before, after = self._affix(match[1], core[0][1], end=False), self._affix(match[3], core[-1][1], end=True)
        if sign and not (explicit and not re.search(r"(?<!')-", negative)):
            kind = "minusSign" if sign == "-" else "plusSign"
            symbols = symbols_of(self._choice, self._system)
            placed = [part for part in before if part[0] == "minusSign"]
            if explicit and placed:
                return [*before, *core, *after]
            where = 0
            if before and before[0] == ("literal", "\u200f") and before[1:2] == []:
                where = 1
            before.insert(where, (kind, symbols[kind]))
        return [*before, *core, *after]

    def _affix(self, text: str, neighbour: str, *, end: bool) -> Parts:
        symbols = symbols_of(self._choice, self._system)
        parts: Parts = []
        literal = ""
        kind = "compact" if self._notation == "compact" else "literal"

        def flush() -> None:
            nonlocal literal
            if literal:
                stripped = literal.strip("\u00a0 \u202f\u200f\u200e")
                if kind == "compact" and stripped:
                    lead, trail = (
                        literal[: len(literal) - len(literal.lstrip("\u00a0 \u202f"))],
                        literal[len(literal.rstrip("\u00a0 \u202f")) :],
                    )
                    parts.extend([("literal", lead)] if lead else [])
                    parts.append(("compact", literal.strip("\u00a0 \u202f")))
                    parts.extend([("literal", trail)] if trail else [])
                else:
                    parts.append(("literal", literal))
                literal = ""

        for token in re.findall(r"'[^']*'|¤+|.", text, re.DOTALL):
            if token[0] == "¤":
                flush()
                sign = self._currency_sign()
                parts.append(("currency", sign))
            elif token in {"%", "‰"}:
                flush()
                parts.append(("percentSign", symbols["percentSign"]))
            elif token == "-":
                flush()
                parts.append(("minusSign", symbols["minusSign"]))
            else:
                literal += token[1:-1] or "'" if token[0] == "'" and len(token) > 1 else token
        flush()
        return self._spaced(parts, neighbour, end=end)

    def _spaced(self, parts: Parts, neighbour: str, *, end: bool) -> Parts:
        """Put a space between a currency of letters and a digit next to it."""
        at = 0 if end else -1
        if parts and parts[at][0] == "currency" and neighbour[:1].isdigit():
            edge = parts[at][1][0 if end else -1]
            if edge.isalpha() or edge == ".":
                return [("literal", "\u00a0"), *parts] if end else [*parts, ("literal", "\u00a0")]
        return parts

    def _currency_sign(self) -> str:
        if self._currency_display == "code":
            return self._currency
        if self._currency_display == "narrowSymbol":
            from pywrangler.runtime.js.intl.units import NARROW

            return NARROW.get(self._currency) or self._choice.table("currency_symbols").get(
                self._currency, self._currency
            )
        found = self._choice.table("currency_symbols").get(self._currency, self._currency)
        return str(found)

    def _currency_pattern(self, plural: str) -> str:
        table = self._choice.table("currency_unit_patterns")
        return str(table.get(plural) or table.get("other") or "{0} {1}")

    def _currency_name(self, plural: str) -> str:
        table: Mapping[str, str] = self._choice.table("currency_names_plural", self._currency)
        name = table.get(plural) or table.get("other") or self._choice.table("currency_names").get(self._currency)
        return str(name or self._currency)

    def _with_words(self, inner: Parts, pattern: str, kind: str, words: str) -> Parts:
        return [
            part
            for piece in re.split(r"(\{\d\})", pattern)
            if piece
            for part in (inner if piece == "{0}" else [(kind, words)] if piece == "{1}" else [("literal", piece)])
        ]

    def _around(self, inner: Parts, pattern: str, kind: str) -> Parts:
        if "{0}" not in pattern:  # a word that says the number: Arabic has one for two days
            return [(kind, pattern)]
        before, _, after = pattern.partition("{0}")
        parts: Parts = []
        if before:
            stem = before.rstrip()
            parts += [(kind, stem)] if stem else []
            parts += [("literal", before[len(stem) :])] if before != stem else []
        parts += inner
        if after:
            stem = after.lstrip()
            parts += [("literal", after[: len(after) - len(stem)])] if after != stem else []
            parts += [(kind, stem)] if stem else []
        return parts


def _groups_late(choice: Choice) -> bool:
    return choice.tag.base in _MIN2 or (choice.language in _MIN2 and choice.language != "es")


def exact(value: Any) -> Decimal | float:
    """Return a number exactly as JavaScript would write it; infinities and NaN stay floats."""
    if isinstance(value, str):
        try:
            found = Decimal(value.strip()) if value.strip() else Decimal(0)
        except ArithmeticError:
            return exact(to_number(value))
        return float(found) if not found.is_finite() else found
    if isinstance(value, JsBigInt) or (isinstance(value, int) and not isinstance(value, bool)):
        return Decimal(int(value))
    number = float(to_number(value)) if not isinstance(value, float) else value
    return Decimal(repr(number)) if math.isfinite(number) else number


__all__ = ["NumberFormat", "Parts", "exact", "to_string"]
