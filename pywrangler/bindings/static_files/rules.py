"""`_headers`, `_redirects` and `run_worker_first`: patterns of URLs and what they lead to.

Patterns are matched against the path as it was sent, without the query. `*` matches anything, once per pattern, and
is called `:splat`; `:name` matches up to the next slash (in a host name: or dot). A pattern of `_headers` may begin
with `https://host`; it then applies to that host, whatever the real scheme is. Lines that break a rule are reported and
skipped. Source: https://developers.cloudflare.com/workers/static-assets/headers/ and .../redirects/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pywrangler.bindings.static_files.wildcards import between_wildcards
from pywrangler.errors import Place, Problem
from pywrangler.runtime.js.url_parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

REDIRECT_STATUSES = (200, 301, 302, 303, 307, 308)
STATIC_REDIRECT_LIMIT = 2000
DYNAMIC_REDIRECT_LIMIT = 100
HEADER_RULE_LIMIT = 100
LINE_LIMIT = 2000
_FEW_NAMES = 2

_PLACEHOLDER = re.compile(r":([A-Za-z]\w*)")
_IS_PATTERN = re.compile(r"/|[^\s:]+://")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_COMMENT = re.compile(r"\s+#.*$")
_SLASHES = re.compile(r"/{2,}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class UrlPattern:
    """A compiled pattern; `match` gives the replacements."""

    def __init__(self, text: str) -> None:
        self._is_absolute = text.startswith("https://")
        host_end = text.find("/", len("https://")) if self._is_absolute else 0
        host_end = len(text) if host_end < 0 else host_end
        source, at = "", 0
        names: list[str] = []
        for match in re.finditer(r"\*|:([A-Za-z]\w*)", text):
            source += re.escape(text[at : match.start()])
            if match[0] == "*":
                source += "(?P<splat>.*)"
            else:
                source += f"(?P<{match[1]}>[^/{'.' if match.start() < host_end else ''}]+)"
            names.append(match[1] or "splat")
            at = match.end()
        if len(set(names)) < len(names):
            raise ValueError("a placeholder or * may appear only once")
        engine: Any = re
        if len(names) > _FEW_NAMES:
            # Unlike `re` it remembers what cannot match: otherwise the time grows with the power of this number.
            import regex

            engine = regex
        self._pattern: re.Pattern[str] = engine.compile(source + re.escape(text[at:]), engine.DOTALL)

    def match(self, host: str, path: str) -> Mapping[str, str] | None:
        """Return what the placeholders stand for, None if the pattern does not match."""
        match = self._pattern.fullmatch(f"https://{host}{path}" if self._is_absolute else path)
        return match.groupdict() if match else None


def fill(template: str, replacements: Mapping[str, str]) -> str:
    """Return `template` with its placeholders replaced; unknown ones stay."""
    return _PLACEHOLDER.sub(lambda match: replacements.get(match[1], match[0]), template)


@dataclass(frozen=True, slots=True)
class Redirect:
    """One line of `_redirects`; status 200 serves another asset at the same URL."""

    source: str
    target: str
    status: int


class Redirects:
    """The rules of one `_redirects` file: exact ones first, then the others in order.

    An exact rule behind one with placeholders is one of the others. Sources and targets are matched and sent escaped,
    as URLs are (wrangler 4.164).
    """

    def __init__(self, text: str, path: Path, *, follows_index: bool = True) -> None:
        self.problems: list[Problem] = []
        self._exact: dict[str, Redirect] = {}
        self._others: list[tuple[UrlPattern, Redirect]] = []
        self._sources: set[str] = set()
        for number, line in _lines(text):
            fault = self._add(line, follows_index=follows_index)
            if fault:
                self.problems.append(_skipped(path, number, fault))

    def __bool__(self) -> bool:
        return bool(self._exact or self._others)

    def _add(self, line: str, *, follows_index: bool) -> str:
        """Take one line; return what is wrong with it."""
        if len(line) > LINE_LIMIT:
            return f"the line has more than {LINE_LIMIT} characters"
        words = _COMMENT.sub("", line).split()
        if len(words) not in (2, 3):
            return "a redirect has a source, a target and at most a status"
        if words[0].startswith("https://"):
            return f"the source {words[0]} has to be a path: it counts on every host"
        source = _path(words[0] if words[0].startswith("/") else f"/{words[0]}", with_query=False)
        if re.match(r"/(?!/)", words[1]):
            target = _path(words[1], with_query=True)
        elif match := re.match(r"(https://+[^/]+)(.*)", words[1]):
            target = match[1] + _path(match[2] or "/", with_query=True)
        else:
            return f"the target {words[1]} has to begin with / or https://"
        status = int(words[2]) if len(words) == 3 and words[2].isdecimal() and len(words[2]) < 4 else 302
        if len(words) == 3 and (status not in REDIRECT_STATUSES or not words[2].isdecimal()):
            return f"the status {words[2]} is not one of {', '.join(map(str, REDIRECT_STATUSES))}"
        if status == 200 and not target.startswith("/"):
            return "a rewrite (200) has to lead to a path of this Worker"
        if follows_index and re.search(r"/\*?$", source) and re.search(r"/index(\.html)?$", target):
            return "the rule leads to itself"
        if source in self._sources:
            return f"there is an earlier rule for {source}"
        return self._store(Redirect(source, target, status))

    def _store(self, rule: Redirect) -> str:
        if not self._others and "*" not in rule.source and not _PLACEHOLDER.search(rule.source):
            if len(self._exact) >= STATIC_REDIRECT_LIMIT:
                return f"there are more than {STATIC_REDIRECT_LIMIT} rules"
            self._exact[rule.source] = rule
        elif len(self._others) >= DYNAMIC_REDIRECT_LIMIT:
            return f"there are more than {DYNAMIC_REDIRECT_LIMIT} rules from the first with placeholders on"
        else:
            try:
                self._others.append((UrlPattern(rule.source), rule))
            except ValueError as error:
                return str(error)
        self._sources.add(rule.source)
        return ""

    def find(self, host: str, path: str) -> Redirect | None:
        """Return the redirect for a request, its target filled in; `path` is escaped as URLs are."""
        exact = self._exact.get(path)
        if exact is not None:
            return _sent(exact, exact.target)
        for pattern, rule in self._others:
            replacements = pattern.match(host, path)
            if replacements is not None:
                return _sent(rule, fill(rule.target, replacements))
        return None


def _path(text: str, *, with_query: bool) -> str:
    """Return a path as URLs write it: escaped, and without dot segments."""
    # Of a scheme that browsers do not know: a backslash stays what it is there.
    url = parse(f"rule://host{text}")
    if url is None:
        return text
    query = f"?{url.query}" if url.query is not None else ""
    fragment = f"#{url.fragment}" if url.fragment is not None else ""
    return f"{url.pathname}{query}{fragment}" if with_query else url.pathname


def _sent(rule: Redirect, target: str) -> Redirect:
    if "://" in rule.target:
        url = parse(target)
        return Redirect(rule.source, target if url is None else url.href, rule.status)
    # Or `/x/* /:splat` would lead to another site: //evil.example is an address.
    return Redirect(rule.source, _SLASHES.sub("/", target), rule.status)


def location(target: str, query: str) -> str:
    """Return the Location for a redirect: the query of the request goes along if the target has none."""
    if not query or urlsplit(target).query:
        return target
    before, mark, fragment = target.partition("#")
    return f"{before.removesuffix('?')}?{query}{mark}{fragment}"


@dataclass(slots=True)
class _HeaderRule:
    pattern: UrlPattern
    headers: dict[str, str]
    removed: list[str]


class HeaderRules:
    """The rules of one `_headers` file; all that match apply, in order."""

    def __init__(self, text: str, path: Path) -> None:
        self.problems: list[Problem] = []
        self._rules: list[_HeaderRule] = []
        current: _HeaderRule | None = None
        for number, line in _lines(text):
            fault = ""
            if _IS_PATTERN.match(line):
                current = None
                fault = self._pattern_fault(line)
                if not fault:
                    current = self._rules[-1]
            elif current is not None:
                fault = _add_header(current, line)
            else:
                fault = "the line belongs to no pattern"
            if fault:
                self.problems.append(_skipped(path, number, fault))
        self._rules = [rule for rule in self._rules if rule.headers or rule.removed]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def _pattern_fault(self, line: str) -> str:
        """Begin a rule; return what is wrong with its pattern."""
        if len(self._rules) >= HEADER_RULE_LIMIT:
            return f"there are more than {HEADER_RULE_LIMIT} rules"
        if len(line) > LINE_LIMIT:
            return f"the line has more than {LINE_LIMIT} characters"
        if not line.startswith(("/", "https://")):
            return "a pattern begins with / or https://"
        try:
            host = re.match(r"https://[^/]*", line)
            start = host.end() if host else 0
            pattern = line[:start] + _path(line[start:] or "/", with_query=False)
            self._rules.append(_HeaderRule(UrlPattern(pattern), {}, []))
        except ValueError as error:
            return str(error)
        return ""

    def apply(self, host: str, path: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return `headers` (names in lower case) as the rules change them."""
        ours: dict[str, str] = {}
        for rule in self._rules:
            replacements = rule.pattern.match(host, path)
            if replacements is None:
                continue
            for name in rule.removed:
                headers = [pair for pair in headers if pair[0] != name]
                ours.pop(name, None)
            for name, value in rule.headers.items():
                value = fill(value, replacements)
                ours[name] = f"{ours[name]}, {value}" if name in ours else value
        return [pair for pair in headers if pair[0] not in ours] + list(ours.items()) if ours else headers


def _add_header(rule: _HeaderRule, line: str) -> str:
    if len(line) > LINE_LIMIT:
        return f"the line has more than {LINE_LIMIT} characters"
    if line.startswith("!"):
        name = line[1:].strip().lower()
        if not _TOKEN.fullmatch(name):
            return f"{name} is no name of a header"
        rule.removed.append(name)
        return ""
    name, colon, value = line.partition(":")
    name, value = name.strip().lower(), value.strip()
    if not colon:
        return "a header is a name, a colon and a value"
    if not _TOKEN.fullmatch(name):
        return f"{name or 'nothing'} is no name of a header"
    if not value or _CONTROL.search(value):
        return f"{name} has no value that can be sent"
    rule.headers[name] = f"{rule.headers[name]}, {value}" if name in rule.headers else value
    return ""


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            yield number, line


def _skipped(path: Path, number: int, fault: str) -> Problem:
    what = f"This line is ignored: {fault}."
    return Problem("asset-rules", what, "", Place(path, number, 1), "warning")


def worker_first(rules: Sequence[str]) -> Callable[[str], bool | None]:
    """Return a function from a path to True (Worker first), False (an exception: assets only) or None (no rule)."""

    def combine(globs: list[str]) -> re.Pattern[str] | None:
        sources = [between_wildcards([re.escape(chunk) for chunk in glob.split("*")]) for glob in globs]
        return re.compile("|".join(f"(?:{source})" for source in sources), re.DOTALL) if sources else None

    exceptions = combine([rule[1:] for rule in rules if rule.startswith("!")])
    included = combine([rule for rule in rules if not rule.startswith("!")])

    def decide(path: str) -> bool | None:
        if exceptions is not None and exceptions.fullmatch(path):
            return False
        return True if included is not None and included.fullmatch(path) else None

    return decide
