"""Command lines as wrangler's parser reads them, made fit for ours.

- A boolean takes `=true`, `=false`, or one of the words `true` and `false` after a blank; `--no-x` turns it off.
- A flag for several values takes all words up to the next flag: `--var A:1 B:2`.
- `--envFile` is `--env-file`.
- What follows `--` stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from pywrangler.session.spawn import NurseryProcess

Kind = Literal["switch", "value", "array"]
_TRUTH = frozenset(("true", "false"))
_CAPITAL = re.compile(r"(?<=[a-z0-9])[A-Z]")
_NEGATIVE_NUMBER = re.compile(r"-[0-9]+(?:\.[0-9]+)?")


class Ignored(NamedTuple):
    """A flag of wrangler that is understood and has no effect here."""

    kind: Kind
    what: str = ""
    """Why, if somebody could miss the effect; then it is said once."""
    remedy: str = ""


SILENT_SWITCH = Ignored("switch")
SILENT_VALUE = Ignored("value")
SILENT_ARRAY = Ignored("array")


class Invocation(NamedTuple):
    """What a command gets beside its flags."""

    ignored: tuple[tuple[str, Ignored], ...] = ()
    """Flags on the command line that have no effect, each once."""
    early_nursery: NurseryProcess | None = None


def adapt(
    words: Sequence[str], kinds: Mapping[str, Kind], ignored: Mapping[str, Ignored]
) -> tuple[list[str], tuple[tuple[str, Ignored], ...]]:
    """Return the words for the parser, and the flags that were left out because they are `ignored`."""
    kept: list[str] = []
    left_out: dict[str, Ignored] = {}
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        if word == "--":
            return [*kept, word, *reversed(rest)], tuple(left_out.items())
        flag, equals, value = word.partition("=")
        name, kind, is_negated = _known(flag, kinds, ignored)
        if kind is None or (is_negated and equals):
            kept.append(word)
            continue
        given = [value] if equals else []
        if kind == "switch":
            is_on = not is_negated and _truth(given, rest)
            found = [name] if is_on else [f"--no-{name[2:]}"] * (f"--no-{name[2:]}" in kinds)
        elif kind == "array":
            given += _values(rest)
            is_on, found = True, [f"{name}={item}" for item in given] or [name]
        else:
            is_on, found = True, [f"{name}={value}" if equals else name]
            if not equals and rest and not _is_flag(rest[-1]):
                found.append(rest.pop())
        if name not in ignored:
            kept += found
        elif is_on:
            left_out[name] = ignored[name]
    return kept, tuple(left_out.items())


def width(words: Sequence[str], index: int, with_value: AbstractSet[str]) -> int:
    """Return how many words the flag at `index` takes, itself included; of an array only the first value counts."""
    if kebab(words[index]) in with_value:
        return 2
    return 2 if "".join(words[index + 1 : index + 2]) in _TRUTH and "=" not in words[index] else 1


def kebab(flag: str) -> str:
    """Return `--env-file` for `--envFile`."""
    return _CAPITAL.sub(lambda match: f"-{match[0].lower()}", flag)


def _known(flag: str, kinds: Mapping[str, Kind], ignored: Mapping[str, Ignored]) -> tuple[str, Kind | None, bool]:
    """Return a flag in its usual spelling, its kind (None for what is no flag), and whether it is turned off."""
    for name in (flag, kebab(flag)):
        if not name.startswith("-"):
            break
        positive = f"--{name[5:]}" if name.startswith("--no-") else ""
        if (kinds.get(positive) or (ignored[positive].kind if positive in ignored else None)) == "switch":
            return positive, "switch", True
        if name in ignored:
            return name, ignored[name].kind, False
        if name in kinds:
            return name, kinds[name], False
    return flag, None, False


def _truth(given: list[str], rest: list[str]) -> bool:
    if not given and rest and rest[-1] in _TRUTH:
        given = [rest.pop()]
    return not given or given[0] == "true"


def _values(rest: list[str]) -> list[str]:
    found = []
    while rest and not _is_flag(rest[-1]):
        found.append(rest.pop())
    return found


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word != "-" and not _NEGATIVE_NUMBER.fullmatch(word)
