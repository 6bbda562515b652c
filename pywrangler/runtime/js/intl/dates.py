"""`Intl.DateTimeFormat` (https://tc39.es/ecma402/#datetimeformat-objects), for the Gregorian calendar.

Local time is UTC unless `timeZone` says otherwise, as in Workers. Another calendar than the Gregorian one is an Error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import error, range_error, type_error
from pywrangler.runtime.js.intl import zones
from pywrangler.runtime.js.intl.date_fields import Moment, field_parts, with_hours
from pywrangler.runtime.js.intl.locales import Choice, Given, choose, numbering_system, supported
from pywrangler.runtime.js.intl.ranges import range_parts
from pywrangler.runtime.js.intl.skeletons import best_pattern, glue_of, tokens
from pywrangler.runtime.js.intl.supplement import USUAL_CALENDARS
from pywrangler.runtime.js.primitives import to_number
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsFunction, JsObject, plain

_WIDTHS = {"numeric": 1, "2-digit": 2, "short": 3, "long": 4, "narrow": 5}
_FIELDS = {
    "weekday": ("narrow", "short", "long"), "era": ("narrow", "short", "long"), "year": ("2-digit", "numeric"),
    "month": ("2-digit", "numeric", "narrow", "short", "long"), "day": ("2-digit", "numeric"),
    "dayPeriod": ("narrow", "short", "long"), "hour": ("2-digit", "numeric"), "minute": ("2-digit", "numeric"),
    "second": ("2-digit", "numeric"),
    "timeZoneName": ("short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"),
}  # fmt: skip
_LETTERS = {
    "era": "G", "year": "y", "month": "M", "weekday": "E", "day": "d", "dayPeriod": "B", "minute": "m", "second": "s",
}  # fmt: skip
_DATE = ("weekday", "year", "month", "day")
_TIME = ("dayPeriod", "hour", "minute", "second", "fractionalSecondDigits")
_STYLES = ("full", "long", "medium", "short")
_CYCLES = {"h11": "K", "h12": "h", "h23": "H", "h24": "k"}


class DateTimeFormat(JsProxy):
    """Writes dates: `Intl.DateTimeFormat.new("en-US", dateStyle="medium", timeZone="UTC").format(date)`."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        self._setup(locales, init, named, "any", "date")

    @classmethod
    def of(cls, locales: Any, init: Any, named: Any, required: str, defaults: str) -> DateTimeFormat:
        """Return a format whose fields, where none are asked for, are those of `defaults`: date, time or all."""
        made = object.__new__(cls)
        made._setup(locales, init, named, required, defaults)
        return made

    @classmethod
    def _call(cls, *arguments: Any) -> DateTimeFormat:
        return cls.new(*arguments)  # type: ignore[no-any-return]

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    # ---- options --------------------------------------------------------------------------------------

    def _setup(self, locales: Any, init: Any, named: Mapping[str, Any], required: str, defaults: str) -> None:
        given = Given("Intl.DateTimeFormat", init, named)
        self._choice: Choice = choose(locales, ("ca", "hc", "nu"), given.values)
        usual = USUAL_CALENDARS.get(self._choice.tag.base) or USUAL_CALENDARS.get(self._choice.language, "gregory")
        calendar = given.text("calendar") or self._choice.tag.keywords.get("ca", usual)
        if calendar not in {"gregory", "gregorian"}:
            raise error(
                f"Intl.DateTimeFormat: the calendar {calendar!r} is not available locally. "
                'Say calendar="gregory" for the Gregorian one.'
            )
        self._system = numbering_system(self._choice, given)
        zone = given.text("timeZone")
        self._zone = "UTC" if zone is None else zones.zone_name(zone)
        self._fields: dict[str, Any] = {name: given.text(name, allowed) for name, allowed in _FIELDS.items()}
        self._fields["fractionalSecondDigits"] = given.number("fractionalSecondDigits", 1, 3)
        given.text("formatMatcher", ("basic", "best fit"))
        self._date_style = given.text("dateStyle", _STYLES)
        self._time_style = given.text("timeStyle", _STYLES)
        hour12, cycle = given.flag("hour12"), given.text("hourCycle", tuple(_CYCLES))
        explicit = any(value is not None for value in self._fields.values())
        if self._date_style or self._time_style:
            if explicit:
                raise type_error("Invalid option : option")
            if required == "date" and self._time_style:
                raise type_error("Invalid option : timeStyle")
            if required == "time" and self._date_style:
                raise type_error("Invalid option : dateStyle")
        else:
            self._add_defaults(required, defaults)
        self._cycle = self._resolved_cycle(hour12, cycle)
        self._pattern = self._resolved_pattern()

    def _add_defaults(self, required: str, defaults: str) -> None:
        needed = (_DATE if required in {"date", "any"} else ()) + (_TIME if required in {"time", "any"} else ())
        if any(self._fields[name] is not None for name in needed):
            return
        if defaults in {"date", "all"}:
            self._fields |= dict.fromkeys(("year", "month", "day"), "numeric")
        if defaults in {"time", "all"}:
            self._fields |= dict.fromkeys(("hour", "minute", "second"), "numeric")

    def _resolved_cycle(self, hour12: bool | None, cycle: str | None) -> str | None:
        if not (self._fields["hour"] or self._time_style):
            return None
        usual = self._usual_cycle()
        if hour12 is not None:
            return (usual if usual == "h11" else "h12") if hour12 else "h23"
        return cycle or self._choice.tag.keywords.get("hc") or usual

    def _usual_cycle(self) -> str:
        pattern = str(self._choice.data.time_formats["short"].pattern)
        letter = next((field for field, _ in tokens(pattern) if field in "hHkK" and field), "H")
        return next(name for name, sign in _CYCLES.items() if sign == letter)

    def _resolved_pattern(self) -> str:
        if self._date_style or self._time_style:
            return self._styled_pattern()
        skeleton = ""
        for name in ("era", "year", "month", "weekday", "day", "dayPeriod"):
            if self._fields[name]:
                skeleton += _LETTERS[name] * _WIDTHS[self._fields[name]]
        if self._fields["hour"]:
            twelve = self._cycle in {"h11", "h12"}
            skeleton += ("h" if twelve else "H") * _WIDTHS[self._fields["hour"]]
            if not twelve:
                skeleton = skeleton.replace("B", "")
        elif "B" in skeleton:
            skeleton = skeleton.replace("B", "") or "h"
        for name in ("minute", "second"):
            if self._fields[name]:
                skeleton += _LETTERS[name] * _WIDTHS[self._fields[name]]
        skeleton += "S" * (self._fields["fractionalSecondDigits"] or 0)
        if self._fields["timeZoneName"]:
            skeleton += "z"
        pattern = best_pattern(self._choice, skeleton)
        if self._usual_cycle() == "h23" and self._fields["hour"] == "numeric" and self._fields["minute"] == "2-digit":
            pattern = pattern.replace("HH", "H")
        return with_hours(pattern, _CYCLES.get(self._cycle or "", ""), self._fields)

    def _styled_pattern(self) -> str:
        data = self._choice.data
        date = str(data.date_formats[self._date_style].pattern) if self._date_style else ""
        time = str(data.time_formats[self._time_style].pattern) if self._time_style else ""
        if time and self._cycle != self._usual_cycle():
            wanted = "h" if self._cycle in {"h11", "h12"} else "H"
            fields = {"short": "m", "medium": "ms", "long": "msz", "full": "mszzzz"}[self._time_style or "short"]
            zone = "z" * fields.count("z")
            time = best_pattern(self._choice, wanted + fields.replace("z", "")) + (f" {zone}" if zone else "")
            time = with_hours(time, _CYCLES[self._cycle or "h23"], {"hour": None})
        if date and time:
            return glue_of(self._choice, self._date_style or "").replace("{1}", date).replace("{0}", time)
        return date or time

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        found: dict[str, Any] = {
            "locale": str(self._choice.tag), "calendar": "gregory", "numberingSystem": self._system,
            "timeZone": self._zone,
        }  # fmt: skip
        if self._cycle is not None:
            found |= {"hourCycle": self._cycle, "hour12": self._cycle in {"h11", "h12"}}
        if self._date_style or self._time_style:
            found |= {"dateStyle": self._date_style, "timeStyle": self._time_style}
        else:
            found |= self._fields
            if self._fields["minute"] and self._fields["hour"]:
                found["minute"] = "2-digit"
            if self._fields["second"] and self._fields["minute"]:
                found["second"] = "2-digit"
            if self._fields["hour"] and self._cycle in {"h23", "h24"}:
                found["hour"] = "2-digit" if "HH" in self._pattern or "kk" in self._pattern else self._fields["hour"]
        order = ("weekday", "era", "year", "month", "day", "dayPeriod", "hour", "minute", "second")
        head = {name: value for name, value in found.items() if name not in order}
        body = {name: found[name] for name in order if name in found}
        tail = {name: head.pop(name) for name in ("fractionalSecondDigits", "timeZoneName") if name in head}
        styles = {name: head.pop(name) for name in ("dateStyle", "timeStyle") if name in head}
        return plain({name: value for name, value in (head | body | tail | styles).items() if value is not None})

    # ---- formatting -----------------------------------------------------------------------------------

    @property
    def format(self) -> JsFunction:
        """The function that writes a date; now, if none is given."""
        return JsFunction.new(lambda date=None: "".join(text for _, text in self.parts(_moment(date))))  # type: ignore[no-any-return]

    def formatToParts(self, date: Any = None) -> JsArray:
        """Return the pieces that `format` writes, as `{type, value}`."""
        return array(plain({"type": kind, "value": text}) for kind, text in self.parts(_moment(date)))

    def formatRange(self, start: Any = None, end: Any = None) -> str:
        """Write the time from one date to another."""
        return "".join(text for _, text, _ in self._range(start, end))

    def formatRangeToParts(self, start: Any = None, end: Any = None) -> JsArray:
        """Return the pieces of a range, as `{type, value, source}`."""
        return array(plain({"type": k, "value": text, "source": source}) for k, text, source in self._range(start, end))

    def _range(self, start: Any, end: Any) -> list[tuple[str, str, str]]:
        if start is None or end is None:
            raise type_error("startDate or endDate cannot be undefined")
        return range_parts(self, _moment(start), _moment(end))

    def moment(self, milliseconds: float) -> Moment:
        """Return a point in time as this format's zone has it."""
        return Moment(milliseconds, zones.offset_of(self._zone, milliseconds))

    def parts(self, milliseconds: float, pattern: str | None = None) -> list[tuple[str, str]]:
        """Return the pieces of a date, each with its type."""
        return field_parts(
            self._choice, tokens(self._pattern if pattern is None else pattern), self.moment(milliseconds),
            self._system, self._zone, self._fields["timeZoneName"] or "",
        )  # fmt: skip


def _moment(date: Any) -> float:
    value = JsDate.now() if date is None else date.getTime() if isinstance(date, JsDate) else to_number(date)
    if not math.isfinite(value) or abs(value) > 8.64e15:
        raise range_error("Invalid time value")
    return value
