# ruff: noqa: RUF001 - letters of many languages
"""What the CLDR knows and `babel` does not hold: how languages say "at" before a time, and words of English."""

from __future__ import annotations

AT = {
    "af": "{1} 'om' {0}",
    "ar": "{1} 'في' {0}",
    "be": "{1} 'at' {0}",
    "bg": "{1} 'в' {0}",
    "bn": "{1} 'এ' {0}",
    "bs": "{1} {0}",
    "ca": "{1}, 'a les' {0}",
    "cs": "{1} 'v' {0}",
    "cy": "{1} 'at' {0}",
    "da": "{1} 'kl'. {0}",
    "de": "{1} 'um' {0}",
    "el": "{1} 'στις' {0}",
    "en": "{1} 'at' {0}",
    "es": "{1} 'a las' {0}",
    "et": "{1}, 'kell' {0}",
    "eu": "{1} 'at' {0}",
    "fa": "{1} 'ساعت' {0}",
    "fi": "{1} 'klo' {0}",
    "fil": "{1} 'nang' {0}",
    "fr": "{1} 'à' {0}",
    "ga": "{1} 'at' {0}",
    "gl": "{1} 'at' {0}",
    "he": "{1} 'בשעה' {0}",
    "hi": "{1} 'क'ो {0} 'बज'े",
    "hr": "{1} 'u' {0}",
    "hy": "{1} 'at' {0}",
    "id": "{1} 'pukul' {0}",
    "is": "{1} 'at' {0}",
    "it": "{1} 'alle ore' {0}",
    "ka": "{1} 'at' {0}",
    "kk": "{1} {0}",
    "km": "{1} 'at' {0}",
    "kn": "{1} 'ರಂದ'ು {0} 'ಸಮಯಕ್ಕ'ೆ",
    "ky": "{1} 'at' {0}",
    "lo": "{1} 'at' {0}",
    "mk": "{1} 'at' {0}",
    "ml": "{1}, {0}-'ന'്",
    "mn": "{1} 'at' {0}",
    "mr": "{1} 'रोज'ी {0} 'वाजत'ा",
    "ms": "{1} 'pada' {0}",
    "my": "{1} 'at' {0}",
    "nb": "{1} 'kl'. {0}",
    "ne": "{1} 'at' {0}",
    "nl": "{1} 'om' {0}",
    "ps": "{1} 'at' {0}",
    "pt": "{1} 'às' {0}",
    "ro": "{1} 'la' {0}",
    "ru": "{1} 'в' {0}",
    "si": "{1} 'at' {0}",
    "sk": "{1} 'o' {0}",
    "sl": "{1} 'ob' {0}",
    "sq": "{1} 'at' {0}",
    "sv": "{1} 'kl'. {0}",
    "sw": "{1}, {0}",
    "ta": "{1} 'அன்ற'ு {0}",
    "te": "{1} {0}'క'ి",
    "th": "{1} 'เวลา' {0}",
    "uk": "{1} 'о' {0}",
    "ur": "{1} 'کو' {0}",
    "uz": "{1} {0}",
    "vi": "'lúc' {0} {1}",
    "zu": "{1} 'at' {0}",
}
"""Date and time of the two long styles, by language."""

PERIODS_IN_FULL = {"ko"}
"""Languages that never shorten the halves of the day."""

RELATIVE_SHORT = {
    "en": {
        "year": ("last yr.", "this yr.", "next yr."),
        "quarter": ("last qtr.", "this qtr.", "next qtr."),
        "month": ("last mo.", "this mo.", "next mo."),
        "week": ("last wk.", "this wk.", "next wk."),
    },
}

CALENDARS = {
    "buddhist": "Buddhist Calendar", "chinese": "Chinese Calendar", "coptic": "Coptic Calendar",
    "dangi": "Dangi Calendar", "ethiopic": "Ethiopic Calendar", "ethioaa": "Ethiopic Amete Alem Calendar",
    "gregory": "Gregorian Calendar", "hebrew": "Hebrew Calendar", "indian": "Indian National Calendar",
    "islamic": "Hijri Calendar", "iso8601": "Gregorian Calendar (Year First)", "japanese": "Japanese Calendar",
    "persian": "Persian Calendar", "roc": "Minguo Calendar",
}  # fmt: skip

DATE_TIME_FIELDS = {
    "era": "era", "year": "year", "quarter": "quarter", "month": "month", "weekOfYear": "week",
    "weekday": "day of the week", "day": "day", "dayPeriod": "AM/PM", "hour": "hour", "minute": "minute",
    "second": "second", "timeZoneName": "time zone",
}  # fmt: skip

USUAL_CALENDARS = {
    "th": "buddhist", "fa": "persian", "ps": "persian", "ckb-IR": "persian", "mzn": "persian", "lrc": "persian",
    "uz-Arab": "persian", "ar-SA": "islamic-umalqura",
}  # fmt: skip
"""Languages that do not usually count years as the Gregorian calendar does."""
