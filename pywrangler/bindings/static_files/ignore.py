r"""`.assetsignore`: which files of the assets directory are not served.

gitignore's syntax (https://git-scm.com/docs/gitignore) as wrangler has it, by the npm package `ignore` 5.3: the last
matching line counts, `!` takes back, a slash at the start or in the middle anchors to the directory, a slash at the end
means directories only, and what lies in an ignored directory cannot be taken back. Unlike git's, case does not matter,
`[!a]` and `[^a]` are not negated, and `\*` at the end is a wildcard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.bindings.static_files.wildcards import between_wildcards

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANY = re.compile(r".+", re.DOTALL)
_NOTHING = re.compile(r"(?!)")

NEVER_SERVED = "/_headers\n/_redirects\n/.assetsignore\n/_worker.js\n"
"""Control files of the directory itself."""

SECRET_FILES = ".dev.vars*\n.env*\n.wrangler/\n"
"""Never served, whatever the file says: an assets directory of `.` must not hand out secrets. Ours, not wrangler's."""


@dataclass(frozen=True, slots=True)
class _Rule:
    segments: tuple[re.Pattern[str] | None, ...]
    """A pattern for each part of a path; None for `**`, which stands for any number of parts."""
    is_negative: bool
    only_directories: bool

    def matches(self, parts: Sequence[str]) -> bool:
        """Tell whether the rule means this path; the time grows with the product of both lengths at most."""
        rule, part = 0, 0
        retry_rule, retry_part = -1, 0
        while part < len(parts):
            segment = self.segments[rule] if rule < len(self.segments) else _NOTHING
            if segment is None:
                rule += 1
                retry_rule, retry_part = rule, part
            elif segment.fullmatch(parts[part]):
                rule, part = rule + 1, part + 1
            elif retry_rule >= 0:  # The last `**` takes one part more; what it found so far needs no second look.
                retry_part += 1
                rule, part = retry_rule, retry_part
            else:
                return False
        return all(segment is None for segment in self.segments[rule:])


class IgnoreRules:
    """The rules of one directory."""

    def __init__(self, text: str) -> None:
        self._rules = [
            rule for line in (NEVER_SERVED + text + "\n" + SECRET_FILES).splitlines() if (rule := _rule(line))
        ]

    def hides(self, relative: str) -> bool:
        """Tell whether the file at `relative` (parts joined by `/`, no leading slash) is ignored."""
        parts = relative.split("/")
        for count in range(1, len(parts) + 1):
            is_directory = count < len(parts)
            is_hidden = False
            for rule in self._rules:
                if (is_directory or not rule.only_directories) and rule.matches(parts[:count]):
                    is_hidden = not rule.is_negative
            if is_hidden:
                return True
        return False


def _rule(line: str) -> _Rule | None:
    line = re.sub(r"(?<!\\)[ \t\r]+$", "", line)
    if not line or line.startswith("#"):
        return None
    is_negative = line.startswith("!")
    line = line[is_negative:]
    only_directories = line.endswith("/")
    line = line.rstrip("/")
    globs = line.lstrip("/").split("/")
    if not any(globs):
        return None
    segments: list[re.Pattern[str] | None] = [] if "/" in line else [None]
    try:
        for position, glob in enumerate(globs):
            if glob != "**":
                segments.append(re.compile(_expression(glob), re.DOTALL | re.IGNORECASE))
                continue
            if position and position == len(globs) - 1:
                segments.append(_ANY)  # `x/**` means what lies in x, not x itself
            segments.append(None)
    except re.error:  # a character class that no file can match, such as [z-a]
        return None
    return _Rule(tuple(segments), is_negative, only_directories)


def _expression(glob: str) -> str:
    """Return the regular expression for one part of a gitignore pattern."""
    chunks = [""]
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*" or glob[at:] == "\\*":
            chunks.append("")
            at += 1 if char == "*" else 2
        elif char == "?":
            chunks[-1], at = chunks[-1] + ".", at + 1
        elif char == "[" and (end := glob.find("]", at + 2)) > 0:
            inside = re.sub(r"([\\[^&~|])", r"\\\1", glob[at + 1 : end]).replace("--", r"-\-")
            chunks[-1] += f"[{inside}]"
            at = end + 1
        elif char == "\\" and at + 1 < len(glob):
            chunks[-1], at = chunks[-1] + re.escape(glob[at + 1]), at + 2
        else:
            chunks[-1], at = chunks[-1] + re.escape(char), at + 1
    return between_wildcards(chunks)
