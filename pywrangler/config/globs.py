"""The patterns of `rules` and of `python_modules.exclude`, matched as wrangler matches them.

A path with `/` is matched as a whole. `*` stands for anything within a name, a name of several stars for any number of
folders; everything else is itself, braces, brackets and question marks, too. Matching takes no longer than the product
of both lengths, whatever the pattern.
"""

from __future__ import annotations


def matches(glob: str, path: str) -> bool:
    """Whether the pattern fits the whole of a path."""
    patterns = glob.split("/")
    if len(patterns) > 1 and patterns[-1] == "" and _is_any_folders(patterns[-2]):
        patterns.pop()  # Nothing is left for what follows the slash.
    names = path.split("/")
    # `fits[n]`: what was read of the pattern so far fits the first n names.
    fits = [True] + [False] * len(names)
    for number, pattern in enumerate(patterns):
        if _is_any_folders(pattern):
            first = fits.index(True) if True in fits else len(fits)
            # The last one needs a name to stand for, which may be empty.
            first += number == len(patterns) - 1
            fits = [index >= first for index in range(len(fits))]
        else:
            fits = [False, *(fits[index] and _fits_name(pattern, names[index]) for index in range(len(names)))]
    return fits[-1]


def _is_any_folders(pattern: str) -> bool:
    return len(pattern) > 1 and not pattern.strip("*")


def _fits_name(pattern: str, name: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    *middle, last = rest
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
