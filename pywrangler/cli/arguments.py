"""Command lines written for wrangler, made fit for our parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from pywrangler.session.spawn import NurseryProcess


_TRUTH = frozenset(("true", "false"))


class Invocation(NamedTuple):
    """What a command gets beside its flags."""

    ignored: tuple[str, ...] = ()
    """Flags on the command line that have no effect."""
    early_nursery: NurseryProcess | None = None


def adapt(
    words: Sequence[str], boolean_flags: AbstractSet[str], ignored_flags: Mapping[str, bool]
) -> tuple[list[str], tuple[str, ...]]:
    """Return the words for the parser, and the flags that were left out.

    `--flag=false` and `--flag false` become `--no-flag`, as upstream's parser takes them. Of `ignored_flags`, those
    that map to True take their value along. What follows `--` stays as it is.
    """
    kept: list[str] = []
    ignored: list[str] = []
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        if word == "--":
            kept += [word, *reversed(rest)]
            break
        flag, equals, value = word.partition("=")
        if flag in ignored_flags:
            ignored.append(flag)
            if ignored_flags[flag] and not equals and rest:
                rest.pop()
        elif flag in boolean_flags and (value if equals else "".join(rest[-1:])).lower() in _TRUTH:
            truth = value if equals else rest.pop()
            kept.append(flag if truth.lower() == "true" else f"--no-{flag.removeprefix('--')}")
        else:
            kept.append(word)
    return kept, tuple(ignored)
