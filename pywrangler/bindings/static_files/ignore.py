"""`.assetsignore`: which files of the assets directory are not served; gitignore's syntax.

The last matching line counts, `!` takes back, a slash at the start or in the middle anchors to the directory, a slash
at the end means directories only. What lies in an ignored directory cannot be taken back (https://git-scm.com/docs/gitignore).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NEVER_SERVED = "/_headers\n/_redirects\n/.assetsignore\n/_worker.js\n"
"""Control files of the directory itself."""

SECRET_FILES = ".dev.vars*\n.env*\n.wrangler/\n"
"""Never served, whatever the file says: an assets directory of `.` must not hand out secrets. Ours, not wrangler's."""


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    is_negative: bool
    only_directories: bool


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
            path = "/".join(parts[:count])
            is_hidden = False
            for rule in self._rules:
                if (is_directory or not rule.only_directories) and rule.pattern.fullmatch(path):
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
    is_anchored = "/" in line
    line = line.lstrip("/")
    if not line:
        return None
    try:
        pattern = re.compile(("" if is_anchored else "(?:.*/)?") + _expression(line), re.DOTALL)
    except re.error:  # a character class that no file can match, such as [z-a]
        return None
    return _Rule(pattern, is_negative, only_directories)


def _expression(glob: str) -> str:
    """Return the regular expression for one gitignore pattern."""
    out, at = "", 0
    while at < len(glob):
        char = glob[at]
        if glob.startswith("**/", at) and (at == 0 or glob[at - 1] == "/"):
            out, at = out + "(?:.*/)?", at + 3
        elif glob[at:] == "**" and glob[at - 1 : at] == "/":
            out, at = out + ".+", at + 2
        elif char == "*":
            while glob[at : at + 1] == "*":
                at += 1
            out += "[^/]*"
        elif char == "?":
            out, at = out + "[^/]", at + 1
        elif char == "[" and (end := glob.find("]", at + 2)) > 0:
            inside = glob[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            out += f"[^/{inside[1:]}]" if inside[0] in "!^" else f"(?!/)[{inside}]"
            at = end + 1
        elif char == "\\" and at + 1 < len(glob):
            out, at = out + re.escape(glob[at + 1]), at + 2
        else:
            out, at = out + re.escape(char), at + 1
    return out
