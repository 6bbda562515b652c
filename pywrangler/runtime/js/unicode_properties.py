r"""The names that `\p{...}` takes, for the package `regex`.

JavaScript takes the names exactly as the Unicode database writes them, long or short; `regex` is more liberal, so names
are checked first (https://tc39.es/ecma262/#table-nonbinary-unicode-properties).
"""

from __future__ import annotations

import functools
import re
from typing import Any

_CATEGORIES = (
    "C:Other Cc:Control Cf:Format Cn:Unassigned Co:Private_Use Cs:Surrogate L:Letter LC:Cased_Letter "
    "Ll:Lowercase_Letter Lm:Modifier_Letter Lo:Other_Letter Lt:Titlecase_Letter Lu:Uppercase_Letter M:Mark "
    "Mc:Spacing_Mark Me:Enclosing_Mark Mn:Nonspacing_Mark N:Number Nd:Decimal_Number Nl:Letter_Number "
    "No:Other_Number P:Punctuation Pc:Connector_Punctuation Pd:Dash_Punctuation Pe:Close_Punctuation "
    "Pf:Final_Punctuation Pi:Initial_Punctuation Po:Other_Punctuation Ps:Open_Punctuation S:Symbol "
    "Sc:Currency_Symbol Sk:Modifier_Symbol Sm:Math_Symbol So:Other_Symbol Z:Separator Zl:Line_Separator "
    "Zp:Paragraph_Separator Zs:Space_Separator"
)
_CATEGORY_NAMES = {
    name: pair.partition(":")[0] for pair in _CATEGORIES.split() for name in pair.split(":")
} | {
    "cntrl": "Cc", "digit": "Nd", "punct": "P", "Combining_Mark": "M",
}  # fmt: skip

_BINARY = (
    "ASCII_Hex_Digit AHex Alphabetic Alpha Bidi_Control Bidi_C Bidi_Mirrored Bidi_M Case_Ignorable CI Cased "
    "Changes_When_Casefolded CWCF Changes_When_Casemapped CWCM Changes_When_Lowercased CWL "
    "Changes_When_NFKC_Casefolded CWKCF Changes_When_Titlecased CWT Changes_When_Uppercased CWU Dash "
    "Default_Ignorable_Code_Point DI Deprecated Dep Diacritic Dia Emoji Emoji_Component EComp Emoji_Modifier EMod "
    "Emoji_Modifier_Base EBase Emoji_Presentation EPres Extended_Pictographic ExtPict Extender Ext Grapheme_Base "
    "Gr_Base Grapheme_Extend Gr_Ext Hex_Digit Hex IDS_Binary_Operator IDSB IDS_Trinary_Operator IDST ID_Continue "
    "IDC ID_Start IDS Ideographic Ideo Join_Control Join_C Logical_Order_Exception LOE Lowercase Lower Math "
    "Noncharacter_Code_Point NChar Pattern_Syntax Pat_Syn Pattern_White_Space Pat_WS Quotation_Mark QMark Radical "
    "Regional_Indicator RI Sentence_Terminal STerm Soft_Dotted SD Terminal_Punctuation Term Unified_Ideograph "
    "UIdeo Uppercase Upper Variation_Selector VS White_Space space XID_Continue XIDC XID_Start XIDS"
)
_SHORT = {
    "EComp": "Emoji_Component", "EMod": "Emoji_Modifier", "EBase": "Emoji_Modifier_Base",
    "EPres": "Emoji_Presentation", "ExtPict": "Extended_Pictographic",
}  # fmt: skip
_SCRIPT_NAME = re.compile(r"[A-Z][a-z]+(?:_[A-Z][a-z]+)*")


def property_class(expression: str, *, negated: bool) -> str | None:
    r"""Return the inside of a character class for what stands in `\p{...}`; None if there is no such property."""
    name, has_value, value = expression.partition("=")
    letter = "P" if negated else "p"
    if not has_value:
        if name == "Any":
            return r"" if negated else r"\x00-\U0010ffff"
        if name == "ASCII":
            return r"\x80-\U0010ffff" if negated else r"\x00-\x7f"
        if name == "Assigned":
            return r"\p{Cn}" if negated else r"\P{Cn}"
        if name in _CATEGORY_NAMES:
            return rf"\{letter}{{{_CATEGORY_NAMES[name]}}}"
        return rf"\{letter}{{{_SHORT.get(name, name)}}}" if name in _BINARY.split() else None
    if name in {"General_Category", "gc"}:
        short = _CATEGORY_NAMES.get(value)
        return None if short is None else rf"\{letter}{{{short}}}"
    if name in {"Script", "sc", "Script_Extensions", "scx"} and _SCRIPT_NAME.fullmatch(value):
        kind = "Script" if name in {"Script", "sc"} else "Script_Extensions"
        found = rf"\{letter}{{{kind}={value}}}"
        return found if _is_known(found) else None
    return None


@functools.cache
def _is_known(expression: str) -> bool:
    import regex

    engine: Any = regex
    try:
        engine.compile(f"[{expression}]")
    except engine.error:
        return False
    return True
